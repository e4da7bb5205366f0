// SPDX-License-Identifier: MIT
#include "elvis/sockets/icmp_socket.hpp"

#include <utility>

namespace elvis {

IcmpSocket::~IcmpSocket() {
  abandon(machine());
  close();
}

Result<> IcmpSocket::hear(std::initializer_list<IcmpType> types) {
  if (is_closed_) return Errc::closed;
  Icmp* const icmp = this->icmp();
  if (icmp == nullptr) return Errc::no_protocol;
  types_.reset();
  for (const IcmpType type : types) types_.set(static_cast<std::uint8_t>(type));
  if (!std::exchange(is_open_, true)) icmp->overhear(*this);
  return {};
}

Result<> IcmpSocket::send_to(Ipv4Address to, const IcmpMessage& header, Message payload) {
  if (is_closed_) return Errc::closed;
  Icmp* const icmp = this->icmp();
  if (icmp == nullptr) return Errc::no_protocol;
  if (!broadcasts_ && !to.is_multicast()) {
    const auto& ipv4 = static_cast<const Ipv4&>(*machine().find(ProtocolId::ipv4));
    if (ipv4.is_for_several(to)) return Errc::access_denied;
  }
  return icmp->send(
      header, std::move(payload),
      {.destination = to, .time_to_live = time_to_live_, .dont_fragment = dont_fragment_});
}

void IcmpSocket::close() {
  if (std::exchange(is_closed_, true)) return;
  if (is_open_) icmp()->overhear_no_more(*this);
  arrivals_.clear();
  tell_all(machine());
}

void IcmpSocket::demux(Message&& message, Arrival& arrival) {
  const auto header = IcmpMessage::parse(message);
  if (!header) return;
  if (types_.any() && !types_.test(static_cast<std::uint8_t>(header->type))) return;
  if (arrivals_.size() >= most_waiting) return machine().drop(Drop::queue_full, message);
  const bool has_times =
      header->type == IcmpType::timestamp || header->type == IcmpType::timestamp_reply;
  message.remove_front(has_times ? IcmpMessage::timestamp_size : IcmpMessage::size);
  arrivals_.push_back({.header = *header,
                       .payload = std::move(message),
                       .from = arrival.source,
                       .to = arrival.destination,
                       .time_to_live = arrival.time_to_live});
  tell(machine(), Ready::readable);
}

Result<IcmpArrival> IcmpSocket::try_receive() {
  if (is_closed_) return Errc::closed;
  if (arrivals_.empty()) return Errc::would_block;
  IcmpArrival oldest = std::move(arrivals_.front());
  arrivals_.pop_front();
  taken(machine(), Ready::readable, ready());
  return oldest;
}

Ready IcmpSocket::ready() const {
  if (is_closed_) return Ready::any;
  return arrivals_.empty() ? Ready::writable : Ready::readable | Ready::writable;
}

bool IcmpSocket::Receive::await_ready() const {
  return socket_.is_closed_ || (!socket_.arrivals_.empty() && !socket_.has_takers(Ready::readable));
}

void IcmpSocket::Receive::await_suspend(std::coroutine_handle<> waiting) {
  wait(waiting);
  join(socket_);
}

Result<IcmpArrival> IcmpSocket::Receive::await_resume() {
  leave();
  if (outcome() != Errc{}) return outcome();
  return socket_.try_receive();
}

}  // namespace elvis
