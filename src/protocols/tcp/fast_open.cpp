// SPDX-License-Identifier: MIT
#include "elvis/protocols/tcp/fast_open.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "elvis/graph/world.hpp"
#include "elvis/protocols/tcp.hpp"
#include "elvis/wire/byte_order.hpp"
#include "tcp_listener_state.hpp"

namespace elvis {

TcpFastOpenCache::Entry TcpFastOpenCache::find(Ipv4Address server) const {
  const Entry* const found = entries_.find(server);
  return found == nullptr ? Entry{} : *found;
}

void TcpFastOpenCache::learn(Ipv4Address server, const TcpFastOpen& opened, bool gives_up) {
  using Trial = Entry::Trial;
  Entry entry = find(server);
  if (opened.granted_mss != 0) entry.mss = opened.granted_mss;
  if (!opened.option) {
    // Nobody asked for a cookie: one that came all the same does not count.
  } else if (opened.granted && opened.granted->size != 0) {
    entry.cookie = *opened.granted;
  } else if (gives_up) {
    entry.is_given_up = !opened.is_acknowledged;
    if (entry.is_given_up) entry.cookie = {};
  } else if (!opened.granted && !opened.has_data && !opened.was_resent) {
    // Nobody answered the question. The other form of it is tried once, and then no more.
    const Trial next = opened.option->is_experimental ? Trial::done : Trial::next;
    if (next > entry.trial && entry.cookie.size == 0) entry.trial = next;
  }
  entries_.erase(server);
  entries_.insert(server, entry);
}

namespace {

// Two rounds for each word, four at the end.
class SipHash {
 public:
  explicit SipHash(const std::array<std::uint64_t, 2>& key)
      : a_{key[0] ^ 0x736f6d6570736575},
        b_{key[1] ^ 0x646f72616e646f6d},
        c_{key[0] ^ 0x6c7967656e657261},
        d_{key[1] ^ 0x7465646279746573} {}

  void take(std::uint64_t word) {
    d_ ^= word;
    rounds(2);
    a_ ^= word;
  }
  std::uint64_t finish() {
    c_ ^= 0xff;
    rounds(4);
    return a_ ^ b_ ^ c_ ^ d_;
  }

 private:
  void rounds(int count) {
    for (; count > 0; --count) {
      a_ += b_;
      b_ = std::rotl(b_, 13) ^ a_;
      a_ = std::rotl(a_, 32);
      c_ += d_;
      d_ = std::rotl(d_, 16) ^ c_;
      a_ += d_;
      d_ = std::rotl(d_, 21) ^ a_;
      c_ += b_;
      b_ = std::rotl(b_, 17) ^ c_;
      c_ = std::rotl(c_, 32);
    }
  }

  std::uint64_t a_;
  std::uint64_t b_;
  std::uint64_t c_;
  std::uint64_t d_;
};

}  // namespace

std::uint64_t siphash(const std::array<std::uint64_t, 2>& key,
                      std::span<const std::uint8_t> bytes) {
  SipHash hash{key};
  std::uint64_t word = 0;
  std::size_t at = 0;
  for (; at < bytes.size(); ++at) {
    word |= std::uint64_t{bytes[at]} << 8 * (at % 8);
    if (at % 8 != 7) continue;
    hash.take(word);
    word = 0;
  }
  hash.take(word | std::uint64_t{bytes.size()} << 56);
  return hash.finish();
}

TcpOptions::FastOpen fast_open_cookie(const std::array<std::uint64_t, 2>& key, Ipv4Address client,
                                      Ipv4Address server) {
  std::array<std::uint8_t, 8> ends;
  store32(ends.data(), client.value());
  store32(ends.data() + 4, server.value());
  std::uint64_t hash = siphash(key, ends);
  TcpOptions::FastOpen cookie;
  for (; cookie.size < 8; hash >>= 8) {
    cookie.bytes[cookie.size++] = static_cast<std::uint8_t>(hash);
  }
  return cookie;
}

// ===== Tcp: who connects =====

bool Tcp::knows_cookie(Ipv4Address server, const TcpSettings& settings) const {
  if (!settings.fast_open_cookies) return true;
  return fast_open_ != nullptr && fast_open_->find(server).cookie.size != 0;
}

// RFC 7413, 4.2.1.
void Tcp::connect_fast(TcpSession& session, Message& first) {
  TcpConnection& connection = session.connection_;
  const Ipv4Address server = session.endpoints_.remote.address;
  const TcpSettings& settings = connection.settings();
  TcpFastOpenCache::Entry known;
  if (fast_open_ != nullptr) known = fast_open_->find(server);
  if (known.is_given_up) return connection.connect(machine().now());
  std::optional<TcpOptions::FastOpen> option;
  if (settings.fast_open_cookies) {
    option = known.cookie;
    if (option->size == 0) {
      option->is_experimental = known.trial == TcpFastOpenCache::Entry::Trial::next;
    }
  }
  const bool may_carry = knows_cookie(server, settings);
  const std::size_t room = may_carry ? connection.room_in_syn(known.mss) : 0;
  connection.connect_fast(option, first.cut(std::min(room, first.size())), machine().now());
}

// What the server's answer tells is kept for the next connection (RFC 7413, 4.1.3).
void Tcp::opened_fast(TcpSession& session) {
  if (session.listener_ != nullptr) return;
  if (fast_open_ == nullptr) fast_open_ = std::make_unique<TcpFastOpenCache>();
  const bool gives_up = session.connection_.settings().option_layout() == TcpLayout::like_freebsd;
  fast_open_->learn(session.endpoints_.remote.address, *session.connection_.fast_open(), gives_up);
  session.connection_.forget_fast_open();
}

// ===== Tcp: who listens =====

// RFC 7413, 4.2.2. Returns false if the SYN opens as any other does.
bool Tcp::open_fast(Listener& listener, TcpSession& session, TcpSegment& syn) {
  const TcpSettings& settings = session.connection_.settings();
  if (!settings.lets_in_fast() || (syn.payload.empty() && !syn.options.fast_open)) return false;
  if (listener.half_open > settings.fast_open_queue) return false;
  const Time now = machine().now();
  if (!settings.fast_open_cookies) {
    session.connection_.accept_fast(std::move(syn), now);
    return true;
  }
  if (!syn.options.fast_open) return false;
  std::array<std::uint64_t, 2> key{};
  if (settings.fast_open_key) {
    key = *settings.fast_open_key;
  } else {
    constexpr std::uint64_t purpose = 0x7463'7020'666f'6f00;
    Rng stream{machine().world().seed(), machine().key(), purpose};
    key = {stream(), stream()};
  }
  const Endpoints& ends = session.endpoints_;
  TcpOptions::FastOpen cookie = fast_open_cookie(key, ends.remote.address, ends.local.address);
  cookie.is_experimental = syn.options.fast_open->is_experimental;
  if (cookie == *syn.options.fast_open) {
    session.connection_.accept_fast(std::move(syn), now);
  } else {
    session.connection_.accept_with_cookie(syn, cookie, now);
  }
  return true;
}

}  // namespace elvis
