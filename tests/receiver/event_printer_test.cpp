#include "receiver/event_printer.hpp"

#include <gtest/gtest.h>
#include <vector>

#include "receiver/segment_rules.hpp"
#include "support/fake_clock.hpp"

namespace waltrack {
namespace {

ReceivedEvent order() {
  ReceivedEvent event;
  event.type = "track";
  event.user_id = "u-17";
  event.event = "Order Completed";
  event.payload =
      R"({"total": 12.50, "currency":"EUR","note":"two words","tags":["a", "b"],"x":null})";
  event.json = R"({"type":"track"})";
  event.message_id = "m-1";
  event.time_us = kNoonUs + 98'000;
  return event;
}

std::string line_of(const ReceivedEvent& event, EventPrinter::Look look = {}) {
  return EventPrinter(stdout, look).line(event);
}

}  // namespace

TEST(EventPrinter, EventIsOneAlignedLine) {
  EXPECT_EQ(line_of(order()),
            "  2026-11-23 12:00:00.098  track     u-17                  Order Completed           "
            "total=12.5 currency=EUR note=\"two words\" tags=[\"a\",\"b\"] x=null");
  ReceivedEvent group;
  group.type = "group";
  group.anonymous_id = "größe";
  group.group_id = "g-1";
  group.time_us = kNoonUs;
  EXPECT_EQ(line_of(group), "  2026-11-23 12:00:00.000  group     größe                 → g-1");
}

TEST(EventPrinter, WhatIsNotAcceptedIsMarked) {
  ReceivedEvent event = order();
  event.fate = Fate::duplicate;
  EXPECT_EQ(line_of(event).substr(0, 2), "= ");
  EXPECT_NE(line_of(event).find("(duplicate)"), std::string::npos);
  event.fate = Fate::conflicting;
  EXPECT_EQ(line_of(event).substr(0, 2), "! ");
  EXPECT_NE(line_of(event).find("CONFLICT"), std::string::npos);
  EXPECT_NE(line_of(event, {.width = 40}).find("m-1"), std::string::npos);
  event.fate = Fate::dropped;
  event.drop_reason = "no_user";
  EXPECT_EQ(line_of(event).substr(0, 2), "x ");
  EXPECT_NE(line_of(event).find("neither userId nor anonymousId"), std::string::npos);
}

TEST(EventPrinter, LineIsCutToTheTerminalBetweenCharacters) {
  ReceivedEvent event = order();
  event.user_id = "üüüüüüüüüü";
  const std::string line = line_of(event, {.width = 40});
  EXPECT_EQ(line, "  2026-11-23 12:00:00.098  track     üü…");
}

TEST(EventPrinter, OnlyATerminalGetsColors) {
  EXPECT_EQ(line_of(order()).find('\x1b'), std::string::npos);
  EXPECT_NE(line_of(order(), {.color = true}).find("\x1b[32mtrack"), std::string::npos);
}

TEST(EventPrinter, EventCannotMoveTheCursor) {
  ReceivedEvent event = order();
  event.event =
      "a\x1b[2J\xC2\x9B"
      "b\n";
  event.payload = R"({"k\u001b":"\u001b[2J","l":"\u009b"})";
  const std::string line = line_of(event);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(line.find("\xC2\x9B"), std::string::npos);
}

TEST(EventPrinter, ScriptsGetOneJsonObjectALine) {
  ReceivedEvent event = order();
  event.json = "{\n \"type\": \"track\" }";
  EXPECT_EQ(line_of(event, {.json = true}),
            R"({"fate":"accepted","time":"2026-11-23T12:00:00.098000Z","event":{"type":"track"}})");
  event.fate = Fate::dropped;
  event.drop_reason = kNotAnObject;
  event.json = {};
  EXPECT_EQ(line_of(event, {.json = true}),
            R"({"fate":"dropped","reason":"not_an_object","time":"2026-11-23T12:00:00.098000Z",)"
            R"("event":null})");
}

TEST(EventPrinter, EverythingIsWrittenOut) {
  char* text = nullptr;
  size_t size = 0;
  std::FILE* out = open_memstream(&text, &size);
  {
    EventPrinter printer(out, {});
    const std::vector<ReceivedEvent> events = {order(), order()};
    printer.events(events);
    printer.rejected(400, "broken JSON");
  }
  const std::string written(text, size);
  EXPECT_EQ(std::count(written.begin(), written.end(), '\n'), 3);
  EXPECT_NE(written.find("x a request was refused: HTTP 400: broken JSON\n"), std::string::npos);
  std::fclose(out);
  std::free(text);
}

}  // namespace waltrack
