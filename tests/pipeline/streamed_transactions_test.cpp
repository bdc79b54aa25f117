#include "pipeline/streamed_transactions.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

Snapshot snapshot(uint64_t xmax) {
  return {xmax, xmax, {}};
}

}  // namespace

TEST(StreamedTransactions, ACommitThatASnapshotDoesNotShowYetIsFound) {
  StreamedTransactions streamed;
  streamed.add(100);
  EXPECT_FALSE(streamed.all_seen(snapshot(100), streamed.next(), 1));
  EXPECT_TRUE(streamed.all_seen(snapshot(101), streamed.next(), 2));
}

TEST(StreamedTransactions, WhatCameWhenTheWindowWasOpenMayBeUnseen) {
  StreamedTransactions streamed;
  const uint64_t opened = streamed.next();
  streamed.add(100);
  EXPECT_TRUE(streamed.all_seen(snapshot(100), opened, 1));
}

// The other reader's snapshot is older, and comes later.
TEST(StreamedTransactions, WhatANewerSnapshotShowedIsStillAskedOfAnOlderOne) {
  StreamedTransactions streamed;
  streamed.add(100);
  EXPECT_TRUE(streamed.all_seen(snapshot(101), streamed.next(), 2));
  streamed.forget(0);  // window 1 is open
  EXPECT_FALSE(streamed.all_seen(snapshot(100), streamed.next(), 2));
  streamed.forget(2);
  EXPECT_TRUE(streamed.all_seen(snapshot(100), streamed.next(), 3)) << "nobody can ask for it";
}

}  // namespace waltrack
