#include "pipeline/mapping_reload.hpp"

#include <algorithm>
#include <iterator>
#include <poll.h>
#include <random>
#include <utility>

#include "base/error.hpp"
#include "base/folder_fingerprint.hpp"
#include "base/log.hpp"

namespace waltrack {

using namespace std::chrono_literals;

MappingReload::MappingReload(ReloadSettings settings, const MappingSet& first,
                             MappingStatus& status, std::function<void(MappingSet)> offer,
                             const Clock& clock)
    : settings_(std::move(settings)),
      status_(status),
      offer_(std::move(offer)),
      clock_(clock),
      watch_(settings_.folder),
      seen_(first.summary.fingerprint),
      offered_(seen_),
      followed_(first.followed),
      due_(clock.steady()),
      backoff_(500ms, 30s, std::random_device()()) {}

void MappingReload::stop() {
  stopping_ = true;
  wakeup_.wake();
}

void MappingReload::run() {
  if (watch_.fd() < 0) {
    log::warn("the system gives no watch on the mapping files; looking at them now and then",
              {{"folder", settings_.folder.string()}});
  }
  look(false);  // it may have changed since it was read
  while (!stopping_) {
    if (stage_ != nullptr) stage_->turn();
    wait();
    if (stopping_) return;
    const bool asked = settings_.asked != nullptr && settings_.asked->drain();
    if (asked) log::info("reading the mapping files again, as asked");
    const bool told = watch_.take();
    if (told) let_it_rest();
    if (told || asked || clock_.steady() >= due_) look(asked);
  }
}

void MappingReload::wait() {
  pollfd waiting[] = {{wakeup_.fd(), POLLIN, 0},
                      {watch_.fd(), POLLIN, 0},
                      {settings_.asked != nullptr ? settings_.asked->fd() : -1, POLLIN, 0}};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(due_ - clock_.steady());
  poll(waiting, std::size(waiting), static_cast<int>(std::max(left, 0ms).count()));
  wakeup_.drain();
}

// Who writes several files is seldom done with the first. A folder that never rests is read anyway.
void MappingReload::let_it_rest() {
  const SteadyTime latest = clock_.steady() + 10 * settings_.quiet;
  while (!stopping_ && clock_.steady() < latest) {
    pollfd waiting[] = {{watch_.fd(), POLLIN, 0}, {wakeup_.fd(), POLLIN, 0}};
    const int happened =
        poll(waiting, std::size(waiting), static_cast<int>(settings_.quiet.count()));
    if (happened == 0 || (happened > 0 && !watch_.take())) return;
  }
}

void MappingReload::look(bool asked) {
  due_ = clock_.steady() + settings_.look_again;
  const std::string fingerprint = folder_fingerprint(settings_.folder);
  if (!asked && fingerprint == offered_) {
    if (seen_ != offered_) {
      log::info("the mapping files are as they were", {{"fingerprint", fingerprint}});
      seen_ = fingerprint;
      set_right();
    }
    // The files are as they were, but there may be more tables that a glob of theirs matches.
    if (followed_.globs.empty()) return prepare_again();
  }
  const bool grows = !followed_.globs.empty();
  if (asked || in_doubt_ || grows || fingerprint != seen_) read(fingerprint, asked);
}

void MappingReload::read(const std::string& fingerprint, bool asked) {
  in_doubt_ = true;
  try {
    MappingReading reading = settings_.read();
    if (folder_fingerprint(settings_.folder) != fingerprint) {
      due_ = clock_.steady() + settings_.quiet;  // it changed meanwhile
      return;
    }
    seen_ = fingerprint;
    take(std::move(reading), asked);
    backoff_.reset();
  } catch (const Error& error) {
    tell_unchecked(error.describe());
    due_ = clock_.steady() + std::max(backoff_.next(), 100ms);
  }
}

void MappingReload::take(MappingReading reading, bool asked) {
  if (!reading.set) return tell_faults(reading.diagnostics);
  MappingSet& set = *reading.set;
  if (!asked && seen_ == offered_ && set.followed == followed_) {
    set_right();
    return prepare_again();
  }
  set.summary.fingerprint = seen_;
  tell_lacking(settings_.prepare(set.followed));
  for (const Diagnostic& warning : reading.diagnostics.all()) {
    log::warn("a warning on the mapping files",
              {{"where", warning.place.text()}, {"what", warning.message}, {"fix", warning.hint}});
  }
  offered_ = seen_;
  followed_ = set.followed;
  set_right();
  status_.set_pending(set.summary);
  offer_(std::move(set));
}

void MappingReload::set_right() {
  in_doubt_ = false;
  told_faults_.clear();
  told_unchecked_.clear();
  status_.set_valid();
}

void MappingReload::tell_faults(const Diagnostics& diagnostics) {
  if (!std::exchange(told_unchecked_, {}).empty()) status_.set_checked();
  if (diagnostics.text() == told_faults_) return;
  told_faults_ = diagnostics.text();
  std::vector<std::string> faults;
  for (const Diagnostic& fault : diagnostics.all()) {
    if (fault.severity != Severity::error) continue;
    faults.push_back(fault.text());
    log::error("a mapping file is wrong",
               {{"where", fault.place.text()}, {"what", fault.message}, {"fix", fault.hint}});
  }
  log::error("the mapping files have faults; those of before stay at work",
             {{"errors", diagnostics.error_count()}, {"live", offered_}});
  status_.set_invalid(std::move(faults));
}

void MappingReload::tell_unchecked(const std::string& reason) {
  if (reason == told_unchecked_) return;
  told_unchecked_ = reason;
  log::warn("changed mapping files can't be checked yet; trying again", {{"reason", reason}});
  status_.set_unchecked(reason);
}

void MappingReload::tell_lacking(std::vector<std::string> lacking) {
  if (lacking == lacking_) return;
  for (const std::string& one : lacking)
    log::warn("the source does not deliver all that is mapped", {{"reason", one}});
  if (lacking.empty()) log::info("the source delivers all that is mapped");
  lacking_ = std::move(lacking);
  status_.set_lacking(lacking_);
}

// Somebody may have run the SQL meanwhile, or changed a table so that something is lacking now.
void MappingReload::prepare_again() {
  try {
    tell_lacking(settings_.prepare(followed_));
  } catch (const Error& error) {
    log::debug("the source can't be asked", {{"reason", error.describe()}});
  }
}

}  // namespace waltrack
