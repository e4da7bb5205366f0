// SPDX-License-Identifier: MIT
#include "elvis/graph/tap.hpp"

#include <utility>

#include "elvis/graph/machine.hpp"

namespace elvis {

Result<> Tap::send(MacAddress destination, EtherType type, Message&& payload) {
  if (payload.size() > network_.properties().mtu) return Errc::message_too_long;
  const EthernetHeader header{destination, mac(), static_cast<std::uint16_t>(type)};
  header.emit(payload.prepend(EthernetHeader::size));
  network_.transmit(*this, std::move(payload));
  return {};
}

void InboundPath::demux(Frame* frame, Tap& tap) {
  Message bytes = Frame::unpack(frame);
  if (!take(std::move(bytes))) tap.pass_up(std::move(bytes));
}

void Tap::pass_up(Message&& frame) {
  if (!machine_.is_on()) return machine_.drop(Drop::machine_off, frame);
  std::uint8_t scratch[EthernetHeader::size];
  const std::uint8_t* const bytes = frame.front(EthernetHeader::size, scratch);
  if (bytes == nullptr) return machine_.drop(Drop::truncated, frame);
  const EthernetHeader header = *EthernetHeader::parse(bytes, EthernetHeader::size);
  // A flipped bit may have turned the address of a frame that still came here.
  if (header.destination != mac() && !header.destination.is_group()) {
    return machine_.drop(Drop::not_for_me, frame);
  }
  Protocol* const above = machine_.find(over_link(header.type));
  if (above == nullptr) return machine_.drop(Drop::unknown_ethertype, frame);
  frame.remove_front(EthernetHeader::size);
  Arrival arrival{
      .tap = this, .link_source = header.source, .link_destination = header.destination};
  above->demux(std::move(frame), arrival);
}

}  // namespace elvis
