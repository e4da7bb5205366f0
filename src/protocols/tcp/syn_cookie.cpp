// SPDX-License-Identifier: MIT
// Tcp: SYN cookies (RFC 4987, 3.6): what a SYN said is kept in the ISN, and in the timestamp that
// the remote end echoes, instead of in memory.
//
//   ISN         | period, 5 bits | mss, 3 bits | hash, 24 bits |
//   timestamp   | the clock ...                | ECN | SACK | scale, 4 bits |
#include <array>

#include "elvis/protocols/tcp.hpp"
#include "tcp_listener_state.hpp"

namespace elvis {

namespace {

constexpr std::array<std::uint16_t, 8> cookie_sizes{536,   1'220, 1'360, 1'400,
                                                    1'440, 1'460, 4'312, 8'960};
constexpr std::uint32_t cookie_option_bits = 0x3f;
constexpr std::uint32_t cookie_no_scale = 0xf;

std::uint32_t cookie_period(Time now) {
  constexpr std::int64_t seconds = 64;
  return static_cast<std::uint32_t>(now.time_since_epoch().count() / (seconds * 1'000'000'000));
}

}  // namespace

std::uint32_t Tcp::cookie(const Endpoints& endpoints, std::uint32_t sequence, std::uint32_t period,
                          std::uint32_t mss_index) const {
  const std::uint64_t hash =
      mix(hash_of(endpoints) ^ (std::uint64_t{sequence} << 32 | period << 3 | mss_index));
  return (period & 31) << 27 | mss_index << 24 | static_cast<std::uint32_t>(hash >> 40);
}

void Tcp::answer_with_cookie(Listener& listener, const TcpSegment& syn,
                             const Endpoints& endpoints) {
  const TcpSettings& settings = listener.settings_or(settings_);
  std::uint32_t mss_index = 0;
  while (mss_index + 1 < cookie_sizes.size() && cookie_sizes[mss_index + 1] <= syn.options.mss) {
    ++mss_index;
  }
  const Time now = machine().now();
  TcpSegment answer;
  answer.flags = TcpHeader::syn | TcpHeader::ack;
  answer.sequence = cookie(endpoints, syn.sequence, cookie_period(now), mss_index);
  answer.acknowledgement = syn.sequence + 1;
  answer.window =
      static_cast<std::uint16_t>(std::min<std::uint64_t>(settings.receive_buffer, 65'535));
  answer.options.mss =
      static_cast<std::uint16_t>(std::min<std::size_t>(path_mtu(endpoints), 65'535) - 40);
  if (settings.timestamps && syn.options.timestamps) {
    // Only with timestamps can the other options be remembered.
    const bool scales = settings.window_scale && syn.options.window_scale;
    const std::uint32_t scale =
        scales ? std::min<std::uint32_t>(*syn.options.window_scale, 14) : cookie_no_scale;
    answer.options.sack_permitted = settings.sack && syn.options.sack_permitted;
    if (scales) answer.options.window_scale = TcpConnection::scale_for(settings);
    const auto clock = static_cast<std::uint32_t>(now.time_since_epoch().count() / 1'000'000) +
                       static_cast<std::uint32_t>(hash_of(endpoints) >> 40);
    answer.options.timestamps = {.value = (clock & ~cookie_option_bits) | scale |
                                          (answer.options.sack_permitted ? std::uint32_t{0x10} : 0),
                                 .echo = syn.options.timestamps->value};
  }
  send_bare(answer, endpoints);
}

// Whether the acknowledgement in `segment` is that of a cookie; then its connection is open.
bool Tcp::open_by_cookie(Listener& listener, TcpSegment& segment, const Arrival& arrival) {
  const TcpSettings& settings = listener.settings_or(settings_);
  if (!settings.syn_cookies) return false;
  const Endpoints endpoints{arrival.local(), arrival.remote()};
  const std::uint32_t initial = segment.acknowledgement - 1;
  const std::uint32_t sequence = segment.sequence - 1;
  const std::uint32_t mss_index = initial >> 24 & 7;
  const std::uint32_t now = cookie_period(machine().now());
  const bool is_ours = cookie(endpoints, sequence, now, mss_index) == initial ||
                       (now > 0 && cookie(endpoints, sequence, now - 1, mss_index) == initial);
  if (!is_ours) return false;
  if (listener.is_full()) {
    machine().drop(Drop::queue_full, segment.payload);
    return true;
  }
  TcpSegment syn;
  syn.flags = TcpHeader::syn;
  syn.sequence = sequence;
  syn.window = segment.window;
  syn.options.mss = cookie_sizes[mss_index];
  if (segment.options.timestamps) {
    const std::uint32_t kept = segment.options.timestamps->echo & cookie_option_bits;
    syn.options.timestamps = segment.options.timestamps;
    syn.options.sack_permitted = (kept & 0x10) != 0;
    if ((kept & 0xf) != cookie_no_scale) {
      syn.options.window_scale = static_cast<std::uint8_t>(kept & 0xf);
    }
  }
  TcpSettings with_initial = settings;
  with_initial.initial_sequence = initial;
  const Result<TcpSession*> made = make_session(endpoints, nullptr, &with_initial);
  if (!made) {
    machine().drop(Drop::no_route, segment.payload);
    return true;
  }
  TcpSession& session = **made;
  session.listener_ = &listener;
  session.connection_.accept_cookie(syn, machine().now());
  const TcpSessionRef keep{&session};
  session.push();
  if (session.is_known()) session.take(std::move(segment));
  return true;
}

}  // namespace elvis
