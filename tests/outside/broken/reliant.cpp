// SPDX-License-Identifier: MIT
// Needs another library.

int found();

extern "C" const void* elvis_plugin() {
  static const int something = found();
  return &something;
}
