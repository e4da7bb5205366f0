// SPDX-License-Identifier: MIT
// Fuzz target: fragments in any order against a plain copy of their bytes. What becomes whole is
// the bytes that came, every fragment is accounted for, memory stays under its cap and is all given
// back.
//
// Input: records of an offset in units of 8 bytes (2 octets), a length in bytes (2), and an octet
// of identification (2 bits), more fragments (4), time passes (8).
#include <cstddef>
#include <cstdint>
#include <span>

#include "elvis/protocols/reassembly.hpp"
#include "elvis/util/assert.hpp"
#include "elvis/util/pool.hpp"
#include "elvis/wire/byte_order.hpp"

namespace elvis {
namespace {

/// The byte at each place of every datagram.
std::uint8_t byte_at(std::size_t position) {
  return static_cast<std::uint8_t>(position * 7 + position / 256);
}

Message datagram_of(Ipv4Header& header, std::size_t size) {
  Message datagram = Message::zeros(size);
  std::size_t position = std::size_t{8} * header.fragment_offset;
  for (std::uint8_t& byte : datagram.writable_front()) byte = byte_at(position++);
  header.total_length = static_cast<std::uint16_t>(header.header_size() + size);
  header.emit(datagram.prepend(header.header_size()));
  return datagram;
}

void run(std::span<const std::uint8_t> input) {
  ReassemblyLimits limits;
  limits.memory_bytes = 100'000;
  Reassembly reassembly{limits};
  std::uint64_t kept = 0;
  std::uint64_t gone = 0;
  Time now = start_of_time;
  for (; input.size() >= 5; input = input.subspan(5)) {
    if ((input[4] & 8) != 0) now = add_saturated(now, std::chrono::seconds{20});
    while (const auto expired = reassembly.expire(now)) gone += expired->fragments;
    Ipv4Header header;
    header.fragment_offset = load16(input.data()) & 0x1fff;
    header.identification = input[4] & 3;
    header.more_fragments = (input[4] & 4) != 0;
    const std::size_t size = load16(input.data() + 2) % 3'000;
    const Message datagram = datagram_of(header, size);
    const FragmentResult result = reassembly.add(header, datagram, now);
    gone += result.discarded + result.evicted;
    if (result.fate == FragmentFate::kept) ++kept;
    if (result.fate == FragmentFate::complete) {
      const Message payload = result.datagram.slice(Ipv4Header::min_size);
      std::size_t position = 0;
      for (const std::uint8_t byte : payload.bytes()) {
        ELVIS_ASSERT(byte == byte_at(position++));
      }
      gone = kept - reassembly.fragments();  // all earlier ones of it are delivered
    }
    ELVIS_ASSERT(kept == gone + reassembly.fragments());
    ELVIS_ASSERT(reassembly.memory_bytes() <= limits.memory_bytes);
  }
}

}  // namespace
}  // namespace elvis

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::size_t before = elvis::pool::live_blocks();
  elvis::run({data, size});
  ELVIS_ASSERT(elvis::pool::live_blocks() == before);
  return 0;
}
