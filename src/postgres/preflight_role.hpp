#pragma once

#include "postgres/inspection.hpp"

namespace waltrack {

// The role: whether it may replicate, whether it may do too much, and whether a connection in
// replication mode can be made from here.
void check_role(Inspection& look);

// What kept even the first connection from being made, as a finding: a pg_hba.conf without the
// line, a pooler, a role or database that is not there, no server at all.
Finding unreachable(const std::string& key, const std::string& url, const Error& error);

// The line of pg_hba.conf that a refusal by the server asks for: `message` is the server's,
// "no pg_hba.conf entry for host "::1", user "u", database "d", no encryption".
std::string hba_line(const std::string& message);

}  // namespace waltrack
