// SPDX-License-Identifier: MIT
#include "version.hpp"

namespace elvis::cli {

std::string_view version() {
  return ELVIS_VERSION;
}
std::string_view build() {
  return ELVIS_BUILD;
}

}  // namespace elvis::cli
