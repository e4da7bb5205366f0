// SPDX-License-Identifier: MIT
#include "socket.hpp"

#include <utility>

namespace parcel {

using namespace elvis;

Socket::~Socket() {
  if (port_ != 0) parcel()->unlisten({.port = port_});
  session_.reset();
  abandon(machine());
}

Result<> Socket::bind(std::uint16_t port) {
  if (parcel() == nullptr) return Errc::no_protocol;
  const Result<> listening = parcel()->listen(*this, {.port = port});
  if (listening) port_ = port;
  return listening;
}

Result<> Socket::connect(Endpoint remote) {
  if (parcel() == nullptr) return Errc::no_protocol;
  const Result<SessionRef> session = parcel()->open(*this, {.local = {}, .remote = remote});
  if (!session) return session.error();
  session_ = boost::static_pointer_cast<Session>(*session);
  return {};
}

Task<Result<>> Socket::send(Message message) {
  if (session_ == nullptr) co_return Errc::not_connected;
  while (trouble_ == Errc{} && !session_->has_room()) {
    if (const Errc ended = co_await Change{*session_}; ended != Errc{}) co_return ended;
  }
  co_return session_->send(std::move(message));
}

Task<Result<>> Socket::settled() {
  while (trouble_ == Errc{} && session_ != nullptr && !session_->is_settled()) {
    if (const Errc ended = co_await Change{*session_}; ended != Errc{}) co_return ended;
  }
  if (trouble_ != Errc{}) co_return trouble_;
  co_return Result<>{};
}

Task<Result<Delivery>> Socket::receive() {
  while (waiting_.empty()) {
    if (trouble_ != Errc{}) co_return trouble_;
    if (const Errc ended = co_await Change{*this}; ended != Errc{}) co_return ended;
  }
  Delivery next = std::move(waiting_.front());
  waiting_.pop_front();
  co_return next;
}

// ===== Socket: what comes up =====

void Socket::demux(Message&& message, Arrival& arrival) {
  waiting_.push_back({std::move(message), arrival.remote()});
  tell_all(machine());
}

void Socket::failed(const DeliveryError& error) {
  if (session_ == nullptr || error.endpoints != session_->endpoints()) return;
  trouble_ = error.code;
  tell_all(machine());
}

}  // namespace parcel
