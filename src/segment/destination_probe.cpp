#include "segment/destination_probe.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>
#include <vector>

namespace waltrack {
namespace {

using Answer = DestinationProbe::Answer;

int status_of(std::string_view reason) {
  constexpr std::string_view kHttp = "HTTP ";
  int status = 0;
  if (reason.starts_with(kHttp)) {
    std::from_chars(reason.data() + kHttp.size(), reason.data() + reason.size(), status);
  }
  return status;
}

// Segment tells some wrong keys with 400 and "An invalid write key was provided".
bool blames_the_key(std::string said) {
  std::transform(said.begin(), said.end(), said.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const char* word : {"write key", "writekey", "write_key", "api key", "unauthorized"}) {
    if (said.find(word) != std::string::npos) return true;
  }
  return false;
}

Answer answer_of(const Outcome& outcome) {
  const int status = status_of(outcome.reason);
  if (outcome.verdict == Outcome::Verdict::accepted) return Answer::fine;
  if (status == 0) return Answer::unreachable;
  if (outcome.verdict == Outcome::Verdict::retry) return Answer::busy;
  if (status == 401 || status == 403 || blames_the_key(outcome.said)) return Answer::wrong_key;
  // That an empty batch is no good one may be told in several ways.
  const bool read_it = status < 300 || status == 400 || status == 413 || status == 422;
  return read_it ? Answer::fine : Answer::wrong_address;
}

}  // namespace

DestinationProbe probe_destination(SegmentSettings settings, const Clock& clock) {
  settings.lanes = 1;
  settings.total_timeout = std::chrono::seconds(15);
  SegmentDestination destination(std::move(settings), clock);
  destination.send(0, "");
  std::vector<Outcome> outcomes;
  while (outcomes.empty())
    destination.wait(std::chrono::seconds(1), outcomes);
  DestinationProbe probe;
  probe.answer = answer_of(outcomes[0]);
  if (probe.answer == Answer::fine) return probe;
  probe.reason = outcomes[0].reason;
  probe.said = outcomes[0].said;
  probe.hint = outcomes[0].hint;
  return probe;
}

}  // namespace waltrack
