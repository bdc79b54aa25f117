#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace waltrack {

// Asks for one line, after showing the prompt; nothing at the end of the input.
using AskLine = std::function<std::optional<std::string>(const std::string& prompt)>;

// On a terminal.
std::optional<std::string> ask_on_terminal(const std::string& prompt);

// Which of `count` numbered things an answer names: "" and "all" all, "none" none, "1,3-5" these,
// "-2" or "-2,4-6" all but these. Indexes from 0, rising. Nothing when it is no answer.
std::optional<std::vector<size_t>> read_choice(const std::string& answer, size_t count);

// Asks until it has an answer; nothing at the end of the input.
std::optional<std::vector<size_t>> ask_choice(const AskLine& ask, const std::string& prompt,
                                              size_t count);

}  // namespace waltrack
