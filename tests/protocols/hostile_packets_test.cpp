// SPDX-License-Identifier: MIT
// A whole machine under attack: a router with everything that it may have, and frames by the
// million.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "elvis/protocols/reassembly.hpp"
#include "elvis/sockets/udp_socket.hpp"
#include "elvis/util/pool.hpp"
#include "internet.hpp"
#include "protocols/forged_frames.hpp"
#include "repetitions.hpp"

namespace elvis::test {
namespace {

using namespace std::chrono_literals;
using testing_lan::Internet;
using testing_lan::server_kind;

/// Whether a frame may come to its end unseen: ARP, and ICMP, perhaps in pieces.
bool may_be_silent(const Message& frame) {
  std::uint8_t scratch[EthernetHeader::size + Ipv4Header::min_size];
  const std::uint8_t* bytes = frame.front(EthernetHeader::size, scratch);
  if (bytes == nullptr) return false;
  if (load16(bytes + 12) == 0x0806) return frame.size() >= EthernetHeader::size + ArpPacket::size;
  bytes = frame.front(sizeof scratch, scratch);
  return bytes != nullptr && load16(bytes + 12) == 0x0800 && bytes[EthernetHeader::size + 9] == 1;
}

/// Counts what arrives at one machine.
class Gate final : public Observer {
 public:
  explicit Gate(const Machine& machine) : machine_{machine} {}
  void frame_sent(const Tap&, const Message&, Time) override {}
  void frame_delivered(const Tap& to, const Message& frame, Time) override {
    if (&to.machine() != &machine_) return;
    ++arrived;
    if (may_be_silent(frame)) ++may_be_silent_;
  }
  void dropped(const Machine&, Drop, const Message&, Time) override {}
  std::int64_t arrived = 0;
  std::int64_t may_be_silent_ = 0;

 private:
  const Machine& machine_;
};

/// A router on three networks, one of a small MTU; a neighbour on each; and who attacks.
struct Victim {
  const char* name;
  bool is_router;
  bool has_arp;
};

class HostilePacketsTest : public testing::TestWithParam<Victim> {
 protected:
  HostilePacketsTest() : before_{pool::live_blocks()} {
    internet_ = std::make_unique<Internet>();
    internet_->add_network();
    internet_->add_network();
    internet_->add_network(300);
    const bool has_arp = GetParam().has_arp;
    victim_ = GetParam().is_router ? &internet_->add("victim", 1, {0, 1, 2}, true, has_arp)
                                   : &internet_->add("victim", 1, {0}, false, has_arp);
    for (const std::size_t network : {0U, 1U, 2U}) {
      internet_->add("neighbour" + std::to_string(network), 2, {network}, false, has_arp);
    }
    attacker_ = &internet_->add("attacker", 9, {0}, false, has_arp);
    internet_->run_on(*victim_, [this](Application& self) { return echo(self); });
    gate_ = std::make_unique<Gate>(*victim_);
    internet_->world.observe(*gate_);
  }
  ~HostilePacketsTest() override {
    EXPECT_TRUE(internet_->world.conserves_frames());
    internet_.reset();
    EXPECT_EQ(pool::live_blocks(), before_) << "all memory is given back";
  }

  // Answers everything, so that the way down is used as well.
  Task<Result<>> echo(Application& self) {
    UdpSocket socket{self.machine()};
    if (auto bound = socket.bind({{}, 7}); !bound) co_return bound.error();
    for (;;) {
      Result<Datagram> received = co_await socket.receive();
      if (!received) co_return received.error();
      ++heard_;
      if (received->payload == good_text) ++good_;
      // (What is sent to nobody's address would come to this machine itself, not from outside.)
      if (received->remote.address.is_unspecified()) continue;
      (void)socket.send_to(received->remote, std::move(received->payload));
    }
  }

  void attack(testing_lan::Program program) { internet_->run_on(*attacker_, std::move(program)); }
  void run() { EXPECT_EQ(internet_->run().reason, StopReason::idle); }
  void send(const Ipv4Header& header, std::size_t size) {
    Message datagram = Message::zeros(size);
    header.emit(datagram.prepend(header.header_size()));
    (void)attacker_->taps().front().send(victim_->taps()[0].mac(), EtherType::ipv4,
                                         std::move(datagram));
  }
  /// Something that the victim is to hear in spite of all.
  void send_good() {
    Message datagram{good_text};
    const auto size = static_cast<std::uint16_t>(datagram.size());
    UdpHeader{99, 7, static_cast<std::uint16_t>(UdpHeader::size + size), 0}.emit(
        datagram.prepend(UdpHeader::size));
    Ipv4Header header = fragment(0, 0, false);
    header.protocol = 17;
    const std::size_t half = 16;
    for (const bool is_first : {true, false}) {
      header.identification = static_cast<std::uint16_t>(0xc000 + good_sent_);
      header.source = Internet::at(0, 9);
      header.more_fragments = is_first;
      header.fragment_offset = is_first ? 0 : half / 8;
      Message part = is_first ? datagram.slice(0, half) : datagram.slice(half);
      header.total_length = static_cast<std::uint16_t>(header.header_size() + part.size());
      header.emit(part.prepend(header.header_size()));
      (void)attacker_->taps().front().send(victim_->taps()[0].mac(), EtherType::ipv4,
                                           std::move(part));
    }
    ++good_sent_;
  }
  static Ipv4Header fragment(std::uint32_t number, std::size_t offset, bool more,
                             std::size_t size = 0) {
    Ipv4Header header;
    header.source = Ipv4Address{0x0b00'0000U + (number >> 15)};
    header.destination = Internet::at(0, 1);
    header.protocol = 253;
    header.identification = static_cast<std::uint16_t>(number & 0x7fff);
    header.fragment_offset = static_cast<std::uint16_t>(offset / 8);
    header.more_fragments = more;
    header.total_length = static_cast<std::uint16_t>(Ipv4Header::min_size + size);
    return header;
  }

  const Ipv4& ipv4() const { return Internet::ipv4(*victim_); }
  std::int64_t kept() const {
    return ipv4().reassembly() == nullptr ? 0 : ipv4().reassembly()->fragments();
  }
  std::size_t kept_bytes() const {
    return ipv4().reassembly() == nullptr ? 0 : ipv4().reassembly()->memory_bytes();
  }
  /// What came to its end in the victim. Datagrams that wait for an answer of ARP were counted when
  /// they were sent on, or are the victim's own.
  std::int64_t ended() const {
    const DropCounters drops = victim_->drops();
    std::uint64_t sum = ipv4().forwarded() + heard_;
    for (const std::uint64_t count : drops.counts) sum += count;
    return static_cast<std::int64_t>(sum - drops[Drop::arp_unresolved] - drops[Drop::queue_full]);
  }

  static constexpr std::string_view good_text = "good traffic gets through";

  std::size_t before_;
  std::unique_ptr<Internet> internet_;
  std::unique_ptr<Gate> gate_;
  Machine* victim_;
  Machine* attacker_;
  std::uint64_t heard_ = 0;
  std::uint64_t good_ = 0;
  std::uint64_t good_sent_ = 0;
};

INSTANTIATE_TEST_SUITE_P(All, HostilePacketsTest,
                         testing::Values(Victim{"Router", true, true},
                                         Victim{"RouterWithoutArp", true, false},
                                         Victim{"Host", false, true},
                                         Victim{"HostWithoutArp", false, false}),
                         [](const auto& about) { return std::string{about.param.name}; });

TEST_P(HostilePacketsTest, EachOfAMillionIsAccountedFor) {
  std::int64_t silent = 0;
  attack([&](Application& self) -> Task<Result<>> {
    Tap& tap = self.machine().taps().front();
    Forger forger{
        {tap.mac(),
         victim_->taps()[0].mac(),
         {Internet::at(0, 1), Internet::at(0, 1), Internet::at(0, 1), Internet::at(0, 2),
          Internet::at(0, 9), Internet::at(1, 1), Internet::at(1, 2), Internet::at(2, 2),
          Internet::at(2, 3), Internet::at(0, 255), Internet::at(1, 255), Ipv4Address{224, 0, 0, 1},
          Ipv4Address::broadcast(), Ipv4Address{127, 0, 0, 1}, Ipv4Address{}}},
        87};
    for (int i = 0; i < repetitions(1'000'000); ++i) {
      Message frame = forger.next();
      const std::vector<std::uint8_t> bytes = frame.to_bytes();
      const std::int64_t arrived = gate_->arrived;
      const std::int64_t may_be_silent = gate_->may_be_silent_;
      const std::int64_t ends = ended();
      const std::int64_t fragments = kept();
      tap.transmit(std::move(frame));
      co_await self.sleep_for(100ns);
      const std::int64_t kept_now = kept() - fragments;
      const std::int64_t open = gate_->arrived - arrived - (ended() - ends) - kept_now;
      // A fragment that makes a datagram whole takes those with it that were kept.
      const std::int64_t most =
          gate_->may_be_silent_ - may_be_silent + std::max<std::int64_t>(0, -kept_now);
      EXPECT_GE(open, 0) << "frame " << i << '\n' << Message{std::span{bytes}}.hex();
      EXPECT_LE(open, most) << "frame " << i << '\n' << Message{std::span{bytes}}.hex();
      if (HasFailure()) break;
      silent += open;
      if (i % 200'000 == 0) co_await self.sleep_for(61s);
    }
    co_return Result<>{};
  });
  run();
  EXPECT_EQ(kept(), 0);
  EXPECT_GT(heard_, repetitions(7'000U));
  EXPECT_GT(victim_->drops()[Drop::bad_option], repetitions(4'000U));
  EXPECT_LT(silent, 500'000);
  if (!GetParam().is_router) return;
  EXPECT_GT(ipv4().forwarded(), repetitions(20'000U));
  const DropCounters drops = victim_->drops();
  for (std::size_t i = 0; i < drop_reasons; ++i) {
    const auto reason = static_cast<Drop>(i);
    if (reason == Drop::machine_off || reason == Drop::queue_full) continue;
    if (reason == Drop::reassembly_full) continue;
    if (reason == Drop::arp_unresolved && !GetParam().has_arp) continue;
    EXPECT_GT(drops[reason], 0U) << name_of(reason);
  }
}

// ===== What fragments may cost =====

/// What one machine may hold for fragments, and what the pools add to it.
constexpr std::size_t cap = ReassemblyLimits{}.memory_bytes;

class FragmentBombTest : public HostilePacketsTest {
 protected:
  /// Sends `count` fragments, 10 us apart, and now and then good traffic in two pieces. Then the
  /// time of all fragments runs out.
  void bomb(std::uint32_t count, std::function<void(std::uint32_t)> send_one) {
    attack([=, this](Application& self) -> Task<Result<>> {
      UdpSocket answers{self.machine()};
      EXPECT_TRUE(answers.bind({{}, 99}));
      const std::size_t reserved = pool::reserved_bytes();
      std::size_t most = 0;
      for (std::uint32_t i = 0; i < count; ++i) {
        send_one(i);
        if (i % 1'000 == 0) send_good();
        co_await self.sleep_for(10us);
        most = std::max(most, kept_bytes());
      }
      EXPECT_LE(most, cap);
      EXPECT_GT(most, cap / 2) << "or it was no bomb";
      EXPECT_LE(pool::reserved_bytes() - reserved, 2 * cap) << "what the memory really is";
      EXPECT_EQ(good_, good_sent_);
      EXPECT_EQ(good_, (count + 999) / 1'000);
      co_await self.sleep_for(60s);
      EXPECT_EQ(kept(), 0) << "all is freed";
      EXPECT_EQ(kept_bytes(), 0U);
      // Each good datagram came in two frames.
      EXPECT_EQ(gate_->arrived, ended() + static_cast<std::int64_t>(good_sent_));
      co_return Result<>{};
    });
    run();
  }
};

INSTANTIATE_TEST_SUITE_P(All, FragmentBombTest, testing::Values(Victim{"Host", false, false}),
                         [](const auto& about) { return std::string{about.param.name}; });

TEST_P(FragmentBombTest, AMillionFirstFragments) {
  bomb(repetitions(1'000'000), [this](std::uint32_t i) { send(fragment(i, 0, true, 8), 8); });
}

TEST_P(FragmentBombTest, AHundredThousandOverlaps) {
  auto luck = std::make_shared<Rng>(Rng{{87, 1}});
  bomb(100'000, [this, luck](std::uint32_t) {
    const std::size_t size = 8 * (1 + luck->below(180));
    const std::size_t offset = 8 * luck->below(4'000);
    send(fragment(static_cast<std::uint32_t>(luck->below(2'000)), offset, true, size), size);
  });
}

TEST_P(FragmentBombTest, FragmentsOfOneByte) {
  // Only a last fragment may have one.
  bomb(200'000, [this](std::uint32_t i) { send(fragment(i, 8 * (1 + i % 8'000), false, 1), 1); });
}

TEST_P(FragmentBombTest, EverySecondPieceOfEightBytes) {
  bomb(200'000,
       [this](std::uint32_t i) { send(fragment(i / 4'000, 16 * (i % 4'000), true, 8), 8); });
}

TEST_P(FragmentBombTest, OnePieceEachOfLongDatagrams) {
  // The network's frames share the bytes of those who send; a piece must not hold the whole.
  bomb(20'000, [this](std::uint32_t i) {
    Message payload = Message::zeros(60'000).slice(1'480, 1'480);
    const Ipv4Header header = fragment(i, 1'480, true, 1'480);
    header.emit(payload.prepend(header.header_size()));
    (void)attacker_->taps().front().send(victim_->taps()[0].mac(), EtherType::ipv4,
                                         std::move(payload));
  });
}

// ===== What ARP may cost =====

class ForgedArpTest : public HostilePacketsTest {};

INSTANTIATE_TEST_SUITE_P(All, ForgedArpTest, testing::Values(Victim{"Router", true, true}),
                         [](const auto& about) { return std::string{about.param.name}; });

TEST_P(ForgedArpTest, AMillionReplies) {
  attack([&](Application& self) -> Task<Result<>> {
    Tap& tap = self.machine().taps().front();
    const MacAddress victim = victim_->taps()[0].mac();
    const std::size_t reserved = pool::reserved_bytes();
    for (std::uint32_t i = 0; i < repetitions(1'000'000); ++i) {
      const ArpPacket forged{.operation = ArpPacket::reply,
                             .sender_mac = MacAddress{0x0600'0000'0000U + i},
                             .sender_address = Ipv4Address{0x0a00'0000U + (i * 0x9e37U & 0xffffU)},
                             .target_mac = victim,
                             .target_address = Internet::at(0, 1)};
      Message packet;
      forged.emit(packet.prepend(ArpPacket::size));
      (void)tap.send(victim, EtherType::arp, std::move(packet));
      if (i % 1'000 == 0) send_good();
      co_await self.sleep_for(1us);
    }
    EXPECT_LE(pool::reserved_bytes() - reserved, Arp::max_entries * 512);
    EXPECT_EQ(good_, good_sent_);
    EXPECT_EQ(good_, repetitions(1'000U));
    co_return Result<>{};
  });
  run();
}

}  // namespace
}  // namespace elvis::test
