// SPDX-License-Identifier: MIT
// Bytes that tell where in a stream they stand, so that a reader can verify each of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "elvis/wire/message.hpp"

namespace elvis {

/// The bytes [offset, offset + size) of the pattern, made anew.
Message stream_pattern(std::uint64_t offset, std::size_t size);
/// Whether `message` is what the pattern has from `offset` on.
bool is_stream_pattern(const Message& message, std::uint64_t offset);

}  // namespace elvis
