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

  struct Ancestor {
    uint32_t timeline = 0;
    Lsn end;
  };
  // The oldest first.
  const std::vector<Ancestor>& ancestors() const { return ancestors_; }

 private:
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
    slot_beyond,   // diverged, and the slot can't go back to `shared_until`
  };

  Kind kind = Kind::shared;
  Lsn shared_until;  // diverged, slot_beyond
};

// Which server a stream comes from, as far as its history goes.
struct StreamOrigin {
  uint32_t timeline = 0;  // that it was on when the stream began; 0: not known
  bool standby = false;   // it followed another server then

  bool operator==(const StreamOrigin&) const = default;
};

// `origin` is of the stream that was read, `read` how far that went, `confirmed` the position of
// the server's slot. A standby that is promoted while it is read goes over to its new timeline in
// the middle of the stream; a slot of a standby that was confirmed behind the switch was read
// through it. Of a stream that began on a primary nothing was read behind the end of its timeline.
HistoryVerdict judge_history(const TimelineHistory& server, const StreamOrigin& origin, Lsn read,
                             Lsn confirmed);

}  // namespace waltrack
