// SPDX-License-Identifier: MIT
// AddressWatch and AddressNews: what a machine wants to know of an ARP packet that is for all.
#pragma once

#include <cstdint>

#include "elvis/util/units.hpp"
#include "elvis/wire/address.hpp"

namespace elvis {

class Tap;

/// That a neighbour sent an ARP packet to all, from which its link address is known. It came with
/// the event of this time and order.
struct AddressNews {
  Time at = start_of_time;
  std::uint64_t order = 0;
  MacAddress mac{};
};

/// While a tap watches an address it is handed the ARP packets that come from there for all, from
/// now on, those under way included. Watched and given up on the partition of the tap's machine.
class AddressWatch {
 public:
  AddressWatch(Tap& tap, Ipv4Address address);
  ~AddressWatch();
  AddressWatch(const AddressWatch&) = delete;
  AddressWatch& operator=(const AddressWatch&) = delete;

  Tap& tap() const { return tap_; }
  Ipv4Address address() const { return address_; }

 private:
  friend class Groups;

  Tap& tap_;
  AddressWatch* next_ = nullptr;      // of those who watch the same address
  AddressWatch* previous_ = nullptr;  // null: the first of them
  Ipv4Address address_;
};

}  // namespace elvis
