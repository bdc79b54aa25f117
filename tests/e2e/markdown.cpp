#include "e2e/markdown.hpp"

#include <cctype>
#include <regex>
#include <sstream>

namespace waltrack {
namespace {

struct Line {
  int number = 0;
  std::string text;
  std::string language;  // of the block it is in
  bool in_fence = false;
  bool is_fence = false;
};

std::vector<Line> lines_of(std::string_view markdown) {
  std::vector<Line> lines;
  std::istringstream in{std::string(markdown)};
  bool in_fence = false;
  std::string language;
  for (Line line; std::getline(in, line.text); lines.push_back(line)) {
    ++line.number;
    line.is_fence = line.text.starts_with("```");
    if (line.is_fence) {
      in_fence = !in_fence;
      if (in_fence) language = line.text.substr(3);
    }
    line.in_fence = in_fence && !line.is_fence;
    line.language = language;
  }
  return lines;
}

// The texts between backticks.
std::vector<std::string> code_spans(const std::string& line) {
  static const std::regex kSpan("`([^`]+)`");
  std::vector<std::string> spans;
  for (std::sregex_iterator it(line.begin(), line.end(), kSpan), end; it != end; ++it)
    spans.push_back((*it)[1]);
  return spans;
}

void add_command(const std::string& code, int line, std::vector<ShownCommand>& commands) {
  static const std::regex kCommand(R"(^(?:build/release/)?waltrack((?:\s+[^\s|#;&>]+)+))");
  std::smatch found;
  if (!std::regex_search(code, found, kCommand)) return;
  ShownCommand command{line, {}, {}};
  std::istringstream words(found[1]);
  for (std::string word; words >> word;) {
    if (word.starts_with('-')) {
      command.flags.push_back(word.substr(0, word.find('=')));
    } else if (command.flags.empty() && (command.name.empty() || command.name == "dead")) {
      command.name += (command.name.empty() ? "" : " ") + word;  // dead has commands of its own
    }
  }
  commands.push_back(std::move(command));
}

std::string anchor_of(std::string_view heading) {
  std::string anchor;
  for (const char c : heading) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == ' ' || c == '-') {
      anchor += '-';
    } else if (std::isalnum(byte) != 0 || c == '_') {
      anchor += static_cast<char>(std::tolower(byte));
    }
  }
  return anchor;
}

}  // namespace

std::vector<Fence> fences(std::string_view markdown) {
  static const std::regex kNote("^<!-- (.*) -->$");
  std::vector<Fence> found;
  std::string above;
  bool open = false;
  for (const Line& line : lines_of(markdown)) {
    if (line.is_fence && !open) {
      Fence fence{line.number, line.language, {}, {}};
      std::smatch note;
      if (std::regex_match(above, note, kNote)) fence.note = note[1];
      found.push_back(std::move(fence));
    }
    open = line.is_fence ? !open : open;
    if (line.in_fence) found.back().text += line.text + "\n";
    above = line.text;
  }
  return found;
}

std::vector<ShownCommand> shown_commands(std::string_view markdown) {
  std::vector<ShownCommand> commands;
  for (const Line& line : lines_of(markdown)) {
    if (line.in_fence) {
      if (line.language == "sh") add_command(line.text, line.number, commands);
      continue;
    }
    for (const std::string& span : code_spans(line.text))
      add_command(span, line.number, commands);
  }
  return commands;
}

std::vector<Link> local_links(std::string_view markdown) {
  static const std::regex kLink(R"(\]\(([^)\s]+)\))");
  std::vector<Link> links;
  for (const Line& line : lines_of(markdown)) {
    if (line.in_fence) continue;
    for (std::sregex_iterator it(line.text.begin(), line.text.end(), kLink), end; it != end; ++it) {
      const std::string target = (*it)[1];
      if (target.find("://") == std::string::npos) links.push_back({line.number, target});
    }
  }
  return links;
}

std::vector<std::string> heading_anchors(std::string_view markdown) {
  std::vector<std::string> anchors;
  for (const Line& line : lines_of(markdown)) {
    if (line.in_fence || !line.text.starts_with('#')) continue;
    anchors.push_back(anchor_of(line.text.substr(line.text.find_first_not_of("# "))));
  }
  return anchors;
}

}  // namespace waltrack
