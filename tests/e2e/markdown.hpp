#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace waltrack {

// A fenced block of a Markdown text.
struct Fence {
  int line = 0;          // of the fence itself
  std::string language;  // "yaml"
  std::string text;
  std::string note;  // of an HTML comment on the line above: "fails"
};
std::vector<Fence> fences(std::string_view markdown);

// A command of waltrack, in a block of shell or between backticks.
struct ShownCommand {
  int line = 0;
  std::string name;                // "test", "dead list"; empty for `waltrack --help`
  std::vector<std::string> flags;  // "--json", "-c"
};
std::vector<ShownCommand> shown_commands(std::string_view markdown);

// A link that leads into this repository: "postgres.md#which-plugin".
struct Link {
  int line = 0;
  std::string target;
};
std::vector<Link> local_links(std::string_view markdown);

// What links call the headings.
std::vector<std::string> heading_anchors(std::string_view markdown);

}  // namespace waltrack
