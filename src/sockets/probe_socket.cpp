// SPDX-License-Identifier: MIT
#include "elvis/sockets/probe_socket.hpp"

#include <utility>

namespace elvis {

ProbeSocket::~ProbeSocket() {
  abandon(machine());
  if (identifier_) icmp()->unlisten({{}, *identifier_});
}

// ===== ProbeSocket: asking =====

Result<> ProbeSocket::send_echo(Ipv4Address to, std::uint16_t sequence, Message payload,
                                std::uint8_t time_to_live, bool dont_fragment,
                                const Ipv4Options& options) {
  Icmp* const icmp = this->icmp();
  if (icmp == nullptr) return Errc::no_protocol;
  if (!identifier_) {
    const Result<std::uint16_t> identifier = icmp->free_identifier();
    if (!identifier) return identifier.error();
    if (const Result<> listening = icmp->listen(*this, {{}, *identifier}); !listening) {
      return listening;
    }
    identifier_ = *identifier;
  }
  return icmp->send_echo({.destination = to,
                          .identifier = *identifier_,
                          .sequence = sequence,
                          .time_to_live = time_to_live,
                          .dont_fragment = dont_fragment,
                          .options = options.bytes()},
                         std::move(payload));
}

Result<> ProbeSocket::send_udp(Endpoint to, Message payload, std::uint8_t time_to_live) {
  Protocol* const udp = machine().find(ProtocolId::udp);
  if (udp == nullptr) return Errc::no_protocol;
  Result<SessionRef> session = udp->open(*this, {.local = {{}, udp_port_}, .remote = to});
  if (!session) return session.error();
  auto& made = static_cast<UdpSession&>(**session);
  udp_port_ = made.endpoints().local.port;
  made.below().set_time_to_live(time_to_live);
  sessions_.push_back(*session);
  return made.send(std::move(payload));
}

// ===== ProbeSocket: hearing =====

void ProbeSocket::demux(Message&&, Arrival& arrival) {
  const bool has_header = arrival.datagram != nullptr;
  answered({.sequence = arrival.source_port,
            .from = arrival.source,
            .time_to_live = arrival.time_to_live,
            .options = has_header ? Ipv4Options::of(*arrival.datagram) : Ipv4Options{},
            .error = std::nullopt});
}

void ProbeSocket::failed(const DeliveryError& error) {
  const bool is_echo = error.endpoints.remote.port == 0;
  answered({.sequence = is_echo ? error.sequence : error.endpoints.remote.port,
            .from = error.reporter,
            .options = {},
            .error = error});
}

void ProbeSocket::answered(const ProbeAnswer& answer) {
  answers_.push_back(answer);
  tell(machine(), Ready::readable);
}

ProbeSocket::Receive ProbeSocket::receive_until(Time deadline) {
  return Receive{*this, deadline};
}

ProbeSocket::Receive::Receive(ProbeSocket& socket, Time deadline)
    : Wait{Ready::readable, true},
      Timer{[](Timer& self) {
        auto& late = static_cast<Receive&>(self);
        late.give_up(late.machine(), Errc::timed_out);
      }},
      socket_{socket},
      deadline_{deadline} {}

bool ProbeSocket::Receive::await_ready() const noexcept {
  return (!socket_.answers_.empty() && !socket_.has_takers(Ready::readable)) ||
         deadline_ <= socket_.machine().now();
}

void ProbeSocket::Receive::await_suspend(std::coroutine_handle<> waiting) {
  wait(waiting);
  join(socket_);
  arm(socket_.machine(), deadline_);
}

std::optional<ProbeAnswer> ProbeSocket::Receive::await_resume() {
  cancel();
  leave();
  if (outcome() != Errc{} || socket_.answers_.empty()) return std::nullopt;
  ProbeAnswer answer = socket_.answers_.front();
  socket_.answers_.pop_front();
  socket_.taken(socket_.machine(), Ready::readable, socket_.ready());
  return answer;
}

}  // namespace elvis
