// SPDX-License-Identifier: MIT
// What ARP does about the machine's own addresses: RFC 5227.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "elvis/sockets/udp_socket.hpp"
#include "elvis/wire/arp_packet.hpp"
#include "lan.hpp"

namespace elvis {
namespace {

using namespace std::chrono_literals;
using testing_lan::Ear;
using testing_lan::Lan;

// Remembers the ARP packets of one machine.
class Overheard final : public Observer {
 public:
  void frame_sent(const Tap& from, const Message& frame, Time now) override {
    if (from.index() != 0) return;
    std::array<std::uint8_t, 64> bytes{};
    const std::size_t size = frame.copy_to(bytes);
    if (bytes[12] != 8 || bytes[13] != 6) return;
    said.emplace_back(now, *ArpPacket::parse(bytes.data() + 14, size - 14));
  }
  void frame_delivered(const Tap&, const Message&, Time) override {}
  void dropped(const Machine&, Drop, const Message&, Time) override {}
  std::vector<std::pair<Time, ArpPacket>> said;
};

// Alice claims her address; Mallory has other plans.
class AddressClaimTest : public testing::Test {
 protected:
  void start(int conflicts) {
    lan_.arp_options.conflicts = conflicts;
    alice_ = &lan_.add_host(true);
    mallory_ = &lan_.add_host(true);
    lan_.world.observe(overheard_);
  }
  // Mallory sends a request for `target` from `sender` at `when`.
  void forge(Duration when, Ipv4Address sender, Ipv4Address target) {
    lan_.run_on(
        *mallory_,
        [=](Application& self) -> Task<Result<>> {
          co_await self.sleep_for(when);
          Tap& tap = self.machine().taps().front();
          const ArpPacket packet{.operation = ArpPacket::request,
                                 .sender_mac = tap.mac(),
                                 .sender_address = sender,
                                 .target_mac = {},
                                 .target_address = target};
          Message message;
          packet.emit(message.prepend(ArpPacket::size));
          co_return tap.send(MacAddress::broadcast(), EtherType::arp, std::move(message));
        },
        testing_lan::server_kind);
  }
  // Alice sends a datagram to Mallory at `when`.
  void talk(Duration when) {
    lan_.run_on(
        *mallory_,
        [this](Application& self) -> Task<Result<>> {
          co_return Lan::udp(self.machine()).listen(ear(), {.address = {}, .port = 9});
        },
        testing_lan::server_kind);
    lan_.run_on(
        *alice_,
        [=](Application& self) -> Task<Result<>> {
          UdpSocket socket{self.machine()};
          co_await self.sleep_for(when);
          co_return socket.send_to({Lan::address(1), 9}, Message{std::string_view{"hello"}});
        },
        testing_lan::server_kind);
  }
  Ear& ear() {
    if (ear_ == nullptr) ear_ = std::make_unique<Ear>(*mallory_);
    return *ear_;
  }
  static Time at(Duration since_start) { return start_of_time + since_start; }
  static bool is_probe(const ArpPacket& packet) {
    return packet.operation == ArpPacket::request && packet.sender_address.is_unspecified() &&
           packet.target_address == Lan::address(0);
  }
  static bool is_announcement(const ArpPacket& packet) {
    return packet.operation == ArpPacket::request && packet.sender_address == Lan::address(0) &&
           packet.target_address == Lan::address(0);
  }

  Lan lan_;
  std::unique_ptr<Ear> ear_;
  Machine* alice_ = nullptr;
  Machine* mallory_ = nullptr;
  Overheard overheard_;
};

TEST_F(AddressClaimTest, IsSilentUnlessAskedFor) {
  start(ArpOptions::ignored);
  lan_.run();
  EXPECT_TRUE(overheard_.said.empty());
}

TEST_F(AddressClaimTest, AnnouncesItsAddressTwice) {
  start(ArpOptions::announced);
  lan_.run();
  ASSERT_EQ(overheard_.said.size(), 2U);
  EXPECT_EQ(overheard_.said[0].first, start_of_time);
  EXPECT_EQ(overheard_.said[1].first, at(2s));
  for (const auto& [time, packet] : overheard_.said) EXPECT_TRUE(is_announcement(packet));
}

TEST_F(AddressClaimTest, AsksThreeTimesBeforeItAnnounces) {
  start(ArpOptions::detected);
  lan_.run();
  const auto& said = overheard_.said;
  ASSERT_EQ(said.size(), 5U);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(is_probe(said[static_cast<std::size_t>(i)].second));
  EXPECT_LE(said[0].first, at(1s));
  for (std::size_t i = 1; i < 3; ++i) {
    EXPECT_GE(said[i].first - said[i - 1].first, 1s);
    EXPECT_LE(said[i].first - said[i - 1].first, 2s);
  }
  EXPECT_EQ(said[3].first - said[2].first, 2s);
  EXPECT_TRUE(is_announcement(said[3].second));
  EXPECT_TRUE(is_announcement(said[4].second));
}

TEST_F(AddressClaimTest, SendsNothingInItsNameBeforeItIsItsOwn) {
  start(ArpOptions::detected);
  talk(0s);
  lan_.run();
  ASSERT_EQ(ear().heard.size(), 1U);
  EXPECT_GE(ear().times[0], overheard_.said[3].first) << "after the first announcement";
  EXPECT_LE(ear().times[0], overheard_.said[3].first + 10s) << "when Mallory has hers too";
}

TEST_F(AddressClaimTest, GivesUpAnAddressThatSomebodyHas) {
  start(ArpOptions::detected);
  talk(0s);
  forge(1500ms, Lan::address(0), Lan::address(7));
  lan_.run();
  EXPECT_TRUE(Lan::arp(*alice_).has_lost(alice_->taps().front()));
  EXPECT_TRUE(ear().heard.empty());
  EXPECT_EQ(alice_->drops()[Drop::bad_source], 1U);
  for (const auto& [time, packet] : overheard_.said) EXPECT_FALSE(is_announcement(packet));
}

TEST_F(AddressClaimTest, GivesUpAnAddressThatSomebodyElseAsksFor) {
  start(ArpOptions::detected);
  forge(1500ms, {}, Lan::address(0));
  lan_.run();
  EXPECT_TRUE(Lan::arp(*alice_).has_lost(alice_->taps().front()));
}

TEST_F(AddressClaimTest, DefendsItOnceInTenSeconds) {
  start(ArpOptions::announced);
  for (const Duration when : {Duration{5s}, Duration{6s}, Duration{14s}, Duration{16s}}) {
    forge(when, Lan::address(0), Lan::address(7));
  }
  lan_.run();
  ASSERT_EQ(overheard_.said.size(), 4U);
  EXPECT_EQ(overheard_.said[2].first, at(5s + 1ns));
  EXPECT_EQ(overheard_.said[3].first, at(16s + 1ns));
  EXPECT_TRUE(is_announcement(overheard_.said[3].second));
  EXPECT_FALSE(Lan::arp(*alice_).has_lost(alice_->taps().front()));
}

TEST_F(AddressClaimTest, IsNotTroubledByItself) {
  start(ArpOptions::detected);
  talk(20s);
  lan_.run();
  EXPECT_EQ(ear().heard.size(), 1U);
}

TEST_F(AddressClaimTest, BringsNeighboursUpToDate) {  // RFC 5227, 2.3; RFC 826
  start(ArpOptions::announced);
  talk(1s);
  lan_.run();
  EXPECT_EQ(ear().heard.size(), 1U);
  EXPECT_EQ(Lan::arp(*mallory_).neighbours(), 1U);
}

}  // namespace
}  // namespace elvis
