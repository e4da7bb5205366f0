// SPDX-License-Identifier: MIT
// The Asio model under Asio's own code: tokens, composed operations, strands, cancellation.
#include "elvis/asio/asio.hpp"

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/any_completion_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "asio_lan.hpp"

namespace elvis {
namespace {

namespace net = boost::asio;
using namespace std::chrono_literals;
using net::awaitable;
using net::use_awaitable;
using testing_lan::AsioLan;
using testing_lan::AsioTest;
using testing_lan::echo_server;
using testing_lan::error_code;
using testing_lan::tcp;

// ===== What Asio asks of the types =====

namespace execution = boost::asio::execution;
static_assert(execution::is_executor_v<asio_executor>);
static_assert(net::is_executor<asio_executor>::value, "as the Networking TS has it");
static_assert(std::is_nothrow_copy_constructible_v<asio_executor> &&
              std::is_nothrow_move_constructible_v<asio_executor>);
static_assert(std::is_convertible_v<asio_executor, net::any_io_executor>);
static_assert(std::is_convertible_v<asio_executor, net::any_completion_executor>);
static_assert(net::can_require_v<asio_executor, execution::blocking_t::never_t>);
static_assert(net::can_require_v<asio_executor, execution::blocking_t::possibly_t>);
static_assert(net::can_require_v<asio_executor, execution::relationship_t::continuation_t>);
static_assert(net::can_require_v<asio_executor, execution::outstanding_work_t::tracked_t>);
static_assert(net::can_require_v<asio_executor, execution::allocator_t<std::allocator<int>>>);
static_assert(net::can_query_v<asio_executor, execution::context_t>);
static_assert(
    std::is_same_v<net::query_result<asio_executor, execution::context_t>::type, asio_context&>);
static_assert(asio_executor::query(execution::mapping) == execution::mapping.thread);

template <typename Operation, typename Signature>
constexpr bool completes_with =
    net::is_async_operation<Operation>::value &&
    std::is_same_v<net::completion_signature_of_t<Operation>, Signature>;
using Read =
    decltype(std::declval<asio_stream&>().async_read_some(net::mutable_buffer{}, net::deferred));
using Write =
    decltype(std::declval<asio_stream&>().async_write_some(net::const_buffer{}, net::deferred));
using Accept = decltype(std::declval<asio_acceptor&>().async_accept(net::deferred));
using Wait = decltype(std::declval<asio_timer&>().async_wait(net::deferred));
static_assert(completes_with<Read, void(error_code, std::size_t)>);
static_assert(completes_with<Write, void(error_code, std::size_t)>);
static_assert(completes_with<Accept, void(error_code, asio_stream)>);
static_assert(completes_with<Wait, void(error_code)>);
static_assert(std::is_same_v<asio_stream::rebind_executor<asio_executor>::other,
                             asio_basic_stream<asio_executor>>);
static_assert(std::is_convertible_v<asio_basic_stream<asio_executor>, asio_stream>);

// ===== The executor =====

TEST_F(AsioTest, PostsRunLaterAtTheSameInstantInOrder) {
  std::string order;
  lan_.run_asio(alice_, [&](asio_executor executor) {
    net::post(executor, [&order, executor] {
      net::post(executor, [&] { order += 'c'; });
      net::dispatch(executor, [&] { order += 'a'; });
      net::defer(executor, [&] {
        order += 'd';
        EXPECT_EQ(asio_clock::now(), start_of_time);
      });
      order += 'b';
    });
  });
  run();
  EXPECT_EQ(order, "abcd");
}

// What makes an instant endless has to be seen by the guard against that, which counts events.
TEST_F(AsioTest, ManyPostsAtOneInstantAreEventsOfTheirOwn) {
  int left = 30'000;
  std::function<void(asio_executor)> post_next = [&](asio_executor executor) {
    net::post(executor, [&, executor] {
      if (--left == 0) return;
      if (left != 5'000) return post_next(executor);
      auto timer = std::make_shared<asio_timer>(executor, 1ms);
      timer->async_wait([&, executor, timer](error_code) { post_next(executor); });
    });
  };
  lan_.run_asio(alice_, [&](asio_executor executor) { post_next(executor); });
  const Outcome outcome = lan_.run();
  EXPECT_EQ(outcome.reason, StopReason::completed);
  EXPECT_EQ(left, 0);
  // 25,000 at the first instant, of which 10,000 in one event; 5,000 at the second in another.
  EXPECT_GE(outcome.events, 15'000);
  EXPECT_LE(outcome.events, 15'100);
}

TEST_F(AsioTest, AnExecutorKnowsItsContextAndEquals) {
  lan_.run_asio(alice_, [&](asio_executor executor) {
    net::any_io_executor any = executor;
    EXPECT_EQ(&net::query(any, execution::context), &executor.context());
    EXPECT_EQ(any, net::any_io_executor{executor.context().get_executor()});
    EXPECT_NE(net::require(executor, execution::blocking.never), executor);
    EXPECT_EQ(net::query(net::require(executor, execution::blocking.never), execution::blocking),
              execution::blocking.never);
    EXPECT_TRUE(executor.running_in_this_thread());
    EXPECT_EQ(executor.context().machine().name(), "host0");
  });
  run();
}

template <typename T>
struct CountingAllocator {
  using value_type = T;
  int* live;
  int* made;
  explicit CountingAllocator(int& alive, int& total) : live{&alive}, made{&total} {}
  template <typename Other>
  explicit(false) CountingAllocator(const CountingAllocator<Other>& other)
      : live{other.live}, made{other.made} {}
  T* allocate(std::size_t count) {
    ++*live;
    ++*made;
    return std::allocator<T>{}.allocate(count);
  }
  void deallocate(T* memory, std::size_t count) {
    --*live;
    std::allocator<T>{}.deallocate(memory, count);
  }
  template <typename Other>
  bool operator==(const CountingAllocator<Other>& other) const {
    return live == other.live;
  }
};

TEST_F(AsioTest, AHandlersAllocatorHoldsItsOperation) {
  int live = 0;
  int made = 0;
  int live_in_handler = -1;
  lan_.run_asio(alice_, [&](asio_executor executor) {
    const CountingAllocator<void> allocator{live, made};
    auto timer = std::make_shared<asio_timer>(executor, 5ms);
    timer->async_wait(net::bind_allocator(allocator, [&, timer](error_code error) {
      EXPECT_FALSE(error);
      live_in_handler = live;
    }));
    EXPECT_EQ(live, 1);
    net::post(executor, net::bind_allocator(allocator, [] {}));
    EXPECT_EQ(live, 2);
  });
  run();
  EXPECT_EQ(live_in_handler, 0) << "the memory is free again when the handler is called";
  EXPECT_EQ(live, 0);
  EXPECT_EQ(made, 2);
}

TEST_F(AsioTest, AWorkGuardHoldsUpTheEnd) {
  std::optional<net::executor_work_guard<net::any_io_executor>> guard;
  Application& guarded = lan_.run_asio(
      alice_, [&](asio_executor executor) { guard.emplace(net::any_io_executor{executor}); });
  lan_.run_on(bob_, [&](Application& self) -> Task<Result<>> {
    co_await self.sleep_for(7ms);
    EXPECT_EQ(guarded.status(), ApplicationStatus::waiting);
    guard.reset();
    co_await self.sleep_for(1ms);
    EXPECT_EQ(guarded.status(), ApplicationStatus::done);
    co_return Result<>{};
  });
  run();
}

TEST_F(AsioTest, AStrandCallsOneAfterTheOther) {
  std::string order;
  lan_.run_asio(alice_, [&](asio_executor executor) -> awaitable<void> {
    auto strand = net::make_strand(executor);
    net::post(strand, [&, strand] {
      net::post(strand, [&] { order += 'c'; });
      net::dispatch(strand, [&] { order += 'a'; });
      order += 'b';
    });
    // A timer whose handler wants the strand, and one that was made on it.
    asio_timer timer{executor, 1ms};
    timer.async_wait(net::bind_executor(strand, [&, strand](error_code) {
      EXPECT_TRUE(strand.running_in_this_thread());
      order += 'd';
    }));
    asio_timer inside{net::any_io_executor{strand}, 2ms};
    inside.async_wait([&, strand](error_code) {
      EXPECT_TRUE(strand.running_in_this_thread());
      order += 'e';
    });
    asio_timer last{executor, 3ms};
    const auto other = net::make_strand(net::any_io_executor{executor});
    co_await last.async_wait(net::bind_executor(other, use_awaitable));
  });
  run();
  EXPECT_EQ(order, "abcde");
}

TEST_F(AsioTest, ATimerOfAsiosOwnStartsNoThread) {
  using Threads = std::filesystem::directory_iterator;
  lan_.run_asio(alice_, [&](asio_executor executor) {
    const auto before = std::distance(Threads{"/proc/self/task"}, Threads{});
    const net::steady_timer timer{executor};
    EXPECT_EQ(std::distance(Threads{"/proc/self/task"}, Threads{}), before);
  });
  run();
}

TEST_F(AsioTest, WhatIsThrownFailsTheApplication) {
  Application& coroutine = lan_.run_asio(alice_, [](asio_executor executor) -> awaitable<void> {
    asio_timer timer{executor, 1ms};
    co_await timer.async_wait(use_awaitable);
    throw std::runtime_error{"out of tea"};
  });
  Application& handler = lan_.run_asio(alice_, [](asio_executor executor) {
    net::post(executor, [] { throw std::runtime_error{"out of milk"}; });
  });
  Application& dispatched = lan_.run_asio(alice_, [](asio_executor executor) {
    net::dispatch(executor, [] { throw std::runtime_error{"out of sugar"}; });
    net::post(executor, [] { ADD_FAILURE() << "nothing is called any more"; });
  });
  Application& code = lan_.run_asio(alice_, [&](asio_executor executor) -> awaitable<void> {
    asio_stream stream{executor};
    co_await stream.async_connect(bob_end_, use_awaitable);
  });
  run();
  EXPECT_EQ(status_of(coroutine), "failed: out of tea");
  EXPECT_EQ(status_of(handler), "failed: out of milk");
  EXPECT_EQ(status_of(dispatched), "failed: out of sugar");
  EXPECT_EQ(code.detail().substr(0, 18), "Connection refused");
}

TEST_F(AsioTest, AContextThatIsNoneOfOursIsRefused) {
  net::io_context other;
  EXPECT_THROW(asio_timer{other.get_executor()}, std::logic_error);
}

// ===== Timers =====

TEST_F(AsioTest, TimersCountVirtualTime) {
  std::vector<std::pair<std::string, Duration>> log;
  const auto note = [&](std::string what) {
    log.emplace_back(std::move(what), asio_clock::now() - start_of_time);
  };
  lan_.run_asio(alice_, [&](asio_executor executor) -> awaitable<void> {
    asio_timer timer{executor};
    EXPECT_EQ(timer.expires_after(10s), 0U);
    co_await timer.async_wait(use_awaitable);
    note("ten");
    timer.expires_at(asio_clock::now() - 1s);
    co_await timer.async_wait(use_awaitable);
    note("past");
    timer.expires_after(1h);
    for (const char* name : {"first", "second", "third"}) {
      timer.async_wait([&, name](error_code error) {
        EXPECT_EQ(error, net::error::operation_aborted);
        note(name);
      });
    }
    EXPECT_EQ(timer.cancel_one(), 1U);
    EXPECT_EQ(timer.expires_after(1ms), 2U);
    EXPECT_EQ(timer.cancel(), 0U);
    timer.expires_at(asio_timer::time_point::max());
    asio_timer other{std::move(timer)};
    other.async_wait([&](error_code error) {
      EXPECT_EQ(error, net::error::operation_aborted) << "destroyed";
      note("never");
    });
  });
  run();
  const std::vector<std::pair<std::string, Duration>> expected = {
      {"ten", 10s}, {"past", 10s}, {"first", 10s}, {"second", 10s}, {"third", 10s}, {"never", 10s}};
  EXPECT_EQ(log, expected);
}

// ===== Streams =====

TEST_F(AsioTest, EveryTokenMayBeUsed) {
  lan_.run_asio(bob_, [](asio_executor executor) { return echo_server(executor, 1); });
  std::vector<std::string> got;
  lan_.run_asio(alice_, [&](asio_executor executor) -> awaitable<void> {
    asio_stream stream{co_await net::this_coro::executor};
    co_await stream.async_connect(bob_end_, net::deferred);
    EXPECT_EQ(stream.remote_endpoint(), bob_end_);
    EXPECT_EQ(stream.local_endpoint().address(), AsioLan::tcp_at(0, 0).address());
    stream.set_option(tcp::no_delay{true});
    co_await net::async_write(stream, net::buffer("one\n", 4), use_awaitable);
    std::string data;
    std::size_t bytes =
        co_await net::async_read_until(stream, net::dynamic_buffer(data), '\n', net::deferred);
    got.push_back(data.substr(0, bytes));
    data.clear();
    // Several pieces at once, and as many to read into.
    const std::array<net::const_buffer, 3> pieces = {net::buffer("t", 1), net::buffer("", 0),
                                                     net::buffer("wo\n", 3)};
    co_await net::async_write(stream, pieces, net::deferred);
    std::string a(2, ' ');
    std::string b(2, ' ');
    const std::array<net::mutable_buffer, 2> rooms = {net::buffer(a), net::buffer(b)};
    std::tie(std::ignore, bytes) =
        co_await net::async_read(stream, rooms, net::as_tuple(net::deferred));
    got.push_back(a + b);
    // Callbacks; the timer tells when they are done.
    asio_timer done{executor, asio_timer::time_point::max()};
    net::async_write(stream, net::buffer("three\n", 6), [&](error_code error, std::size_t) {
      EXPECT_FALSE(error);
      net::async_read_until(stream, net::dynamic_buffer(data), '\n',
                            [&](error_code read_error, std::size_t read) {
                              EXPECT_FALSE(read_error);
                              got.push_back(data.substr(0, read));
                              done.cancel();
                            });
    });
    co_await done.async_wait(net::as_tuple(use_awaitable));
    stream.shutdown(tcp::socket::shutdown_send);
    const auto [error, rest] =
        co_await stream.async_read_some(net::buffer(a), net::as_tuple(use_awaitable));
    EXPECT_EQ(error, net::error::eof);
    EXPECT_EQ(rest, 0U);
  });
  run();
  EXPECT_EQ(got, (std::vector<std::string>{"one\n", "two\n", "three\n"}));
}

TEST_F(AsioTest, ADefaultTokenMayBeChosen) {
  using Stream =
      net::use_awaitable_t<asio_executor>::as_default_on_t<asio_basic_stream<asio_executor>>;
  lan_.run_asio(bob_, [](asio_executor executor) { return echo_server(executor, 1); });
  lan_.run_asio(alice_, [&](asio_executor executor) -> awaitable<void, asio_executor> {
    Stream stream{executor};
    co_await stream.async_connect(bob_end_);
    co_await net::async_write(stream, net::buffer("hi\n", 3));
    std::array<char, 8> data{};
    EXPECT_EQ(co_await stream.async_read_some(net::buffer(data)), 3U);
    asio_stream other{std::move(stream)};  // with any_io_executor
    EXPECT_EQ(other.remote_endpoint(), bob_end_);
    EXPECT_FALSE(stream.is_open());
  });
  run();
}

TEST_F(AsioTest, ALongStreamComesWhole) {
  std::vector<std::uint8_t> bytes(3'000'000);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 251);
  std::vector<std::uint8_t> got(bytes.size() + 1);
  std::size_t count = 0;
  lan_.run_asio(bob_, [&](asio_executor executor) -> awaitable<void> {
    asio_acceptor acceptor{executor, {tcp::v4(), 80}};
    asio_stream peer = co_await acceptor.async_accept(use_awaitable);
    error_code error;
    std::tie(error, count) =
        co_await net::async_read(peer, net::buffer(got), net::as_tuple(use_awaitable));
    EXPECT_EQ(error, net::error::eof);
  });
  lan_.run_asio(alice_, [&](asio_executor executor) -> awaitable<void> {
    asio_stream stream{executor};
    co_await stream.async_connect(bob_end_, use_awaitable);
    const std::array<net::const_buffer, 2> halves = {
        net::buffer(bytes.data(), 1'234'567),
        net::buffer(bytes.data() + 1'234'567, bytes.size() - 1'234'567)};
    EXPECT_EQ(co_await net::async_write(stream, halves, use_awaitable), bytes.size());
  });
  run();
  got.resize(count);
  EXPECT_TRUE(got == bytes);
}

}  // namespace
}  // namespace elvis
