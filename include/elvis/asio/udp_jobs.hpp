// SPDX-License-Identifier: MIT
// What the operations of a datagram socket are asked for and do; part of udp.hpp.
#pragma once

#include <boost/asio/ip/udp.hpp>
#include <cstdint>
#include <utility>

#include "elvis/asio/socket.hpp"

namespace elvis::asio_internal {

template <typename Buffers>
struct Send {
  Buffers buffers;
};
template <typename Buffers>
struct SendTo {
  Buffers buffers;
  boost::asio::ip::udp::endpoint remote;
};
template <typename Buffers>
struct Receive {
  Buffers buffers;
  boost::asio::ip::udp::endpoint* remote;  // who sent it; null if nobody asks
};

template <typename Buffers>
struct SendJob : TransferJob {
  using NeverWaits = void;
  AsioUdp* udp;
  Send<Buffers> request;
  [[gnu::always_inline]] bool attempt(AsioOutcome& outcome) const {
    std::uint64_t sum = 0;
    Message data = copy_in_summed(request.buffers, sum);
    udp->send(outcome, std::move(data), sum);
    return true;
  }
};

template <typename Buffers>
struct SendToJob : TransferJob {
  using NeverWaits = void;
  AsioUdp* udp;
  SendTo<Buffers> request;
  [[gnu::always_inline]] bool attempt(AsioOutcome& outcome) const {
    if (const auto remote = endpoint_from(request.remote)) {
      std::uint64_t sum = 0;
      Message data = copy_in_summed(request.buffers, sum);
      udp->send_to(outcome, *remote, std::move(data), sum);
    } else {
      outcome.error = boost::asio::error::address_family_not_supported;
    }
    return true;
  }
};

template <typename Buffers>
[[gnu::always_inline]] inline void give(const Receive<Buffers>& request, AsioOutcome& outcome,
                                        const Message& payload, Endpoint remote) {
  outcome.bytes = copy_out(payload, request.buffers);
  if (request.remote != nullptr) write_endpoint(*request.remote, remote);
}

template <typename Buffers>
struct ReceiveJob : TransferJob {
  AsioUdp* udp;
  Receive<Buffers> request;
  [[gnu::always_inline]] bool attempt(AsioOutcome& outcome) const {
    return udp->may_receive() && take(outcome);
  }
  [[gnu::always_inline]] bool attempt_again(AsioOutcome& outcome) const {
    const UdpSocket::Handed* const handed = udp->take_handed();
    if (handed == nullptr) [[unlikely]]
      return attempt(outcome);
    give(request, outcome, handed->payload, handed->remote);
    return true;
  }
  bool take(AsioOutcome& outcome) const {
    const Message* got = nullptr;
    Endpoint remote;
    if (!udp->receive(outcome, got, remote)) return false;
    if (got == nullptr) return true;
    give(request, outcome, *got, remote);
    udp->pop();
    return true;
  }
};

/// The same, and the datagram stays to be received.
template <typename Buffers>
struct PeekDatagramJob : TransferJob {
  AsioUdp* udp;
  Receive<Buffers> request;
  bool attempt(AsioOutcome& outcome) const {
    const Message* got = nullptr;
    Endpoint remote;
    if (!udp->peek(outcome, got, remote)) return false;
    if (got != nullptr) give(request, outcome, *got, remote);
    return true;
  }
};

}  // namespace elvis::asio_internal
