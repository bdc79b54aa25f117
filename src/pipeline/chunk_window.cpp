#include "pipeline/chunk_window.hpp"

#include <algorithm>

namespace waltrack {

void ChunkWindow::update(const RowKey& key, std::span<const Value> image) {
  if (all_dropped_) return;
  const auto [entry, is_new] = touched_.try_emplace(key);
  Touched& touched = entry->second;
  if (is_new) touched_bytes_ += sizeof touched + key.text.size();
  if (touched.dropped) return;
  if (touched.image.empty()) {
    touched.image.resize(image.size());
    touched_bytes_ += image.size() * sizeof(NewValue);
  }
  for (size_t i = 0; i < image.size(); ++i) {
    if (image[i].is_unavailable()) continue;
    touched_bytes_ += image[i].text.size();
    touched.image[i].state = image[i].state;
    touched.image[i].text.assign(image[i].text);
  }
}

void ChunkWindow::drop(const RowKey& key) {
  if (all_dropped_) return;
  const auto [entry, is_new] = touched_.try_emplace(key);
  if (is_new) touched_bytes_ += sizeof entry->second + key.text.size();
  entry->second.dropped = true;
  entry->second.image.clear();
}

void ChunkWindow::drop_all() {
  all_dropped_ = true;
  touched_.clear();
  touched_bytes_ = 0;
}

bool ChunkWindow::is_dropped(const RowKey& key) const {
  if (all_dropped_) return true;
  if (touched_.empty()) return false;
  const auto touched = touched_.find(key);
  return touched != touched_.end() && touched->second.dropped;
}

void ChunkWindow::renew(const RowKey& key, std::vector<Value>& values) const {
  if (touched_.empty()) return;
  const auto touched = touched_.find(key);
  if (touched == touched_.end()) return;
  const std::vector<NewValue>& image = touched->second.image;
  for (size_t i = 0; i < std::min(image.size(), values.size()); ++i) {
    if (image[i].state == Value::State::unavailable) continue;
    values[i] = {image[i].state, image[i].text};
  }
}

std::span<char> ChunkWindow::take_line() {
  const size_t begin = next_ == 0 ? 0 : chunk_->ends[next_ - 1];
  const size_t end = chunk_->ends[next_++];
  return std::span(chunk_->text).subspan(begin, end - begin - 1);
}

}  // namespace waltrack
