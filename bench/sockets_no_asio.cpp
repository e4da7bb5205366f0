// SPDX-License-Identifier: MIT
// Where the Asio model is not built.
#include "sockets_workloads.hpp"

namespace elvis {

WorkloadPrograms asio_programs() {
  return {};
}

}  // namespace elvis
