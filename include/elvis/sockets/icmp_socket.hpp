// SPDX-License-Identifier: MIT
// IcmpSocket: sends and hears ICMP messages as they are, what a raw socket is for.
#pragma once

#include <bitset>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <initializer_list>

#include "elvis/graph/machine.hpp"
#include "elvis/protocols/icmp.hpp"
#include "elvis/sockets/readiness.hpp"
#include "elvis/wire/icmp_message.hpp"

namespace elvis {

/// An ICMP message as an application sees it.
struct IcmpArrival {
  IcmpMessage header;
  Message payload;  ///< What follows the header; of an error, the quoted datagram.
  Ipv4Address from;
  Ipv4Address to;
  std::uint8_t time_to_live;  ///< Left when it came.
};

/// Hears copies of all ICMP messages of chosen types that come to its machine; what the machine
/// itself does about them, as answering echo requests, goes on.
class IcmpSocket final : public Protocol, public Waitable {
 public:
  /// Messages that nobody received yet; more are dropped with Drop::queue_full.
  static constexpr std::size_t most_waiting = 4'096;

  explicit IcmpSocket(Machine& machine) : Protocol{machine, ProtocolId::none} {}
  ~IcmpSocket() override;

  /// Hears messages of `types` from now on, of all if there is none. Errors: no_protocol, closed.
  Result<> hear(std::initializer_list<IcmpType> types = {});
  /// Sends `header` with `payload` behind it and the right checksum. Errors: no_protocol, closed,
  /// message_too_long, network_unreachable, host_unreachable, access_denied.
  Result<> send_to(Ipv4Address to, const IcmpMessage& header, Message payload = {});
  /// How many machines may send on what is sent from now on, and 1; 0 means 64, and 1 to a group.
  void set_time_to_live(std::uint8_t time_to_live) { time_to_live_ = time_to_live; }
  void set_dont_fragment(bool dont_fragment) { dont_fragment_ = dont_fragment; }
  /// Whether it may send to all machines of a network; if not, access_denied.
  void set_broadcast(bool broadcasts) { broadcasts_ = broadcasts; }
  void close();

  class Receive;
  /// `Result<IcmpArrival> next = co_await socket.receive();` Errors: closed, cancelled.
  Receive receive();
  /// The same without waiting. Errors: closed, would_block.
  Result<IcmpArrival> try_receive();

  Ready ready() const;
  void cancel() { end_waits(machine(), Errc::cancelled); }

  void demux(Message&& message, Arrival& arrival) override;

 private:
  Icmp* icmp() const { return static_cast<Icmp*>(machine().find(ProtocolId::icmp)); }

  std::deque<IcmpArrival> arrivals_;
  std::uint8_t time_to_live_ = 0;
  bool dont_fragment_ = false;
  bool broadcasts_ = false;
  bool is_open_ = false;
  bool is_closed_ = false;
  std::bitset<256> types_;  // all if none
};

class IcmpSocket::Receive : public Wait {
 public:
  explicit Receive(IcmpSocket& socket) : Wait{Ready::readable, true}, socket_{socket} {}

  Machine& machine() const { return socket_.machine(); }
  bool await_ready() const;
  void await_suspend(std::coroutine_handle<> waiting);
  Result<IcmpArrival> await_resume();

 private:
  IcmpSocket& socket_;
};

inline IcmpSocket::Receive IcmpSocket::receive() {
  return Receive{*this};
}

}  // namespace elvis
