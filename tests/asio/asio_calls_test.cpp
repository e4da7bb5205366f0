// SPDX-License-Identifier: MIT
// The calls of Asio's sockets that programs make now and then, in code that runs twice: on real
// sockets, and on those of a simulated machine. Both must tell the same.
#include <gtest/gtest.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/multicast.hpp>
#include <boost/asio/ip/unicast.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_future.hpp>
#include <exception>
#include <string>
#include <string_view>

#include "asio_lan.hpp"
#include "elvis/protocols/icmp.hpp"

namespace elvis {
namespace {

namespace net = boost::asio;
using namespace std::chrono_literals;
using net::awaitable;
using net::use_awaitable;
using testing_lan::AsioLan;
using testing_lan::AsioTest;
using testing_lan::error_code;
using testing_lan::tcp;
using testing_lan::udp;

struct Real {
  using Stream = tcp::socket;
  using Acceptor = tcp::acceptor;
  using Udp = udp::socket;
  using Timer = net::steady_timer;
};
struct Simulated {
  using Stream = asio_stream;
  using Acceptor = asio_acceptor;
  using Udp = asio_udp;
  using Timer = asio_timer;
};

constexpr auto tuple = net::as_tuple(use_awaitable);
constexpr auto peek = net::socket_base::message_peek;

// What a program has seen.
class Transcript {
 public:
  void note(std::string_view what) { text_ += std::string{what} + "\n"; }
  void note(std::string_view what, error_code error) {
    const bool is_eof = error == net::error::eof;
    note(std::string{what} + ": " + (is_eof ? "end" : error.default_error_condition().message()));
  }
  void note(std::string_view what, std::string_view data, std::size_t bytes) {
    note(std::string{what} + ": " + std::string{data.substr(0, bytes)});
  }
  void note(std::string_view what, bool is_so) {
    note(std::string{what} + (is_so ? ": yes" : ": no"));
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// Both ends of a connection.
template <typename Sockets>
struct Pair {
  typename Sockets::Stream near;
  typename Sockets::Stream far;
};

template <typename Sockets>
awaitable<Pair<Sockets>> connected(typename Sockets::Acceptor& acceptor) {
  typename Sockets::Stream near{acceptor.get_executor()};
  co_await near.async_connect(acceptor.local_endpoint(), use_awaitable);
  typename Sockets::Stream far = co_await acceptor.async_accept(use_awaitable);
  co_return Pair<Sockets>{std::move(near), std::move(far)};
}

template <typename Sockets>
typename Sockets::Acceptor acceptor_at_any_port(net::any_io_executor executor) {
  return {executor, tcp::endpoint{net::ip::address_v4::loopback(), 0}};
}

template <typename Sockets>
awaitable<void> accept_in_every_form(Transcript& log) {
  const net::any_io_executor executor = co_await net::this_coro::executor;
  auto acceptor = acceptor_at_any_port<Sockets>(executor);
  using Stream = typename Sockets::Stream;
  Stream into{executor};
  tcp::endpoint remote;
  error_code error;
  Stream client{executor};
  const auto come = [&]() -> awaitable<void> {
    if (client.is_open()) client.close();
    co_await client.async_connect(acceptor.local_endpoint(), use_awaitable);
    co_await acceptor.async_wait(tcp::socket::wait_read, use_awaitable);
    remote = {};
  };
  const auto note = [&](std::string_view what, const Stream& peer) {
    log.note(what, peer.remote_endpoint() == client.local_endpoint() &&
                       (remote == tcp::endpoint{} || remote == peer.remote_endpoint()));
  };
  acceptor.non_blocking(true);
  acceptor.accept(into, error);
  log.note("nobody", error);
  (void)acceptor.accept(remote, error);
  log.note("nobody new", error);
  co_await come();
  note("accept()", acceptor.accept());
  co_await come();
  note("accept(error)", acceptor.accept(error));
  co_await come();
  note("accept(remote)", acceptor.accept(remote));
  log.note("remote", remote == client.local_endpoint());
  co_await come();
  note("accept(remote, error)", acceptor.accept(remote, error));
  co_await come();
  note("accept(executor)", acceptor.accept(executor));
  co_await come();
  note("accept(executor, remote)", acceptor.accept(executor, remote));
  co_await come();
  acceptor.accept(into, remote);
  note("accept(into, remote)", into);
  into.close();
  co_await come();
  acceptor.accept(into);
  note("accept(into)", into);
  co_await come();
  note("async_accept(executor)", co_await acceptor.async_accept(executor, use_awaitable));
  co_await come();
  note("async_accept(executor, remote)",
       co_await acceptor.async_accept(executor, remote, use_awaitable));
  log.note("remote", remote == client.local_endpoint());
  co_await come();
  const auto strand = net::make_strand(executor);
  auto on_strand = co_await acceptor.async_accept(strand, remote, net::deferred);
  log.note("on a strand", on_strand.get_executor() == strand);
  co_await come();
  note("async_accept(remote)", co_await acceptor.async_accept(remote, use_awaitable));
  typename Sockets::Timer soon{executor, 5ms};
  soon.async_wait([&](error_code) { acceptor.cancel(); });
  log.note("cancelled", std::get<0>(co_await acceptor.async_accept(executor, remote, tuple)));
}

template <typename Sockets>
awaitable<void> peek_into_a_stream(Transcript& log) {
  const net::any_io_executor executor = co_await net::this_coro::executor;
  auto acceptor = acceptor_at_any_port<Sockets>(executor);
  std::string data(32, ' ');
  const auto buffer = net::buffer(data);
  error_code error;
  {
    typename Sockets::Stream idle{executor, tcp::v4()};
    idle.receive(buffer, peek, error);
    log.note("not connected", error);
    idle.send(buffer, 0, error);
    log.note("not connected", error);
    typename Sockets::Stream none{executor};
    none.receive(buffer, 0, error);
    log.note("not open", error);
    none.wait(tcp::socket::wait_read, error);
    log.note("not open", error);
  }
  auto [near, far] = co_await connected<Sockets>(acceptor);
  near.wait(tcp::socket::wait_write);
  log.note("sent", std::to_string(near.send(net::buffer("hello", 5))), 9);
  co_await far.async_wait(tcp::socket::wait_read, use_awaitable);
  far.wait(tcp::socket::wait_read);
  log.note("available", std::to_string(far.available()), 9);
  net::socket_base::bytes_readable readable;
  far.io_control(readable);
  log.note("readable", std::to_string(readable.get()), 9);
  log.note("peeked", data, far.receive(buffer, peek));
  log.note("peeked again", data, far.receive(net::buffer(data, 2), peek, error));
  log.note("peeked later", data, co_await far.async_receive(buffer, peek, use_awaitable));
  log.note("read", data, far.receive(net::buffer(data, 3), 0));
  log.note("peeked", data, co_await far.async_receive(buffer, peek, net::deferred));
  log.note("read", data, co_await far.async_receive(buffer, 0, use_awaitable));
  far.non_blocking(true);
  far.receive(buffer, peek, error);
  log.note("nothing", error);
  far.receive(buffer, 0, error);
  log.note("nothing", error);
  // Who peeks waits too.
  typename Sockets::Timer soon{executor, 5ms};
  soon.async_wait([&](error_code) { near.send(net::buffer("later", 5), 0); });
  log.note("waited", data, co_await far.async_receive(buffer, peek, use_awaitable));
  error_code redirected;
  log.note("read", data,
           co_await far.async_receive(buffer, 0, net::redirect_error(use_awaitable, redirected)));
  log.note("without", redirected);
  co_await near.async_send(net::buffer("last", 4), 0, use_awaitable);
  near.shutdown(tcp::socket::shutdown_send);
  log.note("shut", std::get<0>(co_await near.async_send(net::buffer("no", 2), 0, tuple)));
  near.send(net::buffer("no", 2), 0, error);
  log.note("shut", error);
  log.note("peeked", data, co_await far.async_receive(buffer, peek, use_awaitable));
  log.note("read", data, far.receive(buffer));
  co_await far.async_wait(tcp::socket::wait_read, use_awaitable);
  log.note("at the end", std::get<0>(co_await far.async_receive(buffer, peek, tuple)));
  far.receive(buffer, 0, error);
  log.note("at the end", error);
  // The other direction is there; one operation, then all, are given up.
  net::cancellation_signal signal;
  near.async_receive(buffer, peek,
                     net::bind_cancellation_slot(signal.slot(), [&](error_code why, std::size_t) {
                       log.note("given up", why);
                     }));
  signal.emit(net::cancellation_type::all);
  soon.expires_after(5ms);
  soon.async_wait([&](error_code) { near.cancel(); });
  log.note("cancelled", std::get<0>(co_await near.async_receive(buffer, peek, tuple)));
  soon.expires_after(5ms);
  soon.async_wait([&](error_code) { near.close(); });
  log.note("closed", std::get<0>(co_await near.async_receive(buffer, 0, tuple)));
  log.note("now", std::get<0>(co_await near.async_send(buffer, 0, tuple)));
}

template <typename Sockets>
awaitable<void> peek_at_datagrams(Transcript& log) {
  const net::any_io_executor executor = co_await net::this_coro::executor;
  using Udp = typename Sockets::Udp;
  const udp::endpoint any_port{net::ip::address_v4::loopback(), 0};
  Udp near{executor, any_port};
  Udp far{executor, any_port};
  std::string data(32, ' ');
  const auto buffer = net::buffer(data);
  error_code error;
  udp::endpoint sender;
  near.send(net::buffer("x", 1), 0, error);
  log.note("no destination", error);
  near.send_to(net::buffer("first", 5), far.local_endpoint());
  near.send_to(net::buffer("second", 6), far.local_endpoint(), 0);
  near.send_to(net::buffer("third", 5), far.local_endpoint(), 0, error);
  co_await near.async_send_to(net::buffer("fourth", 6), far.local_endpoint(), 0, use_awaitable);
  typename Sockets::Timer soon{executor, 5ms};
  co_await soon.async_wait(use_awaitable);
  co_await far.async_wait(udp::socket::wait_read, use_awaitable);
  log.note("available", std::to_string(far.available()), 9);
  log.note("peeked", data, far.receive_from(buffer, sender, peek));
  log.note("by whom", sender == near.local_endpoint());
  sender = {};
  log.note("peeked a part", data, far.receive(net::buffer(data, 2), peek, error));
  log.note("peeked later", data,
           co_await far.async_receive_from(buffer, sender, peek, use_awaitable));
  log.note("by whom", sender == near.local_endpoint());
  log.note("peeked again", data, co_await far.async_receive(buffer, peek, net::deferred));
  log.note("read", data, far.receive_from(buffer, sender, 0, error));
  log.note("read a part", data, far.receive(net::buffer(data, 2)));
  log.note("read", data, co_await far.async_receive(buffer, 0, use_awaitable));
  log.note("read", data, co_await far.async_receive_from(buffer, sender, 0, use_awaitable));
  far.non_blocking(true);
  far.receive(buffer, peek, error);
  log.note("nothing", error);
  far.receive(buffer, 0, error);
  log.note("nothing", error);
  soon.expires_after(5ms);
  near.connect(far.local_endpoint());
  soon.async_wait([&](error_code) { near.send(net::buffer("later", 5)); });
  log.note("waited", data, co_await far.async_receive_from(buffer, sender, peek, use_awaitable));
  log.note("read", data, co_await far.async_receive_from(buffer, sender, use_awaitable));
  co_await near.async_send(net::buffer("connected", 9), 0, use_awaitable);
  log.note("read", data, co_await far.async_receive(buffer, use_awaitable));
  soon.expires_after(5ms);
  soon.async_wait([&](error_code) { far.cancel(); });
  log.note("cancelled", std::get<0>(co_await far.async_receive(buffer, peek, tuple)));
  far.close();
  near.send(net::buffer("to nobody", 9), 0, error);
  log.note("sent", error);
  log.note("refused", std::get<0>(co_await near.async_receive(buffer, peek, tuple)));
  near.non_blocking(true);
  near.receive(buffer, 0, error);
  log.note("told once", error);
}

template <typename Sockets>
awaitable<void> read_options_back(Transcript& log) {
  typename Sockets::Udp socket{co_await net::this_coro::executor, udp::v4()};
  net::ip::unicast::hops one;
  net::ip::multicast::hops several;
  error_code error;
  const auto note = [&](std::string_view what) {
    socket.get_option(one);
    socket.get_option(several);
    log.note(what, std::to_string(one.value()) + " " + std::to_string(several.value()), 9);
  };
  note("usual");
  socket.set_option(net::ip::unicast::hops{9});
  note("to one");
  socket.set_option(net::ip::multicast::hops{0});
  note("stays here");
  socket.set_option(net::ip::unicast::hops{0}, error);
  log.note("to nobody", error);
  const auto group = net::ip::make_address_v4("239.1.2.3");
  socket.set_option(net::ip::multicast::leave_group{group}, error);
  log.note("not a member", error);
  net::ip::multicast::enable_loopback loops;
  socket.get_option(loops);
  log.note("hears itself", loops.value());
  socket.set_option(net::ip::multicast::enable_loopback{false});
  socket.get_option(loops);
  log.note("hears itself", loops.value());
}

template <typename Sockets>
awaitable<void> make_all_calls(Transcript& log) {
  co_await accept_in_every_form<Sockets>(log);
  co_await peek_into_a_stream<Sockets>(log);
  co_await peek_at_datagrams<Sockets>(log);
  co_await read_options_back<Sockets>(log);
}

TEST_F(AsioTest, CallsDoWhatTheyDoOnRealSockets) {
  Transcript real;
  net::io_context context;
  std::exception_ptr failure;
  net::co_spawn(context, make_all_calls<Real>(real),
                [&](std::exception_ptr thrown) { failure = thrown; });
  context.run_for(20s);
  ASSERT_EQ(failure, nullptr) << real.text();
  lan_.world.add_protocol<Icmp>(alice_, AsioLan::ipv4(alice_));  // which says that nobody is there
  Transcript simulated;
  const Application& application =
      lan_.run_asio(alice_, [&](asio_executor) { return make_all_calls<Simulated>(simulated); });
  run();
  EXPECT_EQ(status_of(application), "fine");
  EXPECT_EQ(simulated.text(), real.text());
  EXPECT_NE(real.text().find("told once"), std::string::npos) << real.text();
}

TEST_F(AsioTest, FlagsThatAreNotThereAreRefused) {
  lan_.run_asio(alice_, [&](asio_executor executor) -> awaitable<void> {
    constexpr auto odd = net::socket_base::message_out_of_band;
    auto acceptor = acceptor_at_any_port<Simulated>(executor);
    auto [near, far] = co_await connected<Simulated>(acceptor);
    asio_stream third{executor};
    co_await third.async_connect(acceptor.local_endpoint(), use_awaitable);
    tcp::endpoint peer;
    error_code accepted;
    EXPECT_EQ(acceptor.accept(executor, peer, accepted).remote_endpoint(), third.local_endpoint());
    EXPECT_FALSE(accepted);
    asio_udp datagrams{executor, udp::endpoint{udp::v4(), 0}};
    std::array<char, 4> data{};
    udp::endpoint remote{net::ip::address_v4::loopback(), 9};
    const error_code refused = net::error::operation_not_supported;
    error_code error;
    const auto expect_refused = [&](std::size_t bytes) {
      EXPECT_EQ(bytes, 0U);
      EXPECT_EQ(std::exchange(error, {}), refused);
    };
    expect_refused(near.send(net::buffer(data), odd, error));
    expect_refused(near.receive(net::buffer(data), odd, error));
    expect_refused(datagrams.send_to(net::buffer(data), remote, odd, error));
    expect_refused(datagrams.receive_from(net::buffer(data), remote, odd, error));
    near.wait(tcp::socket::wait_error, error);
    expect_refused(0);
    EXPECT_EQ(std::get<0>(co_await near.async_send(net::buffer(data), odd, tuple)), refused);
    EXPECT_EQ(std::get<0>(co_await near.async_receive(net::buffer(data), odd, tuple)), refused);
    EXPECT_EQ(std::get<0>(co_await datagrams.async_send_to(net::buffer(data), remote, peek, tuple)),
              refused);
    EXPECT_EQ(std::get<0>(co_await datagrams.async_receive(net::buffer(data), odd, tuple)),
              refused);
    near.wait(tcp::socket::wait_read, error);
    EXPECT_EQ(error, net::error::would_block) << "nothing blocks";
  });
  run();
}

}  // namespace
}  // namespace elvis
