#pragma once

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

#include "state/spool_log.hpp"
#include "state/state_fixture.hpp"

namespace waltrack {

// A spool in a folder of its own, and what tests do to its files.
class SpoolTest : public StateTest {
 protected:
  static constexpr uint64_t kPlenty = 64 << 20;
  static constexpr uint64_t kSmallMax = 8 << 20;  // segments of 1 MB
  static constexpr size_t kLarge = 100 << 10;     // a payload, to fill them with
  static constexpr size_t kWhole = 1 << 20;       // a payload that no other event fits beside

  std::string spool_path() const { return path("spool"); }

  SpoolLog open(uint64_t max_bytes = kPlenty, const std::string& destination = "wt-one") const {
    return SpoolLog(spool_path(), max_bytes, destination);
  }

  // Every field differs from event to event.
  static SpooledEvent event(uint64_t n, size_t payload_bytes = 20) {
    SpooledEvent event;
    const auto user = static_cast<uint32_t>(n + 1);
    event.users.digests = {user, n % 2 == 0 ? 0 : user << 16, n % 4 == 1 ? ~user : 0};
    event.payload = "{\"n\":" + std::to_string(n) + "}";
    event.payload.resize(std::max(event.payload.size(), payload_bytes), static_cast<char>(n));
    event.position = {Lsn{n + 1000},
                      static_cast<MessageKind>(1 + n % 4),
                      Lsn{n + 900},
                      "public.t" + std::to_string(n),
                      static_cast<uint32_t>(n * 7),
                      "track/R" + std::to_string(n)};
    event.commit_time_us = -static_cast<int64_t>(n);
    event.op = n % 2 == 0 ? "insert" : "";
    return event;
  }

  static std::vector<SpooledEvent> events(uint64_t from, uint64_t to, size_t payload_bytes = 20) {
    std::vector<SpooledEvent> made;
    for (; from < to; ++from)
      made.push_back(event(from, payload_bytes));
    return made;
  }

  static std::vector<SpooledEvent> joined(std::vector<SpooledEvent> events,
                                          std::vector<SpooledEvent> more) {
    std::move(more.begin(), more.end(), std::back_inserter(events));
    return events;
  }

  // Appends the events, each by itself, and makes them safe; large ones at once, since a segment is
  // not left before it is safe.
  static void put(SpoolLog& log, uint64_t from, uint64_t to, size_t payload_bytes = 20) {
    for (; from < to; ++from) {
      ASSERT_TRUE(log.append({{event(from, payload_bytes)}}));
      if (payload_bytes >= kLarge) log.sync();
    }
    log.sync();
  }

  // All that can be read, in pieces.
  static std::vector<SpooledEvent> rest_of(SpoolLog& log, size_t most_bytes = 1000) {
    std::vector<SpooledEvent> all;
    for (auto piece = log.read(most_bytes); !piece.empty(); piece = log.read(most_bytes))
      for (ReadEvent& read : piece)
        all.push_back(std::move(read.event));
    return all;
  }

  std::vector<std::filesystem::path> segments() const {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(spool_path()))
      if (entry.path().extension() == ".spool") found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
  }

  void store(const SpoolMarks& marks) const {
    overwrite(spool_path() + "/position", encode_spool_position(marks));
  }

  static std::string bytes_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }

  // By a new file: some file systems bring one that was emptied and written to the disk at once.
  static void overwrite(const std::filesystem::path& file, std::string_view bytes) {
    std::filesystem::remove(file);
    std::ofstream out(file, std::ios::binary);
    out << bytes;
    ASSERT_TRUE(out.flush());
  }
};

}  // namespace waltrack
