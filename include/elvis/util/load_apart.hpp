// SPDX-License-Identifier: MIT
// load_apart: a value that is read by an instruction of its own.
#pragma once

namespace elvis {

/// `value` as it was just read from memory. A processor hands a store's bytes to a load that wants
/// no others; a load of what several stores wrote waits until all of them are in the cache, and
/// what is behind it with it. Compilers like to copy neighbouring members by one such load: not
/// those that are read so.
template <typename T>
[[gnu::always_inline]] inline T load_apart(T value) {
  asm("" : "+r"(value));
  return value;
}

}  // namespace elvis
