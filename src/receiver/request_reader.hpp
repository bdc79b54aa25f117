#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "receiver/received_event.hpp"

namespace waltrack {

// Reads the events out of request bodies. Belongs to one thread.
class RequestReader {
 public:
  RequestReader();
  ~RequestReader();

  // Reads `body`, a batch when `single_type` is empty, else one event of that type, and puts its
  // events into `events`: each either still accepted or dropped with its reason. Returns why
  // Segment would answer 400 to the whole, or an empty string. The views hold until the next read
  // and while `body` is unchanged (its capacity may grow here).
  std::string read(std::string& body, std::string_view single_type, int64_t received_us,
                   std::vector<ReceivedEvent>& events);

  // Reads one event that was written before: false when `json` is not an object.
  bool read_stored(std::string& json, ReceivedEvent& event);

 private:
  struct Parsers;
  std::unique_ptr<Parsers> parsers_;
};

}  // namespace waltrack
