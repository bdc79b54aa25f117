#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "e2e/act_writer.hpp"
#include "model/lsn.hpp"

namespace waltrack {

struct StateStatus;

// Holds what a receiver got and a state file has against what ActWriters wrote. Each function
// returns what is wrong, for a person, a line each; "" when nothing is.
class ActJudge {
 public:
  // `events`: the receiver's file of first-seen events; `state`: the state file;
  // `spool`: the spool's folder, which need not be there.
  ActJudge(std::vector<const ActWriter*> writers, std::filesystem::path events,
           std::filesystem::path state, std::filesystem::path spool);

  // At any time: all that was surely committed at or before the checkpoint has arrived, is a dead
  // letter or in the spool; and `confirmed`, read before this is called, is not behind the
  // checkpoint.
  std::string now(Lsn confirmed);

  // Nobody writes any more, all is delivered and all backfills are over: all has arrived, once, in
  // the order of each user, and the dead letters are those that had to be.
  std::string at_the_end();

  // Whether all that can arrive has: cheap, to be waited for.
  bool all_arrived();

  uint64_t arrived_count() const { return arrived_.size(); }
  uint64_t dead_letter_count() const { return dead_letters_.size() + nameless_; }
  void read_receiver();

 private:
  struct Expected {
    size_t writer = 0;
    uint64_t place = 0;  // in the order of the writer
    ActEvent event;
  };

  void read_writers();
  void take(const nlohmann::json& event);
  bool is_safe(const ActEvent& event);
  void read_spool();
  bool is_spooled(const std::string& key) const;
  std::string read_dead_letters(const StateStatus& state);
  std::string state_against(Lsn confirmed);
  std::string order_fault() const;
  std::string stock_fault() const;

  const std::vector<const ActWriter*> writers_;
  const std::filesystem::path events_;
  const std::filesystem::path state_;
  const std::filesystem::path spool_folder_;

  std::vector<std::vector<ActCommit>> commits_;  // of each writer
  std::vector<size_t> safe_;                     // so many of them were seen to be safe
  std::unordered_map<std::string, Expected> expected_;
  std::vector<uint64_t> places_;

  uintmax_t read_ = 0;             // of the receiver's file
  std::vector<std::string> keys_;  // in the order of arrival, but for backfilled rows
  std::set<std::string> arrived_;
  std::map<int, std::vector<std::pair<int, bool>>> stock_;  // of each row: told, backfilled
  std::set<std::string> dead_letters_;
  std::map<std::string, uintmax_t> spool_read_;  // of each of its files
  std::unordered_set<std::string> spooled_;      // what it has had
  size_t nameless_ = 0;                          // dead letters that name no row
  std::set<std::string> named_;                  // the events that these are taken for
  std::string wrong_;
};

}  // namespace waltrack
