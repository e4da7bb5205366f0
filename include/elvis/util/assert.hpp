// SPDX-License-Identifier: MIT
// What happens when the program finds itself wrong: ELVIS_ASSERT, on in every build.
#pragma once

namespace elvis {

/// Called with the broken expression and its place; it must not return.
using AssertionHandler = void (*)(const char* expression, const char* file, int line);

/// Replaces what a broken assertion does (default: print and abort). Returns the former handler.
AssertionHandler set_assertion_handler(AssertionHandler handler);

/// Reports the broken assertion to the handler and ends the process.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace elvis

/// Checks what must be true if the program has no bug. Never for input or packets.
#define ELVIS_ASSERT(expression)                                                                   \
  (__builtin_expect(!(expression), 0) ? ::elvis::assertion_failed(#expression, __FILE__, __LINE__) \
                                      : static_cast<void>(0))

/// Marks a place that no execution reaches.
#define ELVIS_UNREACHABLE() ::elvis::assertion_failed("unreachable", __FILE__, __LINE__)
