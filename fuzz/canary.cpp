// SPDX-License-Identifier: MIT
// Fuzz target that must die: it shows that the fuzzers find what is there, and that a replay sees
// it.
#include <cstddef>
#include <cstdint>

#include "elvis/util/assert.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Each byte is a branch of its own, so that the fuzzer notices every step nearer. A loop is not.
  const bool is_the_word = size >= 6 && data[0] == 'E' && data[1] == 'L' && data[2] == 'V' &&
                           data[3] == 'I' && data[4] == 'S' && data[5] == '!';
  ELVIS_ASSERT(!is_the_word);
  return 0;
}
