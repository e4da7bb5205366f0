// SPDX-License-Identifier: MIT
#include "elvis/protocols/tcp/session.hpp"

#include <cstring>
#include <utility>

#include "elvis/wire/checksum.hpp"

namespace elvis {

namespace {

constexpr auto tcp_protocol = static_cast<std::uint8_t>(IpProtocol::tcp);
constexpr std::uint8_t ecn_capable = 2;  // ECT(0)
constexpr std::uint8_t time_exceeded = 11;

// Of destinations that somebody keeps others from reaching (RFC 1812, 5.2.7.1).
bool is_prohibited(const DeliveryError& error) {
  constexpr std::uint8_t unreachable = 3;
  return error.icmp_type == unreachable &&
         (error.icmp_code == 9 || error.icmp_code == 10 || error.icmp_code == 13);
}

}  // namespace

TcpSession::TcpSession(Tcp& tcp, const Endpoints& endpoints, const Ipv4Path& path, TcpUser* user,
                       const TcpSettings& settings, std::size_t path_mtu)
    : tcp_{tcp},
      endpoints_{endpoints},
      user_{user},
      sum_{fold_sum(
          pseudo_header_sum(endpoints.local.address, endpoints.remote.address, tcp_protocol, 0))},
      below_{path},
      tracer_{tcp.tracer_},
      connection_{settings, tcp.initial_sequence(endpoints, settings),
                  static_cast<std::uint32_t>(tcp.hash_of(endpoints) >> 40), path_mtu} {
  if (settings.path_mtu_discovery) below_.set_dont_fragment(true);
  if (settings.time_to_live != 0) below_.set_time_to_live(settings.time_to_live);
  if (settings.type_of_service != 0) set_type_of_service(settings.type_of_service);
}

TcpSession::~TcpSession() = default;

// ===== TcpSession: what the user calls =====

void TcpSession::write(Message& data) {
  connection_.write(data, machine().now());
  push();
}

Result<> TcpSession::send(Message&& payload) {
  if (!is_known_ || connection_.is_over() || connection_.has_finished()) return Errc::closed;
  connection_.write_all(std::move(payload), machine().now());
  push();
  return {};
}

void TcpSession::shutdown() {
  connection_.shutdown(machine().now());
  push();
}

void TcpSession::close() {
  user_ = nullptr;
  connection_.close(machine().now());
  push();
}

void TcpSession::abort() {
  connection_.abort();
  push();
}

void TcpSession::drop() {
  const TcpSessionRef keep{this};
  user_ = nullptr;
  connection_.fail(Errc::closed);
  if (is_known_) tcp_.forget(*this);
}

void TcpSession::set_cork(bool cork) {
  connection_.set_cork(cork);
  push();
}

void TcpSession::set_no_delay(bool no_delay) {
  connection_.set_no_delay(no_delay);
  push();
}

void TcpSession::send_urgent(Message&& data) {
  connection_.write_all(std::move(data), machine().now());
  connection_.set_urgent();
  push();
}

void TcpSession::set_type_of_service(std::uint8_t type_of_service) {
  constexpr std::uint8_t congestion_bits = 3;  // RFC 3168, 5
  service_ = type_of_service & ~congestion_bits;
  below_.set_type_of_service(service_ | (sends_ecn_capable_ ? ecn_capable : 0));
}

void TcpSession::set_linger(Duration linger) {
  connection_.set_linger(add_saturated(machine().now(), linger));
  push();
}

// ===== TcpSession: between the connection and the graph =====

void TcpSession::take(TcpSegment&& segment, bool ends_event) {
  const TcpSessionRef keep{this};
  if (connection_.settles_before(segment)) [[unlikely]]
    push();
  if (tracer_ != nullptr) [[unlikely]] {
    const TcpMove before = move();
    connection_.take(std::move(segment), machine().now());
    push();
    return tell_tracer(before);
  }
  connection_.take(std::move(segment), machine().now());
  ends_event_ = ends_event;
  push();
  ends_event_ = false;
}

bool TcpSession::take_usual(const TcpUsualHeader& header, Message& frame,
                            std::size_t header_bytes) {
  const TcpSessionRef keep{this};
  if (tracer_ != nullptr || !connection_.take_usual(header, frame, header_bytes, machine().now())) {
    return false;
  }
  ends_event_ = true;
  push();
  ends_event_ = false;
  return true;
}

void TcpSession::expire() {
  const TcpSessionRef keep{this};
  const TcpMove before = move();
  connection_.expire(machine().now());
  push();
  tell_tracer(before);
}

TcpMove TcpSession::move() const {
  const TcpSender& sender = connection_.sender();
  return {.state = sender.phase(),
          .window = sender.window().bytes,
          .threshold = sender.window().threshold,
          .in_flight = sender.in_flight(),
          .smoothed_rtt = sender.rtt().smoothed(),
          .timeout = sender.timeout()};
}

void TcpSession::tell_tracer(const TcpMove& before) {
  const TcpMove after = move();
  if (tracer_ != nullptr && after != before) tracer_->tcp_moved(*this, after);
}

TcpSession::Alarm::Alarm(TcpSession& of)
    : Timer{[](Timer& self) { static_cast<Alarm&>(self).session.expire(); }}, session{of} {}

// The timer stays where it is when a deadline is put off: it comes early and finds nothing due.
void TcpSession::arm_timer() {
  const Time deadline = connection_.deadline();
  if (deadline == end_of_time) {
    alarm_.reset();
    return;
  }
  if (alarm_ == nullptr) alarm_ = std::make_unique<Alarm>(*this);
  if (!alarm_->is_armed() || deadline < alarm_->deadline()) {
    alarm_->arm(machine(), std::max(deadline, machine().now()));
  }
}

void TcpSession::tell() {
  const TcpSessionRef keep{this};
  const TcpEvents events = connection_.take_events();
  if (connection_.failure() == Errc::timed_out && soft_error_ != Errc{}) {
    connection_.blame(soft_error_);  // RFC 9293, 3.9.2.2: what the network said meanwhile
  }
  if ((events & tcp_connected) != 0) [[unlikely]]
    tcp_.established(*this);
  if (user_ != nullptr) user_->tcp_changed(*this, events);
}

namespace {

// The header of nearly all segments, without options or with timestamps alone, in the words that it
// is written in.
class UsualHeader {
 public:
  std::size_t size = 0;

  UsualHeader() = default;
  static bool fits(const TcpOptions& options) {
    // Only SYNs, which have an MSS, have yet others.
    return options.mss == 0 && options.block_count == 0 && !options.accurate_ecn;
  }
  /// What segments have in common that differ by place() alone. `pseudo_sum` is that of the pseudo
  /// header without its length.
  UsualHeader(const TcpSegment& segment, const Endpoints& endpoints, std::uint64_t pseudo_sum)
      : size{segment.options.timestamps ? TcpHeader::min_size + 12 : TcpHeader::min_size},
        ports_{std::uint64_t{endpoints.local.port} << 48 | std::uint64_t{endpoints.remote.port}
                                                               << 32},
        second_{std::uint64_t{segment.acknowledgement} << 32 |
                std::uint64_t{size / 4 << 12 | segment.flags} << 16 | segment.window},
        urgent_{segment.urgent},
        sum_{pseudo_sum + size + sum_of(ports_) + sum_of(second_) + segment.urgent} {
    if (segment.options.timestamps) {
      timestamps_ =
          std::uint64_t{segment.options.timestamps->value} << 32 | segment.options.timestamps->echo;
      sum_ += aligned_timestamps + sum_of(timestamps_);
    }
  }
  /// Where it stands in the stream, and what it carries.
  void place(std::uint32_t sequence, const Message& payload) {
    std::uint64_t sum = sum_ + sequence;
    if (!payload.empty()) sum += payload.size() + payload.partial_sum();
    first_ = ports_ | sequence;
    third_ = std::uint32_t{finish_checksum(sum)} << 16 | urgent_;
  }
  void emit(std::uint8_t* to) const {
    store64(to, first_);
    store64(to + 8, second_);
    store32(to + 16, third_);
    if (size == TcpHeader::min_size) return;
    store32(to + 20, aligned_timestamps);
    store64(to + 24, timestamps_);
  }

 private:
  static constexpr std::uint32_t aligned_timestamps = 0x0101'080a;  // NOP, NOP, kind, length

  // As 32-bit words, which the fold brings together (RFC 1071, 2 (C)).
  static std::uint64_t sum_of(std::uint64_t words) { return (words >> 32) + (words & 0xffff'ffff); }

  std::uint64_t first_ = 0;  // ports, sequence number
  std::uint64_t ports_ = 0;
  std::uint64_t second_ = 0;  // acknowledgement, length and flags, window
  std::uint32_t third_ = 0;   // checksum, urgent pointer
  std::uint32_t urgent_ = 0;
  std::uint64_t timestamps_ = 0;  // if there are some
  std::uint64_t sum_ = 0;         // of all but its place
};

// A header with any options.
struct FullHeader {
  std::size_t size;
  std::uint8_t bytes[TcpHeader::max_size];

  FullHeader(const TcpSegment& segment, const Endpoints& endpoints, TcpLayout layout,
             std::uint64_t sum_of_others) {
    size = TcpHeader::min_size + segment.options.emit(bytes + TcpHeader::min_size, layout);
    store16(bytes, endpoints.local.port);
    store16(bytes + 2, endpoints.remote.port);
    store32(bytes + 4, segment.sequence);
    store32(bytes + 8, segment.acknowledgement);
    store16(bytes + 12, static_cast<std::uint16_t>(size / 4 << 12 | segment.flags));
    store16(bytes + 14, segment.window);
    store32(bytes + 16, segment.urgent);  // and no checksum yet
    store16(bytes + 16, finish_checksum(sum_of_others + size + segment.payload.size() +
                                        partial_sum(bytes, size)));
  }
  void emit(std::uint8_t* to) const { std::memcpy(to, bytes, size); }
};

}  // namespace

[[gnu::noinline]] Result<> TcpSession::transmit_full(TcpSegment& segment) {
  const FullHeader header{segment, endpoints_, connection_.settings().option_layout(),
                          segment.payload.partial_sum() + sum_};
  segment.payload.set_verified(true);
  return below_.send(header, std::move(segment.payload));
}

// `is_alike`: `header` is right but for the segment's place.
template <typename Header>
[[gnu::always_inline]] inline void TcpSession::transmit(TcpSegment& segment, Header& header,
                                                        bool is_alike) {
  Result<> sent;
  if (!is_alike) {
    if (segment.is_ecn_capable != sends_ecn_capable_) {
      sends_ecn_capable_ = segment.is_ecn_capable;
      below_.set_type_of_service(service_ | (sends_ecn_capable_ ? ecn_capable : 0));
    }
    is_alike = Header::fits(segment.options);
    if (is_alike) [[likely]]
      header = Header{segment, endpoints_, sum_};
  }
  if (is_alike) [[likely]] {
    header.place(segment.sequence, segment.payload);
    segment.payload.set_verified(true);
    sent = below_.send(header, std::move(segment.payload));
  } else {
    sent = transmit_full(segment);
  }
  if (!sent) [[unlikely]] {
    if (sent.error() == Errc::message_too_long) path_mtu_changed();
  }
  if (!segment.payload.empty()) segment.payload.clear();
}

// Sends what is to be sent, tells what has happened, and sees to the timer.
void TcpSession::push() {
  if (is_pushing_ || !is_known_) return;
  if (connection_.may_have_segment()) {
    is_pushing_ = true;
    const Time now = machine().now();
    TcpSegment segment;
    UsualHeader header;
    using enum TcpConnection::Burst;
    auto burst = none;
    for (bool is_alike = false;; is_alike = burst == begun) {
      if (!connection_.next_alike(segment, now, burst)) {
        if (burst == over || !connection_.next(segment, now)) break;
        is_alike = false;
      }
      transmit(segment, header, is_alike);
      if (!connection_.may_have_segment()) break;
    }
    is_pushing_ = false;
  }
  if (connection_.has_events()) tell();
  if (connection_.is_over()) {
    if (is_known_) tcp_.forget(*this);
    return;
  }
  arm_timer();
}

void TcpSession::path_mtu_changed() {
  const std::size_t mtu = tcp_.path_mtu(endpoints_);
  if (mtu < connection_.path_mtu()) connection_.set_path_mtu(mtu, machine().now());
}

// RFC 9293, 3.9.2.2; RFC 5927, 5.2: only before it is open.
bool TcpSession::may_fail_at_once(const DeliveryError& error) const {
  const TcpSettings& settings = connection_.settings();
  const TcpState state = connection_.state();
  if (!settings.icmp_may_reset) return false;
  switch (settings.option_layout()) {
    case TcpLayout::like_linux:
      // It does not ask whether the error may pass, and gives up those who want to come in as well.
      return state == TcpState::syn_sent ||
             (state == TcpState::syn_received && listener_ != nullptr && !is_accepted_);
    case TcpLayout::like_freebsd:
      return state == TcpState::syn_sent &&
             (error.is_final || is_prohibited(error) || error.icmp_type == time_exceeded);
    default:
      return error.is_final && state == TcpState::syn_sent;
  }
}

void TcpSession::network_failed(const DeliveryError& error) {
  if (error.code == Errc::message_too_long) {
    path_mtu_changed();
  } else if (may_fail_at_once(error)) {
    const bool is_refusal = connection_.settings().option_layout() == TcpLayout::like_freebsd &&
                            error.icmp_type != time_exceeded;
    connection_.fail(is_refusal ? Errc::refused : error.code);
  } else {
    soft_error_ = error.code;
  }
  push();
}

}  // namespace elvis
