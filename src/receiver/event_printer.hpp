#pragma once

#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>

#include "receiver/inbox.hpp"

namespace waltrack {

// Shows what a receiver gets, a line an event, flushed with each request.
class EventPrinter final : public ReceiverObserver {
 public:
  struct Look {
    bool json = false;   // one JSON object a line, for scripts
    bool color = false;  // for a terminal
    size_t width = 0;    // columns to cut lines to; 0: never
  };

  // `out` must outlive this.
  EventPrinter(std::FILE* out, Look look);
  ~EventPrinter() override;

  void events(std::span<const ReceivedEvent> events) override;
  void rejected(int status, std::string_view reason) override;

  // The line of one event, without its newline.
  std::string line(const ReceivedEvent& event);

 private:
  struct Parser;

  void append_payload(std::string& line, std::string_view payload);
  std::string text_line(const ReceivedEvent& event);
  void write();

  std::FILE* out_;
  Look look_;
  std::string text_;
  std::unique_ptr<Parser> parser_;
};

}  // namespace waltrack
