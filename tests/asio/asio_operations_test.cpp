// SPDX-License-Identifier: MIT
// How the Asio model's operations end: errors, cancellation, and with their machine.
#include <gtest/gtest.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/ip/multicast.hpp>
#include <boost/asio/strand.hpp>
#include <cctype>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "asio_lan.hpp"

namespace elvis {
namespace {

namespace net = boost::asio;

namespace guide {
#include "example.inc"
}  // namespace guide

using namespace std::chrono_literals;
using net::awaitable;
using net::use_awaitable;
using testing_lan::AsioLan;
using testing_lan::AsioTest;
using testing_lan::echo_server;
using testing_lan::error_code;
using testing_lan::tcp;
using testing_lan::udp;

TEST_F(AsioTest, ErrorsAreTheOnesThatProgramsOfAsioExpect) {
  lan_.run_asio(bob_, [&](asio_executor executor) -> awaitable<void> {
    asio_acceptor acceptor{executor, {tcp::v4(), 80}};
    asio_acceptor second{executor, tcp::v4()};
    error_code error;
    second.bind({tcp::v4(), 80});
    second.listen(1, error);
    EXPECT_EQ(error, net::error::address_in_use);
    second.close();
    second.open();
    second.bind(AsioLan::tcp_at(7, 80), error);
    EXPECT_EQ(error, boost::system::errc::address_not_available);
    asio_stream rude = co_await acceptor.async_accept(use_awaitable);
    rude.set_option(net::socket_base::linger{true, 0});
    rude.close();
    asio_stream peer = co_await acceptor.async_accept(use_awaitable);
    peer.shutdown(tcp::socket::shutdown_send);
    asio_timer timer{executor, 10ms};
    co_await timer.async_wait(use_awaitable);
  });
  lan_.run_asio(alice_, [&](asio_executor executor) -> awaitable<void> {
    constexpr auto tuple = net::as_tuple(use_awaitable);
    std::array<char, 4> data{};
    asio_stream stream{executor};
    error_code error;
    EXPECT_EQ(stream.read_some(net::buffer(data), error), 0U);
    EXPECT_EQ(error, net::error::bad_descriptor);
    EXPECT_EQ(std::get<0>(co_await stream.async_write_some(net::buffer(data), tuple)),
              net::error::bad_descriptor);
    const tcp::endpoint nobody = AsioLan::tcp_at(1, 81);
    EXPECT_EQ(std::get<0>(co_await stream.async_connect(nobody, tuple)),
              net::error::connection_refused);
    EXPECT_EQ(std::get<0>(co_await stream.async_read_some(net::buffer(data), tuple)),
              net::error::connection_refused);
    EXPECT_EQ(
        std::get<0>(co_await stream.async_connect({net::ip::address_v6::loopback(), 80}, tuple)),
        net::error::address_family_not_supported);
    co_await stream.async_connect(bob_end_, use_awaitable);
    EXPECT_EQ(std::get<0>(co_await stream.async_read_some(net::buffer(data), tuple)),
              net::error::connection_reset);
    stream.close();
    co_await stream.async_connect(bob_end_, use_awaitable);
    EXPECT_EQ(std::get<0>(co_await stream.async_connect(bob_end_, tuple)),
              net::error::already_connected);
    stream.read_some(net::buffer(data), error);
    EXPECT_EQ(error, net::error::would_block);
    EXPECT_EQ(std::get<0>(co_await stream.async_read_some(net::buffer(data), tuple)),
              net::error::eof);
    EXPECT_FALSE(std::get<0>(co_await stream.async_read_some(net::mutable_buffer{}, tuple)));
    stream.shutdown(tcp::socket::shutdown_both);
    EXPECT_EQ(std::get<0>(co_await stream.async_write_some(net::buffer(data), tuple)),
              net::error::broken_pipe);
  });
  run();
}

TEST_F(AsioTest, OperationsAreCancelled) {
  lan_.run_asio(bob_, [](asio_executor executor) { return echo_server(executor, 1); });
  std::string log;
  lan_.run_asio(alice_, [&](asio_executor executor) -> awaitable<void> {
    asio_stream stream{executor};
    co_await stream.async_connect(bob_end_, use_awaitable);
    std::array<char, 4> data{};
    net::cancellation_signal signal;
    const auto note = [&log](const char* name) {
      return [&log, name](error_code error, auto&&...) {
        log += std::string{name} + (error == net::error::operation_aborted ? " aborted, " : " ?, ");
      };
    };
    stream.async_read_some(net::buffer(data),
                           net::bind_cancellation_slot(signal.slot(), note("read")));
    signal.emit(net::cancellation_type::partial);
    signal.emit(net::cancellation_type::all);
    EXPECT_EQ(log, "") << "never from within";
    asio_timer timer{executor, 1h};
    timer.async_wait(net::bind_cancellation_slot(signal.slot(), note("timer")));
    signal.emit(net::cancellation_type::terminal);
    asio_acceptor acceptor{executor, {tcp::v4(), 90}};
    acceptor.async_accept(net::bind_cancellation_slot(signal.slot(), note("accept")));
    signal.emit(net::cancellation_type::total);
    asio_stream far{executor};
    far.async_connect(AsioLan::tcp_at(1, 82), note("connect"));
    far.close();
    stream.async_read_some(net::buffer(data), note("cancelled"));
    stream.cancel();
    stream.async_read_some(net::buffer(data), note("closed"));
    stream.async_wait(tcp::socket::wait_read, note("wait"));
    stream.close();
    {
      // A slot that is gone before the operation is over.
      net::cancellation_signal brief;
      timer.async_wait(net::bind_cancellation_slot(brief.slot(), note("timer")));
    }
    asio_timer later{executor, 1ms};
    co_await later.async_wait(use_awaitable);
    timer.cancel();
    EXPECT_LT(asio_clock::now() - start_of_time, 10ms);
  });
  run();
  EXPECT_EQ(log,
            "read aborted, timer aborted, accept aborted, connect aborted, cancelled aborted, "
            "closed aborted, wait aborted, timer aborted, ");
}

TEST_F(AsioTest, OperationsRunBesideEachOther) {
  using namespace net::experimental::awaitable_operators;
  lan_.run_asio(bob_, [](asio_executor executor) { return echo_server(executor, 1); });
  lan_.run_asio(alice_, [&](asio_executor executor) -> awaitable<void> {
    asio_stream stream{executor};
    asio_timer timer{executor, 5ms};
    co_await stream.async_connect(bob_end_, use_awaitable);
    std::array<char, 4> data{};
    const auto first = co_await (stream.async_read_some(net::buffer(data), use_awaitable) ||
                                 timer.async_wait(use_awaitable));
    EXPECT_EQ(first.index(), 1U) << "nothing came in 5 ms";
    timer.expires_after(1h);
    const auto second =
        co_await (net::async_write(stream, net::buffer("abc\n", 4), use_awaitable) &&
                  net::async_read(stream, net::buffer(data), use_awaitable));
    EXPECT_EQ(second, std::make_tuple(4U, 4U));
    const auto [order, read_error, bytes, timer_error] =
        co_await net::experimental::make_parallel_group(
            stream.async_read_some(net::buffer(data), net::deferred),
            timer.async_wait(net::deferred))
            .async_wait(net::experimental::wait_for_one(), net::as_tuple(use_awaitable));
    ADD_FAILURE() << "it waits for an hour, and is cancelled then: " << read_error << timer_error
                  << order[0] << bytes;
  });
  World::RunOptions options;
  options.engine.until = start_of_time + 1min;
  EXPECT_EQ(lan_.world.run(options).reason, StopReason::until);
}

TEST_F(AsioTest, ConnectionsAreAcceptedInEveryForm) {
  std::vector<std::string> peers;
  lan_.run_asio(bob_, [&](asio_executor executor) -> awaitable<void> {
    asio_acceptor acceptor{executor, {tcp::v4(), 80}};
    EXPECT_EQ(acceptor.local_endpoint().port(), 80);
    const auto note = [&](const asio_stream& peer) {
      peers.push_back(peer.remote_endpoint().address().to_string());
    };
    asio_stream into{executor};
    tcp::endpoint remote;
    co_await acceptor.async_accept(into, use_awaitable);
    note(into);
    co_await acceptor.async_accept(into, remote, use_awaitable);
    EXPECT_EQ(remote, into.remote_endpoint());
    note(into);
    note(co_await acceptor.async_accept(use_awaitable));
    auto strand = net::make_strand(executor);
    note(co_await acceptor.async_accept(net::any_io_executor{strand}, use_awaitable));
    co_await acceptor.async_wait(tcp::socket::wait_read, use_awaitable);
    error_code error;
    acceptor.accept(into, error);
    EXPECT_FALSE(error);
    note(into);
    acceptor.accept(into, error);
    EXPECT_EQ(error, net::error::would_block);
  });
  lan_.run_asio(alice_, [&](asio_executor executor) -> awaitable<void> {
    asio_resolver resolver{executor};
    const std::vector<tcp::endpoint> second = {AsioLan::tcp_at(1, 7), bob_end_};
    for (int i = 0; i < 5; ++i) {
      const auto ends = co_await resolver.async_resolve("host1", "http", use_awaitable);
      EXPECT_EQ(ends.begin()->host_name(), "host1");
      asio_stream stream{executor};
      const tcp::endpoint end = i == 0   ? co_await async_connect(stream, ends, use_awaitable)
                                : i == 1 ? *co_await net::async_connect(stream, second.begin(),
                                                                        second.end(), use_awaitable)
                                         : co_await net::async_connect(stream, ends, use_awaitable);
      EXPECT_EQ(end, bob_end_);
      tcp::no_delay no_delay;
      stream.set_option(net::socket_base::keep_alive{true});
      stream.get_option(no_delay);
      EXPECT_FALSE(no_delay.value());
      net::socket_base::send_buffer_size size;
      stream.get_option(size);
      EXPECT_EQ(size.value(), 1 << 20);
      error_code error;
      stream.set_option(net::socket_base::receive_low_watermark{3}, error);
      EXPECT_EQ(error, net::error::no_protocol_option);
    }
    constexpr auto tuple = net::as_tuple(use_awaitable);
    EXPECT_EQ(std::get<0>(co_await resolver.async_resolve("nobody", "80", tuple)),
              net::error::host_not_found);
    EXPECT_EQ(std::get<0>(co_await resolver.async_resolve("host1", "gopher", tuple)),
              net::error::service_not_found);
    const auto names = co_await resolver.async_resolve(bob_end_, use_awaitable);
    EXPECT_EQ(names.begin()->host_name() + ":" + names.begin()->service_name(), "host1:http");
    const std::vector<tcp::endpoint> several = {AsioLan::tcp_at(1, 7), AsioLan::tcp_at(1, 8)};
    asio_stream stream{executor};
    EXPECT_EQ(std::get<0>(co_await stream.async_connect(several, tuple)),
              net::error::connection_refused);
    EXPECT_EQ(std::get<0>(co_await stream.async_connect(std::vector<tcp::endpoint>{}, tuple)),
              net::error::not_found);
    const auto is_second = [&](error_code, auto next) { return next == several.begin() + 1; };
    const auto [failure, none] =
        co_await net::async_connect(stream, several.begin(), several.end(), is_second, tuple);
    EXPECT_EQ(failure, net::error::connection_refused);
    EXPECT_EQ(none, several.end());
    EXPECT_EQ(std::get<0>(co_await net::async_connect(stream, none, none, tuple)),
              net::error::not_found);
    std::vector<std::pair<error_code, int>> asked;
    const auto is_wanted = [&](error_code last, const tcp::endpoint& next) {
      asked.emplace_back(last, next.port());
      return next.port() != 8;
    };
    const std::vector<tcp::endpoint> more = {AsioLan::tcp_at(1, 8), AsioLan::tcp_at(1, 7),
                                             AsioLan::tcp_at(1, 9)};
    EXPECT_EQ(std::get<0>(co_await net::async_connect(stream, more, is_wanted, tuple)),
              net::error::connection_refused);
    const error_code refused = net::error::connection_refused;
    EXPECT_EQ(asked, (std::vector<std::pair<error_code, int>>{{{}, 8}, {{}, 7}, {refused, 9}}));
  });
  run();
  EXPECT_EQ(peers, std::vector<std::string>(5, "10.0.0.1"));
}

TEST_F(AsioTest, DatagramsGoBothWays) {
  lan_.run_asio(bob_, [&](asio_executor executor) -> awaitable<void> {
    asio_udp socket{executor, {udp::v4(), 53}};
    std::array<char, 6> data{};
    udp::endpoint from;
    for (int i = 0; i < 2; ++i) {
      const std::size_t bytes =
          co_await socket.async_receive_from(net::buffer(data), from, use_awaitable);
      co_await socket.async_send_to(net::buffer(data, bytes), from, use_awaitable);
    }
  });
  lan_.run_asio(alice_, [&](asio_executor executor) -> awaitable<void> {
    asio_udp socket{executor, udp::v4()};
    const udp::endpoint bob = AsioLan::udp_at(1, 53);
    EXPECT_EQ(co_await socket.async_send_to(net::buffer("hi", 2), bob, use_awaitable), 2U);
    std::array<char, 8> data{};
    udp::endpoint from;
    EXPECT_EQ(co_await socket.async_receive_from(net::buffer(data), from, use_awaitable), 2U);
    EXPECT_EQ(from, bob);
    asio_udp connected{executor};
    co_await connected.async_connect(bob, use_awaitable);
    co_await connected.async_send(net::buffer("long datagram", 13), use_awaitable);
    EXPECT_EQ(co_await connected.async_receive(net::buffer(data), use_awaitable), 6U);
    EXPECT_EQ((std::string{data.data(), 6}), "long d");
    std::vector<char> huge(70'000);
    EXPECT_EQ(
        std::get<0>(co_await connected.async_send(net::buffer(huge), net::as_tuple(use_awaitable))),
        net::error::message_size);
  });
  run();
}

// Looks at the checksum of every datagram that is whole.
class SumObserver final : public Observer {
 public:
  void frame_sent(const Tap&, const Message& frame, Time) override {
    constexpr std::size_t addresses = 26;  // where the pseudo header begins
    constexpr std::size_t udp_at = 34;
    const bool is_udp = frame.size() > udp_at && frame[13] == 0 && frame[23] == 17;
    if (!is_udp || (frame[20] & 0x3f) != 0 || frame[21] != 0) return;
    const std::uint64_t sum = frame.partial_sum(addresses) + 17 + (frame.size() - udp_at);
    EXPECT_EQ(fold_sum(sum), 0xffff) << frame.hex();
    ++seen;
  }
  void frame_delivered(const Tap&, const Message&, Time) override {}
  void dropped(const Machine&, Drop, const Message&, Time) override {}

  int seen = 0;
};

TEST_F(AsioTest, DatagramsOfEveryShapeComeWholeAndWithTheirSum) {
  SumObserver observer;
  lan_.world.observe(observer);
  constexpr std::array<std::size_t, 12> sizes{0, 1, 2, 3, 7, 63, 64, 65, 129, 500, 1'472, 40'000};
  const auto bytes_of = [](std::size_t size) {
    std::string bytes(size, ' ');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * i + size);
    return bytes;
  };
  int heard = 0;
  lan_.run_asio(bob_, [&](asio_executor executor) -> awaitable<void> {
    asio_udp socket{executor, {udp::v4(), 53}};
    udp::endpoint from;
    for (const std::size_t size : sizes) {
      for (int way = 0; way < 4; ++way, ++heard) {
        std::string data(70'000, 'x');
        const std::array scattered{net::buffer(data.data(), 5), net::buffer(data.data() + 5, 59),
                                   net::buffer(data.data() + 64, data.size() - 64)};
        const std::size_t bytes =
            way % 2 == 0
                ? co_await socket.async_receive_from(net::buffer(data), from, use_awaitable)
                : co_await socket.async_receive_from(scattered, from, use_awaitable);
        data.resize(bytes);
        EXPECT_EQ(data, bytes_of(size)) << size;
      }
    }
  });
  lan_.run_asio(alice_, [&](asio_executor executor) -> awaitable<void> {
    const udp::endpoint bob = AsioLan::udp_at(1, 53);
    asio_udp socket{executor, udp::v4()};
    asio_udp connected{executor, udp::v4()};
    connected.connect(bob);
    for (const std::size_t size : sizes) {
      const std::string data = bytes_of(size);
      const std::array gathered{net::buffer(data.data(), size / 3),
                                net::buffer(data.data() + size / 3, size - size / 3)};
      EXPECT_EQ(co_await socket.async_send_to(net::buffer(data), bob, use_awaitable), size);
      EXPECT_EQ(co_await socket.async_send_to(gathered, bob, use_awaitable), size);
      EXPECT_EQ(co_await connected.async_send(net::buffer(data), use_awaitable), size);
      EXPECT_EQ(connected.send_to(gathered, bob), size);
      asio_timer timer{executor, 10ms};
      co_await timer.async_wait(use_awaitable);
    }
  });
  run();
  EXPECT_EQ(heard, 48);
  EXPECT_EQ(observer.seen, 44) << "all but those in fragments";
}

// Handlers that are called inside the event that brings a datagram.
TEST_F(AsioTest, AHandlerMayDoAwayWithItsSocket) {
  std::string log;
  std::array<char, 8> data{};
  std::array<char, 8> other{};
  lan_.run_asio(bob_, [&](asio_executor executor) {
    auto replaced = std::make_shared<asio_udp>(executor, udp::endpoint{udp::v4(), 53});
    auto shared = std::make_shared<asio_udp>(executor, udp::endpoint{udp::v4(), 54});
    shared->async_receive(net::buffer(data), [&, shared](error_code error, std::size_t bytes) {
      log += std::string{data.data(), bytes} + error.message() + '\n';
    });  // behind it another, which ends with the socket
    shared->async_receive(net::buffer(other), [&](error_code error, std::size_t) {
      log += "other: " + error.message() + '\n';
    });
    replaced->async_receive(net::buffer(data), [&, replaced, executor](error_code, std::size_t n) {
      log += std::string{data.data(), n} + '\n';
      *replaced = asio_udp{executor, {udp::v4(), 55}};
      replaced->async_receive(net::buffer(data), [&, replaced](error_code, std::size_t bytes) {
        log += std::string{data.data(), bytes} + '\n';
        replaced->close();
      });
    });
  });
  // A socket that is gone in the handler, and one whose wait is over before its datagram comes.
  lan_.run_asio(bob_, [&](asio_executor executor) {
    auto socket = std::make_shared<asio_udp>(executor, udp::endpoint{udp::v4(), 56});
    auto signal = std::make_shared<net::cancellation_signal>();
    auto timer = std::make_shared<asio_timer>(executor, 500us);
    socket->async_receive(net::buffer(other),
                          net::bind_cancellation_slot(
                              signal->slot(), [&, socket](error_code error, std::size_t) mutable {
                                log += "cancelled: " + error.message() + '\n';
                                socket->async_receive(net::buffer(other),
                                                      [&, last = socket](error_code, std::size_t) {
                                                        log += "last\n";
                                                      });
                                socket.reset();
                              }));
    timer->async_wait(
        [signal, timer](error_code) { signal->emit(net::cancellation_type::terminal); });
  });
  const Application& failed = lan_.run_asio(bob_, [&](asio_executor executor) {
    auto socket = std::make_shared<asio_udp>(executor, udp::endpoint{udp::v4(), 57});
    socket->async_receive(net::buffer(other), [socket](error_code, std::size_t) {
      throw std::runtime_error{"seen enough"};
    });
  });
  lan_.run_asio(alice_, [&](asio_executor executor) -> awaitable<void> {
    asio_udp socket{executor, udp::v4()};
    for (std::uint16_t port = 53; port < 58; ++port) {
      const std::string word = "to " + std::to_string(port);
      co_await socket.async_send_to(net::buffer(word), AsioLan::udp_at(1, port), use_awaitable);
    }
  });
  run();
  EXPECT_EQ(status_of(failed), "failed: seen enough");
  EXPECT_EQ(log,
            "cancelled: Operation canceled\n"
            "to 53\n"
            "to 54Success\n"
            "other: Operation canceled\n"
            "to 55\n"
            "last\n");
}

// A datagram that comes while the socket is watched is not lost, whoever takes it then.
TEST_F(AsioTest, ADatagramThatEndsAWaitStaysToBeReceived) {
  std::string heard;
  lan_.run_asio(bob_, [&](asio_executor executor) -> awaitable<void> {
    asio_udp socket{executor, {udp::v4(), 53}};
    std::array<char, 6> data{};
    udp::endpoint from;
    for (int i = 0; i < 3; ++i) {
      co_await socket.async_wait(asio_udp::wait_read, use_awaitable);
      EXPECT_EQ(socket.available(), 1U);
      heard.append(data.data(), socket.receive_from(net::buffer(data), from));
    }
    // Two wait, one for readiness behind one that takes.
    int ended = 0;
    socket.async_receive(net::buffer(data), [&](auto error, std::size_t bytes) {
      EXPECT_FALSE(error);
      heard.append(data.data(), bytes);
      ++ended;
    });
    socket.async_wait(asio_udp::wait_read, [&](auto error) {
      EXPECT_EQ(error, net::error::operation_aborted);
      ++ended;
    });
    asio_timer timer{executor, std::chrono::milliseconds{50}};
    co_await timer.async_wait(use_awaitable);
    socket.cancel();
    co_await net::post(executor, use_awaitable);
    EXPECT_EQ(ended, 2);
    from = {};
    co_await socket.async_connect(AsioLan::udp_at(0, 9), use_awaitable);
    socket.shutdown(asio_udp::shutdown_receive);
    EXPECT_EQ(co_await socket.async_receive(net::buffer(data), use_awaitable), 0U);
  });
  lan_.run_asio(alice_, [&](asio_executor executor) -> awaitable<void> {
    asio_udp socket{executor, udp::v4()};
    asio_timer timer{executor};
    for (const char* const word : {"a", "b", "c", "d"}) {
      co_await socket.async_send_to(net::buffer(word, 1), AsioLan::udp_at(1, 53), use_awaitable);
      timer.expires_after(std::chrono::milliseconds{5});
      co_await timer.async_wait(use_awaitable);
    }
    socket.set_option(net::ip::multicast::outbound_interface{net::ip::address_v4{0x0a00'0001}});
    boost::system::error_code error;
    socket.set_option(net::ip::multicast::outbound_interface{net::ip::address_v4{0x0b00'0001}},
                      error);
    EXPECT_EQ(error, boost::system::errc::address_not_available);
    asio_acceptor bound{executor};
    bound.open(tcp::v4());
    bound.bind({tcp::v4(), 99});
    asio_acceptor other{executor};
    other.open(tcp::v4());
    other.bind({tcp::v4(), 99}, error);
    EXPECT_EQ(error, net::error::address_in_use);
    bound.close();
    other.bind({tcp::v4(), 99});
    other.listen();
  });
  run();
  EXPECT_EQ(heard, "abcd");
}

TEST_F(AsioTest, TheExampleOfTheGuideRuns) {
  std::string answer;
  lan_.run_on(alice_, guide::run_server, testing_lan::server_kind);
  lan_.run_on(bob_, [&](Application& self) { return guide::run_client(self, answer); });
  run();
  EXPECT_EQ(answer, "HELLO\n");
}

// ===== The end =====

// Counts what is alive of its copies.
struct Token {
  explicit Token(int& count) : live{std::make_shared<int*>(&count)} { ++count; }
  Token(const Token& other) : live{other.live} { ++**live; }
  Token(Token&& other) noexcept : live{other.live} { ++**live; }
  Token& operator=(const Token&) = delete;
  ~Token() { --**live; }
  std::shared_ptr<int*> live;
};

// Waits for what never comes, in every kind of operation, hundreds of times.
awaitable<void> wait_for_ever(asio_executor executor, tcp::endpoint there, int& live) {
  using namespace net::experimental::awaitable_operators;
  const Token token{live};
  asio_acceptor acceptor{executor, {tcp::v4(), 0}};
  asio_udp datagrams{executor, {udp::v4(), 0}};
  asio_stream stream{executor, tcp::v4()};
  stream.set_option(net::socket_base::send_buffer_size{8'192});
  co_await stream.async_connect(there, use_awaitable);
  auto peer = std::make_shared<asio_stream>(executor);
  acceptor.async_accept(*peer, [peer, token](error_code) { ADD_FAILURE(); });
  auto timer = std::make_shared<asio_timer>(executor, 1h);
  timer->async_wait(net::bind_executor(net::make_strand(executor),
                                       [timer, token](error_code) { ADD_FAILURE(); }));
  std::string data;
  std::array<char, 8> packet{};
  udp::endpoint from;
  std::vector<char> much(100'000);
  co_await (net::async_read_until(stream, net::dynamic_buffer(data), '\n', use_awaitable) &&
            net::async_write(stream, net::buffer(much), use_awaitable) &&
            datagrams.async_receive_from(net::buffer(packet), from, use_awaitable) &&
            acceptor.async_accept(use_awaitable));
  ADD_FAILURE();
}

TEST_F(AsioTest, TheEndOfAMachineDestroysWhatWaits) {
  int live = 0;
  lan_.run_asio(bob_, [](asio_executor executor) -> awaitable<void> {
    asio_acceptor acceptor{executor, tcp::v4()};
    acceptor.set_option(net::socket_base::receive_buffer_size{16'384});
    acceptor.bind({tcp::v4(), 80});
    acceptor.listen();
    std::vector<asio_stream> silent;
    for (;;) silent.push_back(co_await acceptor.async_accept(use_awaitable));
  });
  lan_.run_asio(alice_, [&](asio_executor executor) {
    for (int i = 0; i < 200; ++i) {
      net::co_spawn(executor, wait_for_ever(executor, bob_end_, live), net::detached);
    }
  });
  lan_.world.make_switchable(alice_, {});
  lan_.world.switch_at(alice_, start_of_time + 30s, false);
  int at_20_s = 0;
  int at_40_s = 0;
  lan_.run_on(bob_, [&](Application& self) -> Task<Result<>> {
    co_await self.sleep_for(20s);
    at_20_s = live;
    co_await self.sleep_for(20s);
    at_40_s = live;
    co_return Result<>{};
  });
  World::RunOptions options;
  options.engine.until = start_of_time + 1min;
  EXPECT_EQ(lan_.world.run(options).reason, StopReason::idle);
  EXPECT_GE(at_20_s, 600) << "three tokens for each";
  EXPECT_EQ(at_40_s, 0);
  lan_.world.tear_down();
}

}  // namespace
}  // namespace elvis
