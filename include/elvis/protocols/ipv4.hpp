// SPDX-License-Identifier: MIT
// Ipv4: the Internet Protocol of a host (RFC 791, RFC 1122), without forwarding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "elvis/graph/machine.hpp"
#include "elvis/graph/protocol.hpp"
#include "elvis/wire/byte_order.hpp"
#include "elvis/wire/checksum.hpp"
#include "elvis/wire/ethernet.hpp"
#include "elvis/wire/ipv4_header.hpp"

namespace elvis {

class Arp;
class Ipv4Path;

class Ipv4 final : public Protocol {
 public:
  explicit Ipv4(Machine& machine) : Protocol{machine, ProtocolId::ipv4} {}

  /// Opens the way from a local to a remote address; ports play no part. `above` is known by the
  /// protocol number in its id. An unspecified local address becomes that of the tap which leads to
  /// the remote one. Errors: network_unreachable, address_not_available.
  Result<SessionRef> open(Protocol& above, Endpoints endpoints) override;
  /// The same way for a protocol that keeps it inside a session of its own.
  Result<Ipv4Path> path(const Protocol& above, Endpoints endpoints);

  /// The address that datagrams to `remote` leave with. Errors: network_unreachable.
  Result<Ipv4Address> local_address_for(Ipv4Address remote) const;
  /// Whether `address` is one of the machine's own.
  bool is_local(Ipv4Address address) const;

  /// Takes a datagram off a link and hands what it carries to the protocol with its number.
  void demux(Message&& datagram, Arrival& arrival) override;

 private:
  friend Ipv4Path;

  // Where datagrams to an address go: out of `tap`, or back to the machine if it is null.
  struct Way {
    Tap* tap;
    Ipv4Address next_hop;
    MacAddress mac;  // unless ARP has to find it
  };

  Result<Way> way_to(Ipv4Address remote) const;
  std::optional<Drop> refuses(const Ipv4Header& header, const Arrival& arrival) const;
  Arp* arp() const;

  std::uint16_t identification_ = 0;
};

/// The way of datagrams to one remote address. What is equal in all their headers is kept.
class Ipv4Path {
 public:
  /// Sends `payload` in a datagram. Errors: message_too_long.
  Result<> send(Message&& payload);
  /// Sends `payload` behind `header`, all headers in one piece. Errors: message_too_long.
  template <typename Header>
  Result<> send(const Header& header, Message&& payload);

  Ipv4Address local() const { return local_; }
  Machine& machine() const { return ipv4_->machine(); }

 private:
  friend Ipv4;

  // Link and IPv4 headers as they stand in a frame, in the pieces that they are written in: the
  // second piece begins with total length and identification, the third with the checksum, which
  // are 0 here. (A header that is read again at once had better be written in the same pieces.)
  struct Headers {
    static constexpr std::size_t size = EthernetHeader::size + Ipv4Header::min_size;

    std::uint64_t first[2];
    std::uint64_t second;
    std::uint64_t third;
    std::uint16_t fourth;
  };

  Ipv4Path(Ipv4& ipv4, const Ipv4::Way& way, Ipv4Address local, Ipv4Address remote,
           std::uint8_t protocol);

  Ipv4* ipv4_;
  Tap* tap_;  // null: back to the machine
  Ipv4Address local_;
  Ipv4Address next_hop_;
  bool has_link_header_;  // whether headers_ is all that a datagram needs
  std::uint16_t sum_;     // of the IPv4 header as it stands here
  Headers headers_;

  void write_headers(std::uint8_t* bytes, std::size_t length);
};

inline void Ipv4Path::write_headers(std::uint8_t* bytes, std::size_t length) {
  const std::uint64_t identification = ipv4_->identification_++;
  const std::uint64_t checksum = finish_checksum(sum_ + length + identification);
  store64(bytes, headers_.first[0]);
  store64(bytes + 8, headers_.first[1]);
  store64(bytes + 16, headers_.second | std::uint64_t{length} << 48 | identification << 32);
  store64(bytes + 24, headers_.third | checksum << 48);
  store16(bytes + 32, headers_.fourth);
}

template <typename Header>
Result<> Ipv4Path::send(const Header& header, Message&& payload) {
  const std::size_t length = Ipv4Header::min_size + Header::size + payload.size();
  if (!has_link_header_ || length > tap_->network().properties().mtu) [[unlikely]] {
    header.emit(payload.prepend(Header::size));
    return send(std::move(payload));
  }
  std::uint8_t* const bytes = payload.prepend(Headers::size + Header::size);
  write_headers(bytes, length);
  header.emit(bytes + Headers::size);
  tap_->transmit(std::move(payload));
  return {};
}

/// The way to one remote address as a session.
class Ipv4Session final : public Session {
 public:
  explicit Ipv4Session(const Ipv4Path& path) : path_{path} {}

  Result<> send(Message&& payload) override { return path_.send(std::move(payload)); }

 private:
  Ipv4Path path_;
};

}  // namespace elvis
