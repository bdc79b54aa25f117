#include "cli/destination_settings.hpp"

#include "segment/limits.hpp"

namespace waltrack {

SegmentSettings segment_settings(const Config& config) {
  SegmentSettings settings;
  settings.url = config.destination.url;
  settings.write_key = config.destination.write_key;
  settings.lanes = static_cast<size_t>(config.destination.lanes);
  return settings;
}

BatchLimits batch_limits() {
  return {.bytes = kBatchBytes - kEnvelopeBytes, .events = kBatchEvents};
}

}  // namespace waltrack
