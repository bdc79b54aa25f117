#include "postgres/decoded_text.hpp"

#include "base/error.hpp"

namespace waltrack {

namespace {

std::string row_text(const Table& table, std::span<const Value> row) {
  if (row.size() != table.columns.size()) return "(" + std::to_string(row.size()) + " values)";
  std::string text = "(";
  for (size_t i = 0; i < row.size(); ++i) {
    if (i > 0) text += ' ';
    text += table.columns[i].name + "=";
    if (row[i].is_present()) {
      text += "'" + std::string(row[i].text) + "'";
    } else {
      text += row[i].is_null() ? "null" : "?";
    }
  }
  return text + ")";
}

std::string change_text(const StreamItem& item) {
  const Change& change = item.change;
  std::string text = std::string(op_name(change.op)) + " " + change.table->full_name() +
                     " xid=" + std::to_string(item.transaction.xid) + " at=" + change.lsn.text() +
                     " #" + std::to_string(change.ordinal);
  if (change.op == Op::insert || change.op == Op::update || change.op == Op::message) {
    text += " new" + row_text(*change.table, change.new_row);
  }
  if (change.op == Op::remove || change.op == Op::update) {
    text += " old" + row_text(*change.table, change.old_row);
  }
  return text;
}

}  // namespace

std::string item_text(const StreamItem& item) {
  if (item.kind == StreamItem::Kind::change) return change_text(item);
  std::string text = " xid=" + std::to_string(item.transaction.xid) +
                     " time=" + std::to_string(item.transaction.commit_time_us) +
                     " commit=" + item.transaction.commit_lsn.text();
  if (item.kind == StreamItem::Kind::begin) return "begin" + text;
  return "commit" + text + " end=" + item.end_lsn.text();
}

std::vector<std::string> decoded(Decoder& decoder, const std::vector<StreamMessage>& messages) {
  std::vector<std::string> texts;
  StreamItem item;
  for (const auto& [lsn, message] : messages) {
    decoder.feed(message, lsn);
    while (decoder.next(item))
      texts.push_back(item_text(item));
  }
  return texts;
}

std::vector<std::string> decoded(Decoder& decoder, std::string_view message, Lsn lsn) {
  return decoded(decoder, {{lsn, std::string(message)}});
}

std::string decode_error(Decoder& decoder, std::string_view message, Lsn lsn) {
  try {
    decoder.feed(message, lsn);
  } catch (const Error& error) {
    return error.describe();
  }
  return "";
}

}  // namespace waltrack
