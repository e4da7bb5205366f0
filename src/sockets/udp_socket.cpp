// SPDX-License-Identifier: MIT
#include "elvis/sockets/udp_socket.hpp"

#include <memory>
#include <utility>

namespace elvis {

Result<> UdpSocket::bind(Endpoint local) {
  if (is_closed()) return Errc::closed;
  if (is_listening_) return Errc::invalid_argument;
  Udp* const udp = this->udp();
  if (udp == nullptr) return Errc::no_protocol;
  if (local.port == 0) {
    const Result<std::uint16_t> port = udp->ephemeral_port();
    if (!port) return port.error();
    local.port = *port;
  }
  if (const Result<> listening = udp->listen(*this, local); !listening) return listening.error();
  local_ = local;
  is_listening_ = true;
  return {};
}

Result<> UdpSocket::connect(Endpoint remote) {
  if (connected_ != nullptr) return Errc::invalid_argument;
  Result<UdpSessionRef> session = session_to(remote);
  if (!session) return session.error();
  connected_ = *std::move(session);
  local_ = connected_->endpoints().local;
  return {};
}

Result<> UdpSocket::send_to(Endpoint remote, Message payload) {
  if (last_ == nullptr || remote != last_->endpoints().remote) {
    last_.reset();  // before its successor, which may have the same endpoints
    if (!is_listening_) {
      if (const Result<> bound = bind({}); !bound) return bound.error();
    }
    Result<UdpSessionRef> session = session_to(remote);
    if (!session) return session.error();
    last_ = *std::move(session);
  }
  return last_->send(std::move(payload));
}

Result<UdpSocket::UdpSessionRef> UdpSocket::session_to(Endpoint remote) {
  if (is_closed()) return Errc::closed;
  Udp* const udp = this->udp();
  if (udp == nullptr) return Errc::no_protocol;
  const Result<SessionRef> session = udp->open(*this, {.local = local_, .remote = remote});
  if (!session) return session.error();
  auto made = boost::static_pointer_cast<UdpSession>(*session);
  if (dont_fragment_) made->below().set_dont_fragment(true);
  return made;
}

void UdpSocket::close() {
  if (std::exchange(failure_, Errc::closed) == Errc::closed) return;
  if (is_listening_) udp()->unlisten(local_);
  connected_.reset();
  last_.reset();
  while (newest_ != nullptr) take_oldest();
  wake_reader();
}

// ===== UdpSocket: what comes up =====

[[gnu::flatten]] void UdpSocket::demux(Message&& payload, Arrival& arrival) {
  if (waiting_bytes_ + payload.size() > default_receive_buffer) {
    return machine().drop(Drop::queue_full, payload);
  }
  waiting_bytes_ += payload.size();
  auto* const waiting = new Waiting{{}, {std::move(payload), arrival.remote(), arrival.local()}};
  if (newest_ != nullptr) waiting->next = std::exchange(newest_->next, waiting);
  newest_ = waiting;
  wake_reader();
}

void UdpSocket::failed(const DeliveryError& error) {
  if (!error.is_final || connected_ == nullptr || is_closed()) return;
  if (error.endpoints != connected_->endpoints()) return;
  failure_ = error.code;
  connected_->fail(error.code);
  wake_reader();
}

// Whether there is still a failure to tell: send() may have told it.
bool UdpSocket::has_news() {
  if (is_closed() || connected_->has_failed()) return true;
  failure_ = Errc{};
  return false;
}

// The datagram that has waited longest; there is one.
std::unique_ptr<UdpSocket::Waiting> UdpSocket::take_oldest() {
  std::unique_ptr<Waiting> oldest{newest_->next};
  if (oldest.get() == newest_) {
    newest_ = nullptr;
  } else {
    newest_->next = oldest->next;
  }
  waiting_bytes_ -= oldest->datagram.payload.size();
  return oldest;
}

Result<Datagram> UdpSocket::try_receive() {
  if (newest_ != nullptr) [[likely]]
    return std::move(take_oldest()->datagram);
  if (is_closed()) return Errc::closed;
  if (failure_ == Errc{} || !has_news()) return Errc::would_block;
  connected_->clear_failure();
  return std::exchange(failure_, Errc{});
}

void UdpSocket::wake_reader() {
  if (reader_ != nullptr) machine().partition().wake(std::exchange(reader_, nullptr)->waiter_);
}

}  // namespace elvis
