// SPDX-License-Identifier: MIT
#include "elvis/protocols/ipv4.hpp"

#include <gtest/gtest.h>

#include "lan.hpp"

namespace elvis {
namespace {

using testing_lan::Lan;

// A protocol over IPv4 with the number that RFC 3692 keeps for experiments.
class Experiment final : public Protocol {
 public:
  explicit Experiment(Machine& machine) : Protocol{machine, over_ipv4(253)} {}
  void demux(Message&& message, Arrival& arrival) override {
    heard.push_back(message.to_string());
    arrivals.push_back(arrival);
  }
  std::vector<std::string> heard;
  std::vector<Arrival> arrivals;
};

Ipv4Header header(std::size_t payload) {
  Ipv4Header made;
  made.total_length = static_cast<std::uint16_t>(Ipv4Header::min_size + payload);
  made.protocol = 253;
  made.source = Lan::address(0);
  made.destination = Lan::address(1);
  return made;
}

class Ipv4Test : public testing::Test {
 protected:
  Ipv4Test() {
    for (int i = 0; i < 2; ++i) {
      lan_.world.add_group("host" + std::to_string(i), 1, false);
      Network* const networks[] = {&lan_.network};
      Machine& machine = lan_.world.add_machine(networks, 2);
      lan_.world.add_protocol<Ipv4>(machine);
      experiment_[i] = &lan_.world.add_protocol<Experiment>(machine);
      lan_.world.claim(machine.taps().front(), Lan::address(static_cast<std::size_t>(i)));
    }
  }

  Machine& receiver() { return lan_.world.machine(1); }

  // Sends a datagram with this header over the link, as bytes.
  void arrive(const Ipv4Header& header, std::string_view payload, MacAddress to = MacAddress{}) {
    lan_.run_on(
        lan_.world.machine(0),
        [=, this](Application& self) -> Task<Result<>> {
          Message datagram{payload};
          header.emit(datagram.prepend(header.header_size()));
          Tap& tap = self.machine().taps().front();
          co_return tap.send(to == MacAddress{} ? lan_.network.mac_of(1) : to, EtherType::ipv4,
                             std::move(datagram));
        },
        testing_lan::server_kind);
  }
  void run() { EXPECT_EQ(lan_.run().reason, StopReason::idle); }

  Lan lan_;
  Experiment* experiment_[2];
};

TEST_F(Ipv4Test, HandsADatagramToTheProtocolWithItsNumber) {
  arrive(header(5), "hello");
  run();
  EXPECT_EQ(experiment_[1]->heard, std::vector<std::string>{"hello"});
  EXPECT_EQ(experiment_[1]->arrivals.at(0).source, Lan::address(0));
  EXPECT_EQ(experiment_[1]->arrivals.at(0).time_to_live, 64);
}

TEST_F(Ipv4Test, CutsThePaddingOfTheLink) {
  arrive(header(5), "hello, padding");
  run();
  EXPECT_EQ(experiment_[1]->heard, std::vector<std::string>{"hello"});
}

TEST_F(Ipv4Test, PassesOverOptions) {
  Ipv4Header with_options = header(5);
  constexpr std::uint8_t options[8] = {1};  // no operation, end of list
  with_options.options = options;
  with_options.total_length = static_cast<std::uint16_t>(with_options.total_length + 8);
  arrive(with_options, "hello");
  run();
  EXPECT_EQ(experiment_[1]->heard, std::vector<std::string>{"hello"});
}

TEST_F(Ipv4Test, DropsADatagramForAnotherMachine) {
  Ipv4Header other = header(5);
  other.destination = Ipv4Address{10, 0, 0, 77};
  arrive(other, "hello");
  run();
  EXPECT_EQ(receiver().drops()[Drop::not_for_me], 1U);
}

TEST_F(Ipv4Test, DropsADatagramForOneMachineInAFrameForAll) {  // RFC 1122, 3.3.6
  arrive(header(5), "hello", MacAddress::broadcast());
  run();
  EXPECT_EQ(receiver().drops()[Drop::not_for_me], 1U);
}

TEST_F(Ipv4Test, TakesABroadcast) {
  Ipv4Header all = header(5);
  all.destination = Ipv4Address::broadcast();
  arrive(all, "hello", MacAddress::broadcast());
  run();
  EXPECT_EQ(experiment_[1]->heard.size(), 1U);
}

TEST_F(Ipv4Test, DropsADatagramFromAGroup) {  // RFC 1122, 3.2.1.3
  Ipv4Header from_group = header(5);
  from_group.source = Ipv4Address{224, 0, 0, 1};
  arrive(from_group, "hello");
  Ipv4Header from_all = header(5);
  from_all.source = Ipv4Address::broadcast();
  arrive(from_all, "hello");
  run();
  EXPECT_EQ(receiver().drops()[Drop::bad_source], 2U);
}

TEST_F(Ipv4Test, DropsLoopbackAddressesOffTheLink) {  // RFC 1122, 3.2.1.3 (g)
  Ipv4Header from_loopback = header(5);
  from_loopback.source = Ipv4Address{127, 0, 0, 1};
  arrive(from_loopback, "hello");
  Ipv4Header to_loopback = header(5);
  to_loopback.destination = Ipv4Address{127, 0, 0, 1};
  arrive(to_loopback, "hello");
  run();
  EXPECT_EQ(receiver().drops()[Drop::bad_source], 2U);
}

TEST_F(Ipv4Test, JoinsFragments) {
  Ipv4Header last = header(5);
  last.fragment_offset = 1;
  arrive(last, "world");
  Ipv4Header first = header(8);
  first.more_fragments = true;
  arrive(first, "hello, w");
  run();
  EXPECT_EQ(experiment_[1]->heard, std::vector<std::string>{"hello, wworld"});
  EXPECT_EQ(receiver().drops()[Drop::fragment], 0U);
}

TEST_F(Ipv4Test, LetsGoOfFragmentsWhoseTimeIsOver) {  // RFC 1122, 3.3.2
  Ipv4Header first = header(8);
  first.more_fragments = true;
  arrive(first, "hello, w");
  Ipv4Header other = first;
  other.identification = 7;
  arrive(other, "and more");
  run();
  EXPECT_EQ(receiver().drops()[Drop::reassembly_timeout], 2U);
  EXPECT_EQ(receiver().now(), start_of_time + std::chrono::seconds{60} + Duration{1});
}

TEST_F(Ipv4Test, DropsFragmentsThatOverlap) {  // RFC 5722, 4
  Ipv4Header first = header(16);
  first.more_fragments = true;
  arrive(first, "0123456789abcdef");
  Ipv4Header second = first;
  second.fragment_offset = 1;
  arrive(second, "89abcdef01234567");
  run();
  EXPECT_EQ(receiver().drops()[Drop::fragment], 2U);
}

TEST_F(Ipv4Test, DropsFragmentsOfImpossibleLength) {
  Ipv4Header odd = header(5);
  odd.more_fragments = true;
  arrive(odd, "hello");
  run();
  EXPECT_EQ(receiver().drops()[Drop::bad_length], 1U);
}

TEST_F(Ipv4Test, DropsAProtocolThatTheMachineDoesNotHave) {
  Ipv4Header other = header(5);
  other.protocol = 254;
  arrive(other, "hello");
  run();
  EXPECT_EQ(receiver().drops()[Drop::unknown_protocol], 1U);
}

TEST_F(Ipv4Test, DropsWhatIsNoDatagram) {
  Ipv4Header too_long = header(50);
  arrive(too_long, "hello");
  lan_.run_on(
      lan_.world.machine(0),
      [this](Application& self) -> Task<Result<>> {
        Tap& tap = self.machine().taps().front();
        for (const std::string& bytes :
             {std::string{}, std::string(19, 'E'), std::string(20, 'E'), std::string(60, '\x4f')}) {
          (void)tap.send(lan_.network.mac_of(1), EtherType::ipv4, Message{std::string_view{bytes}});
        }
        co_return Result<>{};
      },
      testing_lan::server_kind);
  run();
  EXPECT_EQ(receiver().drops()[Drop::truncated], 3U);  // too_long, 0 and 19 bytes
  EXPECT_EQ(receiver().drops()[Drop::bad_checksum], 2U);
}

TEST_F(Ipv4Test, OpensOnlyFromAnAddressOfItsOwn) {
  lan_.run_on(
      lan_.world.machine(0),
      [this](Application& self) -> Task<Result<>> {
        Ipv4& ipv4 = Lan::ipv4(self.machine());
        Protocol& above = *experiment_[0];
        EXPECT_TRUE(ipv4.open(above, {{}, {Lan::address(1), 0}}));
        EXPECT_TRUE(ipv4.open(above, {{Lan::address(0), 0}, {Lan::address(1), 0}}));
        EXPECT_EQ(ipv4.open(above, {{Lan::address(1), 0}, {Lan::address(1), 0}}).error(),
                  Errc::address_not_available);
        EXPECT_EQ(ipv4.open(above, {{}, {Ipv4Address{9, 9, 9, 9}, 0}}).error(),
                  Errc::network_unreachable);
        EXPECT_EQ(ipv4.open(above, {{}, {}}).error(), Errc::network_unreachable);
        co_return Result<>{};
      },
      testing_lan::server_kind);
  run();
}

TEST_F(Ipv4Test, RefusesWhatNoDatagramHolds) {
  lan_.run_on(
      lan_.world.machine(0),
      [this](Application& self) -> Task<Result<>> {
        const SessionRef session =
            *Lan::ipv4(self.machine()).open(*experiment_[0], {{}, {Lan::address(1), 0}});
        EXPECT_EQ(session->send(Message::zeros(65'516)).error(), Errc::message_too_long);
        co_return Result<>{};
      },
      testing_lan::server_kind);
  run();
}

TEST_F(Ipv4Test, SendsWhatDoesNotFitInPieces) {
  std::string longest;
  for (std::size_t i = 0; i < 65'515; ++i) longest += static_cast<char>('a' + i % 23);
  lan_.run_on(
      lan_.world.machine(0),
      [&, this](Application& self) -> Task<Result<>> {
        const SessionRef session =
            *Lan::ipv4(self.machine()).open(*experiment_[0], {{}, {Lan::address(1), 0}});
        EXPECT_TRUE(session->send(Message{std::string_view{longest}.substr(0, 1'480)}));
        EXPECT_TRUE(session->send(Message{std::string_view{longest}.substr(0, 1'481)}));
        co_return session->send(Message{std::string_view{longest}});
      },
      testing_lan::server_kind);
  run();
  ASSERT_EQ(experiment_[1]->heard.size(), 3U);
  EXPECT_EQ(experiment_[1]->heard[0].size(), 1'480U);
  EXPECT_EQ(experiment_[1]->heard[1].size(), 1'481U);
  EXPECT_EQ(experiment_[1]->heard[2], longest);
  EXPECT_EQ(lan_.network.counters().frames_sent, 1U + 2U + 45U);
}

TEST_F(Ipv4Test, RefusesWhatDoesNotFitAndMayNotBeFragmented) {
  lan_.run_on(
      lan_.world.machine(0),
      [this](Application& self) -> Task<Result<>> {
        Ipv4Path path =
            *Lan::ipv4(self.machine()).path(*experiment_[0], {{}, {Lan::address(1), 0}});
        path.set_dont_fragment(true);
        path.set_time_to_live(9);
        EXPECT_EQ(path.remote(), Lan::address(1));
        EXPECT_EQ(path.send(Message::zeros(1'481)).error(), Errc::message_too_long);
        co_return path.send(Message::zeros(1'480));
      },
      testing_lan::server_kind);
  run();
  ASSERT_EQ(experiment_[1]->heard.size(), 1U);
  EXPECT_EQ(experiment_[1]->arrivals[0].time_to_live, 9);
}

TEST_F(Ipv4Test, MapsAGroupToItsMacAddress) {  // RFC 1112, 6.4
  const Ipv4Address group{224, 129, 2, 3};
  lan_.run_on(
      lan_.world.machine(1),
      [&](Application& self) -> Task<Result<>> {
        Lan::ipv4(self.machine()).join(group, self.machine().taps().front());
        co_return Result<>{};
      },
      testing_lan::server_kind);
  lan_.run_on(
      lan_.world.machine(0),
      [&](Application& self) -> Task<Result<>> {
        const SessionRef session =
            *Lan::ipv4(self.machine()).open(*experiment_[0], {{}, {group, 0}});
        co_return session->send(Message{std::string_view{"group"}});
      },
      testing_lan::server_kind);
  run();
  ASSERT_EQ(experiment_[1]->heard.size(), 1U);
  EXPECT_EQ(experiment_[1]->arrivals[0].link_destination, MacAddress{0x0100'5e01'0203U});
}

}  // namespace
}  // namespace elvis
