// SPDX-License-Identifier: MIT
// What takes the path must be what the layers would have delivered, and nothing else.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "elvis/graph/inbound_path.hpp"
#include "elvis/graph/tap.hpp"
#include "elvis/wire/checksum.hpp"
#include "lan.hpp"

namespace elvis {
namespace {

using testing_lan::Ear;
using testing_lan::Lan;

constexpr std::uint16_t port = 9;
constexpr std::uint16_t sender_port = 7;

// Counts what a path took, and what it left to the layers.
class CountingPath final : public InboundPath {
 public:
  CountingPath(std::unique_ptr<InboundPath> path, int& taken, int& passed)
      : path_{std::move(path)}, taken_{taken}, left_{passed} {}
  bool take(Message&& frame) override {
    const bool taken = path_->take(std::move(frame));
    ++(taken ? taken_ : left_);
    return taken;
  }

 private:
  std::unique_ptr<InboundPath> path_;
  int& taken_;
  int& left_;
};

// A sender, and a host that gets frames put on its tap.
class UdpPathTest : public testing::Test {
 protected:
  UdpPathTest() : sender_{lan_.add_host()}, host_{lan_.add_host()} {
    lan_.run_on(
        host_, [](Application&) -> Task<Result<>> { co_return Result<>{}; },
        testing_lan::server_kind);
    lan_.run();  // so that the network knows its addresses
  }

  Tap& tap() { return host_.taps().front(); }

  // A frame as the sender's stack would put it on the wire, from `source_port`.
  Message frame(std::string_view text, std::uint16_t source_port = sender_port) const {
    Message message{text};
    const auto length = static_cast<std::uint16_t>(UdpHeader::size + text.size());
    const std::uint64_t sum = message.partial_sum() + source_port + port + length +
                              pseudo_header_sum(Lan::address(0), Lan::address(1), 17, length);
    UdpHeader{source_port, port, length, finish_checksum(sum)}.emit(
        message.prepend(UdpHeader::size));
    Ipv4Header header;
    header.total_length = static_cast<std::uint16_t>(Ipv4Header::min_size + length);
    header.protocol = 17;
    header.type_of_service = 0xb8;
    header.source = Lan::address(0);
    header.destination = Lan::address(1);
    header.emit(message.prepend(Ipv4Header::min_size));
    EthernetHeader{lan_.network.mac_of(1), lan_.network.mac_of(0),
                   static_cast<std::uint16_t>(EtherType::ipv4)}
        .emit(message.prepend(EthernetHeader::size));
    message.set_verified(true);
    return message;
  }

  void arrive(Message message) { tap().demux(std::move(message)); }

  // Datagrams of two senders, of which the first one shows the way.
  void expect_the_listener_takes_all() {
    arrive(frame("first"));
    watch();
    arrive(frame("second"));
    arrive(frame("of another sender", 8));
    EXPECT_EQ(taken_, 2);
    EXPECT_EQ(ear_.heard, (std::vector<std::string>{"first", "second", "of another sender"}));
  }

  // Puts a counter around the path that the last frame left behind.
  void watch() {
    auto path = tap().take_path();
    ASSERT_NE(path, nullptr);
    tap().set_path(std::make_unique<CountingPath>(std::move(path), taken_, left_));
  }

  Lan lan_;
  Machine& sender_;
  Machine& host_;
  Udp& udp_ = Lan::udp(host_);
  Ear ear_{host_};
  Ear other_ear_{host_};
  int taken_ = 0;
  int left_ = 0;
};

TEST_F(UdpPathTest, TakesTheNextDatagramsForTheSameListener) {
  ASSERT_TRUE(udp_.listen(ear_, {.address = {}, .port = port}));
  expect_the_listener_takes_all();
}

TEST_F(UdpPathTest, SaysOfADatagramWhatTheLayersSay) {
  ASSERT_TRUE(udp_.listen(ear_, {.address = {}, .port = port}));
  arrive(frame("by the layers"));
  watch();
  arrive(frame("at once"));
  ASSERT_EQ(taken_, 1);
  const Arrival& slow = ear_.arrivals.at(0);
  const Arrival& fast = ear_.arrivals.at(1);
  EXPECT_EQ(fast.tap, slow.tap);
  EXPECT_EQ(fast.link_source, slow.link_source);
  EXPECT_EQ(fast.link_destination, slow.link_destination);
  EXPECT_EQ(fast.remote(), slow.remote());
  EXPECT_EQ(fast.local(), slow.local());
  EXPECT_EQ(fast.protocol, slow.protocol);
  EXPECT_EQ(fast.time_to_live, slow.time_to_live);
  EXPECT_EQ(fast.type_of_service, 0xb8);
  EXPECT_EQ(fast.type_of_service, slow.type_of_service);
}

// Notes datagrams with no more than their ends.
class BareEar final : public Protocol {
 public:
  explicit BareEar(Machine& machine) : Protocol{machine, over_link(0x88b6)} {}
  bool takes_bare_datagrams() const override { return true; }
  void demux(Message&& message, Arrival& arrival) override {
    heard.push_back(fmt::format("{} {} {}", arrival.remote().to_string(),
                                arrival.local().to_string(), message.to_string()));
    EXPECT_FALSE(message.is_verified());
  }
  void demux_bare(const BareDatagram& datagram) override {
    ++bare;
    heard.push_back(fmt::format("{} {} {}", datagram.remote.to_string(), datagram.local.to_string(),
                                datagram.payload.to_string()));
    EXPECT_FALSE(datagram.payload.is_verified());
  }
  std::vector<std::string> heard;
  int bare = 0;
};

// Whatever bit of the headers is another, the machine does with a frame what it does without a
// path.
TEST_F(UdpPathTest, TakesAFrameAsTheLayersDoWhateverItsHeadersSay) {
  constexpr std::size_t headers = 42;
  for (const bool has_session : {false, true}) {
    BareEar ear{host_};
    SessionRef session;
    if (has_session) {
      session = *udp_.open(
          ear, {.local = {Lan::address(1), port}, .remote = {Lan::address(0), sender_port}});
    } else {
      ASSERT_TRUE(udp_.listen(ear, {.address = {}, .port = port}));
    }
    const auto outcome_of = [&](auto deliver) {
      ear.heard.clear();
      const DropCounters before = host_.drops();
      deliver();
      std::string outcome = fmt::format("{}", fmt::join(ear.heard, ", "));
      const DropCounters now = host_.drops();
      for (std::size_t i = 0; i < drop_reasons; ++i) {
        if (now.counts[i] != before.counts[i]) outcome += fmt::format(" drop {}", i);
      }
      return outcome;
    };
    const std::vector<std::uint8_t> whole = frame("text").to_bytes();
    for (std::size_t bit = 0; bit <= headers * 8; ++bit) {  // the last one as it is
      std::vector<std::uint8_t> bytes = whole;
      if (bit < headers * 8) bytes[bit / 8] ^= static_cast<std::uint8_t>(0x80 >> bit % 8);
      const std::string by_layers = outcome_of([&] {
        tap().set_path(nullptr);
        Message message{bytes};
        message.set_verified(true);
        arrive(std::move(message));
      });
      const std::string by_path = outcome_of([&] {
        arrive(frame("to show the way"));
        ear.heard.clear();
        ASSERT_NE(tap().path(), nullptr);
        Frame* const made = Frame::make_headed(headers, Message{"text"}, &tap());
        std::copy_n(bytes.begin(), headers, made->header(headers));
        made->bytes.set_verified(true);
        tap().demux(made);
      });
      EXPECT_EQ(by_path, by_layers) << "bit " << bit;
    }
    EXPECT_GT(ear.bare, 30);
    if (!has_session) udp_.unlisten({.address = {}, .port = port});
  }
}

TEST_F(UdpPathTest, TakesOnlyTheSessionsOwnPeer) {
  const SessionRef session = *udp_.open(
      ear_, {.local = {Lan::address(1), port}, .remote = {Lan::address(0), sender_port}});
  ASSERT_TRUE(udp_.listen(other_ear_, {.address = {}, .port = port}));
  arrive(frame("for the session"));
  watch();
  arrive(frame("for the session"));
  arrive(frame("for the listener", 8));
  EXPECT_EQ(taken_, 1);
  EXPECT_EQ(ear_.heard.size(), 2U);
  EXPECT_EQ(other_ear_.heard, std::vector<std::string>{"for the listener"});
}

TEST_F(UdpPathTest, GivesWayToASessionThatIsOpenedLater) {
  ASSERT_TRUE(udp_.listen(ear_, {.address = {}, .port = port}));
  arrive(frame("for the listener"));
  const SessionRef session = *udp_.open(
      other_ear_, {.local = {Lan::address(1), port}, .remote = {Lan::address(0), sender_port}});
  arrive(frame("for the session"));
  EXPECT_EQ(ear_.heard, std::vector<std::string>{"for the listener"});
  EXPECT_EQ(other_ear_.heard, std::vector<std::string>{"for the session"});
}

TEST_F(UdpPathTest, IsNotDisturbedBySessionsAtOtherPorts) {
  ASSERT_TRUE(udp_.listen(ear_, {.address = {}, .port = port}));
  const SessionRef own = *udp_.open(other_ear_, {.local = {}, .remote = {Lan::address(0), 80}});
  expect_the_listener_takes_all();
}

TEST_F(UdpPathTest, LeavesWhatASessionAtTheListenersPortMayWant) {
  ASSERT_TRUE(udp_.listen(ear_, {.address = {}, .port = port}));
  const SessionRef own = *udp_.open(
      other_ear_, {.local = {Lan::address(1), port}, .remote = {Lan::address(0), sender_port}});
  arrive(frame("for the listener", 8));
  watch();
  arrive(frame("for the session"));
  arrive(frame("for the listener", 10));
  EXPECT_EQ(taken_, 0);
  EXPECT_EQ(other_ear_.heard, std::vector<std::string>{"for the session"});
  EXPECT_EQ(ear_.heard.size(), 2U);
}

TEST_F(UdpPathTest, GivesWayToAListenerThatFitsBetter) {
  ASSERT_TRUE(udp_.listen(ear_, {.address = {}, .port = port}));
  arrive(frame("for any address"));
  ASSERT_TRUE(udp_.listen(other_ear_, {Lan::address(1), port}));
  arrive(frame("for this address"));
  EXPECT_EQ(other_ear_.heard, std::vector<std::string>{"for this address"});
}

TEST_F(UdpPathTest, EndsWithItsListenerAndItsSession) {
  ASSERT_TRUE(udp_.listen(ear_, {.address = {}, .port = port}));
  arrive(frame("heard"));
  udp_.unlisten({.address = {}, .port = port});
  arrive(frame("not heard"));
  {
    const SessionRef session = *udp_.open(
        ear_, {.local = {Lan::address(1), port}, .remote = {Lan::address(0), sender_port}});
    arrive(frame("heard again"));
  }
  arrive(frame("not heard"));
  EXPECT_EQ(ear_.heard, (std::vector<std::string>{"heard", "heard again"}));
  EXPECT_EQ(host_.drops()[Drop::no_listener], 2U);
}

TEST_F(UdpPathTest, EndsWhenItsListenerDoesSoAtOnce) {
  class Shy final : public Protocol {
   public:
    Shy(Machine& machine, Udp& udp) : Protocol{machine, ProtocolId::none}, udp_{udp} {}
    void demux(Message&&, Arrival& arrival) override {
      if (++heard == 2) udp_.unlisten({.address = {}, .port = arrival.destination_port});
    }
    int heard = 0;

   private:
    Udp& udp_;
  };
  Shy shy{host_, udp_};
  ASSERT_TRUE(udp_.listen(shy, {.address = {}, .port = port}));
  for (int i = 0; i < 4; ++i) arrive(frame("?"));
  EXPECT_EQ(shy.heard, 2);
  EXPECT_EQ(host_.drops()[Drop::no_listener], 2U);
}

// Every frame comes twice, once with the path there and once without, and must fare alike.
TEST_F(UdpPathTest, JudgesEveryDamagedFrameLikeTheLayers) {
  ASSERT_TRUE(udp_.listen(ear_, {.address = {}, .port = port}));
  const std::vector<std::uint8_t> good = frame("a payload of some length").to_bytes();
  const auto fate_of = [&](const std::vector<std::uint8_t>& bytes, bool is_verified,
                           bool has_path) {
    arrive(frame("sets the path"));
    if (!has_path) tap().set_path(nullptr);
    const std::size_t heard = ear_.heard.size();
    const DropCounters before = host_.drops();
    Message message{bytes};
    message.set_verified(is_verified);
    arrive(std::move(message));
    const DropCounters after = host_.drops();
    for (std::size_t reason = 0; reason < drop_reasons; ++reason) {
      // The same fragment may be kept, or clash with one that was kept before.
      if (static_cast<Drop>(reason) == Drop::fragment) continue;
      if (after.counts[reason] != before.counts[reason]) return static_cast<int>(reason);
    }
    return ear_.heard.size() == heard ? 1'001 : 1'000;
  };
  const auto compare = [&](const std::vector<std::uint8_t>& bytes) {
    for (const bool is_verified : {false, true}) {
      ASSERT_EQ(fate_of(bytes, is_verified, true), fate_of(bytes, is_verified, false));
      ASSERT_EQ(ear_.heard.empty(), false);
    }
  };
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::vector<std::uint8_t> flipped = good;
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ 0x80U >> bit % 8);
    compare(flipped);
    // The same with the header's checksum made right again.
    std::uint8_t* const header = flipped.data() + EthernetHeader::size;
    store16(header + 10, 0);
    store16(header + 10, finish_checksum(partial_sum(header, Ipv4Header::min_size)));
    compare(flipped);
  }
  for (std::size_t size = 0; size <= good.size() + 4; ++size) {
    std::vector<std::uint8_t> cut = good;
    cut.resize(size);
    compare(cut);
  }
}

}  // namespace
}  // namespace elvis
