// SPDX-License-Identifier: MIT
#include "elvis/asio/sockets.hpp"

#include <algorithm>
#include <utility>

namespace elvis {

// ===== AsioTcp: its life =====

AsioTcp::~AsioTcp() {
  cancel();
}

void AsioTcp::open() {
  socket_ = std::make_unique<TcpSocket>(core_.machine());
  is_connecting_ = receives_no_more_ = false;
  values_ = {};
}

void AsioTcp::adopt(TcpSocketRef socket) {
  close();
  socket_ = std::move(socket);
  socket_->session()->set_user(this);
  is_connecting_ = receives_no_more_ = false;
  values_ = {};
}

void AsioTcp::close() {
  cancel();
  socket_.reset();
}

void AsioTcp::cancel() {
  incoming_.cancel_all();
  outgoing_.cancel_all();
}

boost::system::error_code AsioTcp::shutdown(bool receives, bool sends) {
  if (!socket_->is_connected()) return boost::asio::error::not_connected;
  if (sends) {
    if (const Result<> done = socket_->shutdown(); !done) return asio_error(done);
  }
  if (receives && !std::exchange(receives_no_more_, true)) incoming_.try_again();
  return {};
}

// ===== AsioTcp: what operations do =====

bool AsioTcp::connect(AsioOutcome& outcome, Endpoint remote) {
  if (const TcpSession* const failed = socket_->session(); failed != nullptr && failed->is_over()) {
    // After a failure one may try again.
    auto fresh = std::make_unique<TcpSocket>(core_.machine());
    fresh->use(failed->connection().settings());
    socket_ = std::move(fresh);
  } else if (std::exchange(is_connecting_, false)) {
    is_connecting_ = !socket_->is_connected();
    if (is_connecting_) {
      outcome.error = boost::asio::error::already_started;
      return true;
    }
  }
  if (const Result<> started = socket_->start_connecting(remote); !started) {
    outcome.error = asio_error(started);
    return true;
  }
  socket_->session()->set_user(this);
  is_connecting_ = true;
  return go_on_connecting(outcome);
}

bool AsioTcp::go_on_connecting(AsioOutcome& outcome) {
  if (!socket_->session()->is_over()) {
    if (!socket_->is_connected()) return false;
  } else {
    const Errc failure = socket_->session()->failure();
    outcome.error = asio_error(failure == Errc{} ? Errc::refused : failure);
  }
  is_connecting_ = false;
  return true;
}

bool AsioTcp::receive(AsioOutcome& outcome, std::size_t max, Message& got) {
  if (max == 0) return true;
  TcpSession* const session = socket_->session();
  if (session == nullptr || !session->is_open()) [[unlikely]] {
    return receive_rest(outcome, max, got);
  }
  if (session->readable() != 0) {
    got = session->read(max);
    return true;
  }
  return has_ended() && receive_rest(outcome, max, got);
}

// The same of a socket that is not connected, or at its end.
[[gnu::noinline]] bool AsioTcp::receive_rest(AsioOutcome& outcome, std::size_t max, Message& got) {
  if (receives_no_more_ && socket_->readable() == 0) {
    outcome.error = boost::asio::error::eof;
    return true;
  }
  if (!has(socket_->ready(), Ready::readable)) return false;
  Result<Message> received = socket_->try_receive(max);
  if (!received) {
    outcome.error = asio_error(received);
  } else if (received->empty()) {
    outcome.error = boost::asio::error::eof;
  } else {
    got = *std::move(received);
  }
  return true;
}

bool AsioTcp::peek(AsioOutcome& outcome, std::size_t max, Message& got) const {
  if (max == 0) return true;
  if (receives_no_more_ && socket_->readable() == 0) {
    outcome.error = boost::asio::error::eof;
    return true;
  }
  Result<Message> peeked = socket_->peek(max);
  if (!peeked) {
    if (peeked.error() == Errc::would_block) return false;
    outcome.error = asio_error(peeked);
  } else if (peeked->empty()) {
    outcome.error = boost::asio::error::eof;
  } else {
    got = *std::move(peeked);
  }
  return true;
}

bool AsioTcp::has_room(AsioOutcome& outcome, std::size_t wanted, std::size_t& room) {
  room = 0;
  if (is_connecting_ && socket_->is_connected()) is_connecting_ = false;  // nobody waited for it
  if (wanted == 0) return true;
  const TcpSession* const session = socket_->session();
  if (session == nullptr) {
    outcome.error = boost::asio::error::broken_pipe;  // as Linux has it, not ENOTCONN
  } else if (session->failure() != Errc{}) {
    outcome.error = asio_error(session->failure());
  } else if (session->has_finished() || session->is_over()) {
    outcome.error = boost::asio::error::broken_pipe;
  } else {
    // The buffer is filled again in pieces, as poll() of a system has it.
    needed_ = std::min<std::size_t>(wanted, session->connection().settings().send_buffer / 4 + 1);
    const std::size_t writable = session->writable();
    if (writable < needed_) return false;
    room = std::min(wanted, writable);
  }
  return true;
}

void AsioTcp::tcp_changed(TcpSession& session, TcpEvents events) {
  const bool may_write = (events & tcp_writable) != 0 && outgoing_.has_waits() && !is_connecting_ &&
                         session.writable() >= needed_;
  if (!may_write) return socket_->tcp_changed(session, events);  // this may be gone then
  session.take_end_of_event();                                   // it is not
  socket_->tcp_changed(session, events);
  outgoing_.wake(core_.machine());
}

bool AsioTcp::is_ready(AsioOutcome&, Ready what) {
  needed_ = 1;
  return has(socket_->ready(), what | Ready::closed);
}

// ===== AsioListener: taking connections =====

AsioListener::~AsioListener() {
  cancel();
  unbind();
}

void AsioListener::open() {
  listener_ = std::make_unique<TcpListener>(core_.machine());
  local_ = {};
  is_listening_ = false;
  settings_.reset();
}

void AsioListener::close() {
  cancel();
  unbind();
  listener_.reset();
  is_listening_ = false;
}

boost::system::error_code AsioListener::bind(Endpoint local) {
  auto* const tcp = static_cast<Tcp*>(core_.machine().find(ProtocolId::tcp));
  if (tcp == nullptr) return asio_error(Errc::no_protocol);
  if (is_listening_ || local_.port != 0) return asio_error(Errc::invalid_argument);
  Result<std::unique_ptr<TcpReservation>> reserved = tcp->reserve(local, reuses_address_);
  if (!reserved) return asio_error(reserved);
  bound_ = *std::move(reserved);
  local_ = bound_->local;
  return {};
}

void AsioListener::unbind() {
  if (bound_ == nullptr) return;
  if (auto* const tcp = static_cast<Tcp*>(core_.machine().find(ProtocolId::tcp))) {
    tcp->release(*bound_);
  }
  bound_.reset();
}

boost::system::error_code AsioListener::listen(std::size_t backlog) {
  if (is_listening_) return {};
  if (settings_ != nullptr) listener_->use(*settings_);
  unbind();
  const Result<> listening = listener_->listen(local_, backlog);
  is_listening_ = listening.has_value();
  return asio_error(listening);
}

bool AsioListener::accept(AsioOutcome& outcome, TcpSocketRef& peer) {
  Result<TcpSocketRef> accepted = listener_->try_accept();
  if (accepted) {
    peer = *std::move(accepted);
  } else if (accepted.error() == Errc::would_block) {
    return false;
  } else {
    outcome.error = asio_error(accepted);
  }
  return true;
}

bool AsioListener::is_ready(AsioOutcome&, Ready what) const {
  return has(listener_->ready(), what | Ready::closed);
}

// ===== AsioUdp: datagrams =====

AsioUdp::~AsioUdp() {
  cancel();
}

void AsioUdp::open() {
  socket_.emplace(core_.machine());
  remote_ = {};
  time_to_live_ = 64;
  multicast_time_to_live_ = 1;
  receive_buffer_ = static_cast<int>(UdpSocket::default_receive_buffer);
  broadcasts_ = reuses_address_ = false;
  is_looped_ = true;
  receives_no_more_ = sends_no_more_ = false;
}

void AsioUdp::cancel() {
  incoming_.cancel_all();
  outgoing_.cancel_all();
}

std::size_t AsioUdp::readable() const {
  return socket_->front_bytes();
}

// As Linux does it: only of a connected socket, and of this end alone.
boost::system::error_code AsioUdp::shutdown(bool receives, bool sends) {
  if (remote_ == Endpoint{}) return boost::asio::error::not_connected;
  if (sends) sends_no_more_ = true;
  if (receives && !std::exchange(receives_no_more_, true)) incoming_.try_again();
  return {};
}

void AsioUdp::close() {
  cancel();
  socket_.reset();
}

boost::system::error_code AsioUdp::bind(Endpoint local) {
  return asio_error(socket_->bind(local));
}

boost::system::error_code AsioUdp::connect(Endpoint remote) {
  const Result<> connected = socket_->connect(remote);
  if (connected) remote_ = remote;
  return asio_error(connected);
}

bool AsioUdp::receive_waiting(AsioOutcome& outcome, const Message*& got, Endpoint& remote) {
  got = nullptr;
  if (receives_no_more_) [[unlikely]] {
    keep_handed();
    return true;  // nothing, from nobody
  }
  if (const Datagram* const front = socket_->front()) {
    got = &front->payload;
    remote = front->remote;
    return true;
  }
  if (!has(socket_->ready(), Ready::readable)) return false;
  outcome.error = asio_error(socket_->try_receive());
  return true;
}

// Nobody has taken what was handed over.
void AsioUdp::keep_handed() {
  if (handed_ != nullptr) socket_->keep(*std::exchange(handed_, nullptr));
}

bool AsioUdp::is_ready(AsioOutcome&, Ready what) {
  keep_handed();
  return has(socket_->ready(), what | Ready::closed);
}

}  // namespace elvis
