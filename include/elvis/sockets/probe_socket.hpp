// SPDX-License-Identifier: MIT
// ProbeSocket: sends echo requests and UDP datagrams with a time to live of its own, and awaits
// what becomes of them, errors of routers included.
#pragma once

#include <coroutine>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "elvis/graph/machine.hpp"
#include "elvis/protocols/icmp.hpp"
#include "elvis/protocols/udp.hpp"
#include "elvis/sim/timer.hpp"
#include "elvis/sockets/readiness.hpp"
#include "elvis/wire/ipv4_options.hpp"

namespace elvis {

/// What a probe met.
struct ProbeAnswer {
  std::uint16_t sequence;              ///< Of the echo request; of UDP, the remote port.
  Ipv4Address from;                    ///< Who answered.
  std::uint8_t time_to_live = 0;       ///< Of a reply.
  Ipv4Options options;                 ///< Of the IPv4 header of a reply.
  std::optional<DeliveryError> error;  ///< None: it arrived and was answered.
};

class ProbeSocket final : public Protocol, public Waitable {
 public:
  explicit ProbeSocket(Machine& machine) : Protocol{machine, ProtocolId::none} {}
  ~ProbeSocket() override;

  /// Sends an echo request. Errors: no_protocol, those of Icmp::send_echo.
  Result<> send_echo(Ipv4Address to, std::uint16_t sequence, Message payload,
                     std::uint8_t time_to_live = 0, bool dont_fragment = false,
                     const Ipv4Options& options = {});
  /// Sends a UDP datagram. Errors: those of Udp::open and UdpSession::send.
  Result<> send_udp(Endpoint to, Message payload, std::uint8_t time_to_live = 64);

  class Receive;
  /// `std::optional<ProbeAnswer> answer = co_await socket.receive_until(deadline);` Goes on when
  /// there is an answer, or with nothing at `deadline`, or when the wait was ended.
  Receive receive_until(Time deadline);
  Ready ready() const {
    return answers_.empty() ? Ready::writable : Ready::readable | Ready::writable;
  }
  void cancel() { end_waits(machine(), Errc::cancelled); }

  void demux(Message&& payload, Arrival& arrival) override;
  void failed(const DeliveryError& error) override;

 private:
  Icmp* icmp() const { return static_cast<Icmp*>(machine().find(ProtocolId::icmp)); }
  void answered(const ProbeAnswer& answer);

  std::optional<std::uint16_t> identifier_;
  std::uint16_t udp_port_ = 0;
  std::vector<SessionRef> sessions_;  // of the UDP datagrams that may still be answered
  std::deque<ProbeAnswer> answers_;
};

/// The awaitable of receive_until().
class ProbeSocket::Receive : public Wait, private Timer {
 public:
  Receive(ProbeSocket& socket, Time deadline);

  Machine& machine() const { return socket_.machine(); }
  bool await_ready() const noexcept;
  void await_suspend(std::coroutine_handle<> waiting);
  std::optional<ProbeAnswer> await_resume();

 private:
  ProbeSocket& socket_;
  Time deadline_;
};

}  // namespace elvis
