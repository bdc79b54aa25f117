#pragma once

#include <cstddef>

// Segment's limits on `POST /v1/batch` are 500 KB a request, 32 KB an event and 2,500 events a
// request ("KB" is not defined), on the uncompressed text. We stay below the smaller reading.
// https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/#max-request-size
namespace waltrack {

inline constexpr size_t kBatchBytes = 475'000;  // a whole request body, envelope included
inline constexpr size_t kBatchEvents = 2'500;   // above: answered 200, and the surplus is lost
inline constexpr size_t kEventBytes = 32'000;   // one event's JSON object

// What BatchText puts around the events: `{"batch":[` and
// `],"sentAt":"2026-11-23T12:37:33.098093Z"}`.
inline constexpr size_t kEnvelopeBytes = 51;

}  // namespace waltrack
