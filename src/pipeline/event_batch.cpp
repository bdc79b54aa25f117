#include "pipeline/event_batch.hpp"

#include <iterator>

namespace waltrack {

EventBatch EventBatch::split_off(size_t events) {
  const auto boundary = static_cast<std::ptrdiff_t>(events);
  size_t bytes = 0;
  for (size_t i = 0; i < events; ++i)
    bytes += sizes[i] + 1;  // with its comma
  EventBatch rest;
  rest.text.assign(text, bytes);
  rest.sequences.assign(std::next(sequences.begin(), boundary), sequences.end());
  rest.sizes.assign(std::next(sizes.begin(), boundary), sizes.end());
  text.resize(bytes - 1);
  sequences.resize(events);
  sizes.resize(events);
  return rest;
}

}  // namespace waltrack
