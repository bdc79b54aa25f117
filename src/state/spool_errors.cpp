#include "state/spool_errors.hpp"

#include <cerrno>
#include <cstring>

#include "state/spool_format.hpp"

namespace waltrack::spool_errors {
namespace {

bool no_room(int problem) {
  return problem == ENOSPC || problem == EDQUOT || problem == EFBIG;
}

constexpr const char* kWhatIsLost =
    "; what is lost was confirmed to Postgres and does not come again: where the rows still "
    "stand, `waltrack backfill` tells them";

std::string given_up(const std::filesystem::path& segment) {
  return segment.string().append(kGivenUp);
}

std::string how_to_cut(const std::filesystem::path& segment) {
  return "put the file back from where it is whole; or keep a copy, `cp " + segment.string() + " " +
         given_up(segment) + "`, and start again: then it is cut there" + kWhatIsLost;
}

}  // namespace

Error disk(int problem, const std::string& doing, const std::filesystem::path& path) {
  const std::string what = "cannot " + doing + ": " + std::strerror(problem);
  if (no_room(problem)) {
    return Error(ErrorKind::transient, what, path,
                 "free space on the disk of the spool; or stop, give `spool.max_bytes` less than "
                 "the disk has, and start again");
  }
  if (problem == ENOENT) {
    return Error(ErrorKind::failure, what, path,
                 "see that the folder above it is there, and that its disk is mounted");
  }
  const bool denied = problem == EACCES || problem == EPERM || problem == EROFS;
  return Error(ErrorKind::failure, what, path,
               denied ? "the user that runs waltrack must own the spool's folder and all in it"
                      : "look into the kernel's log for what is wrong with this disk");
}

Error damaged_record(const std::filesystem::path& segment, uint64_t offset, uint64_t file_bytes) {
  return Error(ErrorKind::failure,
               "the spool is damaged: no good record at byte " + std::to_string(offset) + " of " +
                   std::to_string(file_bytes),
               segment, how_to_cut(segment));
}

Error shorter(const std::filesystem::path& segment, uint64_t file_bytes, uint64_t synced_bytes) {
  return Error(ErrorKind::failure,
               "the spool is damaged: the file has " + std::to_string(file_bytes) + " bytes of " +
                   std::to_string(synced_bytes) + " that were synced",
               segment, how_to_cut(segment));
}

Error damaged_header(const std::filesystem::path& segment, const std::string& what) {
  return Error(ErrorKind::failure, "the spool is damaged at byte 0: " + what, segment,
               "put the file back from where it is whole; or go on without it: `mv " +
                   segment.string() + " " + given_up(segment) + "`" + kWhatIsLost);
}

Error missing(const std::filesystem::path& segment, uint64_t from, uint64_t to) {
  return Error(ErrorKind::failure,
               "the spool is damaged: the events " + std::to_string(from) + " to " +
                   std::to_string(to - 1) + " are missing before this file",
               segment,
               "put the missing file back; or go on without it: `touch " +
                   given_up(segment.parent_path() / spool_segment_name(from)) + "`" + kWhatIsLost);
}

Error foreign_file(const std::filesystem::path& folder, const std::string& name) {
  return Error(
      ErrorKind::usage,
      "this folder cannot be the spool: it holds \"" + name + "\", which is no file of one", folder,
      "give `spool.path:` a folder of its own, one that is empty or not there yet");
}

Error other_version(const std::filesystem::path& segment, uint32_t version) {
  return Error(ErrorKind::failure,
               "this spool has format version " + std::to_string(version) +
                   ", and this waltrack reads only version " + std::to_string(kSpoolFormatVersion),
               segment,
               std::string("run the ") + (version < kSpoolFormatVersion ? "older" : "newer") +
                   " waltrack that wrote it until the spool is empty, then this one; if no other "
                   "one ran here, the file is damaged: to go on without it, rename it to " +
                   given_up(segment.filename()) + kWhatIsLost);
}

Error other_destination(const std::filesystem::path& folder, const std::string& theirs,
                        const std::string& ours) {
  return Error(
      ErrorKind::usage,
      "this spool holds events for destination \"" + theirs +
          "\", but the state file's destination is \"" + ours + "\"",
      folder,
      "if the state file was lost, set `destination.id: " + theirs +
          "`; else give this destination a `spool.path:` of its own, and run with the other one's "
          "state file to send what is in this one. To delete the folder loses what is in it: it "
          "was confirmed to Postgres");
}

}  // namespace waltrack::spool_errors
