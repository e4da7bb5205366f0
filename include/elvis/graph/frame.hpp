// SPDX-License-Identifier: MIT
// Frame: a message on its way through a network.
#pragma once

#include <cstdint>

#include "elvis/util/pool.hpp"
#include "elvis/wire/message.hpp"

namespace elvis {

class Tap;

struct Frame : Pooled {
  Message bytes;       ///< With the link header in front.
  Tap* tap;            ///< The receiver's; the sender's until it has left the sender's medium. Null
                       ///< for what `number` tells.
  std::uint64_t fold;  ///< Of network, length and header words as sent, for the digest.
  std::uint32_t number;  ///< The sender's count of frames on this tap, which keys its luck.

  // Numbers of what has no tap. Any other: 1 + the place of the machine's tap whose ingress it
  // comes to.
  static constexpr std::uint32_t announced = 0x8000'0000;  ///< Plus the place of the tap it is for:
                                                           ///< that it came is counted elsewhere.
  static constexpr std::uint32_t through = 0x4000'0000;    ///< Besides: the ingress lies behind it.
  static constexpr std::uint32_t to_itself = 0;  ///< A datagram that a machine sends to itself.
  static constexpr std::uint32_t switches_on = 0xffff'ffff;   ///< No frame: the machine starts,
  static constexpr std::uint32_t switches_off = 0xffff'fffe;  ///< or loses all that it knows.
};
static_assert(sizeof(Frame) == 64, "one cache line a frame in flight");

}  // namespace elvis
