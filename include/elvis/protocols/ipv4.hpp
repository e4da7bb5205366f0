// SPDX-License-Identifier: MIT
// Ipv4: the Internet Protocol of hosts and routers (RFC 791, RFC 1122, RFC 1812).
//
// Whoever is on a network of the machine is reached directly. Beyond that, routes decide: the
// longest prefix that holds the destination. Datagrams that don't fit a link are fragmented, and
// fragments for the machine are joined again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "elvis/graph/machine.hpp"
#include "elvis/graph/options.hpp"
#include "elvis/graph/protocol.hpp"
#include "elvis/protocols/route_list.hpp"
#include "elvis/wire/byte_order.hpp"
#include "elvis/wire/checksum.hpp"
#include "elvis/wire/ethernet.hpp"
#include "elvis/wire/icmp_message.hpp"
#include "elvis/wire/ipv4_header.hpp"

namespace elvis {

class Arp;
class Icmp;
class Ipv4Options;
class Ipv4Path;
class Reassembly;
class RouteFinder;
class RouteTable;

/// Arguments of `[Protocol name='IPv4']`.
class Ipv4Settings final : public Options {
 public:
  bool forwarding = false;           ///< Whether the machine is a router.
  bool directed_broadcasts = false;  ///< Whether it sends on what is for all machines of a network.

  void visit(OptionVisitor& visitor) override;
};

class Ipv4 final : public Protocol {
 public:
  explicit Ipv4(Machine& machine, const Ipv4Settings& settings = {});
  ~Ipv4() override;

  /// Opens the way from a local to a remote address; ports play no part. `above` is known by the
  /// protocol number in its id. An unspecified local address becomes that of the tap which leads to
  /// the remote one; what is for a group, or for all of a network, leaves by the tap that has the
  /// local one. Errors: network_unreachable, host_unreachable, address_not_available.
  Result<SessionRef> open(Protocol& above, Endpoints endpoints) override;
  /// The same way for a protocol that keeps it inside a session of its own.
  Result<Ipv4Path> path(const Protocol& above, Endpoints endpoints);
  /// Sends `payload` in a datagram with this header, whose length and identification are set here,
  /// and whose source if it is unspecified. Options without a fault that collect addresses or times
  /// begin with this machine's. Errors: those of open(), message_too_long.
  Result<> send(Ipv4Header header, Message&& payload);

  /// The address that datagrams to `remote` leave with. Errors: network_unreachable,
  /// host_unreachable.
  Result<Ipv4Address> local_address_for(Ipv4Address remote);
  /// Whether `address` is one of the machine's own.
  bool is_local(Ipv4Address address) const;
  /// Whether `address` means several machines: a group, or all of one of the machine's networks.
  bool is_for_several(Ipv4Address address) const;

  /// All machines of a link: a group that nobody has to join (RFC 1112, 4).
  static constexpr Ipv4Address all_hosts{224, 0, 0, 1};
  /// Takes datagrams for `group` that come by `tap` from now on, and leave() no more; as often as
  /// it was joined (RFC 1112, 7.1). Nobody is told by IGMP, as no router sends on what is for
  /// groups.
  void join(Ipv4Address group, Tap& tap);
  void leave(Ipv4Address group, Tap& tap);
  bool is_member(Ipv4Address group, const Tap& tap) const;

  /// Takes a datagram off a link and hands what it carries to the protocol with its number, or
  /// sends it on.
  void demux(Message&& datagram, Arrival& arrival) override;

  /// Adds `route`, or puts it in the place of the one that its prefix has.
  void add_route(const Route& route);
  /// Adds those whose prefixes have no route yet; quicker than one by one.
  void add_routes(std::span<const Route> routes);
  /// The same of routes that are found for many machines; see RouteTable::share().
  void share_routes(std::shared_ptr<const RouteFinder> finder, std::uint32_t asker);
  /// Removes the route of a prefix; false if there is none.
  bool remove_route(Ipv4Address destination, int prefix_length);
  /// All routes of the machine, those of its networks' prefixes included; null if it has none.
  const RouteTable* routes() const;
  /// The tap that leads to `remote`, null for the machine itself, and who is next there. Errors:
  /// network_unreachable, host_unreachable.
  struct Step {
    Tap* tap;
    Ipv4Address next_hop;
  };
  Result<Step> step_to(Ipv4Address remote);
  bool is_router() const;
  /// Whether it is a router that sends on what is for all machines of one of its networks.
  bool forwards_broadcasts() const;
  /// Datagrams that were sent on.
  std::uint64_t forwarded() const;
  /// Datagrams that are not whole yet; null if no fragment ever came.
  const Reassembly* reassembly() const;

  /// The longest datagram that is known to reach `remote` whole when it leaves by `tap`: RFC 1191.
  std::size_t path_mtu(Ipv4Address remote, const Tap& tap);
  /// Learns that a datagram of `length` bytes to `remote` was too long for a link of `mtu`; 0 from
  /// a router that does not say.
  void learn_path_mtu(Ipv4Address remote, std::size_t mtu, std::size_t length);
  /// Learns of a better way to `remote` from `router`, if that is who had to send it on.
  void learn_gateway(Ipv4Address remote, Ipv4Address gateway, Ipv4Address router);

  /// Tells the source of the datagram in `arrival` what became of it, if this machine speaks ICMP.
  void report(const IcmpMessage& error, const Arrival& arrival);

 private:
  friend Ipv4Path;

  // Where datagrams to an address go: out of `tap`, or back to the machine if it is null.
  struct Way {
    Tap* tap;
    Ipv4Address next_hop;
    MacAddress mac;  // unless ARP has to find it
  };
  class ForwardPath;
  struct Fragments;
  struct State;

  Result<Way> way_to(Ipv4Address remote, Ipv4Address local = {});
  Result<Way> way_by_route(Ipv4Address remote);
  Way way_of(Tap& tap, Ipv4Address next_hop, const Tap* to) const;
  Result<> send_on(const Way& way, const Ipv4Header& header, Message&& payload);
  Result<> transmit(const Way& way, Message&& datagram);
  State& state();
  void routes_changed();

  bool claims_to_be_mine(const Ipv4Header& header, const Arrival& arrival) const;
  static bool means_all_of(const Tap& tap, Ipv4Address address);
  template <typename Predicate>
  Tap* find_tap(Ipv4Address address, Predicate is_right) const;
  std::optional<Drop> refuses(const Ipv4Header& header, const Arrival& arrival) const;
  bool is_for_me(const Ipv4Header& header, const Arrival& arrival) const;
  void deliver(const Ipv4Header& header, Message&& datagram, Arrival& arrival);
  bool take_options(const Ipv4Header& header, Message& datagram, Arrival& arrival);
  std::optional<std::uint8_t> record(Ipv4Options& options, Ipv4Address own) const;
  void join(const Ipv4Header& header, Message&& fragment, Arrival& arrival);
  void expire_fragments();
  void forward(const Ipv4Header& header, Message&& datagram, Arrival& arrival);
  bool may_forward(const Ipv4Header& header, const Message& datagram, Arrival& arrival,
                   const Way& way);
  void advise(const Ipv4Header& header, const Arrival& arrival, const Way& way);
  const Way* way_onward(Ipv4Address destination);
  void learn_forwarding(Tap& tap);
  Arp* arp() const;
  Icmp* icmp() const;

  std::uint16_t identification_ = 0;  // first, where the base leaves room
  // Ways that were found in another generation may not hold any more. Never 0. That a path which
  // sends nothing for exactly 65,535 changes does not notice is accepted.
  std::uint16_t generation_ = 1;
  std::unique_ptr<State> state_;  // of routers, and of hosts that have routes or fragments
};
static_assert(sizeof(Ipv4) == 32, "a million machines have one each");

/// The way of datagrams to one remote address. What is equal in all their headers is kept.
class Ipv4Path {
 public:
  /// Sends `payload` in a datagram. Errors: message_too_long.
  Result<> send(Message&& payload);
  /// Sends `payload` behind `header`, all headers in one piece. Errors: message_too_long.
  template <typename Header>
  Result<> send(const Header& header, Message&& payload);
  /// The same of a constant, which is not empty, with the checksum of a transport; false if it is
  /// no matter of writing these headers alone, and nothing was done.
  template <typename Header>
  bool send_constant(const Header& header, Chunk& payload);

  Ipv4Address local() const { return local_; }
  Ipv4Address remote() const;
  Machine& machine() const { return ipv4_->machine(); }

  /// Datagrams with this are not fragmented, but refused or dropped where they are too long.
  void set_dont_fragment(bool dont_fragment);
  /// How many machines may send a datagram on, and itself; 64 if nobody says otherwise. With 0 it
  /// stays here.
  void set_time_to_live(std::uint8_t time_to_live);
  /// The byte of service and congestion bits (RFC 2474, RFC 3168).
  void set_type_of_service(std::uint8_t type_of_service);
  /// Whether what is sent to a group that this machine belongs to comes back to it too.
  void set_looped(bool is_looped);

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
    std::uint16_t sum;  // of the IPv4 header as it stands here
    // Of Ipv4, when the way was found, if these headers are all that a datagram needs; else 0.
    std::uint16_t fast_generation;
  };

  Ipv4Path(Ipv4& ipv4, const Ipv4::Way& way, Ipv4Address local, Ipv4Address remote,
           std::uint8_t protocol);

  void take(const Ipv4::Way& way);
  Result<> renew();
  Ipv4Header header() const;
  void set_header(const Ipv4Header& header);
  void write_headers(std::uint8_t* bytes, std::size_t length);
  // Sends what Frame::make_headed() made for these headers and `header`.
  template <typename Header>
  [[gnu::always_inline]] void transmit(const Header& header, Frame* frame, std::size_t length) {
    std::uint8_t* const bytes = frame->header(Headers::size + Header::size);
    write_headers(bytes, length);
    header.emit(bytes + Headers::size);
    tap_->transmit(frame, bytes);
  }

  Ipv4Address local_;
  Ipv4Address next_hop_;
  std::uint16_t generation_ = 0;  // of Ipv4, when the way was found
  bool is_looped_ = false;
  // What is above is seldom looked at, what is below with every datagram.
  Ipv4* ipv4_;
  Tap* tap_;  // null: back to the machine
  Headers headers_{};
};
static_assert(sizeof(Ipv4Path) == 72, "with what UDP needs, a datagram touches one cache line");

[[gnu::always_inline]] inline void Ipv4Path::write_headers(std::uint8_t* bytes,
                                                           std::size_t length) {
  const std::uint64_t identification = ipv4_->identification_++;
  const std::uint64_t checksum = finish_checksum(headers_.sum + length + identification);
  store64(bytes, headers_.first[0]);
  store64(bytes + 8, headers_.first[1]);
  store64(bytes + 16, headers_.second | std::uint64_t{length} << 48 | identification << 32);
  store64(bytes + 24, headers_.third | checksum << 48);
  store16(bytes + 32, headers_.fourth);
}

template <typename Header>
[[gnu::always_inline]] inline Result<> Ipv4Path::send(const Header& header, Message&& payload) {
  const std::size_t length = Ipv4Header::min_size + header.size + payload.size();
  if (headers_.fast_generation != ipv4_->generation_ || length > tap_->network().properties().mtu)
      [[unlikely]] {
    header.emit(payload.prepend(header.size));
    return send(std::move(payload));
  }
  if constexpr (requires { std::integral_constant<std::size_t, Header::size>{}; }) {
    constexpr std::uint32_t size = Headers::size + Header::size;
    if (payload.is_short()) [[likely]] {
      transmit(header, Frame::make_headed(size, std::move(payload), tap_), length);
      return {};
    }
  }
  std::uint8_t* const bytes = payload.prepend(Headers::size + header.size);
  write_headers(bytes, length);
  header.emit(bytes + Headers::size);
  tap_->transmit(std::move(payload));
  return {};
}

template <typename Header>
[[gnu::always_inline]] inline bool Ipv4Path::send_constant(const Header& header, Chunk& payload) {
  const std::size_t length = Ipv4Header::min_size + Header::size + payload.capacity();
  if (headers_.fast_generation != ipv4_->generation_ || length > tap_->network().properties().mtu)
      [[unlikely]] {
    return false;
  }
  Frame* const frame = Frame::make_headed(Headers::size + Header::size, payload, tap_);
  frame->bytes.set_verified(true);
  transmit(header, frame, length);
  return true;
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
