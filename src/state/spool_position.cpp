#include "state/spool_position.hpp"

#include <cstring>
#include <fcntl.h>
#include <string>

#include "base/log.hpp"
#include "state/spool_errors.hpp"

namespace waltrack {

SpoolPosition::SpoolPosition(const std::filesystem::path& folder) : path_(folder / "position") {
  std::string bytes;
  int problem = file_.open(path_, O_RDWR | O_CREAT);
  if (problem == 0) problem = file_.read_at(0, kSpoolPositionBytes, bytes);
  if (problem != 0) throw spool_errors::disk(problem, "open the spool's position", path_);
  stored_ = decode_spool_position(bytes);
  marks_ = stored_.value_or(SpoolMarks());
}

void SpoolPosition::release(uint64_t number) {
  marks_.released = number;
  told(file_.write_at(0, encode_spool_position(marks_)));
}

void SpoolPosition::synced(uint64_t segment, uint64_t bytes) {
  marks_.synced_segment = segment;
  marks_.synced_bytes = bytes;
  int problem = file_.write_at(0, encode_spool_position(marks_));
  if (problem == 0) problem = file_.sync_data();
  told(problem);
}

void SpoolPosition::sync() {
  told(file_.sync_data());
}

void SpoolPosition::told(int problem) {
  if (problem != 0 && !failing_) {
    log::warn(
        "the spool's position cannot be stored; a restart would send some events again, and may "
        "take damage at the spool's end for what a crash left",
        {{"file", path_.string()}, {"reason", std::strerror(problem)}});
  }
  failing_ = problem != 0;
}

}  // namespace waltrack
