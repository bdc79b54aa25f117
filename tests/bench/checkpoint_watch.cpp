#include "bench/checkpoint_watch.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <filesystem>
#include <utility>

#include "base/error.hpp"
#include "state/existing_file.hpp"

namespace waltrack {

CheckpointWatch::CheckpointWatch(std::string state_file) : path_(std::move(state_file)) {}

CheckpointWatch::~CheckpointWatch() = default;

std::optional<state::StoredCheckpoint> CheckpointWatch::look() {
  if (!database_) {
    if (!std::filesystem::exists(path_)) return std::nullopt;
    try {
      database_ =
          std::make_unique<SQLite::Database>(state::open_existing(path_, state::Access::read));
    } catch (const SQLite::Exception&) {
      return std::nullopt;  // it is being made
    } catch (const Error&) {
      return std::nullopt;
    }
  }
  return state::read_checkpoint(*database_);
}

}  // namespace waltrack
