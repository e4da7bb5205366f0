// SPDX-License-Identifier: MIT
// Hints: what a script tells of the machine that it was written for, without saying so.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "elvis/packetdrill/packetdrill.hpp"
#include "script.hpp"

namespace elvis::packetdrill {

/// Whose the script is, by its commands, its calls and the packets that it expects.
std::optional<Layout> likely_layout(const Script& script);

/// What the first SYN that is expected says of buffers which nothing in the script chose.
struct BufferHints {
  std::optional<std::uint8_t> window_scale;
  std::optional<std::uint16_t> window;
};
BufferHints buffer_hints(const Script& script);

/// Whether the stack is expected to ask for ECN in its SYNs, or to grant it (RFC 3168, 6.1.1).
struct EcnHints {
  bool asks = false;
  bool grants = false;
};
EcnHints ecn_hints(const Script& script);

/// Whether a SYN is to be sent again after 3 seconds, not after one as today (RFC 6298, 2.1).
bool has_old_timeout(const Script& script);

/// Whether who asks is answered with its own MSS, as FreeBSD did long ago.
bool has_mss_repeated(const Script& script);

/// Whether the windows that are expected of a FreeBSD are rounded down, as long ago.
bool has_windows_rounded_down(const Script& script);

/// Whether a full send buffer is looked at as soon as a part of what an acknowledgement let go has
/// left, and not only behind the last of it: so does Linux since 6.0. (And takes less for itself.)
bool expects_recent_buffers(const Script& script);

}  // namespace elvis::packetdrill
