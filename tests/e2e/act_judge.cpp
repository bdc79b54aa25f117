#include "e2e/act_judge.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>

#include "state/state_status.hpp"

namespace waltrack {
namespace {

constexpr size_t kTold = 10;  // violations of one kind

std::string number_text(const nlohmann::json& number) {
  return std::to_string(number.get<int64_t>());
}

// The key of an event as the receiver has it.
std::string key_of(const nlohmann::json& event) {
  const std::string type = event.at("type");
  if (type == "alias") return "linked " + event.at("previousId").get<std::string>();
  if (type == "identify") return "came " + number_text(event.at("traits").at("id"));
  const std::string name = event.at("event");
  const nlohmann::json& properties = event.at("properties");
  const std::string id = number_text(properties.at("id"));
  if (name == "Act Done") return "acted " + id;
  if (name == "Pet Taken") return "taken " + id;
  if (name == "Pet Moved") return "moved " + id;
  return "stocked " + id + " " + properties.at("op").get<std::string>() + " " +
         number_text(properties.at("told"));
}

// Of an event that was made, or of a row that gave none; empty: the letter does not say.
std::string key_of(const DeadLetter& letter) {
  if (!letter.payload.empty()) return key_of(nlohmann::json::parse(letter.payload));
  if (letter.row_key.empty()) return {};
  return "acted " + nlohmann::json::parse(letter.row_key).at("id").get<std::string>();
}

std::string listed(const std::string& what, const std::vector<std::string>& keys) {
  if (keys.empty()) return {};
  std::string text = std::to_string(keys.size()) + " " + what + ":";
  for (size_t i = 0; i < std::min(kTold, keys.size()); ++i)
    text += "\n    " + keys[i];
  return text + "\n";
}

}  // namespace

ActJudge::ActJudge(std::vector<const ActWriter*> writers, std::filesystem::path events,
                   std::filesystem::path state, std::filesystem::path spool)
    : writers_(std::move(writers)),
      events_(std::move(events)),
      state_(std::move(state)),
      spool_folder_(std::move(spool)),
      commits_(writers_.size()),
      safe_(writers_.size()),
      places_(writers_.size()) {}

void ActJudge::read_writers() {
  for (size_t i = 0; i < writers_.size(); ++i) {
    for (ActCommit& commit : writers_[i]->commits(commits_[i].size())) {
      for (const ActEvent& event : commit.events)
        expected_.emplace(event.key, Expected{i, places_[i]++, event});
      commits_[i].push_back(std::move(commit));
    }
    if (!writers_[i]->fault().empty()) wrong_ += "a writer failed: " + writers_[i]->fault() + "\n";
  }
}

void ActJudge::read_receiver() {
  std::ifstream file(events_, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(read_));
  for (std::string line; std::getline(file, line) && !file.eof();) {
    read_ += line.size() + 1;
    take(nlohmann::json::parse(line));
  }
}

void ActJudge::take(const nlohmann::json& event) {
  const std::string key = key_of(event);
  if (!arrived_.insert(key).second) wrong_ += "came under two ids: " + key + "\n";
  if (key.starts_with("stocked ")) {
    const nlohmann::json& properties = event.at("properties");
    stock_[properties.at("id")].emplace_back(properties.at("told"),
                                             properties.at("op") == "backfill");
    if (properties.at("op") == "backfill") return;
  }
  keys_.push_back(key);
}

bool ActJudge::is_safe(const ActEvent& event) {
  if (event.fate == ActFate::arrives) return arrived_.contains(event.key) || is_spooled(event.key);
  if (dead_letters_.contains(event.key) || named_.contains(event.key)) return true;
  if (is_spooled(event.key)) return true;
  if (named_.size() >= nameless_) return false;
  named_.insert(event.key);
  return true;
}

// By its text: whether a record is whole is for the spool's own tests. What was there once counts
// until the end; what is lost behind that is missing then.
void ActJudge::read_spool() {
  static const std::regex kNames(R"re("id":(\d+)(?:,"told":(\d+))?|"previousId":"(v\d+)")re",
                                 std::regex::optimize);
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(spool_folder_, none)) {
    if (entry.path().extension() != ".spool") continue;
    uintmax_t& done = spool_read_[entry.path().string()];
    std::ifstream file(entry.path(), std::ios::binary);
    file.seekg(static_cast<std::streamoff>(done));
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    // A name that the end cuts in two is read again.
    constexpr size_t kOverlap = 100;
    done += text.size() > kOverlap ? text.size() - kOverlap : 0;
    for (std::sregex_iterator name(text.begin(), text.end(), kNames), end; name != end; ++name)
      spooled_.insert((*name)[3].matched ? (*name)[3].str()
                                         : (*name)[1].str() + " " + (*name)[2].str());
  }
}

bool ActJudge::is_spooled(const std::string& key) const {
  const std::string name = key.substr(key.find(' ') + 1);
  if (key.starts_with("linked ")) return spooled_.contains(name);
  const size_t update = name.find(" update ");
  return spooled_.contains(update == std::string::npos
                               ? name + " "
                               : name.substr(0, update) + " " + name.substr(update + 8));
}

std::string ActJudge::read_dead_letters(const StateStatus& state) {
  std::string wrong;
  dead_letters_.clear();
  nameless_ = 0;
  for (const auto& stored : state.newest_dead_letters) {
    const std::string key = key_of(stored.letter);
    if (key.empty()) {
      ++nameless_;
    } else if (!dead_letters_.insert(key).second) {
      wrong += "two dead letters: " + key + "\n";
    }
  }
  return wrong;
}

// In this order: what leaves one place while this looks has come to the next.
std::string ActJudge::state_against(Lsn confirmed) {
  constexpr size_t kAll = 1'000'000;
  const auto stored = read_state_status(state_.string(), 0).checkpoint;
  const Lsn checkpoint = stored ? stored->checkpoint.lsn : Lsn{};
  std::string wrong;
  if (stored && confirmed > checkpoint) {
    wrong =
        "confirmed " + confirmed.text() + " is beyond the checkpoint " + checkpoint.text() + "\n";
  }
  read_spool();
  read_receiver();
  wrong += read_dead_letters(read_state_status(state_.string(), kAll));
  read_writers();  // what was written since has an end behind the checkpoint
  std::vector<std::string> lost;
  for (size_t i = 0; i < commits_.size(); ++i) {
    for (; safe_[i] < commits_[i].size() && commits_[i][safe_[i]].end <= checkpoint; ++safe_[i]) {
      for (const ActEvent& event : commits_[i][safe_[i]].events) {
        if (!is_safe(event)) {
          lost.push_back(event.key + ", committed before " + commits_[i][safe_[i]].end.text());
        }
      }
    }
  }
  return wrong +
         listed("events are not safe, but before the checkpoint " + checkpoint.text(), lost);
}

std::string ActJudge::now(Lsn confirmed) {
  return state_against(confirmed) + std::exchange(wrong_, {});
}

bool ActJudge::all_arrived() {
  read_writers();
  read_receiver();
  return std::ranges::all_of(expected_, [&](const auto& entry) {
    return entry.second.event.fate != ActFate::arrives || arrived_.contains(entry.first);
  });
}

std::string ActJudge::at_the_end() {
  std::string wrong = now({});
  std::vector<std::string> missing, letters_missing, letters_too_many;
  for (const auto& [key, expected] : expected_) {
    if (is_safe(expected.event)) continue;
    (expected.event.fate == ActFate::arrives ? missing : letters_missing).push_back(key);
  }
  for (const std::string& key : dead_letters_) {
    const auto found = expected_.find(key);
    if (found == expected_.end() || found->second.event.fate != ActFate::dead_letter) {
      letters_too_many.push_back(key);
    }
  }
  return wrong + listed("events are missing", missing) +
         listed("dead letters are missing", letters_missing) +
         (named_.size() < nameless_ ? "there are dead letters of no row\n" : "") +
         listed("dead letters should have arrived", letters_too_many) + order_fault() +
         stock_fault();
}

std::string ActJudge::order_fault() const {
  std::unordered_map<std::string, const Expected*> last;  // of each identity
  std::vector<std::string> wrong;
  for (const std::string& key : keys_) {
    const auto found = expected_.find(key);
    if (found == expected_.end() || found->second.event.fate != ActFate::arrives) {
      wrong.push_back(key + " was never to arrive");
      continue;
    }
    for (const std::string& name : found->second.event.names) {
      const Expected*& before = last[name];
      if (before != nullptr && before->place > found->second.place) {
        wrong.push_back(key + " of " + name + " came after " + before->event.key);
      }
      before = &found->second;
    }
  }
  return listed("events are out of order", wrong);
}

std::string ActJudge::stock_fault() const {
  std::vector<std::string> wrong;
  for (int id = 0; id < Acts::kStock; ++id) {
    const auto found = stock_.find(id);
    bool backfilled = false;
    int last = 0;
    if (found != stock_.end()) {
      for (const auto& [told, by_backfill] : found->second) {
        backfilled |= by_backfill;
        if (told < last) wrong.push_back("stock " + std::to_string(id) + " told as it was before");
        last = told;
      }
    }
    if (!backfilled) wrong.push_back("stock " + std::to_string(id) + " has no backfill");
  }
  return listed("rows of the stock are told wrongly", wrong);
}

}  // namespace waltrack
