#pragma once

#include "model/change.hpp"
#include "model/event_sink.hpp"

namespace waltrack {

// Turns a change into events. Belongs to one thread.
class ChangeMapper {
 public:
  virtual ~ChangeMapper() = default;

  // Puts the events of `change` into `sink`, in the order of their rules. A row that makes a rule
  // fail is rejected there; nothing is thrown for it.
  virtual void map(const Transaction& transaction, const Change& change, EventSink& sink) = 0;
};

}  // namespace waltrack
