// SPDX-License-Identifier: MIT
// Fast Open (RFC 7413): what a machine knows of servers, and the cookies that it gives to clients.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "elvis/util/pool.hpp"
#include "elvis/util/rng.hpp"
#include "elvis/util/small_map.hpp"
#include "elvis/wire/address.hpp"
#include "elvis/wire/tcp_options.hpp"

namespace elvis {

/// What a connection keeps of it while it opens.
struct TcpFastOpen : Pooled {
  std::optional<TcpOptions::FastOpen> option;   ///< Of the first SYN, or of its answer.
  std::optional<TcpOptions::FastOpen> granted;  ///< Of the answer to our SYN.
  std::uint16_t granted_mss = 0;                ///< Likewise; 0: there was no answer yet.
  bool has_data = false;                        ///< The SYN carries some.
  bool was_resent = false;                      ///< The SYN had to be sent again.
  bool is_acknowledged = false;                 ///< Its data were taken.
};

/// What clients of one machine know of servers (RFC 7413, 4.1.3).
class TcpFastOpenCache {
 public:
  struct Entry {
    TcpOptions::FastOpen cookie;  ///< Without bytes if there is none.
    std::uint16_t mss = 0;        ///< 0: not known.
    /// Whether the question is put as the experiment did: once, if the usual one was not answered.
    enum class Trial : std::uint8_t { none, next, done } trial = Trial::none;
    bool is_given_up = false;  ///< It does not do this: nothing is tried any more.
  };

  Entry find(Ipv4Address server) const;
  /// What came of a connection. Who `gives_up` asks nobody twice who does not answer.
  void learn(Ipv4Address server, const TcpFastOpen& opened, bool gives_up = false);

 private:
  struct Hash {
    using is_avalanching = void;
    std::size_t operator()(Ipv4Address address) const { return mix(address.value()); }
  };
  mutable SmallMap<Ipv4Address, Entry, Hash> entries_;  // which finds what may be changed
};

/// SipHash-2-4 of up to 255 bytes (Aumasson and Bernstein 2012).
std::uint64_t siphash(const std::array<std::uint64_t, 2>& key, std::span<const std::uint8_t> bytes);

/// The cookie of `client` at `server` (RFC 7413, 4.1.2): 8 bytes that nobody makes without the key.
TcpOptions::FastOpen fast_open_cookie(const std::array<std::uint64_t, 2>& key, Ipv4Address client,
                                      Ipv4Address server);

}  // namespace elvis
