// SPDX-License-Identifier: MIT
// LwipPeer: a machine whose stack is lwIP, an independent one, on a simulated network in virtual
// time.
//
// Debian's library is shared and made for threads; without its thread it is a plain stack that
// frames are given to. Its clock, sys_now(), is a symbol of the library that this program replaces.
#pragma once

#include <lwip/err.h>
#include <lwip/ip4_addr.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>

#include <cstdint>
#include <memory>
#include <string>

#include "internet.hpp"

namespace elvis::test {

inline ip_addr_t to_lwip(Ipv4Address address) {
  const std::uint32_t value = address.value();
  return IPADDR4_INIT_BYTES(
      static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16),
      static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value));
}

/// One at a time: lwIP's state belongs to the process.
class LwipPeer {
 public:
  /// Adds the machine, number `host` on network `number` of `internet`.
  LwipPeer(testing_lan::Internet& internet, std::size_t number, std::size_t host);
  LwipPeer(const LwipPeer&) = delete;
  LwipPeer& operator=(const LwipPeer&) = delete;
  ~LwipPeer();

  /// Does something on the machine when lwIP is up; until `end` its timers run.
  void run_until(Duration end, std::function<void()> begin);
  Ipv4Address address() const { return address_; }
  Machine& machine() const { return machine_; }

 private:
  class Door;

  Task<Result<>> live(Application& self, Duration end, std::function<void()> begin);
  static err_t set_up(netif* interface);
  static err_t put_out(netif* interface, pbuf* frame);
  void take_in(const Message& payload, const Arrival& arrival, EtherType type);

  Ipv4Address address_;
  Machine& machine_;
  netif interface_{};
};

}  // namespace elvis::test
