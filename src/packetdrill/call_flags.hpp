// SPDX-License-Identifier: MIT
// Flags of calls that send and receive, with Linux's values.
#pragma once

#include <cstdint>

namespace elvis::packetdrill {

inline constexpr std::int64_t flag_oob = 0x1;
inline constexpr std::int64_t flag_peek = 0x2;
inline constexpr std::int64_t flag_whole_size = 0x20;  // MSG_TRUNC
inline constexpr std::int64_t flag_dont_wait = 0x40;
inline constexpr std::int64_t flag_end_of_record = 0x80;
inline constexpr std::int64_t flag_wait_all = 0x100;
inline constexpr std::int64_t flag_error_queue = 0x2000;
inline constexpr std::int64_t flag_more = 0x8000;
inline constexpr std::int64_t flag_without_copy = 0x400'0000;
inline constexpr std::int64_t flag_fast_open = 0x2000'0000;

}  // namespace elvis::packetdrill
