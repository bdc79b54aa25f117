#pragma once

#include <SQLiteCpp/Database.h>
#include <string>

// How others than the `waltrack run` that has a state file open come to it.
namespace waltrack::state {

enum class Access { read, write };

// The one name of a state file that is there. Throws an Error: none there, not to be written to.
std::string existing_state_path(const std::string& path, Access access);

// Opens it, whether or not a run has it open, and checks that it is ours. What is written is on
// disk when its transaction is committed. Throws SQLite's exceptions, and an Error when the file is
// empty or none of ours.
SQLite::Database open_existing(const std::string& resolved, Access access);

}  // namespace waltrack::state
