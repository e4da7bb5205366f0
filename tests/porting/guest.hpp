// SPDX-License-Identifier: MIT
// Who visits the chat of the porting guide.
#pragma once

#include <string>
#include <vector>

#include "elvis/util/units.hpp"

namespace elvis::porting {

/// What a guest does: joins after `joins_after` as `name`, says each of `lines` after another
/// `pause`, leaves after one more.
struct Guest {
  std::string name;
  std::vector<std::string> lines;
  Duration joins_after{};
  Duration pause{};
};

}  // namespace elvis::porting
