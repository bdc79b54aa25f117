#pragma once

#include "cli/config.hpp"
#include "pipeline/lane_queues.hpp"
#include "segment/segment_destination.hpp"

namespace waltrack {

// The receiver as the configuration names it. Holds the write key: never print it.
SegmentSettings segment_settings(const Config& config);

// What it takes in one request.
BatchLimits batch_limits();

}  // namespace waltrack
