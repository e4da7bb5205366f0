// SPDX-License-Identifier: MIT
#include "elvis/sockets/tcp_socket.hpp"

#include <algorithm>
#include <utility>

#include "elvis/sockets/names.hpp"
#include "elvis/sockets/waiting.hpp"

namespace elvis {

namespace {

// Options below or above these would ask for probes without end at one instant, or for a stream
// that never moves.
constexpr Duration shortest_keep_alive = std::chrono::milliseconds{1};
constexpr std::uint32_t most_keep_alive_probes = 127;
constexpr std::size_t least_buffer = 1;

}  // namespace

TcpSocket::TcpSocket(Machine& machine, TcpSessionRef session)
    : machine_{machine}, session_{std::move(session)} {
  was_connected_ = true;
  failure_ = session_->failure();  // it may have broken before it was accepted
  session_->set_user(this);
}

TcpSocket::~TcpSocket() {
  abandon(machine_);
  unbind();
  if (session_ != nullptr && machine_.is_ending()) {
    session_->drop();
  } else {
    close();
  }
}

// ===== TcpSocket: connecting =====

Tcp* TcpSocket::tcp() const {
  return static_cast<Tcp*>(machine_.find(ProtocolId::tcp));
}

Result<> TcpSocket::bind(Endpoint local) {
  if (is_closed_) return Errc::closed;
  if (session_ != nullptr || bound_ != nullptr) return Errc::invalid_argument;
  Tcp* const tcp = this->tcp();
  if (tcp == nullptr) return Errc::no_protocol;
  Result<std::unique_ptr<TcpReservation>> reserved = tcp->reserve(local, reuses_address_);
  if (!reserved) return reserved.error();
  bound_ = *std::move(reserved);
  return {};
}

// A machine that was off meanwhile has another Tcp, which knows nothing of it.
void TcpSocket::unbind() {
  if (bound_ == nullptr) return;
  if (Tcp* const tcp = this->tcp()) tcp->release(*bound_);
  bound_.reset();
}

void TcpSocket::use(const TcpSettings& settings) {
  settings_ = std::make_unique<TcpSettings>(settings);
}

Result<> TcpSocket::start_connecting(Endpoint remote, Message* first) {
  if (is_closed_) return Errc::closed;
  if (session_ != nullptr && session_->is_over() && !was_connected_) {
    session_.reset();  // it was refused, say, and may be tried again
    failure_ = {};
  }
  if (session_ != nullptr) {
    return session_->state() == TcpState::syn_sent ? Errc::in_progress : Errc::already_connected;
  }
  Tcp* const tcp = this->tcp();
  if (tcp == nullptr) return Errc::no_protocol;
  const Endpoints endpoints{.local = local(), .remote = destination_of(remote)};
  Result<TcpSessionRef> session = tcp->connect(*this, endpoints, settings_.get(), first);
  if (!session) return session.error();
  session_ = *std::move(session);
  if (is_undelayed_) session_->set_no_delay(true);
  if (is_corked_) session_->set_cork(true);
  return {};
}

bool TcpSocket::Connect::is_settled(Message* data) {
  if (const Result<> started = socket_.start_connecting(remote_, data); !started) {
    failure_ = static_cast<Errc>(started.error().value());
    return true;
  }
  if (data != nullptr && !data->empty()) (void)socket_.session_->send(std::move(*data));
  return socket_.session_->is_over();
}

void TcpSocket::Connect::await_suspend(std::coroutine_handle<> waiting) {
  wait(waiting);
  join(socket_);
}

Result<> TcpSocket::Connect::await_resume() {
  leave();
  if (failure_) return *failure_;
  if (outcome() != Errc{}) return outcome();
  if (socket_.is_closed_) return Errc::closed;
  if (socket_.failure_ != Errc{}) return socket_.failure_;
  return {};
}

Task<Result<>> TcpSocket::connect(Endpoint remote, Duration timeout) {
  const Time begun = machine_.now();
  const Result<> connected = co_await with_timeout(connect(remote), timeout);
  const bool is_late = !connected && connected.error() == Errc::timed_out;
  if (is_late && machine_.now() - begun >= timeout && !is_closed_ && !session_->is_over()) {
    session_->set_user(nullptr);
    session_->abort();
    session_.reset();
  }
  co_return connected;
}

Task<Result<>> TcpSocket::connect(std::string name, std::uint16_t port, Duration timeout) {
  const Result<Ipv4Address> address = resolve(machine_, name);
  if (!address) co_return address.error();
  const Result<> connected = co_await connect({*address, port}, timeout);
  co_return connected;
}

// ===== TcpSocket: the stream =====

// Whether there is, or was, a connection.
Result<> TcpSocket::usable() const {
  if (is_closed_) return Errc::closed;
  if (session_ == nullptr) return Errc::not_connected;
  return {};
}

Result<std::size_t> TcpSocket::try_send(Message& data) {
  if (const Errc why = obstacle(); why != Errc{}) return why;
  const std::size_t before = data.size();
  // What is written before both ends have agreed waits in the buffer.
  session_->write(data);
  if (data.size() == before && before != 0) return Errc::would_block;
  return before - data.size();
}

void TcpSocket::Send::await_suspend(std::coroutine_handle<> waiting) {
  wait(waiting);
  join(socket_);
}

// Who waits behind it need not wait for an acknowledgement if this one goes away.
void TcpSocket::Send::go_away() {
  if (socket_.machine_.is_ending()) return;
  leave();
  socket_.feed_waiting();
}

Result<> TcpSocket::Send::end_wait() {
  const bool has_socket = is_at_socket();
  leave();
  if (outcome() == Errc::closed) return Errc::closed;
  if (failure_ != Errc{}) return failure_;
  if (outcome() != Errc{}) {
    if (has_socket) socket_.feed_waiting();
    return outcome();
  }
  if (!data_.empty()) return socket_.end_error();
  return {};
}

Result<Message> TcpSocket::try_receive(std::size_t max) {
  if (const Result<> fine = usable(); !fine) return fine.error();
  if (session_->readable() != 0) {
    Message read = session_->read(max);
    if (has_waits()) [[unlikely]]
      taken(machine_, Ready::readable, ready());
    return read;
  }
  if (max == 0) return Message{};
  // Who has read to the end has missed nothing.
  if (failure_ != Errc{} && !session_->is_at_end()) return failure_;
  if (!is_at_end()) return Errc::would_block;
  taken(machine_, Ready::readable, Ready::readable);  // the end is there for everybody
  return Message{};
}

Result<Message> TcpSocket::peek(std::size_t max) const {
  if (const Result<> fine = usable(); !fine) return fine.error();
  if (session_->readable() != 0) return session_->peek(max);
  if (failure_ != Errc{} && !session_->is_at_end()) return failure_;
  if (!is_at_end()) return Errc::would_block;
  return Message{};
}

Result<Message> TcpSocket::Receive::take_what_is_there() {
  leave();
  if (outcome() != Errc{}) return outcome();
  return socket_.try_receive(max_);
}

bool TcpSocket::Flush::await_ready() const {
  return socket_.is_closed_ || socket_.session_ == nullptr || socket_.session_->is_over() ||
         socket_.session_->is_delivered();
}

void TcpSocket::Flush::await_suspend(std::coroutine_handle<> waiting) {
  wait(waiting);
  join(socket_);
}

Result<> TcpSocket::Flush::await_resume() {
  leave();
  if (outcome() != Errc{}) return outcome();
  if (const Result<> fine = socket_.usable(); !fine) return fine;
  if (socket_.failure_ != Errc{}) return socket_.failure_;
  return {};
}

// ===== TcpSocket: its end =====

Result<> TcpSocket::shutdown(Half half) {
  if (const Result<> fine = usable(); !fine) return fine;
  if (!session_->is_open()) return Errc::not_connected;
  if (half != Half::write && !is_read_shut_) {
    is_read_shut_ = true;
    tell(machine_, Ready::readable);
  }
  if (half != Half::read) session_->shutdown();
  return {};
}

void TcpSocket::close() {
  if (std::exchange(is_closed_, true)) return;
  unbind();
  if (session_ != nullptr) {
    if (linger_ == Duration{}) {
      session_->set_user(nullptr);
      session_->abort();
    } else {
      if (linger_ != no_linger) session_->set_linger(linger_);
      session_->close();
    }
  }
  tell_all(machine_);
}

void TcpSocket::abort() {
  if (session_ != nullptr && !is_closed_) {
    session_->set_user(nullptr);
    session_->abort();
  }
  is_closed_ = true;
  unbind();
  tell_all(machine_);
}

void TcpSocket::tcp_changed(TcpSession& session, TcpEvents events) {
  if ((events & (tcp_readable | tcp_ended | tcp_connected)) == tcp_readable) {
    Wait* const only = only_handed();
    if (only != nullptr && session.take_end_of_event() && machine_.partition().is_quiet()) {
      // This socket may be gone then.
      return go_on_now(*only, session.readable() != 0 ? &session : nullptr);
    }
  }
  tell_of(session, events);
}

[[gnu::noinline]] void TcpSocket::tell_of(TcpSession& session, TcpEvents events) {
  if ((events & tcp_ended) != 0) {
    failure_ = session.failure();
    return tell_all(machine_);
  }
  if ((events & tcp_connected) != 0) {
    was_connected_ = true;
    settings_.reset();  // until then it may have to connect anew
  }
  if (!has_waits()) return;
  Ready what = Ready::none;
  if ((events & tcp_connected) != 0) what = what | Ready::connected | Ready::writable;
  if ((events & tcp_readable) != 0) what = what | Ready::readable;
  if ((events & tcp_delivered) != 0 && session.is_delivered()) what = what | Ready::delivered;
  if ((events & tcp_writable) != 0) {
    feed_waiting();
    if (session.writable() != 0) what = what | Ready::writable;
  }
  tell(machine_, what);
}

// Hands over what waits to be sent. The buffer is filled again in pieces, so that not each
// acknowledgement makes a slice.
void TcpSocket::feed_waiting() {
  if (session_ == nullptr || is_closed_) return;
  while (Wait* const next = first_taker(Ready::writable)) {
    auto& send = static_cast<Send&>(*next);
    const std::size_t room = session_->writable();
    if (room < send.data_.size() && room < session_->connection().settings().send_buffer / 4) {
      return;
    }
    if (!send.feed()) return;
    machine_.partition().wake(send);
  }
}

// ===== TcpSocket: options =====

template <typename Change>
void TcpSocket::configure(Change change) {
  if (session_ != nullptr) return session_->configure(change);
  if (settings_ == nullptr) {
    const Tcp* const tcp = this->tcp();
    settings_ = tcp == nullptr ? std::make_unique<TcpSettings>()
                               : std::make_unique<TcpSettings>(tcp->settings());
  }
  change(*settings_);
}

const TcpSettings& TcpSocket::settings() const {
  if (session_ != nullptr) return session_->connection().settings();
  if (settings_ != nullptr) return *settings_;
  static const TcpSettings usual;
  const Tcp* const tcp = this->tcp();
  return tcp == nullptr ? usual : tcp->settings();
}

void TcpSocket::set_time_to_live(std::uint8_t time_to_live) {
  if (session_ != nullptr) return session_->set_time_to_live(time_to_live);
  configure([&](TcpSettings& settings) { settings.time_to_live = time_to_live; });
}

void TcpSocket::set_type_of_service(std::uint8_t type_of_service) {
  if (session_ != nullptr) return session_->set_type_of_service(type_of_service);
  configure([&](TcpSettings& settings) { settings.type_of_service = type_of_service; });
}

void TcpSocket::set_no_delay(bool no_delay) {
  if (session_ != nullptr) return session_->set_no_delay(no_delay);
  if (!no_delay && settings().no_delay) {
    configure([](TcpSettings& settings) { settings.no_delay = false; });
  }
  is_undelayed_ = no_delay;
}

bool TcpSocket::no_delay() const {
  return session_ != nullptr ? session_->no_delay() : is_undelayed_ || settings().no_delay;
}

void TcpSocket::set_congestion(int congestion) {
  configure([&](TcpSettings& settings) { settings.congestion = congestion; });
}

void TcpSocket::set_cork(bool cork) {
  is_corked_ = cork;
  if (session_ != nullptr) session_->set_cork(cork);
}

void TcpSocket::set_keep_alive(bool keep_alive) {
  configure([&](TcpSettings& settings) { settings.keep_alive = keep_alive; });
}

void TcpSocket::set_keep_alive(Duration idle, Duration interval, std::uint32_t probes) {
  configure([&](TcpSettings& settings) {
    settings.keep_alive = true;
    settings.keep_alive_time = std::max(idle, shortest_keep_alive);
    settings.keep_alive_interval = std::max(interval, shortest_keep_alive);
    settings.keep_alive_probes = std::clamp(probes, 1U, most_keep_alive_probes);
  });
}

void TcpSocket::set_user_timeout(Duration timeout) {
  configure([&](TcpSettings& settings) { settings.user_timeout = timeout; });
}

void TcpSocket::set_send_buffer(std::size_t bytes) {
  configure([&](TcpSettings& settings) { settings.send_buffer = std::max(bytes, least_buffer); });
}

void TcpSocket::set_receive_buffer(std::size_t bytes) {
  configure(
      [&](TcpSettings& settings) { settings.receive_buffer = std::max(bytes, least_buffer); });
}

Result<> TcpSocket::send_urgent(Message data) {
  if (const Result<> fine = usable(); !fine) return fine;
  if (failure_ != Errc{}) return failure_;
  if (session_->has_finished() || !session_->is_open()) return Errc::shut_down;
  session_->send_urgent(std::move(data));
  return {};
}

// ===== TcpSocket: how it is =====

Endpoint TcpSocket::local() const {
  if (session_ != nullptr) return session_->endpoints().local;
  return bound_ != nullptr ? bound_->local : Endpoint{};
}

Endpoint TcpSocket::remote() const {
  return session_ == nullptr ? Endpoint{} : session_->endpoints().remote;
}

Ready TcpSocket::ready() const {
  if (is_closed_) return Ready::any;
  if (session_ == nullptr) return Ready::readable | Ready::writable | Ready::delivered;
  const TcpSession& session = *session_;
  if (session.is_over()) return Ready::any;
  Ready ready = Ready::none;
  if (session.readable() != 0 || is_at_end()) ready = ready | Ready::readable;
  if (session.is_delivered()) ready = ready | Ready::delivered;
  if (!session.is_open()) return ready;
  ready = ready | Ready::connected;
  if (session.writable() != 0 || session.has_finished()) ready = ready | Ready::writable;
  return ready;
}

TcpState TcpSocket::state() const {
  return session_ == nullptr ? TcpState::closed : session_->state();
}

TcpInfo TcpSocket::info() const {
  return session_ == nullptr ? TcpInfo{} : session_->info();
}

std::size_t TcpSocket::readable() const {
  return session_ == nullptr ? 0 : session_->readable();
}

std::size_t TcpSocket::writable() const {
  return session_ == nullptr || !session_->is_open() ? 0 : session_->writable();
}

std::optional<Errc> TcpSocket::take_error() {
  if (failure_ == Errc{}) return std::nullopt;
  return std::exchange(failure_, Errc{});
}

}  // namespace elvis
