// SPDX-License-Identifier: MIT
#include "elvis/sockets/tcp_listener.hpp"

#include <utility>

namespace elvis {

TcpListener::~TcpListener() {
  abandon(machine_);
  close();
}

Tcp* TcpListener::tcp() const {
  return static_cast<Tcp*>(machine_.find(ProtocolId::tcp));
}

void TcpListener::use(const TcpSettings& settings) {
  settings_ = std::make_unique<TcpSettings>(settings);
}

Result<> TcpListener::listen(Endpoint local, std::size_t backlog) {
  if (is_closed_) return Errc::closed;
  if (is_listening_) return Errc::invalid_argument;
  Tcp* const tcp = this->tcp();
  if (tcp == nullptr) return Errc::no_protocol;
  if (local.port == 0) {
    const Result<std::uint16_t> port = tcp->ephemeral_port();
    if (!port) return port.error();
    local.port = *port;
  }
  if (const Result<> listening = tcp->listen(*this, local, backlog, settings_.get()); !listening) {
    return listening;
  }
  local_ = local;
  is_listening_ = true;
  return {};
}

Result<TcpSocketRef> TcpListener::try_accept() {
  if (is_closed_) return Errc::closed;
  if (!is_listening_) return Errc::invalid_argument;
  TcpSessionRef session = tcp()->accept(local_);
  if (session == nullptr) return Errc::would_block;
  taken(machine_, Ready::readable, ready());
  return TcpSocketRef{new TcpSocket{machine_, std::move(session)}};
}

bool TcpListener::Accept::await_ready() const {
  return listener_.ready() != Ready::none && !listener_.has_takers(Ready::readable);
}

void TcpListener::Accept::await_suspend(std::coroutine_handle<> waiting) {
  wait(waiting);
  join(listener_);
}

Result<TcpSocketRef> TcpListener::Accept::await_resume() {
  leave();
  if (outcome() != Errc{}) return outcome();
  return listener_.try_accept();
}

void TcpListener::tcp_acceptable() {
  tell(machine_, Ready::readable);
}

Ready TcpListener::ready() const {
  if (is_closed_ || !is_listening_) return Ready::any;
  return waiting() == 0 ? Ready::none : Ready::readable;
}

std::size_t TcpListener::waiting() const {
  return is_listening_ && !is_closed_ ? tcp()->waiting(local_) : 0;
}

void TcpListener::close() {
  if (std::exchange(is_closed_, true)) return;
  if (is_listening_) tcp()->unlisten(local_);
  tell_all(machine_);
}

}  // namespace elvis
