#include <cstdlib>
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "pipeline/model_run.hpp"

// Random schedules of writers, readers, stream, receiver and crashes, each made again by its seed:
// WALTRACK_SEED=N runs that one alone, WALTRACK_SEEDS=N so many.
namespace waltrack {
namespace {

struct Seeds {
  uint32_t first = 1;
  uint32_t count = 100;
};

Seeds seeds() {
  if (const char* one = std::getenv("WALTRACK_SEED")) {
    return {static_cast<uint32_t>(std::strtoul(one, nullptr, 10)), 1};
  }
  Seeds seeds;
  if (const char* many = std::getenv("WALTRACK_SEEDS")) {
    seeds.count = static_cast<uint32_t>(std::strtoul(many, nullptr, 10));
  }
  return seeds;
}

// What is wrong with what the receiver has, in words; empty: nothing.
std::string fault(const ModelRun& run) {
  struct Told {
    int version = -1;
    int told = -1;
    int blob = -1;
    bool inserted = false;
    bool backfilled = false;
    bool removed = false;
  };
  std::map<int, Told> told;
  for (const ModelEvent& event : run.events()) {
    Told& row = told[event.uid];
    const std::string name = std::string(op_name(event.op)) + " of row " +
                             std::to_string(event.uid) + " at version " +
                             std::to_string(event.version);
    if (row.removed) return name + " came behind its delete";
    if (event.version < row.version) {
      return name + " came behind version " + std::to_string(row.version);
    }
    row.version = event.version;
    row.told = event.told;
    if (event.blob) row.blob = *event.blob;
    row.inserted |= event.op == Op::insert;
    row.backfilled |= event.op == Op::backfill;
    row.removed |= event.op == Op::remove;
    if (event.op == Op::backfill && !event.blob) return name + " lacks a column";
    if (event.made && *event.made != event.version) {
      return name + " has a generated column of version " + std::to_string(*event.made);
    }
    if (row.inserted && row.backfilled) return name + ": it has an insert and a backfill";
  }
  std::set<int> first;
  for (const auto& [key, row] : run.server().first_rows())
    first.insert(row.uid);
  for (const auto& [key, row] : run.server().visible()) {
    const Told& known = told[row.uid];
    const std::string name = "row " + std::to_string(row.uid) + " with key " + std::to_string(key);
    if (first.contains(row.uid) && !known.backfilled) return name + " has no backfill";
    if (known.removed) return name + " was told to be deleted";
    if (known.told != row.told || known.blob != row.blob) {
      return name + " is told as " + std::to_string(known.told) + "/" + std::to_string(known.blob) +
             " and is " + std::to_string(row.told) + "/" + std::to_string(row.blob);
    }
  }
  if (run.marks_left() > 0) return "marks of keys are left in the state file";
  return {};
}

void check(const ModelRun::Options& options) {
  int crashes = 0;
  const Seeds which = seeds();
  for (uint32_t seed = which.first; seed < which.first + which.count; ++seed) {
    ModelRun run(seed, options);
    ASSERT_TRUE(run.run()) << "the backfill did not end; WALTRACK_SEED=" << seed;
    ASSERT_EQ(fault(run), "") << "WALTRACK_SEED=" << seed;
    crashes += run.crashes();
  }
  if (which.count >= 100) {
    EXPECT_GT(crashes, 10) << "the dice make no crashes";
  }
}

}  // namespace

TEST(WeavingModel, APrimaryIsToldExactly) {
  check({});
}

TEST(WeavingModel, KeysThatOnlyTheServerCanOrderAreToldExactly) {
  check({.text_keys = true});
}

TEST(WeavingModel, RowsThatAStandbyReadsAreToldExactly) {
  check({.standby = true});
}

TEST(WeavingModel, OneReaderIsEnough) {
  check({.readers = 1});
}

TEST(WeavingModel, ColumnsThatTheStreamLacksAreToldExactly) {
  check({.generated = true});
}

TEST(WeavingModel, LeavesOfAPartitionedTableAreToldExactly) {
  check({.leaves = 3});
}

}  // namespace waltrack
