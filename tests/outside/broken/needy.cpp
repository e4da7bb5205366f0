// SPDX-License-Identifier: MIT
// Needs what no Elvis has.

namespace elvis {
void travel_back_in_time(int years);
}

extern "C" const void* elvis_plugin() {
  elvis::travel_back_in_time(10);
  return nullptr;
}
