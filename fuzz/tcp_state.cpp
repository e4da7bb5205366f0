// SPDX-License-Identifier: MIT
// Fuzz target: a few segments into every state, as many times a second as can be. What the input
// chooses is the same as of tcp_connection, so that inputs of one are inputs of the other.
#include <cstddef>
#include <cstdint>

#include "fuzz/tcp_steps.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t most_steps = 4;
  elvis::fuzz::run_tcp({data, size}, most_steps, false);
  return 0;
}
