// SPDX-License-Identifier: MIT
// Options of IPv4 datagrams between networks: what sources, routers and destinations do with them.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "elvis/wire/ipv4_options.hpp"
#include "internet.hpp"

namespace elvis {
namespace {

using testing_lan::Internet;
using testing_lan::Listener;
using testing_lan::text;

constexpr Ipv4Prefix everything{};

// Keeps what the frames on each network carried.
class Watch final : public Observer {
 public:
  void frame_sent(const Tap& from, const Message& frame, Time) override {
    frames.push_back({from.network().index(), from.address(), frame.to_bytes()});
  }
  void frame_delivered(const Tap&, const Message&, Time) override {}
  void dropped(const Machine&, Drop, const Message&, Time) override {}

  struct Frame {
    std::size_t network;
    Ipv4Address from;
    std::vector<std::uint8_t> bytes;

    Ipv4Header header() const {
      return *Ipv4Header::parse(bytes.data() + 14, bytes.size() - 14);  // the checksum is right
    }
    IcmpMessage icmp() const {
      const std::size_t begin = 14 + header().header_size();
      return *IcmpMessage::parse(bytes.data() + begin, bytes.size() - begin);
    }
  };
  std::vector<Frame> frames;
};

// alice - net0 - near - net1 - far - net2 - bob; a frame takes 10 ms.
class IpOptionsTest : public testing::Test {
 protected:
  IpOptionsTest() {
    LinkProperties properties;
    properties.latency = LatencyModel::constant(std::chrono::milliseconds{10});
    for (int i = 0; i < 3; ++i) internet_.add_network(properties);
    alice_ = &internet_.add("alice", 10, {0});
    near_ = &internet_.add_router("near", 1, {0, 1});
    far_ = &internet_.add_router("far", 2, {1, 2});
    bob_ = &internet_.add("bob", 10, {2});
    Internet::route(*alice_, everything, Internet::at(0, 1));
    Internet::route(*near_, {Internet::at(2, 0), 24}, Internet::at(1, 2), 1);
    Internet::route(*far_, {Internet::at(0, 0), 24}, Internet::at(1, 1), 0);
    Internet::route(*bob_, everything, Internet::at(2, 2));
    internet_.world.observe(watch_);
  }

  // Sends an echo request with `options` from alice to `to`, and runs.
  void ask(Ipv4Address to, std::span<const std::uint8_t> options, std::size_t size = 4) {
    internet_.run_on(*alice_, [=](Application& self) -> Task<Result<>> {
      co_return Internet::icmp(self.machine())
          .send_echo({.destination = to, .identifier = 5, .sequence = 1, .options = options},
                     Message::zeros(size));
    });
    internet_.run();
    EXPECT_TRUE(internet_.world.conserves_frames());
  }
  // The options of the last frame on net0 that came from the near router: the reply.
  Ipv4Options of_reply() const {
    for (auto frame = watch_.frames.rbegin(); frame != watch_.frames.rend(); ++frame) {
      if (frame->network != 0 || frame->from != Internet::at(0, 1)) continue;
      EXPECT_EQ(frame->icmp().type, IcmpType::echo_reply);
      return Ipv4Options{frame->header().options};
    }
    ADD_FAILURE() << "no reply";
    return {};
  }
  // The error that alice got.
  std::optional<IcmpMessage> error() const {
    for (const Watch::Frame& frame : watch_.frames) {
      if (frame.header().destination == Internet::at(0, 10) && frame.icmp().is_error()) {
        return frame.icmp();
      }
    }
    return std::nullopt;
  }

  Internet internet_;
  Watch watch_;
  Machine* alice_;
  Machine* near_;
  Machine* far_;
  Machine* bob_;
};

TEST_F(IpOptionsTest, AReplyTakesTheRecordedRouteFurther) {  // RFC 1122, 3.2.2.6
  Ipv4Options options;
  ASSERT_TRUE(options.add_record_route(9));
  ask(Internet::at(2, 10), options.bytes());
  std::array<Ipv4Address, 9> route;
  const Ipv4Options reply = of_reply();
  ASSERT_EQ(reply.recorded_route(route), 7U);
  // Each machine by the address that the datagram left with, and bob as who took it as well.
  const std::array<Ipv4Address, 7> expected{
      Internet::at(0, 10), Internet::at(1, 1), Internet::at(2, 2), Internet::at(2, 10),
      Internet::at(2, 10), Internet::at(1, 2), Internet::at(0, 1)};
  EXPECT_TRUE(std::ranges::equal(expected, std::span{route}.first(7)));
}

TEST_F(IpOptionsTest, SourceAndDestinationStampToo) {  // RFC 1122, 3.2.1.8(e)
  Ipv4Options options;
  ASSERT_TRUE(options.add_timestamp(TimestampMode::times, 9));
  ask(Internet::at(2, 10), options.bytes());
  std::array<Ipv4Options::Stamp, 9> stamps;
  const Ipv4Options reply = of_reply();
  ASSERT_EQ(reply.recorded_stamps(stamps), 7U);
  const std::array<std::uint32_t, 7> expected{0, 10, 20, 30, 30, 40, 50};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(stamps[i].time, expected[i]);
    EXPECT_TRUE(stamps[i].address.is_unspecified());
  }
}

TEST_F(IpOptionsTest, StampsThatFindNoRoomAreCounted) {
  Ipv4Options options;
  ASSERT_TRUE(options.add_timestamp(TimestampMode::addresses_and_times, 4));
  ask(Internet::at(2, 10), options.bytes());
  std::array<Ipv4Options::Stamp, 9> stamps;
  const Ipv4Options reply = of_reply();
  ASSERT_EQ(reply.recorded_stamps(stamps), 4U);
  EXPECT_EQ(stamps[0].address, Internet::at(0, 10));
  EXPECT_EQ(stamps[1].address, Internet::at(1, 1));
  EXPECT_EQ(stamps[2].address, Internet::at(2, 2));
  EXPECT_EQ(stamps[3].address, Internet::at(2, 10));
  EXPECT_EQ(stamps[3].time, 30U);
  EXPECT_EQ(reply.bytes()[3], 0x31) << "bob with his reply, far and near";
}

TEST_F(IpOptionsTest, OnlyWhoIsAskedStamps) {
  // By the address of any side of a router.
  const std::array<Ipv4Address, 3> asked{Internet::at(1, 2), Internet::at(2, 10),
                                         Internet::at(0, 1)};
  Ipv4Options options;
  ASSERT_TRUE(options.add_timestamp(TimestampMode::prespecified, 3, asked));
  ask(Internet::at(2, 10), options.bytes());
  std::array<Ipv4Options::Stamp, 9> stamps;
  const Ipv4Options reply = of_reply();
  ASSERT_EQ(reply.recorded_stamps(stamps), 3U);
  for (std::size_t i = 0; i < asked.size(); ++i) EXPECT_EQ(stamps[i].address, asked[i]);
  EXPECT_EQ(stamps[0].time, 20U);
  EXPECT_EQ(stamps[1].time, 30U);
  EXPECT_EQ(stamps[2].time, 50U);
  EXPECT_EQ(reply.bytes()[3], 0x03) << "nobody was left out";
}

TEST_F(IpOptionsTest, ADestinationTellsWhatIsWrong) {  // RFC 1122, 3.2.2.5
  static constexpr std::array<std::uint8_t, 8> wrong{1, 7, 7, 3, 0, 0, 0, 0};
  ask(Internet::at(0, 1), wrong);
  ASSERT_TRUE(error());
  EXPECT_EQ(error()->type, IcmpType::parameter_problem);
  EXPECT_EQ(error()->pointer(), 20 + 3) << "the octet of the pointer";
  EXPECT_EQ(near_->drops()[Drop::bad_option], 1U);
  EXPECT_EQ(watch_.frames.size(), 2U) << "no reply";
}

TEST_F(IpOptionsTest, NoErrorIsReportedAboutTheOptionsOfAnError) {  // RFC 1122, 3.2.2
  static constexpr std::array<std::uint8_t, 4> wrong{7, 99, 4, 0};
  for (const Ipv4Address to : {Internet::at(0, 1), Internet::at(2, 10)}) {
    internet_.run_on(*alice_, [to](Application& self) -> Task<Result<>> {
      Message quote = Message::zeros(28);
      co_return Internet::icmp(self.machine())
          .send(IcmpMessage::unreachable(Unreachable::host), std::move(quote),
                {.destination = to, .options = wrong});
    });
  }
  internet_.run();
  EXPECT_EQ(near_->drops()[Drop::bad_option], 2U);
  EXPECT_EQ(watch_.frames.size(), 2U);
}

TEST_F(IpOptionsTest, ATimestampWhoseCountIsFullGoesNoFurther) {  // RFC 791, 3.1
  std::vector<std::uint8_t> full{68, 8, 9, 0xf0, 0, 0, 0, 0};
  ask(Internet::at(2, 10), full);
  ASSERT_TRUE(error());
  EXPECT_EQ(error()->type, IcmpType::parameter_problem);
  EXPECT_EQ(error()->pointer(), 20 + 3);
  EXPECT_EQ(near_->drops()[Drop::bad_option], 1U);
}

TEST_F(IpOptionsTest, ASourceRouteThatIsNotOverDoesNotEndAtItsFirstStop) {
  static constexpr std::array<std::uint8_t, 8> loose{131, 7, 4, 10, 0, 2, 10, 0};
  ask(Internet::at(0, 1), loose);
  ASSERT_TRUE(error());
  EXPECT_TRUE(error()->is_unreachable(Unreachable::source_route_failed));
  EXPECT_EQ(near_->drops()[Drop::bad_option], 1U);
}

TEST_F(IpOptionsTest, ASourceRouteThatIsOverIsNoMatter) {
  static constexpr std::array<std::uint8_t, 8> done{131, 7, 8, 10, 0, 0, 1, 0};
  ask(Internet::at(0, 1), done);
  EXPECT_FALSE(error());
  EXPECT_TRUE(of_reply().empty());
}

TEST_F(IpOptionsTest, UnknownOptionsGoAllTheWayAndAreIgnored) {  // RFC 1122, 3.2.1.8
  static constexpr std::array<std::uint8_t, 8> unknown{0x99, 5, 1, 2, 3, 0, 0, 0};
  ask(Internet::at(2, 10), unknown);
  EXPECT_TRUE(of_reply().empty());
  for (const Watch::Frame& frame : watch_.frames) {
    const bool is_request = frame.icmp().type == IcmpType::echo;
    EXPECT_EQ(frame.header().options.size(), is_request ? 8U : 0U);
  }
}

TEST_F(IpOptionsTest, ARouterAlertIsPassedOn) {  // RFC 2113
  Ipv4Options options;
  ASSERT_TRUE(options.add_router_alert());
  ask(Internet::at(2, 10), options.bytes());
  std::size_t seen = 0;
  for (const Watch::Frame& frame : watch_.frames) {
    if (frame.icmp().type != IcmpType::echo) continue;
    EXPECT_TRUE(Ipv4Options{frame.header().options}.has_router_alert());
    ++seen;
  }
  EXPECT_EQ(seen, 3U);
}

TEST_F(IpOptionsTest, FragmentsCarryWhatIsCopiedAndTheWholeIsAnsweredWithTheFirstOnes) {
  Ipv4Options options;
  ASSERT_TRUE(options.add_record_route(6));
  ASSERT_TRUE(options.add_router_alert());
  ask(Internet::at(2, 10), options.bytes(), 4'000);
  for (const Watch::Frame& frame : watch_.frames) {
    const Ipv4Header header = frame.header();
    if (header.source != Internet::at(0, 10)) continue;
    const Ipv4Options carried{header.options};
    EXPECT_TRUE(carried.has_router_alert());
    EXPECT_EQ(carried.find(IpOptionType::record_route).has_value(), header.fragment_offset == 0);
  }
  std::array<Ipv4Address, 9> route;
  Ipv4Options first;
  for (const Watch::Frame& frame : watch_.frames) {
    if (frame.network == 0 && frame.from == Internet::at(0, 1) &&
        frame.header().fragment_offset == 0) {
      first = Ipv4Options{frame.header().options};
    }
  }
  ASSERT_EQ(first.recorded_route(route), 6U) << "it is full, and goes on";
  EXPECT_EQ(route[4], Internet::at(2, 10));
  EXPECT_EQ(route[5], Internet::at(1, 2));
}

TEST_F(IpOptionsTest, AMachineThatAsksItselfIsWhoItFinds) {
  Ipv4Options options;
  ASSERT_TRUE(options.add_record_route(9));
  Listener ear{*alice_};
  ASSERT_TRUE(Internet::icmp(*alice_).listen(ear, {{}, 5}));
  ask(Internet::at(0, 10), options.bytes());
  EXPECT_EQ(ear.heard.size(), 1U);
  EXPECT_TRUE(watch_.frames.empty());
}

}  // namespace
}  // namespace elvis
