#include "pipeline/marked_keys.hpp"

namespace waltrack {
MarkedKeys::MarkedKeys(const KeyMarks& marks) {
  for (const auto& [key, mark] : marks)
    keep(key, mark);
}

std::optional<KeyMark> MarkedKeys::find(const RowKey& key) const {
  if (const auto changed = changed_.find(key); changed != changed_.end()) return changed->second;
  if (cleared_) return std::nullopt;
  if (skips_.contains(key)) return KeyMark{};
  if (const auto straggler = stragglers_.find(key); straggler != stragglers_.end()) {
    return straggler->second;
  }
  return std::nullopt;
}

void MarkedKeys::erase(const RowKey& key) {
  if (find(key)) changed_[key] = std::nullopt;
}

void MarkedKeys::clear() {
  changed_.clear();
  cleared_ = true;
}

void MarkedKeys::discard() {
  changed_.clear();
  cleared_ = false;
}

bool MarkedKeys::commit(BackfillStep& step) {
  if (changed_.empty() && !cleared_) return false;
  if (cleared_) {
    step.forget_marks = true;
    skips_.clear();
    stragglers_.clear();
  }
  step.marks.reserve(changed_.size());
  for (auto& [key, mark] : changed_) {
    keep(key, mark);
    step.marks.emplace_back(key, std::move(mark));
  }
  discard();
  return true;
}

void MarkedKeys::keep(const RowKey& key, const std::optional<KeyMark>& mark) {
  skips_.erase(key);
  stragglers_.erase(key);
  if (!mark) return;
  if (mark->kind == KeyMark::Kind::skip) {
    skips_.insert(key);
  } else {
    stragglers_.emplace(key, *mark);
  }
}

std::vector<std::pair<RowKey, KeyMark>> MarkedKeys::stragglers(size_t most) const {
  std::vector<std::pair<RowKey, KeyMark>> found;
  for (const auto& [key, mark] : stragglers_) {
    if (found.size() == most) break;
    found.emplace_back(key, mark);
  }
  return found;
}

}  // namespace waltrack
