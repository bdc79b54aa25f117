#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "model/lsn.hpp"

namespace waltrack {

// How the write-ahead log of a server came to be: each promotion of a standby (and each recovery to
// a point in time) begins a new timeline, which shares the log of its parent up to the switch. What
// the parent wrote behind it is not in this server's history. Immutable.
class TimelineHistory {
 public:
  TimelineHistory() = default;  // of the first timeline
  explicit TimelineHistory(uint32_t timeline) : timeline_(timeline) {}

  // The content of a history file as TIMELINE_HISTORY gives it: a line for each ancestor, its
  // number and where it ended; comments and reasons in them are skipped. Nothing when it is not
  // one.
  static std::optional<TimelineHistory> parse(uint32_t timeline, std::string_view text);

  uint32_t timeline() const { return timeline_; }

  // Where this history left that timeline for the next: the log before it is shared. Nothing when
  // the timeline is not an ancestor.
  std::optional<Lsn> end_of(uint32_t timeline) const;

 private:
  struct Ancestor {
    uint32_t timeline = 0;
    Lsn end;
  };

  uint32_t timeline_ = 1;
  std::vector<Ancestor> ancestors_;
};

// Whether what was read on one timeline is a part of a server's history.
struct HistoryVerdict {
  enum class Kind {
    shared,        // go on from where reading stood
    server_older,  // the server is on an earlier timeline than what was read
    diverged,      // the server's history left ours at `shared_until`, before where reading stood
    unrelated,     // our timeline is no ancestor of the server's
  };

  Kind kind = Kind::shared;
  Lsn shared_until;  // diverged
};

// `read_timeline` is the one that the server was on when reading began (0: not known), `read` how
// far it went, `confirmed` the position of the server's slot. A standby that is promoted while it
// is read goes over to its new timeline in the middle of the stream; its slot then was confirmed
// behind the switch, which no other server's can be.
HistoryVerdict judge_history(const TimelineHistory& server, uint32_t read_timeline, Lsn read,
                             Lsn confirmed);

}  // namespace waltrack
