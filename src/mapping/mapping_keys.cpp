#include "mapping/mapping_keys.hpp"

#include <algorithm>
#include <array>

#include "base/nearest.hpp"

namespace waltrack {
namespace {

constexpr MappingKey kUserId = {"user_id", "SQL: the user's id; null or '' = none"};
constexpr MappingKey kAnonymousId = {"anonymous_id", "SQL: the id of a user not known yet"};
constexpr MappingKey kTimestamp = {"timestamp", "SQL: when it happened; null = the commit time"};
constexpr MappingKey kWhen = {"when", "SQL: only rows for which it is true; adds up with AND",
                              KeyShape::condition};
constexpr MappingKey kContext = {"context", "a map of values: the call's context",
                                 KeyShape::context};
constexpr MappingKey kIntegrations = {"integrations", "a map: which Segment destinations get it",
                                      KeyShape::value_map};
constexpr MappingKey kOn = {"on", "insert, update, delete, truncate, backfill, or a list of them",
                            KeyShape::ops};
constexpr MappingKey kId = {"id", "tells apart rules of the same table, call and event",
                            KeyShape::text};
constexpr MappingKey kEnabled = {"enabled", "false: as if it were not there", KeyShape::flag};
constexpr MappingKey kShadow = {"shadow", "true: everything happens but the sending",
                                KeyShape::flag};
constexpr MappingKey kOnlyChanged = {"only_changed", "true: send only the traits that changed",
                                     KeyShape::flag};
constexpr MappingKey kTraits = {"traits", "a map of values, or SQL that gives an object",
                                KeyShape::body};
constexpr MappingKey kProperties = {"properties", "a map of values, or SQL that gives an object",
                                    KeyShape::body};
constexpr MappingKey kNullPolicy = {"$null", "omit: leave a null out; send: send it (the default)",
                                    KeyShape::null_policy};

constexpr std::array kDocument = {
    MappingKey{"table", "the table with its schema (else public), a pattern with *, or a list",
               KeyShape::tables},
    MappingKey{"message", "instead of a table: the prefix of pg_logical_emit_message()",
               KeyShape::text},
    kEnabled,
    kShadow,
    MappingKey{"backfill", "initial: begin with the rows that exist already; never (the default)",
               KeyShape::backfill},
    kUserId,
    kAnonymousId,
    kTimestamp,
    kWhen,
    kContext,
    kIntegrations,
    MappingKey{"acknowledge_pii", "columns with personal or secret data that are sent on purpose",
               KeyShape::text_list},
    MappingKey{"identify", "an identify call, or a list of them", KeyShape::calls},
    MappingKey{"group", "a group call, or a list of them", KeyShape::calls},
    MappingKey{"alias", "an alias call, or a list of them", KeyShape::calls},
    MappingKey{"track", "a track call, or a list of them", KeyShape::calls},
    MappingKey{"page", "a page call, or a list of them", KeyShape::calls},
    MappingKey{"screen", "a screen call, or a list of them", KeyShape::calls},
    MappingKey{"tests", "rows and the events they must make, for `waltrack test`", KeyShape::tests},
};

constexpr std::array kIdentify = {
    kOn,        kWhen,    kTraits,       kOnlyChanged, kUserId,  kAnonymousId,
    kTimestamp, kContext, kIntegrations, kId,          kEnabled, kShadow,
};

constexpr std::array kGroup = {
    MappingKey{"group_id", "SQL: the group's id", KeyShape::value, true},
    kOn,
    kWhen,
    kTraits,
    kOnlyChanged,
    kUserId,
    kAnonymousId,
    kTimestamp,
    kContext,
    kIntegrations,
    kId,
    kEnabled,
    kShadow,
};

constexpr std::array kAlias = {
    MappingKey{"previous_id", "SQL: the id that the user had before", KeyShape::value, true},
    kOn,
    kWhen,
    kUserId,
    kTimestamp,
    kContext,
    kIntegrations,
    kId,
    kEnabled,
    kShadow,
};

constexpr std::array kTrack = {
    MappingKey{"event", "the event's name; { $sql: … } for one that the row decides",
               KeyShape::name, true},
    kOn,
    kWhen,
    kProperties,
    kUserId,
    kAnonymousId,
    kTimestamp,
    kContext,
    kIntegrations,
    kId,
    kEnabled,
    kShadow,
};

constexpr std::array kPage = {
    MappingKey{"name", "the page's or screen's name; { $sql: … } for one that the row decides",
               KeyShape::name},
    MappingKey{"category", "the page's or screen's category; { $sql: … } likewise", KeyShape::name},
    kOn,
    kWhen,
    kProperties,
    kUserId,
    kAnonymousId,
    kTimestamp,
    kContext,
    kIntegrations,
    kId,
    kEnabled,
    kShadow,
};

constexpr std::array kLongValue = {
    MappingKey{"$sql", "SQL", KeyShape::sql},
    MappingKey{"$type", "string, number, integer, boolean, json or datetime", KeyShape::type},
    kNullPolicy,
    MappingKey{"$map", "from values to literals; $else for all others", KeyShape::literal_map},
    MappingKey{"$truncate", "at most so many characters", KeyShape::count},
    MappingKey{"$hash", "sha256: the hash of the trimmed, lower-cased text", KeyShape::hash},
    MappingKey{"$literal", "a value as it stands", KeyShape::literal},
};

constexpr std::array kColumnsValue = {
    MappingKey{"$columns", "these columns under their names, or \"*\" for all",
               KeyShape::column_names, true},
    MappingKey{"$except", "columns to leave out of \"*\"", KeyShape::text_list},
    MappingKey{"$case", "the names become snake, camel or title", KeyShape::name_case},
    kNullPolicy,
};

constexpr MappingKey kTestRow = {"", "a row: columns that are not named are null", KeyShape::row};
constexpr MappingKey test_row(std::string_view op) {
  MappingKey key = kTestRow;
  key.name = op;
  return key;
}

constexpr std::array kTest = {
    MappingKey{"name", "what the test shows", KeyShape::text, true},
    test_row("insert"),
    MappingKey{"update", "the row before and after", KeyShape::test_update},
    test_row("delete"),
    test_row("backfill"),
    MappingKey{"truncate", "true: the table is emptied", KeyShape::only_true},
    MappingKey{"message", "the content of a message", KeyShape::literal},
    MappingKey{"expect", "all events, in order; only the named keys are compared",
               KeyShape::expectations, true},
};

constexpr std::array kTestUpdate = {
    MappingKey{"old", "the row before", KeyShape::row, true},
    MappingKey{"new", "the row after; columns that are not named stay", KeyShape::row, true},
};

using Name = std::string_view;
using Relation = KeyRelation::Kind;

constexpr std::array kSubject = {Name("table"), Name("message")};
constexpr std::array kMessage = {Name("message")};
constexpr std::array kCalls = {Name("identify"), Name("group"), Name("alias"),
                               Name("track"),    Name("page"),  Name("screen")};
constexpr std::array kDocumentRelations = {
    KeyRelation{Relation::exactly_one, kSubject},
    KeyRelation{Relation::at_least_one, kCalls},
    KeyRelation{Relation::of_messages, kMessage},
};

constexpr std::array kSource = {Name("$sql"), Name("$literal")};
constexpr std::array kLiteral = {Name("$literal")};
constexpr std::array kHashed = {Name("$hash"), Name("$type")};
constexpr std::array kTruncated = {Name("$truncate"), Name("$type")};
constexpr std::array kLongValueRelations = {
    KeyRelation{Relation::exactly_one, kSource},
    KeyRelation{Relation::alone, kLiteral},
    KeyRelation{Relation::only, kHashed, "string"},
    KeyRelation{Relation::only, kTruncated, "string"},
};

constexpr std::array kExcepted = {Name("$except"), Name("$columns")};
constexpr std::array kColumnsRelations = {KeyRelation{Relation::only, kExcepted, "*"}};

constexpr std::array kTestChanges = {Name("insert"),   Name("update"),   Name("delete"),
                                     Name("backfill"), Name("truncate"), Name("message")};
constexpr std::array kTestRelations = {KeyRelation{Relation::exactly_one, kTestChanges}};

constexpr std::array kOpWords = {Name("insert"), Name("update"), Name("delete"), Name("truncate"),
                                 Name("backfill")};
constexpr std::array kBackfillWords = {Name("initial"), Name("never")};
constexpr std::array kTypeWords = {Name("string"),  Name("number"), Name("integer"),
                                   Name("boolean"), Name("json"),   Name("datetime")};
constexpr std::array kNullWords = {Name("omit"), Name("send")};
constexpr std::array kHashWords = {Name("sha256")};
constexpr std::array kCaseWords = {Name("snake"), Name("camel"), Name("title")};

}  // namespace

std::span<const KeyRelation> key_relations(MappingMap map) {
  switch (map) {
    case MappingMap::document:
      return kDocumentRelations;
    case MappingMap::long_value:
      return kLongValueRelations;
    case MappingMap::columns_value:
      return kColumnsRelations;
    case MappingMap::test:
      return kTestRelations;
    default:
      return {};
  }
}

std::span<const std::string_view> key_words(KeyShape shape) {
  switch (shape) {
    case KeyShape::ops:
      return kOpWords;
    case KeyShape::backfill:
      return kBackfillWords;
    case KeyShape::type:
      return kTypeWords;
    case KeyShape::null_policy:
      return kNullWords;
    case KeyShape::hash:
      return kHashWords;
    case KeyShape::name_case:
      return kCaseWords;
    default:
      return {};
  }
}

std::vector<std::string> key_word_names(KeyShape shape) {
  const std::span<const std::string_view> words = key_words(shape);
  return {words.begin(), words.end()};
}

std::span<const MappingKey> mapping_keys(MappingMap map) {
  switch (map) {
    case MappingMap::document:
      return kDocument;
    case MappingMap::identify:
      return kIdentify;
    case MappingMap::group:
      return kGroup;
    case MappingMap::alias:
      return kAlias;
    case MappingMap::track:
      return kTrack;
    case MappingMap::page:
    case MappingMap::screen:
      return kPage;
    case MappingMap::long_value:
      return kLongValue;
    case MappingMap::columns_value:
      return kColumnsValue;
    case MappingMap::test:
      return kTest;
    case MappingMap::test_update:
      return kTestUpdate;
  }
  return {};
}

std::vector<std::string> mapping_key_names(MappingMap map) {
  std::vector<std::string> names;
  for (const MappingKey& key : mapping_keys(map))
    names.emplace_back(key.name);
  return names;
}

std::string_view mapping_map_name(MappingMap map) {
  switch (map) {
    case MappingMap::document:
      return "a mapping document";
    case MappingMap::identify:
      return "an identify call";
    case MappingMap::group:
      return "a group call";
    case MappingMap::alias:
      return "an alias call";
    case MappingMap::track:
      return "a track call";
    case MappingMap::page:
      return "a page call";
    case MappingMap::screen:
      return "a screen call";
    case MappingMap::long_value:
    case MappingMap::columns_value:
      return "a value";
    case MappingMap::test:
      return "a test";
    case MappingMap::test_update:
      return "a test's update";
  }
  return {};
}

namespace {

// Where else in a mapping file a key belongs.
std::string belongs_elsewhere(std::string_view key, MappingMap map) {
  for (MappingMap other : {MappingMap::document, MappingMap::identify, MappingMap::group,
                           MappingMap::alias, MappingMap::track, MappingMap::page}) {
    if (other == map) continue;
    for (const MappingKey& known : mapping_keys(other)) {
      if (known.name == key) return "it belongs to " + std::string(mapping_map_name(other));
    }
  }
  return {};
}

}  // namespace

void check_keys(const YamlNode& node, MappingMap map, Diagnostics& diagnostics) {
  std::vector<std::string> known = mapping_key_names(map);
  for (const auto& [key, value] : node.entries) {
    if (std::find(known.begin(), known.end(), key.scalar) != known.end()) continue;
    std::string hint = belongs_elsewhere(key.scalar, map);
    if (auto near = nearest_name(key.scalar, known)) {
      hint = "did you mean '" + *near + "'?" + (hint.empty() ? "" : " " + hint);
    } else if (hint.empty()) {
      hint = suggest_name(key.scalar, known);
    }
    diagnostics.error(key.place,
                      "unknown key '" + key.scalar + "' in " + std::string(mapping_map_name(map)),
                      hint);
  }
}

}  // namespace waltrack
