// SPDX-License-Identifier: MIT
#include "elvis/sockets/waiting.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "elvis/protocols/icmp.hpp"
#include "elvis/sockets/icmp_socket.hpp"
#include "elvis/sockets/probe_socket.hpp"
#include "elvis/sockets/stream_reader.hpp"
#include "elvis/sockets/task_group.hpp"
#include "elvis/sockets/tcp_listener.hpp"
#include "elvis/sockets/udp_socket.hpp"
#include "lan.hpp"

namespace elvis {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing_lan::Lan;
using testing_lan::text;

class WaitingTest : public testing::Test {
 protected:
  void on_alice(testing_lan::Program program) { lan_.run_on(alice_, std::move(program)); }
  void send_to_alice(std::uint16_t port, Duration at) {
    lan_.run_on(bob_, [=](Application& self) -> Task<Result<>> {
      co_await self.sleep_for(at);
      UdpSocket socket{self.machine()};
      co_return socket.send_to({Lan::address(0), port}, text("hello"));
    });
  }
  void run() { EXPECT_EQ(lan_.run().reason, StopReason::completed); }
  Duration since_start(Application& self) const { return self.now() - start_of_time; }

  Lan lan_;
  Machine& alice_ = lan_.add_host();
  Machine& bob_ = lan_.add_host();
};

// ===== with_timeout, with_cancel =====

TEST_F(WaitingTest, GivesUpAWaitThatTakesTooLong) {
  on_alice([&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.bind({{}, 2'000}));
    const Result<Datagram> none = co_await with_timeout(socket.receive(), milliseconds{5});
    EXPECT_TRUE(none.error() == Errc::timed_out);
    EXPECT_TRUE(none.error() == boost::system::errc::timed_out);
    EXPECT_EQ(since_start(self), milliseconds{5});
    const Result<Datagram> some = co_await with_timeout(socket.receive(), milliseconds{50});
    EXPECT_TRUE(some);
    const Result<Datagram> nothing = co_await with_timeout(socket.receive(), Duration{});
    EXPECT_TRUE(nothing.error() == Errc::timed_out) << "no time at all";
    co_return Result<>{};
  });
  send_to_alice(2'000, milliseconds{10});
  run();
}

TEST_F(WaitingTest, DestroysATaskThatTakesTooLong) {
  std::vector<std::string> log;
  struct Noted {
    explicit Noted(std::vector<std::string>& to) : log{to} {}
    ~Noted() { log.emplace_back("destroyed"); }
    std::vector<std::string>& log;
  };
  const auto sleep = [&log](Application& self, Duration time) -> Task<Result<int>> {
    const Noted noted{log};
    co_await self.sleep_for(time);
    log.emplace_back("awake");
    co_return 7;
  };
  on_alice([&](Application& self) -> Task<Result<>> {
    Machine& machine = self.machine();
    Task<Result<int>> slow = sleep(self, seconds{5});
    const Result<int> late = co_await with_timeout(machine, std::move(slow), seconds{1});
    EXPECT_TRUE(late.error() == Errc::timed_out);
    EXPECT_EQ(log, (std::vector<std::string>{"destroyed"}));
    Task<Result<int>> quick = sleep(self, milliseconds{1});
    const Result<int> done = co_await with_timeout(machine, std::move(quick), seconds{1});
    EXPECT_EQ(*done, 7);
    const auto at_once = []() -> Task<Result<int>> { co_return 8; };
    Task<Result<int>> immediate = at_once();
    EXPECT_EQ(*co_await with_timeout(machine, std::move(immediate), seconds{1}), 8);
    co_await self.sleep_for(seconds{10});
    co_return Result<>{};
  });
  run();
  EXPECT_EQ(log, (std::vector<std::string>{"destroyed", "awake", "destroyed"}));
}

TEST_F(WaitingTest, CancelsOneWaitAndNotTheOther) {
  Signal stop{alice_};
  UdpSocket socket{alice_};
  std::vector<std::string> ends;
  on_alice([&](Application&) -> Task<Result<>> {
    EXPECT_TRUE(socket.bind({{}, 2'000}));
    const Result<Datagram> got = co_await with_cancel(socket.receive(), stop);
    ends.emplace_back(got.error() == boost::system::errc::operation_canceled ? "cancelled" : "?");
    const Result<Datagram> again = co_await with_cancel(socket.receive(), stop);
    ends.emplace_back(again.error() == Errc::cancelled ? "at once" : "?");
    co_return Result<>{};
  });
  on_alice([&](Application&) -> Task<Result<>> {
    const Result<Datagram> got = co_await socket.receive();
    ends.push_back(got->payload.to_string());
    co_return Result<>{};
  });
  on_alice([&](Application& self) -> Task<Result<>> {
    co_await self.sleep_for(milliseconds{1});
    stop.set();
    co_return Result<>{};
  });
  send_to_alice(2'000, milliseconds{2});
  run();
  EXPECT_EQ(ends, (std::vector<std::string>{"cancelled", "at once", "hello"}));
}

// ===== wait_any =====

TEST_F(WaitingTest, WaitsForAnyOfSeveralSocketsAndTimers) {
  on_alice([&](Application& self) -> Task<Result<>> {
    Machine& machine = self.machine();
    UdpSocket first{machine};
    UdpSocket second{machine};
    TcpListener listener{machine};
    Alarm alarm{machine};
    EXPECT_TRUE(first.bind({{}, 1'001}));
    EXPECT_TRUE(second.bind({{}, 1'002}));
    EXPECT_TRUE(listener.listen({{}, 80}));
    alarm.set_after(milliseconds{30});
    Watch watches[] = {{first}, {second}, {listener}, {alarm}};

    EXPECT_EQ(*co_await wait_any(machine, watches), 1U);
    EXPECT_EQ(since_start(self).count() / 1'000'000, 10);
    EXPECT_TRUE(watches[1].ready() == Ready::readable);
    EXPECT_FALSE(watches[0]);
    EXPECT_EQ(*co_await wait_any(machine, watches), 1U) << "it is still there";
    EXPECT_TRUE(second.try_receive());

    EXPECT_EQ(*co_await wait_any(machine, watches), 0U);
    EXPECT_TRUE(first.try_receive());
    const auto late = co_await wait_any(machine, watches, milliseconds{2});
    EXPECT_TRUE(late.error() == Errc::timed_out);
    EXPECT_EQ(*co_await wait_any(machine, watches), 3U);
    EXPECT_EQ(since_start(self), milliseconds{30});
    alarm.stop();
    const auto stopped = co_await wait_any(machine, watches, milliseconds{2});
    EXPECT_TRUE(stopped.error() == Errc::timed_out);
    co_return Result<>{};
  });
  send_to_alice(1'002, milliseconds{10});
  send_to_alice(1'001, milliseconds{20});
  run();
}

TEST_F(WaitingTest, LearnsOfASocketThatIsClosedOrGone) {
  auto gone = std::make_unique<UdpSocket>(alice_);
  UdpSocket closed{alice_};
  UdpSocket quiet{alice_};
  int passed = 0;
  on_alice([&](Application& self) -> Task<Result<>> {
    EXPECT_TRUE(gone->bind({{}, 1'001}));
    EXPECT_TRUE(closed.bind({{}, 1'002}));
    EXPECT_TRUE(quiet.bind({{}, 1'003}));
    Watch watches[] = {{quiet}, {*gone}};
    EXPECT_EQ(*co_await wait_any(self.machine(), watches), 1U);
    EXPECT_TRUE(watches[1].ready() == Ready::closed);
    EXPECT_EQ(*co_await wait_any(self.machine(), watches), 1U) << "it stays so";
    Watch more[] = {{quiet}, {closed}};
    EXPECT_EQ(*co_await wait_any(self.machine(), more), 1U);
    EXPECT_TRUE(has(more[1].ready(), Ready::closed));
    Watch last[] = {{quiet}};
    const auto cancelled = co_await wait_any(self.machine(), last);
    EXPECT_TRUE(cancelled.error() == Errc::cancelled);
    ++passed;
    co_return Result<>{};
  });
  on_alice([&](Application& self) -> Task<Result<>> {
    co_await self.sleep_for(milliseconds{1});
    gone.reset();
    co_await self.sleep_for(milliseconds{1});
    closed.close();
    co_await self.sleep_for(milliseconds{1});
    quiet.cancel();
    co_return Result<>{};
  });
  run();
  EXPECT_EQ(passed, 1);
}

// ===== Signal, Queue, TaskGroup =====

TEST_F(WaitingTest, PassesValuesThroughAQueueThatHoldsFew) {
  Queue<int> queue{alice_, 2};
  std::vector<int> got;
  on_alice([&](Application&) -> Task<Result<>> {
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(co_await queue.push(i));
    queue.close();
    EXPECT_TRUE((co_await queue.push(99)).error() == Errc::closed);
    co_return Result<>{};
  });
  on_alice([&](Application& self) -> Task<Result<>> {
    EXPECT_EQ(queue.size(), 2U);
    EXPECT_TRUE(queue.try_push(7).error() == Errc::would_block);
    for (;;) {
      co_await self.sleep_for(milliseconds{1});
      const Result<int> value = co_await queue.pop();
      if (!value) {
        EXPECT_TRUE(value.error() == Errc::closed);
        break;
      }
      got.push_back(*value);
    }
    co_return Result<>{};
  });
  run();
  EXPECT_EQ(got, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST_F(WaitingTest, AwaitsTheTasksOfAGroupAndTheirFirstError) {
  const auto child = [](Application& self, int number) -> Task<Result<>> {
    co_await self.sleep_for(milliseconds{number});
    if (number == 2) co_return Errc::refused;
    if (number == 3) co_return Errc::reset;
    co_return Result<>{};
  };
  const auto thrower = [](Application& self) -> Task<Result<>> {
    co_await self.sleep_for(milliseconds{1});
    throw std::runtime_error{"thrown in a child"};
  };
  Application& catcher = lan_.run_on(bob_, [&](Application& self) -> Task<Result<>> {
    TaskGroup group{self.machine()};
    group.start(thrower(self));
    const Result<> ended = co_await group.all_ended();
    co_return ended;
  });
  on_alice([&](Application& self) -> Task<Result<>> {
    TaskGroup group{self.machine()};
    for (int i = 5; i > 0; --i) group.start(child(self, i));
    EXPECT_EQ(group.size(), 5U);
    const Result<> ended = co_await with_timeout(group.all_ended(), milliseconds{3});
    EXPECT_TRUE(ended.error() == Errc::timed_out);
    EXPECT_TRUE((co_await group.all_ended()).error() == Errc::refused);
    EXPECT_EQ(since_start(self), milliseconds{5});
    group.start(child(self, 1'000));
    group.cancel_tasks();
    EXPECT_EQ(group.size(), 0U);
    co_return Result<>{};
  });
  run();
  EXPECT_EQ(catcher.detail(), "thrown in a child");
}

// ===== What a wait weighs, and its end =====

// Sizes of what a coroutine holds while it waits, beyond its own frame: they live in it.
// A socket that waits takes, beside the frame in which both lie, no more than 200 bytes.
static_assert(sizeof(UdpSocket) + sizeof(UdpSocket::Receive) <= 200);
static_assert(sizeof(TcpListener) + sizeof(TcpListener::Accept) <= 200);
static_assert(sizeof(TcpSocket) + sizeof(TcpSocket::Receive) <= 200);

TEST(WaitSizeTest, IsAtMost200Bytes) {
  EXPECT_LE(sizeof(UdpSocket::Receive), 200U);
  EXPECT_LE(sizeof(TcpSocket::Connect), 200U);
  EXPECT_LE(sizeof(TcpSocket::Send), 200U);
  EXPECT_LE(sizeof(TcpSocket::Receive), 200U);
  EXPECT_LE(sizeof(TcpSocket::Flush), 200U);
  EXPECT_LE(sizeof(TcpListener::Accept), 200U);
  EXPECT_LE(sizeof(IcmpSocket::Receive), 200U);
  EXPECT_LE(sizeof(ProbeSocket::Receive), 200U);
  EXPECT_LE(sizeof(Signal::Happened), 200U);
  EXPECT_LE(sizeof(TimedWait<TcpSocket::Receive>), 200U);
  EXPECT_LE(sizeof(Watch), 200U);
  EXPECT_LE(sizeof(WaitAny), 200U);
}

// All kinds of waits at once, so that destroying them can go wrong in every way.
class EveryWait {
 public:
  explicit EveryWait(Machine& machine) : machine_{machine} {}

  Task<Result<>> all(Application& self, int times) {
    EXPECT_TRUE(datagrams_.bind({{}, 2'000}));
    EXPECT_TRUE(listener_.listen({{}, 80}));
    EXPECT_TRUE(icmp_.hear());
    EXPECT_TRUE(stream_.start_connecting({Lan::address(1), 81}));  // nobody accepts there
    co_await self.sleep_for(milliseconds{100});
    TaskGroup group{machine_};
    for (int i = 0; i < times; ++i) {
      group.start(ends(datagrams_.receive()));
      group.start(ends(listener_.accept()));
      group.start(ends(icmp_.receive()));
      group.start(ends(stream_.receive()));
      group.start(ends(stream_.send(Message::zeros(3'000'000))));
      group.start(ends(stream_.flush()));
      group.start(ends(signal_.wait()));
      group.start(ends(queue_.pop()));
      group.start(ends(full_.push(1)));
      group.start(ends(full_.push(1)));
      group.start(ends(group.all_ended()));
      group.start(timed());
      group.start(cancellable());
      group.start(connects());
      group.start(sleeps(self));
      group.start(probes(self));
      group.start(any());
      group.start(nested(self));
      group.start(reads());
    }
    waiting = group.size();
    const Result<> ended = co_await group.all_ended();
    co_return ended;
  }

  std::uint64_t waiting = 0;

 private:
  template <typename Awaited>
  Task<Result<>> ends(Awaited awaited) {
    (void)co_await awaited;
    co_return Result<>{};
  }
  Task<Result<>> timed() {
    (void)co_await with_timeout(datagrams_.receive(), seconds{1'000});
    co_return Result<>{};
  }
  Task<Result<>> cancellable() {
    (void)co_await with_cancel(stream_.receive(), signal_);
    co_return Result<>{};
  }
  Task<Result<>> connects() {
    TcpSocket socket{machine_};
    const Result<> connected = co_await socket.connect({Ipv4Address{10, 9, 9, 9}, 80});
    if (!connected) co_return co_await ends(signal_.wait());  // there was no way to begin
    co_return connected;
  }
  Task<Result<>> sleeps(Application& self) {
    co_await self.sleep_for(seconds{1'000});
    co_return Result<>{};
  }
  Task<Result<>> probes(Application& self) {
    ProbeSocket socket{machine_};
    (void)co_await socket.receive_until(self.now() + seconds{1'000});
    co_return Result<>{};
  }
  Task<Result<>> any() {
    UdpSocket own{machine_};
    EXPECT_TRUE(own.bind({}));
    Watch watches[] = {{datagrams_}, {own}, {listener_}, {stream_}, {signal_}};
    (void)co_await wait_any(machine_, watches, seconds{1'000});
    co_return Result<>{};
  }
  Task<Result<>> nested(Application& self) {
    Task<Result<>> inner = sleeps(self);
    const Result<> ended = co_await with_timeout(machine_, std::move(inner), seconds{900});
    co_return ended;
  }
  Task<Result<>> reads() {
    StreamReader reader{stream_};
    const Result<std::string> line = co_await reader.read_line();
    co_return line ? Result<>{} : line.error();
  }

  Machine& machine_;
  UdpSocket datagrams_{machine_};
  TcpListener listener_{machine_};
  TcpSocket stream_{machine_};
  IcmpSocket icmp_{machine_};
  Signal signal_{machine_};
  Queue<int> queue_{machine_};
  Queue<int> full_{machine_, 1};
};

class EndOfMachineTest : public testing::Test {
 protected:
  // Runs `times` of every wait on a host until `until`; destroys the world then.
  void run(int times, Time until, bool switches_off) {
    Lan lan;
    Machine& host = lan.add_host();
    Machine& other = lan.add_host();
    lan.world.add_protocol<Icmp>(host, Lan::ipv4(host));
    lan.run_on(other, [](Application& self) -> Task<Result<>> {
      TcpListener listener{self.machine()};
      EXPECT_TRUE(listener.listen({{}, 81}));
      co_await self.sleep_for(seconds{1'000});
      co_return Result<>{};
    });
    std::uint64_t waiting = 0;
    lan.run_on(
        host,
        [&waiting, times](Application& self) -> Task<Result<>> {
          // In the frame, so that it goes with the machine's coroutines.
          EveryWait every{self.machine()};
          Task<Result<>> all = every.all(self, times);
          waiting = 0;
          const Result<> ended =
              co_await with_timeout(self.machine(), std::move(all), seconds{500});
          waiting = every.waiting;
          co_return ended;
        },
        testing_lan::server_kind);
    if (switches_off) {
      lan.world.make_switchable(host, {});
      lan.world.switch_at(host, start_of_time + seconds{2}, false);
    }
    World::RunOptions options;
    options.engine.until = until;
    lan.world.run(options);
  }
};

TEST_F(EndOfMachineTest, LeavesNothingOfHundredsOfCoroutinesInEveryKindOfCall) {
  const std::size_t before = pool::live_blocks();
  run(20, start_of_time + seconds{1}, false);
  EXPECT_EQ(pool::live_blocks(), before);
}

TEST_F(EndOfMachineTest, LeavesNothingWhenItIsSwitchedOff) {
  const std::size_t before = pool::live_blocks();
  run(20, start_of_time + seconds{10}, true);
  EXPECT_EQ(pool::live_blocks(), before);
}

TEST_F(EndOfMachineTest, LeavesNothingWhenATaskWithAllOfThemIsGivenUp) {
  const std::size_t before = pool::live_blocks();
  run(20, start_of_time + seconds{600}, false);
  EXPECT_EQ(pool::live_blocks(), before);
}

// A coroutine that waits costs its frame, in which the wait lies: measured over many.
TEST(WaitSizeTest, CostsItsFrameOnly) {
  Lan lan;
  Machine& host = lan.add_host();
  lan.run_on(
      host,
      [](Application& self) -> Task<Result<>> {
        UdpSocket datagrams{self.machine()};
        EXPECT_TRUE(datagrams.bind({{}, 2'000}));
        TcpListener listener{self.machine()};
        EXPECT_TRUE(listener.listen({{}, 80}));
        TcpSocket stream{self.machine()};
        EXPECT_TRUE(co_await stream.connect({Lan::address(0), 80}));
        const auto receive = [](UdpSocket& at) -> Task<Result<>> {
          const Result<Datagram> got = co_await at.receive();
          co_return got ? Result<>{} : got.error();
        };
        const auto accept = [](TcpListener& at) -> Task<Result<>> {
          const Result<TcpSocketRef> got = co_await at.accept();
          co_return got ? Result<>{} : got.error();
        };
        const auto read = [](TcpSocket& at) -> Task<Result<>> {
          const Result<Message> got = co_await at.receive();
          co_return got ? Result<>{} : got.error();
        };
        EXPECT_TRUE(co_await listener.accept());  // nobody else connects
        constexpr std::size_t count = 300;
        std::vector<Task<Result<>>> tasks;
        tasks.reserve(3 * count);
        for (std::size_t i = 0; i < count; ++i) {
          tasks.push_back(receive(datagrams));
          tasks.push_back(accept(listener));
          tasks.push_back(read(stream));
        }
        const std::size_t made = pool::live_blocks();
        for (auto& task : tasks) task.start();
        EXPECT_EQ(pool::live_blocks(), made) << "waiting itself takes no block";
        std::size_t waiting = 0;
        for (const auto& task : tasks) waiting += task.is_done() ? 0 : 1;
        EXPECT_EQ(waiting, 3 * count);
        co_return Result<>{};
      },
      testing_lan::server_kind);
  lan.run();
}

}  // namespace
}  // namespace elvis
