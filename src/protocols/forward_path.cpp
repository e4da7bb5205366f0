// SPDX-License-Identifier: MIT
#include "forward_path.hpp"

#include <span>
#include <utility>

#include "elvis/graph/tap.hpp"
#include "elvis/wire/byte_order.hpp"
#include "elvis/wire/checksum.hpp"
#include "elvis/wire/ethernet.hpp"
#include "elvis/wire/ipv4_header.hpp"
#include "host_mask.hpp"
#include "ipv4_state.hpp"

namespace elvis {

namespace {

// The headers of a frame as words, 34 bytes:
//
//    0                     8                    16
//    | destination | source ...   | type |45|TOS| length | id | flags, offset | TTL | protocol |
//   24                    32
//    | checksum | source | destination |
constexpr std::size_t headers_size = EthernetHeader::size + Ipv4Header::min_size;
constexpr std::uint64_t ipv4_without_options = 0x0000'0000'0800'4500;
constexpr std::uint64_t type_mask = 0x0000'0000'ffff'ff00;
constexpr std::uint64_t half = 0xffff'ffff;

}  // namespace

Ipv4::ForwardPath::ForwardPath(Ipv4& ipv4, Tap& tap)
    : host_mask_{host_mask_of(tap)}, ipv4_{ipv4}, tap_{tap} {
  auto& own = ipv4.state().own;
  if (!own) {
    own.emplace();
    for (const Tap& each : ipv4.machine().taps()) own->set(bit_of(each.address().value()));
  }
  own_ = *own;
}

// Whether a source may be one that nobody may have, or that a router does not send on for.
bool Ipv4::ForwardPath::may_be_odd(std::uint32_t source) const {
  if (source >> 24 == 0 || source >> 24 == 127 || source >> 28 >= 0xe) return true;
  if ((~source & host_mask_) == 0) return true;
  return own_.test(bit_of(source)) && ipv4_.is_local(Ipv4Address{source});
}

// Rewrites the headers and returns the tap by which the frame goes on. Null: nothing was done.
[[gnu::always_inline]] inline Tap* Ipv4::ForwardPath::direct(Message& frame) {
  const std::span<std::uint8_t> bytes = frame.writable_front();
  if (bytes.size() < headers_size) return nullptr;
  const std::uint64_t first = load64(bytes.data());
  const std::uint64_t second = load64(bytes.data() + 8);
  const std::uint64_t third = load64(bytes.data() + 16);
  const std::uint64_t fourth = load64(bytes.data() + 24);
  const std::uint64_t fifth = load16(bytes.data() + 32);

  // What differs from the usual, and what is wrong, is for the layers to judge.
  const std::uint64_t length = third >> 48;
  const std::uint64_t sum =
      (second & 0xffff) + (third >> 32) + (third & half) + (fourth >> 32) + (fourth & half) + fifth;
  if (first >> 16 != tap_.mac().value() || ((second ^ ipv4_without_options) & type_mask) != 0 ||
      (third >> 8 & 0xff) <= 1 || length < Ipv4Header::min_size ||
      length + EthernetHeader::size != frame.size() || fold_sum(sum) != 0xffff ||
      may_be_odd(static_cast<std::uint32_t>(fourth >> 16))) {
    return nullptr;
  }
  const Ipv4Address destination{static_cast<std::uint32_t>(fourth << 16 | fifth)};
  const State::Onward* const onward = ipv4_.state_->onward_to(destination, ipv4_.generation_);
  // A shorter link wants fragments; back where it came from, its source is told of a better way.
  if (onward == nullptr || onward->mtu < length || onward->way.tap == &tap_) return nullptr;

  ++ipv4_.state_->forwarded;
  Tap& out = *onward->way.tap;
  const std::uint64_t source = out.mac().value();
  // RFC 1624, 3: HC' = ~(~HC + ~m + m'), where m' is m less one in its upper byte.
  constexpr std::uint64_t one_hop_less = 0xffff - 0x100;
  const std::uint64_t checksum = finish_checksum((~fourth >> 48) + one_hop_less);
  store64(bytes.data(), onward->way.mac.value() << 16 | source >> 32);
  store64(bytes.data() + 8, source << 32 | (second & half));
  store64(bytes.data() + 16, third - 0x100);
  store64(bytes.data() + 24, checksum << 48 | (fourth << 16 >> 16));
  return &out;
}

bool Ipv4::ForwardPath::take(Message&& frame) {
  Tap* const out = direct(frame);
  if (out == nullptr) return false;
  out->transmit(std::move(frame));
  return true;
}

// The frame goes on as it is.
void Ipv4::ForwardPath::demux(Frame* frame, Tap& tap) {
  Tap* const out = direct(frame->bytes);
  if (out == nullptr) return InboundPath::demux(frame, tap);
  const std::span<const std::uint8_t> first = frame->bytes.slice_at(0);
  if (first.size() < Network::least_header) return out->transmit(Frame::unpack(frame));
  frame->tap = out;
  out->transmit(frame, first.data());
}

}  // namespace elvis
