#pragma once

#include <gtest/gtest.h>

#include "support/postgres_server.hpp"

// First in a test of a server that refuses an output plugin: older minor versions can't.
#define WALTRACK_NEEDS_PLUGIN_REFUSAL(server)                                                   \
  if (!(server).knows_setting("output_plugin_libraries")) {                                     \
    GTEST_SKIP() << "NOT TESTED: Postgres " << (server).version()                               \
                 << " knows no output_plugin_libraries, so it refuses no plugin; upgrade to a " \
                    "minor version of August 2026 or later (15.19) to run this test";           \
  }
