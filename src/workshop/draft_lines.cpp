#include "workshop/draft_lines.hpp"

#include <algorithm>
#include <utility>

#include "workshop/yaml_text.hpp"

namespace waltrack {
namespace {

constexpr size_t kWidth = 98;

}  // namespace

void DraftLines::add(size_t indent, const std::string& text) {
  text_.append(indent, ' ').append(text).append("\n");
}

std::string DraftLines::take() {
  return std::exchange(text_, {});
}

void DraftLines::remark(size_t indent, const std::string& text) {
  std::string line;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    if (!line.empty() && indent + 2 + line.size() + 1 + word.size() > kWidth) {
      add(indent, "# " + line);
      line.clear();
    }
    line.append(line.empty() ? "" : " ").append(word);
    at = end + 1;
  }
  if (!line.empty()) add(indent, "# " + line);
}

void DraftLines::fields(size_t indent, const char* heading, const std::vector<DraftField>& fields) {
  const bool any =
      std::ranges::any_of(fields, [](const auto& one) { return one.use == ColumnUse::send; });
  const bool any_choice = std::ranges::any_of(fields, [](const auto& one) {
    return one.use > ColumnUse::send && one.use < ColumnUse::secret;
  });
  if (any || any_choice) add(indent, std::string(any ? "" : "# ") + heading + ":");
  for (const DraftField& field : fields) {
    if (field.use != ColumnUse::send) continue;
    add(indent + 2,
        field.key + ": " + field.value + (field.note.empty() ? "" : "  # " + field.note));
  }
  const std::string take =
      any ? "Take the # away to send" : "Take the # away, here and above, to send";
  choice(indent + 2, fields, ColumnUse::personal, "Personal, by the name. " + take + " it:");
  choice(indent + 2, fields, ColumnUse::document,
         "May be large or personal: look first. `x ->> 'key'` takes a part.");
  choice(indent + 2, fields, ColumnUse::free_text, "Free text: long, and maybe personal.");
  choice(indent + 2, fields, ColumnUse::activity,
         "Changes with every visit, and each change would be sent.");
  never(indent + 2, fields);
}

void DraftLines::choice(size_t indent, const std::vector<DraftField>& fields, ColumnUse use,
                        const std::string& why) {
  bool told = false;
  for (const DraftField& field : fields) {
    if (field.use != use) continue;
    if (!told) remark(indent, why);
    told = true;
    add(indent, "# " + field.key + ": " + field.value);
  }
}

void DraftLines::never(size_t indent, const std::vector<DraftField>& fields) {
  std::string names;
  for (const DraftField& field : fields) {
    const char* why = field.use == ColumnUse::secret     ? "looks secret"
                      : field.use == ColumnUse::computed ? "generated: pgoutput does not send it"
                      : field.use == ColumnUse::binary   ? "binary or search data"
                                                         : nullptr;
    if (why == nullptr) continue;
    names.append(names.empty() ? "" : ", ")
        .append(comment_text(field.column, 60) + " (" + why + ")");
  }
  if (!names.empty()) remark(indent, "Left out: " + names + ".");
}

}  // namespace waltrack
