// SPDX-License-Identifier: MIT
#include "elvis/graph/frame.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "elvis/graph/machine.hpp"
#include "elvis/graph/network.hpp"
#include "elvis/graph/observer.hpp"
#include "elvis/graph/world.hpp"
#include "elvis/wire/ethernet.hpp"

namespace elvis {
namespace {

constexpr std::string_view headers = "headers of 42 bytes, all in one piece ....";
static_assert(headers.size() == 42);

// A payload with headers in a chunk of their own.
Message headed(const Message& payload) {
  Message message{payload};
  std::memcpy(message.prepend(headers.size()), headers.data(), headers.size());
  return message;
}

class FrameTest : public testing::Test {
 protected:
  ~FrameTest() override { EXPECT_EQ(pool::live_blocks(), live_before_); }
  std::size_t live() const { return pool::live_blocks() - live_before_; }

 private:
  std::size_t live_before_ = pool::live_blocks();
};

TEST_F(FrameTest, LiesBesideItsHeaders) {
  const Message payload{"payload"};
  Frame* const frame = Frame::make(headed(payload), nullptr, 1, 2);
  EXPECT_TRUE(frame->is_in_room);
  EXPECT_EQ(live(), 2U);  // the payload is one
  EXPECT_EQ(frame->fold, 1U);
  EXPECT_EQ(frame->number, 2U);
  const Message bytes = Frame::unpack(frame);
  EXPECT_EQ(live(), 2U);  // the headers' block is still needed
  EXPECT_EQ(bytes.to_string(), std::string{headers} + "payload");
}

TEST_F(FrameTest, LiesApartWhereOthersHoldItsHeaders) {
  const Message kept = headed(Message{"payload"});
  Frame* const frame = Frame::make(Message{kept});
  EXPECT_FALSE(frame->is_in_room);
  delete frame;
  EXPECT_EQ(kept.to_string(), std::string{headers} + "payload");
}

TEST_F(FrameTest, LiesApartWhereThereIsNoRoom) {
  for (Message message : {Message{}, Message{"payload"}, Message::shared_zeros(5)}) {
    Frame* const frame = Frame::make(std::move(message));
    EXPECT_FALSE(frame->is_in_room);
    delete frame;
  }
}

TEST_F(FrameTest, IsGivenUpWithAllThatItHolds) {
  const std::unique_ptr<Frame> frame{Frame::make(headed(Message{"payload"}))};
  EXPECT_TRUE(frame->is_in_room);
}

TEST_F(FrameTest, LeavesItsHeadersToACopy) {
  std::unique_ptr<Frame> frame{Frame::make(headed(Message{"payload"}))};
  const std::unique_ptr<Frame> copy{new Frame{*frame}};
  EXPECT_FALSE(copy->is_in_room);
  frame.reset();
  EXPECT_EQ(copy->bytes.to_string(), std::string{headers} + "payload");
}

TEST_F(FrameTest, StandsAloneToBeChanged) {
  std::unique_ptr<Frame> frame{Frame::make(headed(Message{"payload"}), nullptr, 1, 2)};
  auto kept = std::make_unique<Message>(frame->bytes);
  frame.reset(Frame::stand_alone(frame.release()));
  EXPECT_FALSE(frame->is_in_room);
  frame->bytes.flip_bit(7);  // of a copy, as the others are not to see it
  kept.reset();
  EXPECT_EQ(frame->bytes.to_string(), "i" + std::string{headers.substr(1)} + "payload");
  EXPECT_EQ(frame->fold, 1U);
  EXPECT_EQ(frame->number, 2U);
}

TEST_F(FrameTest, IsMadeWithHeadersThatAreToBeWritten) {
  Chunk* const constant = Chunk::make_constant(
      std::span{reinterpret_cast<const std::uint8_t*>(headers.data()), headers.size()});
  const Message shared{"payload"};
  const std::pair<Frame*, std::string> frames[] = {
      {Frame::make_headed(42, Message{shared}, nullptr), "payload"},
      {Frame::make_headed(42, Message{}, nullptr), ""},
      {Frame::make_headed(42, *constant, nullptr), std::string{headers}}};
  for (const auto& [frame, payload] : frames) {
    EXPECT_TRUE(frame->is_in_room);
    EXPECT_FALSE(frame->bytes.is_verified());
    std::memcpy(frame->header(42), headers.data(), headers.size());
    EXPECT_EQ(Frame::unpack(frame).to_string(), std::string{headers} + payload);
  }
  Chunk::destroy_constant(constant);
}

// ===== What is seen of frames keeps their bytes =====

// Keeps what it saw last, so that a frame's headers are held by others, for longer or not so long
// as the frame.
class Keeper final : public Observer {
 public:
  void frame_sent(const Tap&, const Message& frame, Time) override { keep(frame); }
  void frame_delivered(const Tap&, const Message& frame, Time) override { keep(frame); }
  void frame_met(const Tap&, const Entity&, FrameFate, const Message& frame, const Tap*,
                 Time) override {
    keep(frame);
  }
  void dropped(const Machine&, Drop, const Message& message, Time) override { keep(message); }

 private:
  void keep(const Message& message) {
    kept_.push_back(message);
    if (kept_.size() > 5) kept_.pop_front();
  }
  std::deque<Message> kept_;
};

struct Nothing final : ApplicationOptions {
  void visit(OptionVisitor&) override {}
};

// Sends frames whose headers have a chunk of their own.
Task<Result<>> send_headed(Application& self, const ApplicationOptions&) {
  Tap& tap = self.machine().taps().front();
  const Message payload{"payload"};
  for (int i = 0; i < 300; ++i) {
    Message frame{payload};
    std::uint8_t* const bytes = frame.prepend(headers.size());
    std::memcpy(bytes, headers.data(), headers.size());
    EthernetHeader{tap.network().mac_of(1), tap.mac(), 0x0800}.emit(bytes);
    bytes[14] = 0x45;
    bytes[15] = 0x02;  // ECN-capable: a queue marks it
    tap.transmit(std::move(frame));
    if (i % 3 == 2) co_await self.sleep_for(Duration{100'000});
  }
  co_return Result<>{};
}

TEST_F(FrameTest, IsChangedOnItsWayWhateverBecomesOfTheHeadersThatOthersHold) {
  constexpr ApplicationKind sending{"sending", "sends frames", false, nullptr, send_headed};
  Keeper keeper;
  LinkProperties properties;
  properties.corruption = Probability::ratio(1, 3);
  properties.duplication = Probability::ratio(1, 3);
  properties.loss = Probability::ratio(1, 10);
  properties.throughput = BitRate{8'000'000};
  properties.queue.discipline = QueueProperties::Discipline::step;
  properties.queue.step = 1;
  for (const MediumKind medium : {MediumKind::shared, MediumKind::switched}) {
    properties.medium = medium;
    World world{{.seed = 1}};
    world.observe(keeper);
    Network& network = world.add_network("lan", properties);
    Network* const networks[] = {&network};
    world.add_group("host", 2, true);
    for (int i = 0; i < 2; ++i) world.add_machine(networks, 1);
    world.add_application(world.machine(0), sending, world.keep(std::make_unique<Nothing>()));
    EXPECT_EQ(world.run({}).reason, StopReason::idle);
    EXPECT_TRUE(world.conserves_frames());
    EXPECT_GT(network.counters().frames_marked, 50U);
    EXPECT_GT(network.counters().frames_corrupted, 50U);
    EXPECT_GT(network.counters().frames_duplicated, 50U);
  }
}

}  // namespace
}  // namespace elvis
