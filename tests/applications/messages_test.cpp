// SPDX-License-Identifier: MIT
#include "elvis/applications/messages.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "elvis/applications/catalog.hpp"
#include "lan.hpp"

namespace elvis {
namespace {

using std::chrono::milliseconds;
using testing_lan::Lan;

const ApplicationKind& kind_named(std::string_view name) {
  for (const ApplicationKind& kind : application_kinds()) {
    if (kind.name == name) return kind;
  }
  ELVIS_UNREACHABLE();
}

class MessagesTest : public testing::Test {
 protected:
  template <typename T>
  Application& add(Machine& machine, std::string_view name, const T& options) {
    return lan_.world.add_application(machine, kind_named(name),
                                      lan_.world.keep(std::make_unique<T>(options)));
  }
  Payload payload(std::string_view text) {
    return Payload{
        lan_.world.constant({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()})};
  }
  SendMessageOptions sending(std::string_view text, std::size_t host, std::uint64_t count = 1) {
    SendMessageOptions options;
    options.message = payload(text);
    options.to.address = Lan::address(host);
    options.port = 9;
    options.count = count;
    return options;
  }
  CaptureOptions capturing(std::uint64_t count, std::string_view text = {}) {
    CaptureOptions options;
    options.port = 9;
    options.message_count = count;
    if (!text.empty()) options.message = payload(text);
    return options;
  }

  Lan lan_;
  Machine& alice_ = lan_.add_host();
  Machine& bob_ = lan_.add_host();
};

TEST_F(MessagesTest, ACaptureIsSatisfiedByItsMessages) {
  const Application& sender = add(alice_, "send_message", sending("Hello!", 1, 3));
  const Application& capture = add(bob_, "capture", capturing(3));
  EXPECT_EQ(lan_.run().reason, StopReason::completed);
  EXPECT_EQ(sender.status(), ApplicationStatus::done);
  EXPECT_EQ(capture.status(), ApplicationStatus::done);
  EXPECT_EQ(capture.messages(), 3U);
  EXPECT_EQ(capture.bytes(), 18U);
}

TEST_F(MessagesTest, ACaptureGoesOnWaitingForWhatIsMissing) {
  add(alice_, "send_message", sending("Hello!", 1, 2));
  const Application& capture = add(bob_, "capture", capturing(3));
  EXPECT_EQ(lan_.run().reason, StopReason::idle);
  EXPECT_EQ(capture.status(), ApplicationStatus::waiting);
  EXPECT_EQ(capture.messages(), 2U);
  EXPECT_EQ(capture.expected_messages(), 3U);
}

TEST_F(MessagesTest, ACaptureOfOneTextDoesNotCountOthers) {
  add(alice_, "send_message", sending("other", 1, 2));
  add(alice_, "send_message", sending("this", 1));
  const Application& capture = add(bob_, "capture", capturing(1, "this"));
  EXPECT_EQ(lan_.run().reason, StopReason::completed);
  EXPECT_EQ(capture.messages(), 1U);
  EXPECT_EQ(capture.other_messages(), 2U);
}

TEST_F(MessagesTest, ACaptureOfTypeCountTakesAnyText) {
  CaptureOptions options = capturing(2, "this");
  options.type = CaptureOptions::count;
  add(alice_, "send_message", sending("other", 1, 2));
  add(bob_, "capture", options);
  EXPECT_EQ(lan_.run().reason, StopReason::completed);
}

TEST_F(MessagesTest, SendsAtTheStartAndThenAtIntervals) {
  SendMessageOptions options = sending("tick", 1, 3);
  options.start = milliseconds{5};
  options.interval = milliseconds{10};
  const Application& sender = add(alice_, "send_message", options);
  const Application& capture = add(bob_, "capture", capturing(3));
  lan_.run();
  EXPECT_EQ(sender.first_at(), Time{milliseconds{5}});
  EXPECT_EQ(sender.last_at(), Time{milliseconds{25}});
  EXPECT_EQ(capture.last_at(), Time{milliseconds{25}} + Duration{1});
}

TEST_F(MessagesTest, SendsManyAtOneInstantInSeveralEvents) {
  const Application& sender = add(alice_, "send_message", sending("flood", 1, 10'000));
  add(bob_, "capture", capturing(10'000));
  const Outcome outcome = lan_.run();
  EXPECT_EQ(outcome.reason, StopReason::completed);
  EXPECT_EQ(sender.last_at(), start_of_time);
  EXPECT_EQ(outcome.events, 2U + 2U + 10'000U);  // two starts, two pauses, the deliveries
}

TEST_F(MessagesTest, SendsFromTheAddressItIsGiven) {
  const Ipv4Address second{10, 0, 9, 9};
  lan_.world.claim(alice_.taps().front(), second);
  SendMessageOptions options = sending("who?", 1);
  options.ip.address = second;
  add(alice_, "send_message", options);
  testing_lan::Ear ear{bob_};
  lan_.run_on(bob_, [&ear](Application& self) -> Task<Result<>> {
    EXPECT_TRUE(Lan::udp(self.machine()).listen(ear, {.address = {}, .port = 9}));
    co_await self.sleep_for(milliseconds{1});  // until the message has come
    co_return Result<>{};
  });
  EXPECT_EQ(lan_.run().reason, StopReason::completed);
  ASSERT_EQ(ear.arrivals.size(), 1U);
  EXPECT_EQ(ear.arrivals[0].source, second);
}

TEST_F(MessagesTest, AForwarderSendsOnWhatArrives) {
  Machine& carol = lan_.add_host();
  ForwardOptions forward;
  forward.local_port = 9;
  forward.remote_port = 9;
  forward.to.address = Lan::address(2);
  add(alice_, "send_message", sending("pass it on", 1));
  const Application& forwarder = add(bob_, "forward", forward);
  const Application& capture = add(carol, "capture", capturing(1, "pass it on"));
  EXPECT_EQ(lan_.run().reason, StopReason::completed);
  EXPECT_EQ(forwarder.status(), ApplicationStatus::serving);
  EXPECT_EQ(forwarder.messages(), 1U);
  EXPECT_EQ(capture.status(), ApplicationStatus::done);
}

TEST_F(MessagesTest, TwoPlayersThrowTheCounterUntilItIsUsedUp) {
  PingPongOptions first;
  first.to.address = Lan::address(1);
  first.local_port = 7;
  first.remote_port = 7;
  first.starter = true;
  PingPongOptions second = first;
  second.to.address = Lan::address(0);
  second.starter = false;
  const Application& alice = add(alice_, "ping_pong", first);
  const Application& bob = add(bob_, "ping_pong", second);
  EXPECT_EQ(lan_.run().reason, StopReason::completed);
  EXPECT_EQ(alice.status(), ApplicationStatus::done);
  EXPECT_EQ(bob.status(), ApplicationStatus::done);
  // 255, 254, … 0: 256 messages, of which Bob hears the first and Alice the last.
  EXPECT_EQ(lan_.network.counters().frames_sent, 256U);
  EXPECT_EQ(alice.messages() + bob.messages(), 256U);
}

TEST_F(MessagesTest, FailsWhenThePortIsTaken) {
  add(bob_, "capture", capturing(1));
  const Application& second = add(bob_, "capture", capturing(1));
  lan_.run();
  EXPECT_EQ(second.status(), ApplicationStatus::failed);
  EXPECT_EQ(second.detail(), "address already in use");
}

TEST_F(MessagesTest, FailsWhenNobodyHasTheAddress) {
  SendMessageOptions options = sending("lost", 1);
  options.to.address = Ipv4Address{192, 0, 2, 1};
  const Application& sender = add(alice_, "send_message", options);
  lan_.run();
  EXPECT_EQ(sender.status(), ApplicationStatus::failed);
  EXPECT_EQ(sender.detail(), "network unreachable");
}

TEST_F(MessagesTest, FailsWhenTheMessageIsTooLongForADatagram) {
  const Application& sender = add(alice_, "send_message", sending(std::string(65'508, 'x'), 1));
  lan_.run();
  EXPECT_EQ(sender.detail(), "message too long");
}

}  // namespace
}  // namespace elvis
