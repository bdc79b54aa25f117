#include "pipeline/fakes.hpp"

#include <algorithm>
#include <poll.h>
#include <utility>

namespace waltrack {

FakeSource::FakeSource() {
  table_.schema = "public";
  table_.name = "t";
  table_.columns.push_back({.name = "user", .type = {}, .nullable = false, .key = true});
}

void FakeSource::add(Step step) {
  const std::lock_guard lock(mutex_);
  steps_.push_back(std::move(step));
  more_.wake();
}

void FakeSource::add_transaction(Lsn commit, Lsn first_row, std::vector<std::string> users,
                                 std::optional<size_t> break_before) {
  const std::lock_guard lock(mutex_);
  steps_.push_back({Step::What::begin, commit, {}, {}});
  for (size_t i = 0; i < users.size(); ++i) {
    if (i == break_before) steps_.push_back({Step::What::broken, {}, {}, {}});
    steps_.push_back({Step::What::row, commit, Lsn{first_row.value + i}, users[i]});
  }
  steps_.push_back({Step::What::commit, commit, Lsn{commit.value + 8}, {}});
  more_.wake();
}

void FakeSource::add_message(Lsn end, std::string user) {
  const std::lock_guard lock(mutex_);
  const Lsn commit{end.value - 1};
  steps_.push_back({Step::What::begin, commit, {}, {}, false, true});
  steps_.push_back({Step::What::row, commit, end, std::move(user), false, true});
  steps_.push_back({Step::What::commit, commit, end, {}, false, true});
  more_.wake();
}

void FakeSource::add_keepalive(Lsn end, bool reply_requested) {
  add({Step::What::keepalive, {}, end, {}, reply_requested});
}

void FakeSource::add_break() {
  add({Step::What::broken, {}, {}, {}});
}
void FakeSource::add_fatal() {
  add({Step::What::fatal, {}, {}, {}});
}

void FakeSource::open(Lsn start) {
  const std::lock_guard lock(mutex_);
  opened_at_.push_back(start);
  at_ = 0;
  while (at_ < steps_.size() && !steps_[at_].commit.is_none() && steps_[at_].commit < start)
    ++at_;
}

bool FakeSource::next(StreamItem& item) {
  const std::lock_guard lock(mutex_);
  if (at_ == steps_.size()) return false;
  Step& step = steps_[at_];
  item = {};
  item.transaction = {.xid = 1, .commit_time_us = 1, .commit_lsn = step.commit};
  if (step.message) item.transaction = {.xid = 0, .commit_time_us = 0, .commit_lsn = step.commit};
  switch (step.what) {
    case Step::What::begin:
      item.kind = StreamItem::Kind::begin;
      break;
    case Step::What::row:
      item.kind = StreamItem::Kind::change;
      user_ = step.user;
      value_ = Value::present(user_);
      item.change = {.op = step.message ? Op::message : Op::insert,
                     .table = step.message ? &message_table_ : &table_,
                     .lsn = step.lsn,
                     .ordinal = 0,
                     .new_row = {&value_, 1},
                     .old_row = {}};
      break;
    case Step::What::commit:
      item.kind = StreamItem::Kind::commit;
      item.end_lsn = step.lsn;
      break;
    case Step::What::keepalive:
      item.kind = StreamItem::Kind::keepalive;
      item.end_lsn = step.lsn;
      item.reply_requested = step.reply_requested;
      break;
    case Step::What::broken:
      if (breaks_held_) return false;
      steps_.erase(steps_.begin() + static_cast<ptrdiff_t>(at_));
      throw Error(ErrorKind::transient, "the connection broke");
    case Step::What::fatal:
      throw Error(ErrorKind::failure, "the slot is gone");
  }
  ++at_;
  return true;
}

void FakeSource::wait(int wake_fd, std::chrono::milliseconds timeout, bool listen) {
  {
    const std::lock_guard lock(mutex_);
    waits_.push_back({timeout, listen});
  }
  pollfd waiting[] = {{wake_fd, POLLIN, 0}, {more_.fd(), POLLIN, 0}};
  poll(waiting, listen ? 2 : 1, static_cast<int>(timeout.count()));
  if (listen) more_.drain();
}

std::vector<FakeSource::Wait> FakeSource::waits() const {
  const std::lock_guard lock(mutex_);
  return waits_;
}

void FakeSource::report(Lsn confirmed, bool) {
  const std::lock_guard lock(mutex_);
  reported_ = confirmed;
}

bool FakeSource::follow(const Followed& followed) {
  const std::lock_guard lock(mutex_);
  followed_.push_back(followed);
  return reconnect_to_follow_;
}

std::vector<Followed> FakeSource::followed() const {
  const std::lock_guard lock(mutex_);
  return followed_;
}

std::vector<Lsn> FakeSource::opened_at() const {
  const std::lock_guard lock(mutex_);
  return opened_at_;
}

Lsn FakeSource::reported() const {
  const std::lock_guard lock(mutex_);
  return reported_;
}

size_t FakeSource::steps_read() const {
  const std::lock_guard lock(mutex_);
  return at_;
}

FakeMapper::FakeMapper(std::string mark, bool shadow) : mark_(std::move(mark)) {
  rule_.table = "public.t";
  rule_.id = "track/Row Seen" + mark_;
  rule_.shadow = shadow;
  message_rule_.table = "message:shop";
  message_rule_.id = "track/Message Seen";
}

MappingSet fake_mappings(std::string mark, bool shadow) {
  MappingSet set;
  set.mapper = std::make_unique<FakeMapper>(mark, shadow);
  set.followed.tables = {{"public", "t"}};
  set.summary = {.files = 1, .rules = 1, .fingerprint = std::move(mark)};
  return set;
}

void FakeMapper::map(const Transaction&, const Change& change, EventSink& sink) {
  const std::string_view user = change.new_row[0].text;
  const Rule& rule = change.table->is_message() ? message_rule_ : rule_;
  if (user == "poison") {
    sink.reject(rule, "no_user", "the row has no user");
    return;
  }
  std::string* out = sink.open(rule, {user});
  if (out == nullptr) return;
  out->append("{\"u\":\"").append(user).append("\"");
  if (!mark_.empty()) out->append(",\"m\":\"").append(mark_).append("\"");
  out->append("}");
  sink.close();
}

FakeDestination::FakeDestination(Answer answer) : answer_(std::move(answer)) {}

void FakeDestination::send(size_t lane, std::string_view events) {
  const std::lock_guard lock(mutex_);
  sent_.emplace_back(lane, events);
  ++attempts_;
  changed_.notify_all();
}

void FakeDestination::wait(std::chrono::milliseconds timeout, std::vector<Outcome>& outcomes) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, timeout, [&] { return woken_ || !sent_.empty(); });
  woken_ = false;
  for (auto& [lane, events] : sent_) {
    Outcome outcome = answer_(lane, events);
    outcome.lane = lane;
    if (outcome.verdict == Outcome::Verdict::accepted) accepted_.push_back(std::move(events));
    outcomes.push_back(std::move(outcome));
  }
  sent_.clear();
}

void FakeDestination::wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_all();
}

std::vector<std::string> FakeDestination::accepted() const {
  const std::lock_guard lock(mutex_);
  return accepted_;
}

size_t FakeDestination::attempts() const {
  const std::lock_guard lock(mutex_);
  return attempts_;
}

void FakeDestination::set_answer(Answer answer) {
  const std::lock_guard lock(mutex_);
  answer_ = std::move(answer);
}

Outcome accepted() {
  return answered(Outcome::Verdict::accepted, "HTTP 200");
}

Outcome answered(Outcome::Verdict verdict, std::string reason) {
  return {.lane = 0,
          .verdict = verdict,
          .retry_after = std::nullopt,
          .reason = std::move(reason),
          .hint = {},
          .said = {}};
}

void FakeStore::save(const Checkpoint& checkpoint, std::span<const DeadLetter> dead_letters,
                     std::span<const BackfillStep> steps) {
  const std::lock_guard lock(mutex_);
  if (fails_) throw Error(ErrorKind::failure, "disk broken", "waltrack.db", "mend it");
  check_space();
  checkpoint_ = checkpoint;
  room_ -= std::min(room_, dead_letters.size());
  dead_letters_.insert(dead_letters_.end(), dead_letters.begin(), dead_letters.end());
  steps_.insert(steps_.end(), steps.begin(), steps.end());
  for (const BackfillStep& step : steps)
    std::erase_if(requests_, [&](const auto& request) { return request.number == step.request; });
}

void FakeStore::check_space() {
  if (!full_) return;
  ++refused_saves_;
  throw Error(ErrorKind::transient, "no space", "waltrack.db", "make some");
}

void FakeStore::set_full(bool full) {
  const std::lock_guard lock(mutex_);
  full_ = full;
}

size_t FakeStore::refused_saves() const {
  const std::lock_guard lock(mutex_);
  return refused_saves_;
}

bool FakeStore::has_dead_letter(const EventPosition& position) {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(dead_letters_,
                             [&](const DeadLetter& letter) { return letter.position == position; });
}

size_t FakeStore::dead_letter_room() {
  const std::lock_guard lock(mutex_);
  return room_;
}

void FakeStore::set_dead_letter_room(size_t letters) {
  const std::lock_guard lock(mutex_);
  room_ = letters;
}

std::vector<BackfillRequest> FakeStore::backfill_requests() {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void FakeStore::add_request(BackfillRequest request) {
  const std::lock_guard lock(mutex_);
  requests_.push_back(std::move(request));
}

std::vector<BackfillStep> FakeStore::steps() const {
  const std::lock_guard lock(mutex_);
  return steps_;
}

void FakeStore::save_condition(const std::string& condition) {
  const std::lock_guard lock(mutex_);
  check_space();
  conditions_.push_back(condition);
}

void FakeStore::save_mappings(const MappingState& mappings) {
  const std::lock_guard lock(mutex_);
  mappings_ = mappings;
}

void FakeStore::save_source(const SourceState& source) {
  const std::lock_guard lock(mutex_);
  source_ = source;
}

SourceState FakeStore::source() const {
  const std::lock_guard lock(mutex_);
  return source_;
}

MappingState FakeStore::mappings() const {
  const std::lock_guard lock(mutex_);
  return mappings_;
}

Checkpoint FakeStore::checkpoint() const {
  const std::lock_guard lock(mutex_);
  return checkpoint_;
}

std::vector<DeadLetter> FakeStore::dead_letters() const {
  const std::lock_guard lock(mutex_);
  return dead_letters_;
}

std::vector<std::string> FakeStore::conditions() const {
  const std::lock_guard lock(mutex_);
  return conditions_;
}

void FakeStore::fail_from_now_on() {
  const std::lock_guard lock(mutex_);
  fails_ = true;
}

}  // namespace waltrack
