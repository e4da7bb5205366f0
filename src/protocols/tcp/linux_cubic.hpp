// SPDX-License-Identifier: MIT
// Linux's CUBIC, which scripts of it expect.
#pragma once

#include <memory>

#include "elvis/protocols/tcp/congestion.hpp"

namespace elvis {

/// RFC 9438 in whole segments and milliseconds, with HyStart.
std::unique_ptr<TcpCongestion> make_linux_cubic();

}  // namespace elvis
