// SPDX-License-Identifier: MIT
// How often a test repeats something.
#pragma once

namespace elvis {

/// `count`, or a twentieth of it where sanitizers make everything that much slower.
template <typename Count>
constexpr Count repetitions(Count count) {
#ifdef ELVIS_SANITIZED
  return count / 20;
#else
  return count;
#endif
}

}  // namespace elvis
