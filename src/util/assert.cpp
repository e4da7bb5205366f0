// SPDX-License-Identifier: MIT
#include "elvis/util/assert.hpp"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace elvis {

namespace {

void print_and_abort(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: internal error: `%s` does not hold\n", file, line, expression);
  std::abort();
}

AssertionHandler current_handler = print_and_abort;

}  // namespace

AssertionHandler set_assertion_handler(AssertionHandler handler) {
  return std::exchange(current_handler, handler != nullptr ? handler : print_and_abort);
}

void assertion_failed(const char* expression, const char* file, int line) {
  current_handler(expression, file, line);
  std::abort();
}

}  // namespace elvis
