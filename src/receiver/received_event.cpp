#include "receiver/received_event.hpp"

namespace waltrack {

std::string_view fate_name(Fate fate) {
  switch (fate) {
    case Fate::accepted:
      return "accepted";
    case Fate::duplicate:
      return "duplicate";
    case Fate::conflicting:
      return "conflicting";
    case Fate::dropped:
      return "dropped";
  }
  return "accepted";
}

}  // namespace waltrack
