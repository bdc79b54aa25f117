#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/wakeup.hpp"
#include "model/change_mapper.hpp"
#include "model/change_source.hpp"
#include "model/destination.hpp"
#include "model/progress.hpp"
#include "pipeline/mapping_set.hpp"

// Hand-written stand-ins for what the pipeline joins.
namespace waltrack {

// Time that only moves when told.
class FakeClock final : public Clock {
 public:
  SteadyTime steady() const override { return now_; }
  int64_t utc_us() const override { return 0; }
  void pass(std::chrono::milliseconds time) { now_ += time; }

 private:
  SteadyTime now_{std::chrono::hours(1000)};
};

// A WAL in memory: whole transactions of rows, each row's key being its user, and keepalives. Rows
// come again after a reconnect, as a server's do. Steps may also end the connection.
class FakeSource final : public ChangeSource {
 public:
  FakeSource();

  // A transaction whose commit record starts at `commit` and ends at `commit` + 8; one row per
  // user, the n-th at LSN `first_row` + n. With `break_before` the connection breaks once, right
  // before that row.
  void add_transaction(Lsn commit, Lsn first_row, std::vector<std::string> users,
                       std::optional<size_t> break_before = std::nullopt);
  // A logical message of no transaction, whose record ends at `end`; comes as decoders tell it.
  void add_message(Lsn end, std::string user);
  // A transaction piece by piece.
  void add_begin(Lsn commit) { add({Step::What::begin, commit, {}, {}}); }
  void add_row(Lsn commit, Lsn row, std::string user) {
    add({Step::What::row, commit, row, std::move(user)});
  }
  void add_commit(Lsn commit) { add({Step::What::commit, commit, Lsn{commit.value + 8}, {}}); }
  void add_keepalive(Lsn end, bool reply_requested = false);
  // The connection breaks once, right before this point.
  void add_break();
  // Until release_breaks() nothing comes after the point of a break, and it does not happen.
  void hold_breaks() { breaks_held_ = true; }
  void release_breaks() {
    breaks_held_ = false;
    more_.wake();
  }
  // An Error that reconnecting does not mend.
  void add_fatal();

  // ChangeSource
  void open(Lsn start) override;
  void close() override {}
  bool next(StreamItem& item) override;
  void wait(int wake_fd, std::chrono::milliseconds timeout, bool listen) override;
  void report(Lsn confirmed, bool now) override;
  void ask_position(Lsn) override {}
  bool follow(const Followed& followed) override;
  bool server_is_stopping() override { return false; }

  // Every change of what is followed needs a new connection.
  void reconnect_to_follow() { reconnect_to_follow_ = true; }
  std::vector<Followed> followed() const;

  std::vector<Lsn> opened_at() const;
  Lsn reported() const;
  size_t steps_read() const;
  struct Wait {
    std::chrono::milliseconds timeout;
    bool listen = false;
    bool operator==(const Wait&) const = default;
  };
  std::vector<Wait> waits() const;

 private:
  struct Step {
    enum class What { begin, row, commit, keepalive, broken, fatal } what;
    Lsn commit;
    Lsn lsn;
    std::string user;
    bool reply_requested = false;
    bool message = false;
  };
  void add(Step step);

  Table table_;
  Table message_table_ = message_table("shop");
  mutable std::mutex mutex_;
  std::vector<Step> steps_;  // guarded by mutex_, as all below
  size_t at_ = 0;
  std::vector<Lsn> opened_at_;
  std::vector<Followed> followed_;
  std::vector<Wait> waits_;
  std::atomic<bool> reconnect_to_follow_ = false;
  std::atomic<bool> breaks_held_ = false;
  Lsn reported_;
  Wakeup more_;
  Value value_;
  std::string user_;
};

// One event a row or message: `{"u":"USER"}`, or with a mark `{"u":"USER","m":"MARK"}`; the user
// "poison" is rejected.
class FakeMapper final : public ChangeMapper {
 public:
  explicit FakeMapper(std::string mark = {}, bool shadow = false);
  void map(const Transaction& transaction, const Change& change, EventSink& sink) override;
  std::optional<std::vector<std::string>> backfill_columns(const TableName&) const override {
    return std::nullopt;
  }
  const Rule& rule() const { return rule_; }

 private:
  const std::string mark_;
  Rule rule_;
  Rule message_rule_;
};

// A set of that one rule.
MappingSet fake_mappings(std::string mark = {}, bool shadow = false);

// Answers as it is told, and remembers what it accepted.
class FakeDestination final : public Destination {
 public:
  using Answer = std::function<Outcome(size_t lane, const std::string& events)>;
  explicit FakeDestination(Answer answer);

  void send(size_t lane, std::string_view events) override;
  void wait(std::chrono::milliseconds timeout, std::vector<Outcome>& outcomes) override;
  void wake() override;

  std::vector<std::string> accepted() const;  // each batch's text, in order
  size_t attempts() const;
  void set_answer(Answer answer);

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Answer answer_;  // guarded by mutex_, as all below
  std::deque<std::pair<size_t, std::string>> sent_;
  std::vector<std::string> accepted_;
  size_t attempts_ = 0;
  bool woken_ = false;
};

Outcome accepted();
Outcome answered(Outcome::Verdict verdict, std::string reason);

class FakeStore final : public ProgressStore {
 public:
  void save(const Checkpoint& checkpoint, std::span<const DeadLetter> dead_letters,
            std::span<const BackfillStep> steps) override;
  size_t dead_letter_room() override;
  size_t dead_letter_max() const override { return 3; }
  bool has_dead_letter(const EventPosition& position) override;
  std::vector<BackfillRequest> backfill_requests() override;
  void save_condition(const std::string& condition) override;
  void save_mappings(const MappingState& mappings) override;
  void save_source(const SourceState& source) override;

  Checkpoint checkpoint() const;
  std::vector<DeadLetter> dead_letters() const;
  std::vector<BackfillStep> steps() const;
  void add_request(BackfillRequest request);
  void set_dead_letter_room(size_t letters);
  std::vector<std::string> conditions() const;
  MappingState mappings() const;
  SourceState source() const;
  void fail_from_now_on();
  // Until it is told otherwise each save fails, as one does without space.
  void set_full(bool full);
  size_t refused_saves() const;

 private:
  void check_space();

  mutable std::mutex mutex_;
  Checkpoint checkpoint_;  // guarded by mutex_, as all below
  std::vector<DeadLetter> dead_letters_;
  size_t room_ = 1'000'000;
  std::vector<BackfillStep> steps_;
  std::vector<BackfillRequest> requests_;
  std::vector<std::string> conditions_;
  MappingState mappings_;
  SourceState source_;
  bool fails_ = false;
  bool full_ = false;
  size_t refused_saves_ = 0;
};

}  // namespace waltrack
