#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace waltrack {

// The words of a name in snake_case, camelCase or whatever has been mixed, ASCII letters in lower
// case: "orderItemID" and "order_item_id" both give order, item, id. A run of capitals is one word
// but for its last letter when a small one follows ("HTTPServer"); digits stay with the letters
// before them ("line1"); letters beyond ASCII belong to words as they are.
std::vector<std::string> name_words(std::string_view name);

// An English noun's singular, as table names have it: "categories" gives category, "statuses"
// status, "people" person. `plural` is one word in lower case; what is no plural comes back.
std::string singular(std::string_view plural);

// "order", "item" gives "Order Item".
std::string title_case(const std::vector<std::string>& words);

// "order", "item" gives "order_item".
std::string snake_case(const std::vector<std::string>& words);

}  // namespace waltrack
