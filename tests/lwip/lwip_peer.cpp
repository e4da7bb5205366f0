// SPDX-License-Identifier: MIT
#include "lwip_peer.hpp"

#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/sys.h>
#include <lwip/timeouts.h>
#include <netif/ethernet.h>

#include <array>
#include <cstdlib>
#include <utility>
#include <vector>

namespace {

elvis::test::LwipPeer* current = nullptr;
std::uint32_t begun_at_ms = 0;  // one world begins where the last one ended

}  // namespace

/// The library's own clock is the wall's; this one takes its place.
extern "C" u32_t sys_now() {
  if (current == nullptr) return begun_at_ms;
  const auto now = current->machine().now().time_since_epoch();
  return begun_at_ms + static_cast<std::uint32_t>(
                           std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

namespace elvis::test {

/// Takes the frames of one type.
class LwipPeer::Door final : public Protocol {
 public:
  Door(Machine& machine, EtherType type, LwipPeer& peer)
      : Protocol{machine, over_link(static_cast<std::uint16_t>(type))}, type_{type}, peer_{peer} {}
  void demux(Message&& payload, Arrival& arrival) override {
    peer_.take_in(payload, arrival, type_);
  }

 private:
  EtherType type_;
  LwipPeer& peer_;
};

namespace {

Machine& make_machine(testing_lan::Internet& internet, std::size_t number) {
  World& world = internet.world;
  world.add_group("lwip", 1, false);
  Network* const networks[] = {&world.network(number)};
  return world.add_machine(networks, 2);
}

}  // namespace

LwipPeer::LwipPeer(testing_lan::Internet& internet, std::size_t number, std::size_t host)
    : address_{testing_lan::Internet::at(number, host)}, machine_{make_machine(internet, number)} {
  for (const EtherType type : {EtherType::ipv4, EtherType::arp}) {
    internet.world.add_protocol<Door>(machine_, type, *this);
  }
  internet.world.claim(machine_.taps().front(), address_);
  static const bool is_first = (lwip_init(), true);
  (void)is_first;
  std::srand(1);  // the library's luck
  current = this;
  const ip_addr_t own = to_lwip(address_);
  const ip4_addr_t mask{PP_HTONL(0xffff'ff00)};
  const ip_addr_t gateway = to_lwip(testing_lan::Internet::at(number, 1));
  netif_add(&interface_, ip_2_ip4(&own), &mask, ip_2_ip4(&gateway), this, set_up, ethernet_input);
  netif_set_default(&interface_);
}

LwipPeer::~LwipPeer() {
  const std::uint32_t now = sys_now();
  current = nullptr;
  begun_at_ms = now + 1;
  netif_remove(&interface_);
}

void LwipPeer::run_until(Duration end, std::function<void()> begin) {
  auto options = std::make_unique<testing_lan::ProgramOptions>();
  options->program = [this, end, begin = std::move(begin)](Application& self) {
    return live(self, end, begin);
  };
  machine_.world().add_application(machine_, testing_lan::server_kind,
                                   machine_.world().keep(std::move(options)));
}

Task<Result<>> LwipPeer::live(Application& self, Duration end, std::function<void()> begin) {
  netif_set_up(&interface_);
  begin();
  while (self.now() < start_of_time + end) {
    co_await self.sleep_for(std::chrono::milliseconds{10});
    sys_check_timeouts();
  }
  netif_set_down(&interface_);
  co_return Result<>{};
}

err_t LwipPeer::set_up(netif* interface) {
  const Tap& tap = static_cast<LwipPeer*>(interface->state)->machine_.taps().front();
  for (int i = 0; i < 6; ++i) {
    interface->hwaddr[i] = static_cast<std::uint8_t>(tap.mac().value() >> (40 - 8 * i));
  }
  interface->hwaddr_len = 6;
  interface->name[0] = 'e';
  interface->name[1] = 'l';
  interface->mtu = static_cast<std::uint16_t>(tap.network().properties().mtu);
  interface->flags =
      NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
  interface->output = etharp_output;
  interface->linkoutput = put_out;
  return ERR_OK;
}

err_t LwipPeer::put_out(netif* interface, pbuf* frame) {
  std::vector<std::uint8_t> bytes(frame->tot_len);
  pbuf_copy_partial(frame, bytes.data(), frame->tot_len, 0);
  static_cast<LwipPeer*>(interface->state)->machine_.taps().front().transmit(Message{bytes});
  return ERR_OK;
}

void LwipPeer::take_in(const Message& payload, const Arrival& arrival, EtherType type) {
  std::vector<std::uint8_t> bytes(EthernetHeader::size);
  EthernetHeader{arrival.link_destination, arrival.link_source, static_cast<std::uint16_t>(type)}
      .emit(bytes.data());
  for (const std::uint8_t byte : payload.bytes()) bytes.push_back(byte);
  pbuf* const frame = pbuf_alloc(PBUF_RAW, static_cast<std::uint16_t>(bytes.size()), PBUF_RAM);
  ELVIS_ASSERT(frame != nullptr);
  pbuf_take(frame, bytes.data(), static_cast<std::uint16_t>(bytes.size()));
  if (interface_.input(frame, &interface_) != ERR_OK) pbuf_free(frame);
}

}  // namespace elvis::test
