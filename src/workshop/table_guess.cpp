#include "workshop/table_guess.hpp"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <string_view>
#include <utility>

#include "base/name_words.hpp"
#include "workshop/column_guess.hpp"
#include "workshop/skipped_tables.hpp"

namespace waltrack {
namespace {

using Words = std::vector<std::string>;
using WordList = std::initializer_list<std::string_view>;

bool is_in(std::string_view word, WordList list) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// "public.tbl_order_items" is about an order item.
Words object_of(const std::string& table) {
  Words words = name_words(table);
  if (words.size() > 1 && is_in(words.front(), {"tbl", "t", "tb"})) words.erase(words.begin());
  if (words.empty()) return {"row"};
  words.back() = singular(words.back());
  return words;
}

// How much a table's noun sounds like users; 0 = not at all.
int person_weight(std::string_view noun) {
  constexpr std::pair<std::string_view, int> kNouns[] = {
      {"user", 100},  {"customer", 80}, {"subscriber", 60}, {"member", 60},  {"person", 60},
      {"client", 50}, {"profile", 40},  {"contact", 40},    {"patient", 40}, {"student", 40},
      {"player", 40}, {"guest", 30},    {"account", 30}};
  for (const auto& [known, weight] : kNouns) {
    if (noun == known) return weight;
  }
  return 0;
}

bool is_account_noun(std::string_view noun) {
  return is_in(noun, {"account", "organization", "organisation", "org", "team", "company",
                      "workspace", "tenant"});
}

// Where a column's name says whose a row is: low is near, 4 = it does not say.
int user_rank(const std::string& column) {
  Words words = name_words(column);
  if (words.size() > 1 && is_in(words.back(), {"id", "uuid", "fk"})) words.pop_back();
  if (words.empty()) return 4;
  const std::string& last = words.back();
  if (words.size() == 1 && is_in(last, {"user", "customer", "member"})) return 0;
  if (is_in(last, {"owner", "author", "creator", "user", "customer", "member", "person", "client",
                   "buyer", "sender", "subscriber", "profile"}))
    return 1;
  if (words.front() == "created" && last == "by") return 1;
  if (is_in(last, {"by", "assignee", "reviewer", "approver", "recipient", "manager", "receiver",
                   "seller"}))
    return 3;
  return 4;
}

class SchemaReader {
 public:
  explicit SchemaReader(std::span<const TableFacts> facts) : facts_(facts) {
    guess_.tables.resize(facts.size());
    for (size_t i = 0; i < facts.size(); ++i) {
      guess_.tables[i].object = object_of(facts[i].table.name);
      guess_.tables[i].skipped = why_skipped(facts, facts[i]);
    }
  }

  SchemaGuess read() {
    find_users();
    for (size_t i = 0; i < facts_.size(); ++i) {
      if (guess_.tables[i].skipped.empty()) read_roles(i);
    }
    for (size_t i = 0; i < facts_.size(); ++i) {
      if (guess_.tables[i].skipped.empty()) read_columns(i);
    }
    for (size_t i = 0; i < facts_.size(); ++i) {
      if (guess_.tables[i].skipped.empty()) guess_.tables[i].missing = what_is_missing(i);
    }
    return std::move(guess_);
  }

 private:
  const std::string& noun(size_t i) const { return guess_.tables[i].object.back(); }
  bool is_users(size_t i) const { return users_ && *users_ == i; }

  std::optional<size_t> find(const TableName& name) const {
    const auto found = std::ranges::find(facts_, name, &TableFacts::name);
    if (found == facts_.end()) return std::nullopt;
    return static_cast<size_t>(found - facts_.begin());
  }

  // The table that a key of one column leads to by that table's primary key.
  std::optional<size_t> target_of(const ForeignKey& key) const {
    if (key.columns.size() != 1) return std::nullopt;
    const std::optional<size_t> target = find(key.target);
    if (!target || facts_[*target].primary_key != key.target_columns) return std::nullopt;
    return target;
  }

  bool is_in_a_key(size_t i, const std::string& name) const {
    return std::ranges::any_of(facts_[i].foreign_keys, [&](const ForeignKey& key) {
      return std::ranges::find(key.columns, name) != key.columns.end();
    });
  }

  static const Column* column(const TableFacts& facts, const std::string& name) {
    const auto found = facts.table.find_column(name);
    return found ? &facts.table.columns[*found] : nullptr;
  }

  bool has_column(const TableFacts& facts, WordList names) const {
    return std::ranges::any_of(facts.table.columns, [&](const Column& one) {
      return is_in(snake_case(name_words(one.name)), names);
    });
  }

  int users_score(size_t i) const;
  bool depends_on_people(size_t i) const;
  void find_users();
  void find_same_ids();
  bool leads_to_users(const ForeignKey& key) const;
  void read_roles(size_t i);
  void read_columns(size_t i);
  void find_user_column(size_t i);
  void find_user_by_name(size_t i);
  void find_account_column(size_t i);
  void find_times(size_t i);
  bool is_membership(size_t i) const;
  std::string what_is_missing(size_t i) const;
  std::string way_over_another(size_t i) const;

  std::span<const TableFacts> facts_;
  SchemaGuess guess_;
  std::optional<size_t> users_;
  std::vector<TableName> same_ids_;  // tables whose keys are users' ids
};

// Members of something and profiles of somebody are not the users themselves.
bool SchemaReader::depends_on_people(size_t i) const {
  return std::ranges::any_of(facts_[i].foreign_keys, [&](const ForeignKey& key) {
    const std::optional<size_t> target = target_of(key);
    if (!target || *target == i) return false;
    // Of two tables with the same ids the one that is not skipped holds the users.
    if (key.columns == facts_[i].primary_key) return guess_.tables[*target].skipped.empty();
    return person_weight(object_of(key.target.name).back()) >= 60 && user_rank(key.columns[0]) <= 1;
  });
}

int SchemaReader::users_score(size_t i) const {
  const TableFacts& facts = facts_[i];
  if (!guess_.tables[i].skipped.empty() || facts.primary_key.size() != 1) return 0;
  const Column* key = column(facts, facts.primary_key[0]);
  if (key == nullptr || !can_identify(*key) || depends_on_people(i)) return 0;

  const bool has_email = has_column(facts, {"email", "email_address", "emails", "mail"});
  const bool has_name = has_column(facts, {"name", "full_name", "first_name", "username",
                                           "user_name", "display_name", "login", "last_name"});
  int pointing = 0;
  for (const TableFacts& other : facts_) {
    for (const ForeignKey& foreign : other.foreign_keys) {
      if (target_of(foreign) == i && user_rank(foreign.columns[0]) <= 1) ++pointing;
    }
  }
  const int weight = person_weight(noun(i));
  const bool named_so = weight > 0 && (has_email || (has_name && noun(i) != "account"));
  if (!named_so && pointing < 2) return 0;
  const int extra_words = static_cast<int>(guess_.tables[i].object.size()) - 1;
  return (named_so ? weight : 10) - 10 * extra_words + (has_email ? 20 : 0) + (has_name ? 5 : 0) +
         5 * std::min(pointing, 12);
}

void SchemaReader::find_users() {
  int best = 0;
  for (size_t i = 0; i < facts_.size(); ++i) {
    const int score = users_score(i);
    if (score <= best) continue;
    best = score;
    users_ = i;
  }
  if (!users_) return;
  guess_.users = facts_[*users_].name();
  guess_.tables[*users_].role = TableRole::users;
  find_same_ids();
}

// A table whose primary key leads to users' has the same ids, and so has the one that users' own
// leads to.
void SchemaReader::find_same_ids() {
  same_ids_ = {*guess_.users};
  for (const TableFacts& facts : facts_) {
    for (const ForeignKey& key : facts.foreign_keys) {
      if (key.columns.size() != 1 || key.columns != facts.primary_key) continue;
      if (key.target == *guess_.users) same_ids_.push_back(facts.name());
      if (facts.name() == *guess_.users) same_ids_.push_back(key.target);
    }
  }
}

bool SchemaReader::leads_to_users(const ForeignKey& key) const {
  return target_of(key) && std::ranges::find(same_ids_, key.target) != same_ids_.end();
}

void SchemaReader::read_roles(size_t i) {
  if (!is_users(i) && is_account_noun(noun(i)) && facts_[i].primary_key.size() == 1 &&
      guess_.tables[i].object.size() <= 2)
    guess_.tables[i].role = TableRole::accounts;
}

void SchemaReader::find_user_column(size_t i) {
  const TableFacts& facts = facts_[i];
  TableGuess& guess = guess_.tables[i];
  if (is_users(i)) {
    guess.user_column = facts.primary_key[0];
    return;
  }
  std::vector<std::pair<int, std::string>> found;
  for (const ForeignKey& key : facts.foreign_keys) {
    if (!leads_to_users(key)) continue;
    const bool is_key = key.columns == facts.primary_key;
    found.emplace_back(is_key ? -1 : user_rank(key.columns[0]), key.columns[0]);
  }
  std::ranges::stable_sort(found, {}, [](const auto& one) { return one.first; });
  for (const auto& [rank, name] : found) {
    if (guess.user_column.empty()) {
      guess.user_column = name;
    } else if (name != guess.user_column) {
      guess.other_users.push_back(name);
    }
  }
  if (guess.user_column.empty()) find_user_by_name(i);
}

// Many applications declare no foreign keys.
void SchemaReader::find_user_by_name(size_t i) {
  std::vector<std::string> names = {"user_id", "customer_id", "member_id"};
  if (users_) {
    names = {snake_case(guess_.tables[*users_].object) + "_id", noun(*users_) + "_id"};
  }
  for (const std::string& name : names) {
    for (const Column& one : facts_[i].table.columns) {
      if (snake_case(name_words(one.name)) != name || !can_identify(one)) continue;
      if (is_in_a_key(i, one.name)) continue;
      if (users_) {
        const Column* key = column(facts_[*users_], facts_[*users_].primary_key[0]);
        if ((key->type.kind == ValueKind::text) != (one.type.kind == ValueKind::text)) continue;
      }
      guess_.tables[i].user_column = one.name;
      guess_.tables[i].user_by_name = true;
      return;
    }
  }
}

void SchemaReader::find_account_column(size_t i) {
  TableGuess& guess = guess_.tables[i];
  if (guess.role == TableRole::accounts) {
    guess.account_column = facts_[i].primary_key[0];
    return;
  }
  for (const ForeignKey& key : facts_[i].foreign_keys) {
    const std::optional<size_t> target = target_of(key);
    if (!target || guess_.tables[*target].role != TableRole::accounts) continue;
    guess.account_column = key.columns[0];
    return;
  }
}

bool SchemaReader::is_membership(size_t i) const {
  const TableGuess& guess = guess_.tables[i];
  if (guess.role != TableRole::other || guess.user_column.empty() || guess.account_column.empty())
    return false;
  std::vector<std::string> both = {guess.user_column, guess.account_column};
  std::vector<std::string> key = facts_[i].primary_key;
  std::ranges::sort(both);
  std::ranges::sort(key);
  return key == both || is_in(noun(i), {"member", "membership", "user", "seat"});
}

// By a name that says so, else the only time that every row has.
void SchemaReader::find_times(size_t i) {
  TableGuess& guess = guess_.tables[i];
  int best = 0;
  std::vector<std::string> others;
  for (const Column& one : facts_[i].table.columns) {
    if (is_row_time(one)) others.push_back(one.name);
    const int rank = creation_rank(one);
    if (rank <= best) continue;
    best = rank;
    guess.creation_column = one.name;
  }
  if (best == 0 && others.size() == 1) guess.creation_column = others[0];
}

void SchemaReader::read_columns(size_t i) {
  const TableFacts& facts = facts_[i];
  TableGuess& guess = guess_.tables[i];
  find_user_column(i);
  find_account_column(i);
  if (is_membership(i)) guess.role = TableRole::membership;
  find_times(i);
  for (const Column& one : facts.table.columns) {
    const std::string name = snake_case(name_words(one.name));
    if (guess.status_column.empty() && is_status(one)) guess.status_column = one.name;
    if (guess.soft_delete_column.empty() && is_soft_delete(one))
      guess.soft_delete_column = one.name;
    if (is_in(name, {"anonymous_id", "anon_id", "visitor_id", "device_id", "ajs_anonymous_id"}) &&
        !is_in_a_key(i, one.name) && one.type.kind == ValueKind::text &&
        guess.anonymous_column.empty())
      guess.anonymous_column = one.name;
  }
}

// The nearest table on the way to a user, for a table that has none itself.
std::string SchemaReader::way_over_another(size_t i) const {
  for (const ForeignKey& key : facts_[i].foreign_keys) {
    const std::optional<size_t> target = target_of(key);
    if (!target || *target == i || guess_.tables[*target].user_column.empty()) continue;
    return key.columns[0] + " leads to " + key.target.full_name() +
           ", whose rows have one: a column here with that user's id would do";
  }
  return users_ ? "a column with the id of " + guess_.users->full_name() + " would do"
                : "a column with a user's id would do";
}

std::string SchemaReader::what_is_missing(size_t i) const {
  const TableFacts& facts = facts_[i];
  const TableGuess& guess = guess_.tables[i];
  if (guess.user_column.empty() && guess.anonymous_column.empty()) {
    std::string why = "nothing in a row says whose it is; " + way_over_another(i);
    if (person_weight(noun(i)) >= 30 && !is_users(i) && users_ && !facts.primary_key.empty() &&
        !is_account_noun(noun(i)))
      why = "its rows look like people too, but their ids would mix with those of " +
            guess_.users->full_name();
    return why;
  }
  if (!facts.identifies)
    return "the table has no primary key and no replica identity, so updates and deletes cannot be "
           "followed, and would fail once it is published";
  return "";
}

}  // namespace

SchemaGuess guess_schema(std::span<const TableFacts> facts) {
  return SchemaReader(facts).read();
}

}  // namespace waltrack
