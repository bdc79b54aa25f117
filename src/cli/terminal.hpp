#pragma once

#include "base/terminal_text.hpp"

namespace waltrack {

// Colors and a width where standard output is a terminal (and NO_COLOR is not set), else neither.
TextLook terminal_look();

// Whether standard output is a terminal that takes what moves the cursor.
bool terminal_can_redraw();

// Whether somebody can be asked.
bool terminal_can_ask();

}  // namespace waltrack
