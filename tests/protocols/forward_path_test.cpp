// SPDX-License-Identifier: MIT
// What goes straight through a router must leave it as the layers would have sent it on.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "elvis/graph/inbound_path.hpp"
#include "elvis/graph/observer.hpp"
#include "elvis/graph/tap.hpp"
#include "elvis/util/rng.hpp"
#include "elvis/wire/checksum.hpp"
#include "internet.hpp"

namespace elvis {
namespace {

using testing_lan::Internet;

// Remembers what a machine sends and drops.
class Wire final : public Observer {
 public:
  void frame_sent(const Tap& from, const Message& frame, Time) override {
    if (&from.machine() != machine) return;
    events.push_back(from.network().name() + (frame.is_verified() ? " verified\n" : "\n") +
                     frame.hex());
  }
  void frame_delivered(const Tap&, const Message&, Time) override {}
  void dropped(const Machine& at, Drop reason, const Message& message, Time) override {
    if (&at == machine) events.push_back(std::string{name_of(reason)} + "\n" + message.hex());
  }

  const Machine* machine = nullptr;
  std::vector<std::string> events;
};

// alice on net0, a router, and net1, on whose far side net2 is, as well as net3, whose MTU is 600.
struct Side {
  Side() {
    for (const std::uint32_t mtu : {1'500U, 1'500U, 1'500U, 600U}) internet.add_network(mtu);
    alice = &internet.add("alice", 10, {0});
    router = &internet.add_router("router", 1, {0, 1, 3});
    Machine& far = internet.add_router("far", 2, {1, 2});
    internet.add("bob", 10, {2});
    internet.add("carol", 10, {3});
    route(2, 1, Internet::at(1, 2));
    Internet::route(far, {Internet::at(0, 0), 24}, Internet::at(1, 1), 0);
    internet.run();  // so that networks know their addresses
    wire.machine = router;
    internet.world.observe(wire);
  }

  Tap& tap() { return router->taps().front(); }
  // Where the router sends what is for net`to`.
  void route(std::size_t to, std::uint32_t over, Ipv4Address via) {
    Internet::route(*router, {Internet::at(to, 0), 24}, via, over);
  }
  std::vector<std::string> events_of(const Message& frame) {
    wire.events.clear();
    Message own{frame.to_bytes()};
    own.set_verified(frame.is_verified());
    // In turn as a message, as a frame in one piece, and as those whose headers have a chunk of
    // their own: with a transport's header, or a part of it.
    const std::size_t headers = way_ == 2 ? 42 : 36;
    if (way_ == 0) {
      tap().demux(std::move(own));
    } else if (way_ == 1 || own.size() < headers) {
      tap().demux(Frame::make(std::move(own), &tap()));
    } else {
      Message parted = own.slice(headers);
      own.truncate(headers);
      own.copy_to({parted.prepend(headers), headers});
      parted.set_verified(own.is_verified());
      tap().demux(Frame::make(std::move(parted), &tap()));
    }
    way_ = (way_ + 1) % 4;
    return wire.events;
  }

  Internet internet;
  Machine* alice = nullptr;
  Machine* router = nullptr;
  Wire wire;

 private:
  int way_ = 0;
};

// Two routers alike, of which one always goes from layer to layer.
class ForwardPathTest : public testing::Test {
 protected:
  static Ipv4Header header_to(Ipv4Address destination) {
    Ipv4Header header;
    header.identification = 77;
    header.protocol = 253;
    header.source = Internet::at(0, 10);
    header.destination = destination;
    return header;
  }

  Message frame(Ipv4Header header, std::size_t payload = 32) {
    Message message = Message::zeros(payload);
    header.total_length = static_cast<std::uint16_t>(header.header_size() + payload);
    header.emit(message.prepend(header.header_size()));
    EthernetHeader{tap().mac(), fast_.alice->taps().front().mac(),
                   static_cast<std::uint16_t>(EtherType::ipv4)}
        .emit(message.prepend(EthernetHeader::size));
    message.set_verified(true);
    return message;
  }

  Tap& tap() { return fast_.tap(); }
  Ipv4& ipv4() { return Internet::ipv4(*fast_.router); }
  void expect_alike(const Message& frame) {
    slow_.tap().set_path(nullptr);
    EXPECT_EQ(fast_.events_of(frame), slow_.events_of(frame)) << frame.hex();
  }
  void learn(Ipv4Address destination) { expect_alike(frame(header_to(destination))); }
  // Whether the path takes a frame.
  bool takes(const Message& frame) {
    std::unique_ptr<InboundPath> path = tap().take_path();
    Message own{frame.to_bytes()};
    const bool taken = path->take(std::move(own));
    tap().set_path(std::move(path));
    return taken;
  }

  Side fast_;
  Side slow_;
};

TEST_F(ForwardPathTest, IsLearntFromTheFirstDatagramOfADestination) {
  EXPECT_EQ(tap().path(), nullptr);
  learn(Internet::at(2, 10));
  ASSERT_NE(tap().path(), nullptr);
  EXPECT_TRUE(takes(frame(header_to(Internet::at(2, 10)))));
  EXPECT_FALSE(takes(frame(header_to(Internet::at(2, 11))))) << "nobody was sent there yet";
  EXPECT_EQ(ipv4().forwarded(), 2U);
}

TEST_F(ForwardPathTest, ChangesWhatTheLayersChange) {
  learn(Internet::at(2, 10));
  learn(Internet::at(3, 10));
  Ipv4Header header = header_to(Internet::at(2, 10));
  for (int i = 0; i < 2'000; ++i) {  // all sums come by
    header.identification = static_cast<std::uint16_t>(i * 33);
    header.time_to_live = static_cast<std::uint8_t>(i);
    header.type_of_service = static_cast<std::uint8_t>(i >> 3);
    header.dont_fragment = i % 3 == 0;
    expect_alike(frame(header));
  }
  header = header_to(Internet::at(2, 10));
  header.more_fragments = true;
  header.fragment_offset = 100;
  expect_alike(frame(header));
  for (const std::size_t size : {1U, 579U, 580U, 581U, 1'400U}) {
    expect_alike(frame(header_to(Internet::at(3, 10)), size));
  }
}

TEST_F(ForwardPathTest, CountsTheChecksumRightAtItsBorders) {
  learn(Internet::at(2, 10));
  Ipv4Header header = header_to(Internet::at(2, 10));
  for (std::uint32_t id = 0; id < 65'536; ++id) {  // so that every sum comes by
    header.identification = static_cast<std::uint16_t>(id);
    fast_.wire.events.clear();
    ASSERT_TRUE(takes(frame(header)));
    Ipv4Header onward = header;
    onward.time_to_live = 63;
    std::uint8_t scratch[26];
    const Message sent_on = frame(onward);
    const std::uint8_t* const bytes = sent_on.front(26, scratch);
    const std::string expected = Message{std::span{bytes + 16, 10}}.hex().substr(10, 29);
    ASSERT_NE(fast_.wire.events.front().find(expected), std::string::npos) << id;
  }
}

TEST_F(ForwardPathTest, LeavesToTheLayersWhatIsOdd) {
  learn(Internet::at(2, 10));
  const auto leaves = [&](const Message& one) {
    EXPECT_FALSE(takes(one)) << one.hex();
    expect_alike(one);
  };
  Ipv4Header header = header_to(Internet::at(2, 10));
  header.time_to_live = 1;
  leaves(frame(header));
  for (const std::uint32_t source : {0x0000'0001U, 0x7f00'0001U, 0xe000'0001U, 0xffff'ffffU,
                                     0x0a00'00ffU, 0x0a00'0001U, 0x0a00'0301U}) {
    header = header_to(Internet::at(2, 10));
    header.source = Ipv4Address{source};
    leaves(frame(header));
  }
  leaves(frame(header_to(Internet::at(0, 1))));       // its own
  leaves(frame(header_to(Internet::at(0, 11))));      // back where it came from
  leaves(frame(header_to(Ipv4Address{9, 9, 9, 9})));  // no route
  Message longer = frame(header_to(Internet::at(2, 10)));
  longer.append(std::vector<std::uint8_t>{1, 2, 3});  // padding of the link
  leaves(longer);
  const std::vector<std::uint8_t> options{148, 4, 0, 0};  // router alert
  header = header_to(Internet::at(2, 10));
  header.options = options;
  leaves(frame(header));
}

TEST_F(ForwardPathTest, JudgesEveryDamagedFrameLikeTheLayers) {
  learn(Internet::at(2, 10));
  learn(Internet::at(3, 10));
  const Message whole = frame(header_to(Internet::at(2, 10)));
  for (std::size_t bit = 0; bit < 40 * 8; ++bit) {
    Message damaged{whole.to_bytes()};
    damaged.flip_bit(bit);
    expect_alike(damaged);
  }
  for (std::size_t size = 0; size < whole.size(); ++size) {
    Message cut{whole.to_bytes()};
    cut.truncate(size);
    expect_alike(cut);
  }
  // Damage that the checksum does not show.
  Rng luck{{5, 5}};
  for (int i = 0; i < 20'000; ++i) {
    std::vector<std::uint8_t> bytes = whole.to_bytes();
    for (int k = 0; k < 3; ++k)
      bytes[14 + luck.below(20)] = static_cast<std::uint8_t>(luck.below(256));
    if (luck.below(2) == 0) bytes[14] = 0x45;
    store16(bytes.data() + 24, 0);
    store16(bytes.data() + 24, finish_checksum(partial_sum(bytes.data() + 14, 20)));
    expect_alike(Message{bytes});
  }
}

TEST_F(ForwardPathTest, FollowsARouteThatChanges) {
  const Message one = frame(header_to(Internet::at(2, 10)));
  learn(Internet::at(2, 10));
  ASSERT_TRUE(takes(one));
  for (Side* const side : {&fast_, &slow_}) side->route(2, 2, Internet::at(3, 10));
  EXPECT_FALSE(takes(one));
  expect_alike(one);
  EXPECT_TRUE(takes(one));
  for (Side* const side : {&fast_, &slow_}) {
    ASSERT_TRUE(Internet::ipv4(*side->router).remove_route(Internet::at(2, 0), 24));
  }
  EXPECT_FALSE(takes(one));
  expect_alike(one);
  EXPECT_NE(fast_.wire.events.back().find("no_route"), std::string::npos);
}

TEST_F(ForwardPathTest, DoesNotWriteIntoBytesThatOthersShare) {
  learn(Internet::at(2, 10));
  const Message kept = frame(header_to(Internet::at(2, 10)));
  const std::vector<std::uint8_t> before = kept.to_bytes();
  Message copy = kept;
  tap().demux(std::move(copy));
  EXPECT_EQ(kept.to_bytes(), before);
}

TEST_F(ForwardPathTest, KeepsTheWaysToManyDestinations) {
  Internet::route(*fast_.router, {Ipv4Address{20, 0, 0, 0}, 8}, Internet::at(1, 2), 1);
  const auto address = [](std::uint32_t i) { return Ipv4Address{0x1400'0000U + i * 257}; };
  for (int round = 0; round < 8; ++round) {
    for (std::uint32_t i = 0; i < 2'000; ++i) tap().demux(frame(header_to(address(i))));
  }
  int taken = 0;
  for (std::uint32_t i = 0; i < 2'000; ++i) taken += takes(frame(header_to(address(i)))) ? 1 : 0;
  EXPECT_GT(taken, 1'000) << "others are displaced now and then";
  EXPECT_EQ(ipv4().forwarded(), 16'000U + static_cast<unsigned>(taken));
}

}  // namespace
}  // namespace elvis
