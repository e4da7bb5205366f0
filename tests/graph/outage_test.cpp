// SPDX-License-Identifier: MIT
// What becomes of frames that wait for a medium when their network fails, or their sender.
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "elvis/graph/machine.hpp"
#include "elvis/graph/world.hpp"
#include "hosts.hpp"
#include "media.hpp"

namespace elvis {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;
using testing_hosts::chat_of_many;
using testing_hosts::gigabit;
using testing_hosts::Hosts;
using testing_hosts::Nanoseconds;
using testing_hosts::Sending;

// ===== Networks: what waits is lost with them =====

constexpr QueueProperties::Discipline disciplines[] = {
    QueueProperties::Discipline::drop_tail, QueueProperties::Discipline::step,
    QueueProperties::Discipline::red, QueueProperties::Discipline::codel};

// A gigabit that fails at the given times, each time for so long.
LinkProperties failing(MediumKind medium, QueueProperties::Discipline discipline,
                       std::vector<nanoseconds> times, nanoseconds lasting) {
  LinkProperties properties = gigabit(medium);
  properties.queue.discipline = discipline;
  properties.queue.step = 1'000;
  properties.queue.red.least = 1'000;
  properties.queue.red.most = 2'000;
  LinkState down = properties;
  down.is_up = false;
  for (const nanoseconds time : times) {
    properties.changes.push_back({Time{time}, down});
    properties.changes.push_back({Time{time + lasting}, properties});
  }
  return properties;
}

// Calls `test` with networks of all kinds that fail like that.
template <typename Test>
void for_all_outages(std::vector<nanoseconds> times, const Test& test) {
  for (const auto medium : {MediumKind::shared, MediumKind::switched}) {
    for (const auto discipline : disciplines) {
      for (const nanoseconds lasting : {nanoseconds{0}, nanoseconds{2'000}}) {
        SCOPED_TRACE(testing::Message() << static_cast<int>(medium) << ' '
                                        << static_cast<int>(discipline) << ' ' << lasting.count());
        test(failing(medium, discipline, times, lasting));
      }
    }
  }
}

TEST(OutageTest, LosesWhatWaitsThoughTheNetworkIsUpBeforeTheMediumIsFree) {
  for_all_outages({microseconds{20}}, [](const LinkProperties& properties) {
    Hosts hosts{2, properties};
    // The third is on the wire from 16 us on.
    std::vector<Sending::Frame> sending(10, {nanoseconds{0}, 1, 986});
    sending.emplace_back(microseconds{22}, 1, 986);
    hosts.send(0, sending);
    hosts.run();
    EXPECT_EQ(hosts.times(1), (Nanoseconds{8'001, 16'001, 24'001, 32'001}));
    EXPECT_EQ(hosts.counters().frames_lost, 7U);
  });
}

TEST(OutageTest, LosesNothingThatComesAtTheInstantAtWhichItIsUpAgain) {
  for_all_outages({microseconds{4}}, [](const LinkProperties& properties) {
    Hosts hosts{2, properties};
    const Time up = properties.changes.back().from;
    hosts.send(0, {{nanoseconds{0}, 1, 986},
                   {nanoseconds{0}, 1, 986},
                   {up.time_since_epoch(), 1, 986},
                   {up.time_since_epoch(), 1, 986}});
    hosts.run();
    EXPECT_EQ(hosts.times(1), (Nanoseconds{8'001, 16'001, 24'001}));
    EXPECT_EQ(hosts.counters().frames_lost, 1U);
  });
}

TEST(OutageTest, LosesAFrameWhoseTurnComesAtTheInstantOfTheOutage) {
  for_all_outages({microseconds{8}}, [](const LinkProperties& properties) {
    Hosts hosts{2, properties};
    hosts.send(0, {{nanoseconds{0}, 1, 986}, {nanoseconds{0}, 1, 986}});
    hosts.run();
    EXPECT_EQ(hosts.times(1), Nanoseconds{8'001});
    EXPECT_EQ(hosts.counters().frames_lost, 1U);
  });
}

TEST(OutageTest, LetsNothingWaitForTheNetworkToComeUp) {
  for (const auto medium : {MediumKind::shared, MediumKind::switched}) {
    for (const auto discipline : disciplines) {
      Hosts hosts{2, failing(medium, discipline, {microseconds{2}}, microseconds{4})};
      hosts.send(0,
                 {{nanoseconds{0}, 1, 986}, {microseconds{4}, 1, 986}, {microseconds{6}, 1, 986}});
      hosts.run();
      EXPECT_EQ(hosts.times(1), (Nanoseconds{8'001, 16'001}));
      EXPECT_EQ(hosts.counters().frames_lost, 1U);
    }
  }
}

TEST(OutageTest, MakesRoomInTheQueueAtOnce) {
  for_all_outages({microseconds{20}}, [](LinkProperties properties) {
    properties.queue.most_frames = 7;
    Hosts hosts{2, properties};
    std::vector<Sending::Frame> sending(10, {nanoseconds{0}, 1, 986});
    for (int i = 0; i < 7; ++i) sending.emplace_back(microseconds{22}, 1, 986);
    hosts.send(0, sending);
    hosts.run();
    const NetworkCounters counters = hosts.counters();
    // RED counts the one that need not wait until the next comes, which changes nothing here.
    EXPECT_EQ(counters.frames_queue_dropped, 2U);
    EXPECT_EQ(counters.frames_lost, 5U);
    EXPECT_EQ(counters.frames_delivered, 10U);
  });
}

TEST(OutageTest, LosesWhatWaitsAtAReceiverButNotWhatIsUnderWay) {
  for (const auto discipline : disciplines) {
    for (const nanoseconds lasting : {nanoseconds{0}, nanoseconds{4'000}}) {
      Hosts hosts{6, failing(MediumKind::switched, discipline, {microseconds{10}}, lasting)};
      for (std::size_t i = 0; i < 4; ++i) hosts.send(i, {{nanoseconds{0}, 5, 986}});
      // Comes at 12 us, and waits then.
      hosts.send(4, {{microseconds{4}, 5, 986}});
      hosts.run();
      EXPECT_EQ(hosts.times(5), (Nanoseconds{8'001, 16'001, 24'001}));
      EXPECT_EQ(hosts.counters().frames_lost, 2U);
    }
  }
}

TEST(OutageTest, IsCountedWhenTheRunEndsBeforeTheMediumIsFree) {
  for_all_outages({microseconds{20}}, [](const LinkProperties& properties) {
    Hosts hosts{2, properties};
    hosts.send(0, std::vector<Sending::Frame>(10, {nanoseconds{0}, 1, 986}));
    World::RunOptions options;
    options.engine.until = Time{microseconds{21}};
    EXPECT_EQ(hosts.world.run(std::move(options)).reason, StopReason::until);
    EXPECT_TRUE(hosts.world.conserves_frames());
    EXPECT_EQ(hosts.counters().frames_lost, 7U);
    EXPECT_EQ(hosts.world.in_flight(hosts.network), 1U);
  });
}

TEST(OutageTest, LosesNothingWhileItLastsThatAnotherChangeFollows) {
  LinkProperties properties = failing(MediumKind::switched, QueueProperties::Discipline::codel,
                                      {microseconds{10}}, microseconds{10});
  LinkChange slow = properties.changes.front();
  slow.from = Time{microseconds{14}};
  properties.changes.insert(properties.changes.begin() + 1, slow);
  Hosts hosts{4, properties};
  hosts.send(0, {{nanoseconds{0}, 3, 986}});
  hosts.send(1, {{microseconds{0}, 3, 986}});
  hosts.send(2, {{microseconds{4}, 3, 986}});
  hosts.run();
  EXPECT_EQ(hosts.times(3), (Nanoseconds{8'001, 16'001, 24'001}));
}

// ===== Machines that are switched off: so is what they wait to send =====

// Calls `test` with queues of all kinds for seven frames, and for how long the machine is off.
template <typename Test>
void for_all_queues(MediumKind medium, const Test& test) {
  for (const auto discipline : disciplines) {
    for (const nanoseconds lasting : {nanoseconds{1}, nanoseconds{1'000}, nanoseconds{9'000}}) {
      SCOPED_TRACE(testing::Message() << static_cast<int>(discipline) << ' ' << lasting.count());
      LinkProperties properties = failing(medium, discipline, {}, {});
      properties.queue.most_frames = 7;
      test(properties, lasting);
    }
  }
}

// Off at 20 us, while its third frame of 8 us is on the wire; on again it starts anew.
void switch_sender(Hosts& hosts, nanoseconds lasting) {
  hosts.world.make_switchable(hosts.world.machine(0), {});
  hosts.world.switch_at(hosts.world.machine(0), Time{microseconds{20}}, false);
  hosts.world.switch_at(hosts.world.machine(0), Time{microseconds{20} + lasting}, true);
}

TEST(SwitchedOffTest, AMachineFindsItsQueueEmptyWhenItIsOnAgain) {
  for_all_queues(MediumKind::switched, [](const LinkProperties& properties, nanoseconds lasting) {
    Hosts hosts{2, properties};
    hosts.send(0, std::vector<Sending::Frame>(10, {nanoseconds{0}, 1, 986}));
    switch_sender(hosts, lasting);
    hosts.run();
    // One more finds room where the medium is free by then.
    const std::uint64_t free = lasting > microseconds{4} ? 1 : 0;
    EXPECT_EQ(hosts.counters().frames_queue_dropped, 2U + 5U + 3U - free);
    EXPECT_EQ(hosts.counters().frames_delivered, 3U + 7U + free);
    EXPECT_EQ(hosts.times(1)[3], free == 1 ? 37'001 : 32'001);
  });
}

TEST(SwitchedOffTest, IsCountedWhenTheRunEndsBeforeTheMediumIsFree) {
  for_all_queues(MediumKind::switched, [](const LinkProperties& properties, nanoseconds) {
    Hosts hosts{2, properties};
    hosts.send(0, std::vector<Sending::Frame>(8, {nanoseconds{0}, 1, 986}));
    switch_sender(hosts, microseconds{100});
    World::RunOptions options;
    options.engine.until = Time{microseconds{21}};
    EXPECT_EQ(hosts.world.run(std::move(options)).reason, StopReason::until);
    EXPECT_TRUE(hosts.world.conserves_frames());
    EXPECT_EQ(hosts.counters().frames_queue_dropped, 5U);
    EXPECT_EQ(hosts.world.in_flight(hosts.network), 1U);
  });
}

TEST(SwitchedOffTest, WhatItHadInASharedQueueIsPassedOver) {
  for_all_queues(MediumKind::shared, [](const LinkProperties& properties, nanoseconds) {
    Hosts hosts{3, properties};
    hosts.send(0, std::vector<Sending::Frame>(5, {nanoseconds{0}, 2, 986}));
    hosts.send(1, std::vector<Sending::Frame>(2, {nanoseconds{0}, 2, 986}));
    switch_sender(hosts, microseconds{100});
    World::RunOptions options;
    options.engine.until = Time{microseconds{60}};
    hosts.world.run(std::move(options));
    EXPECT_EQ(hosts.times(2), (Nanoseconds{8'001, 16'001, 24'001, 32'001, 40'001}));
    EXPECT_EQ(hosts.counters().frames_queue_dropped, 2U);
  });
}

TEST(SwitchedOffTest, WhatWaitsIsLostByWhicheverOutageComesFirst) {
  for (const auto medium : {MediumKind::shared, MediumKind::switched}) {
    for (const auto discipline : disciplines) {
      for (const microseconds failure : {microseconds{18}, microseconds{22}}) {
        Hosts hosts{2, failing(medium, discipline, {failure}, microseconds{1})};
        hosts.send(0, std::vector<Sending::Frame>(8, {nanoseconds{0}, 1, 986}));
        hosts.world.make_switchable(hosts.world.machine(0), {});
        hosts.world.switch_at(hosts.world.machine(0), Time{microseconds{20}}, false);
        hosts.run();
        const bool is_network_first = failure < microseconds{20};
        const bool looks_late =
            medium == MediumKind::shared && discipline == QueueProperties::Discipline::codel;
        const std::uint64_t lost = is_network_first || looks_late ? 5 : 0;
        EXPECT_EQ(hosts.counters().frames_lost, lost);
        EXPECT_EQ(hosts.counters().frames_queue_dropped, 5 - lost);
        EXPECT_EQ(hosts.counters().frames_delivered, 3U);
      }
    }
  }
}

// ===== Divided worlds =====

TEST(SwitchedOffTest, GivesTheSameResultHoweverTheWorldIsDivided) {
  const auto switch_some = [](Hosts& hosts) {
    for (std::size_t i = 0; i < 24; i += 3) {
      Machine& machine = hosts.world.machine(i);
      hosts.world.make_switchable(machine, {});
      for (int n = 0; n < 3; ++n) {
        const microseconds at{static_cast<std::int64_t>(20 + 7 * i) + 90 * n};
        hosts.world.switch_at(machine, Time{at}, false);
        hosts.world.switch_at(machine, Time{at + microseconds{n * 40}}, true);
      }
    }
  };
  for_all_outages({microseconds{100}}, [&](LinkProperties properties) {
    properties.latency = LatencyModel::normal(microseconds{10}, microseconds{2});
    properties.queue.most_frames = 20;
    const auto reference = chat_of_many(properties, 1, 1, switch_some);
    for (const unsigned partitions : {2U, 3U}) {
      for (const unsigned threads : {1U, 3U}) {
        EXPECT_EQ(chat_of_many(properties, partitions, threads, switch_some), reference)
            << partitions << ' ' << threads;
      }
    }
  });
}

TEST(OutageTest, GivesTheSameResultHoweverTheWorldIsDivided) {
  const std::vector<nanoseconds> times{microseconds{20}, microseconds{35}, microseconds{100},
                                       microseconds{160}, microseconds{401}};
  for_all_outages(times, [](LinkProperties properties) {
    properties.latency = LatencyModel::normal(microseconds{10}, microseconds{2});
    properties.queue.most_frames = 20;
    const auto reference = chat_of_many(properties, 1, 1);
    for (const unsigned partitions : {2U, 3U}) {
      for (const unsigned threads : {1U, 2U, 3U}) {
        EXPECT_EQ(chat_of_many(properties, partitions, threads), reference)
            << partitions << ' ' << threads;
      }
    }
  });
}

}  // namespace
}  // namespace elvis
