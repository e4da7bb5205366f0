// SPDX-License-Identifier: MIT
// Tap: a machine's attachment to a network, where the link header is written and read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "elvis/graph/inbound_path.hpp"
#include "elvis/graph/network.hpp"
#include "elvis/util/result.hpp"
#include "elvis/wire/address.hpp"
#include "elvis/wire/ethernet.hpp"
#include "elvis/wire/message.hpp"

namespace elvis {

class Machine;

class Tap {
 public:
  Tap(Machine& machine, Network& network, std::uint32_t index)
      : index_{index}, machine_{machine}, network_{network} {}

  Machine& machine() const { return machine_; }
  Network& network() const { return network_; }
  /// The place among the network's taps.
  std::uint32_t index() const { return index_; }
  MacAddress mac() const { return network_.mac_of(index_); }
  /// The address that the world gave this attachment; unspecified if none. Further addresses may
  /// be claimed for it: has_address() knows all.
  Ipv4Address address() const { return address_; }
  bool has_address(Ipv4Address address) const {
    return address == address_ || network_.tap_with(address) == this;
  }

  /// Sends `payload` in a frame to `destination`. Errors: message_too_long.
  Result<> send(MacAddress destination, EtherType type, Message&& payload);
  /// Sends a frame as it is, with its link header, of which nothing is checked.
  void transmit(Message&& frame) { network_.transmit(*this, std::move(frame)); }
  void transmit(Frame* frame, const std::uint8_t* header) {
    network_.transmit(*this, frame, header);
  }
  /// Takes a frame off the network and passes it up to the protocol that its type names.
  void demux(Message&& frame) {
    if (path_ == nullptr || !path_->take(std::move(frame))) pass_up(std::move(frame));
  }
  void demux(Frame* frame) {
    if (path_ != nullptr) [[likely]]
      return path_->demux(frame, *this);
    pass_up(frame);
  }
  /// The same without the path.
  void pass_up(Message&& frame);
  [[gnu::noinline]] void pass_up(Frame* frame) { pass_up(Frame::unpack(frame)); }

  /// Takes frames for this group of the link from now on, and leave() no more; as often as it was
  /// joined. Frames for all come anyway.
  void join(MacAddress group) { network_.join(*this, group); }
  void leave(MacAddress group) { network_.leave(*this, group); }
  /// Before the run: says that of ARP packets for all only those matter here that ask for an own
  /// address, or come from one of those or a watched one; see AddressWatch.
  void hear_watched_arp_only() { hears_all_arp_ = false; }
  bool hears_all_arp() const { return hears_all_arp_; }

  /// The way that frames try first from now on; none if null. Whoever it leads to sees to it that
  /// it is taken away in time.
  void set_path(std::unique_ptr<InboundPath> path) { path_ = std::move(path); }
  std::unique_ptr<InboundPath> take_path() { return std::move(path_); }
  const InboundPath* path() const { return path_.get(); }

 private:
  friend class Network;
  friend class World;

  /// The first members, which frames seldom need: the others begin a cache line (see World).
  static constexpr std::size_t seldom_needed_bytes = 8;

  std::uint32_t index_;
  Ipv4Address address_;
  std::unique_ptr<InboundPath> path_;
  Machine& machine_;
  Network& network_;
  std::uint32_t frames_sent_ = 0;
  // Of what it sends; whoever draws luck has it. What is for several is drawn by the network.
  ChannelState channel_ = ChannelState::unknown;
  ChannelState group_channel_ = ChannelState::unknown;
  bool hears_all_arp_ = true;
};

}  // namespace elvis
