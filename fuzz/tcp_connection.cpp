// SPDX-License-Identifier: MIT
// Fuzz target: long conversations. See tcp_steps.hpp.
#include <cstddef>
#include <cstdint>
#include <limits>

#include "fuzz/tcp_steps.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  elvis::fuzz::run_tcp({data, size}, std::numeric_limits<std::size_t>::max(), true);
  return 0;
}
