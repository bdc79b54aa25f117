#include "base/folder_fingerprint.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string_view>
#include <system_error>
#include <vector>
#include <xxhash.h>

namespace waltrack {
namespace {

namespace fs = std::filesystem;

class Hash {
 public:
  Hash() : state_(XXH3_createState(), &XXH3_freeState) { XXH3_64bits_reset(state_.get()); }

  void add(std::string_view bytes) { XXH3_64bits_update(state_.get(), bytes.data(), bytes.size()); }
  void add(uint64_t number) { XXH3_64bits_update(state_.get(), &number, sizeof number); }

  std::string text() const {
    char text[20];
    std::snprintf(text, sizeof text, "%016llx",
                  static_cast<unsigned long long>(XXH3_64bits_digest(state_.get())));
    return text;
  }

 private:
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state_;
};

// A length behind each part: where a name ends and a text begins counts.
void add_file(Hash& hash, const fs::path& path) {
  const std::string name = path.filename().string();
  hash.add(name);
  hash.add(name.size());
  std::error_code problem;
  std::ifstream in(path, std::ios::binary);
  if (!in.is_open() || !fs::is_regular_file(path, problem)) return hash.add(UINT64_MAX);
  uint64_t size = 0;
  std::array<char, 16384> part;
  do {
    in.read(part.data(), part.size());
    const auto got = static_cast<size_t>(in.gcount());
    hash.add(std::string_view(part.data(), got));
    size += got;
  } while (in);
  hash.add(size);
}

}  // namespace

std::string folder_fingerprint(const fs::path& folder) {
  std::vector<fs::path> paths;
  std::error_code problem;
  for (fs::directory_iterator it(folder, problem), end; !problem && it != end;
       it.increment(problem)) {
    const fs::path extension = it->path().extension();
    if (it->path().filename().string().starts_with('.')) continue;
    if (extension == ".yaml" || extension == ".yml") paths.push_back(it->path());
  }
  std::ranges::sort(paths);
  Hash hash;
  if (problem) hash.add(static_cast<uint64_t>(problem.value()));
  for (const fs::path& path : paths)
    add_file(hash, path);
  return hash.text();
}

}  // namespace waltrack
