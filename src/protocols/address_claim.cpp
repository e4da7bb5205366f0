// SPDX-License-Identifier: MIT
#include "address_claim.hpp"

#include <utility>

#include "elvis/graph/machine.hpp"
#include "elvis/sim/partition.hpp"

namespace elvis {

namespace {

Duration between(Duration least, Duration most, Rng& luck) {
  const auto width = static_cast<std::uint64_t>((most - least).count()) + 1;
  return least + Duration{static_cast<Duration::rep>(luck.below(width))};
}

}  // namespace

AddressClaim::AddressClaim(Tap& tap, bool asks_first, Rng luck)
    : Timer{[](Timer& self) { static_cast<AddressClaim&>(self).go_on(); }},
      tap_{tap},
      luck_{luck},
      usable_from_{asks_first ? end_of_time : tap.machine().now()},
      probes_left_{asks_first ? probes : 0} {
  if (asks_first) {
    // RFC 5227, 2.1.1: machines that are switched on together don't ask together.
    arm(tap.machine(), add_saturated(tap.machine().now(), between({}, probe_wait, luck_)));
  } else {
    go_on();
  }
}

// The next probe or announcement.
void AddressClaim::go_on() {
  const Time now = tap_.machine().now();
  if (probes_left_ != 0) {
    send(Ipv4Address{});
    if (--probes_left_ == 0) {
      usable_from_ = add_saturated(now, announce_wait);
      return arm(tap_.machine(), usable_from_);
    }
    return arm(tap_.machine(), add_saturated(now, between(probe_least, probe_most, luck_)));
  }
  send(tap_.address());
  if (--announcements_left_ != 0) arm(tap_.machine(), add_saturated(now, announce_interval));
}

// RFC 5227, 2.1.1 and 2.3: a probe has no sender address, an announcement that of the target.
void AddressClaim::send(Ipv4Address sender) {
  const ArpPacket question{.operation = ArpPacket::request,
                           .sender_mac = tap_.mac(),
                           .sender_address = sender,
                           .target_mac = MacAddress{},
                           .target_address = tap_.address()};
  Message packet;
  question.emit(packet.prepend(ArpPacket::size));
  (void)tap_.send(MacAddress::broadcast(), EtherType::arp, std::move(packet));
}

bool AddressClaim::is_contested_by(const ArpPacket& packet) {
  if (packet.sender_mac == tap_.mac()) return false;
  const Time now = tap_.machine().now();
  const bool is_asking = now < usable_from_;
  const bool is_used = packet.sender_address == tap_.address();
  // RFC 5227, 2.1.1: another one that asks for the address at the same time counts too.
  const bool is_asked_for = is_asking && packet.sender_address.is_unspecified() &&
                            packet.operation == ArpPacket::request &&
                            packet.target_address == tap_.address();
  if (!is_used && !is_asked_for) return false;
  if (is_asking) {
    has_failed_ = true;
    cancel();
  } else if (!has_failed_ && now - defended_at_ >= defend_interval) {
    // RFC 5227, 2.4 (c): addresses of a scenario are not given up, and not defended without end.
    defended_at_ = now;
    send(tap_.address());
  }
  return true;
}

}  // namespace elvis
