#pragma once

#include <memory>

#include "mapping/mapper.hpp"

namespace waltrack {

// Maps every row of the shop's users and orders to one event.
std::unique_ptr<Mapper> shop_mapper();

}  // namespace waltrack
