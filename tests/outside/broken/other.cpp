// SPDX-License-Identifier: MIT
// A shared library that is no plug-in.

extern "C" int other() {
  return 1;
}
