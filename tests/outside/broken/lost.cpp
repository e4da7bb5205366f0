// SPDX-License-Identifier: MIT
// A library that is there when a plug-in is built, and not when that is loaded.

int found() {
  return 1;
}
