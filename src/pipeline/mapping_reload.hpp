#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/backoff.hpp"
#include "base/clock.hpp"
#include "base/diagnostic.hpp"
#include "base/folder_watch.hpp"
#include "base/wakeup.hpp"
#include "pipeline/mapping_set.hpp"
#include "pipeline/mapping_status.hpp"
#include "pipeline/stage_watch.hpp"

namespace waltrack {

// What reading and compiling the mapping files gave.
struct MappingReading {
  std::optional<MappingSet> set;  // none: there are errors in `diagnostics`
  Diagnostics diagnostics;
};

struct ReloadSettings {
  std::filesystem::path folder;
  // Reads the folder anew. Both are called from the reload thread, and throw an Error when it can't
  // be found out now (the server is away): then they are called again later.
  std::function<MappingReading()> read;
  // Makes the source deliver what is followed, as far as that is allowed; returns what it still
  // lacks, each with what mends it.
  std::function<std::vector<std::string>(const Followed&)> prepare;
  const Wakeup* asked = nullptr;         // somebody wants the files to be read again; may be none
  std::chrono::milliseconds quiet{100};  // how long the folder rests before it is read
  std::chrono::milliseconds look_again{10'000};  // without being told of a change
};

// Watches the mapping files, and offers a set whenever they changed and are right. When they are
// wrong, or it can't be found out, that is told in log and status, and looked at again now and
// then: what is wrong may be the database. run() is the reload thread.
class MappingReload {
 public:
  // `first`: the set that the run begins with.
  MappingReload(ReloadSettings settings, const MappingSet& first, MappingStatus& status,
                std::function<void(MappingSet)> offer, const Clock& clock);

  void run();
  void stop();  // any thread

  // Who sees to it that it gets on. Before run().
  void observe(Stage& stage) { stage_ = &stage; }

 private:
  void wait();
  void let_it_rest();
  void look(bool asked);
  void read(const std::string& fingerprint, bool asked);
  void take(MappingReading reading, bool asked);
  void set_right();
  void tell_faults(const Diagnostics& diagnostics);
  void tell_unchecked(const std::string& reason);
  void tell_lacking(std::vector<std::string> lacking);
  void prepare_again();

  const ReloadSettings settings_;
  MappingStatus& status_;
  const std::function<void(MappingSet)> offer_;
  const Clock& clock_;
  Stage* stage_ = nullptr;  // may be none
  Wakeup wakeup_;
  std::atomic<bool> stopping_ = false;

  // The reload thread's own.
  FolderWatch watch_;
  std::string seen_;            // the fingerprint of the files that were read last
  std::string offered_;         // of the last set that was right
  Followed followed_;           // by that set
  bool in_doubt_ = false;       // what was read last was not right: look at it again
  std::string told_faults_;     // as log and status have them
  std::string told_unchecked_;  // the same
  std::vector<std::string> lacking_;
  SteadyTime due_;  // when to look without being told
  Backoff backoff_;
};

}  // namespace waltrack
