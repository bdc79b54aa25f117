#pragma once

#include <string>
#include <string_view>

#include "postgres/table_facts.hpp"

namespace waltrack {

// What a first mapping does with a column.
enum class ColumnUse {
  send,
  personal,   // left out, easy to take in
  document,   // json and hstore: large or personal, nobody knows; the same
  free_text,  // what people write; the same
  activity,   // changes with every visit: each change would send the whole identify; the same
  secret,     // left out for good
  computed,   // a generated column, which pgoutput does not send
  binary,     // bytea, search and map data: nothing that a receiver could use
  upkeep,     // updated_at, lock_version: says nothing
};

// `of_people`: each row of the table is a person, so that `name` is one's name.
ColumnUse guess_column(const Column& column, const ColumnFacts& facts, bool of_people);

// Whether a text, an enum or a number by its name tells how far something has come (status, plan
// …).
bool is_status(const Column& column);

// Whether it marks a row as gone that stays in the table.
bool is_soft_delete(const Column& column);

// How much a column looks like the time when its row's thing happened; 0 = not at all.
int creation_rank(const Column& column);

// Whether it is a time that every row has, of something that happened.
bool is_row_time(const Column& column);

// Whether it can hold an id: integers, text and uuid.
bool can_identify(const Column& column);

}  // namespace waltrack
