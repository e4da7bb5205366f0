// SPDX-License-Identifier: MIT
#include "elvis/sim/timer.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "elvis/sim/engine.hpp"
#include "elvis/util/rng.hpp"

namespace elvis {
namespace {

// An entity that has timers and expects nothing else.
class Host final : public Entity {
 public:
  using Entity::Entity;
  void handle(void*) override { ADD_FAILURE() << "nothing was sent to the host"; }
  void discard(void*) override {}
  const char* kind() const override { return "host"; }
};

struct Alarm : Timer {
  Alarm(std::vector<std::pair<int, Time>>& heard, Host& on, int number)
      : Timer{[](Timer& self) {
          auto& alarm = static_cast<Alarm&>(self);
          alarm.log.emplace_back(alarm.name, alarm.host.now());
          if (alarm.then) alarm.then();
        }},
        log{heard},
        host{on},
        name{number} {}
  std::vector<std::pair<int, Time>>& log;
  Host& host;
  int name;
  std::function<void()> then;
};

class TimerTest : public testing::Test {
 protected:
  TimerTest() { host_.move_to(engine_.partition(0)); }
  void run() { engine_.run({}); }
  static Time at(std::int64_t nanoseconds) { return Time{Duration{nanoseconds}}; }

  Engine engine_{1};
  Host host_{1};
  std::vector<std::pair<int, Time>> heard_;
};

using Heard = std::vector<std::pair<int, Time>>;

TEST_F(TimerTest, ExpiresInOrderOfDeadlines) {
  Alarm a{heard_, host_, 1};
  Alarm b{heard_, host_, 2};
  Alarm c{heard_, host_, 3};
  a.arm(host_, at(30));
  b.arm(host_, at(10));
  c.arm(host_, at(20));
  run();
  EXPECT_EQ(heard_, (Heard{{2, at(10)}, {3, at(20)}, {1, at(30)}}));
}

TEST_F(TimerTest, ExpiresEqualDeadlinesInOrderOfArming) {
  Alarm a{heard_, host_, 1};
  Alarm b{heard_, host_, 2};
  Alarm c{heard_, host_, 3};
  c.arm(host_, at(10));
  a.arm(host_, at(10));
  b.arm(host_, at(10));
  run();
  EXPECT_EQ(heard_, (Heard{{3, at(10)}, {1, at(10)}, {2, at(10)}}));
}

TEST_F(TimerTest, DoesNotExpireOnceCancelled) {
  Alarm a{heard_, host_, 1};
  Alarm b{heard_, host_, 2};
  a.arm(host_, at(10));
  b.arm(host_, at(20));
  a.cancel();
  EXPECT_FALSE(a.is_armed());
  run();
  EXPECT_EQ(heard_, (Heard{{2, at(20)}}));
}

TEST_F(TimerTest, ExpiresAtTheLastDeadlineItWasArmedFor) {
  Alarm later{heard_, host_, 1};
  Alarm sooner{heard_, host_, 2};
  later.arm(host_, at(10));
  later.arm(host_, at(50));
  sooner.arm(host_, at(90));
  sooner.arm(host_, at(5));
  run();
  EXPECT_EQ(heard_, (Heard{{2, at(5)}, {1, at(50)}}));
}

TEST_F(TimerTest, MayBeArmedAgainWhenItExpires) {
  Alarm a{heard_, host_, 1};
  a.then = [&] {
    if (heard_.size() < 3) a.arm(host_, host_.now() + Duration{7});
  };
  a.arm(host_, at(7));
  run();
  EXPECT_EQ(heard_, (Heard{{1, at(7)}, {1, at(14)}, {1, at(21)}}));
}

TEST_F(TimerTest, MayCancelAndDestroyOthersWhenItExpires) {
  std::optional<Alarm> victim;
  victim.emplace(heard_, host_, 2);
  Alarm a{heard_, host_, 1};
  a.then = [&] { victim.reset(); };
  a.arm(host_, at(10));
  victim->arm(host_, at(10));
  run();
  EXPECT_EQ(heard_, (Heard{{1, at(10)}}));
}

TEST_F(TimerTest, CostsOneEventHoweverOftenItIsPutOff) {
  Alarm a{heard_, host_, 1};
  for (int i = 0; i < 1'000; ++i) a.arm(host_, at(1'000 + i));
  const Outcome outcome = engine_.run({});
  EXPECT_EQ(heard_, (Heard{{1, at(1'999)}}));
  EXPECT_EQ(outcome.events, 2U);
}

TEST_F(TimerTest, AgreesWithASortedMapUnderRandomUse) {
  std::deque<Alarm> alarms;
  for (int i = 0; i < 200; ++i) alarms.emplace_back(heard_, host_, i);
  std::map<std::pair<std::int64_t, int>, int> model;  // (deadline, arming) to timer
  std::vector<std::optional<std::pair<std::int64_t, int>>> armed(alarms.size());
  Rng rng{3};
  int arming = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::size_t which = rng.below(alarms.size());
    if (armed[which]) model.erase(*std::exchange(armed[which], std::nullopt));
    if (rng.below(4) == 0) {
      alarms[which].cancel();
      continue;
    }
    const auto deadline = static_cast<std::int64_t>(rng.below(300));
    alarms[which].arm(host_, at(deadline));
    armed[which] = {deadline, arming++};
    model[*armed[which]] = static_cast<int>(which);
  }
  run();
  Heard expected;
  for (const auto& [key, which] : model) expected.emplace_back(which, at(key.first));
  EXPECT_EQ(heard_, expected);
}

}  // namespace
}  // namespace elvis
