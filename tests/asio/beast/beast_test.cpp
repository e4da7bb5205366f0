// SPDX-License-Identifier: MIT
// Boost.Beast on simulated machines, and the same code on real sockets.
#include <gtest/gtest.h>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/beast/websocket.hpp>

#include "asio/asio_lan.hpp"
#include "asio/beast/http.hpp"
#include "repetitions.hpp"

namespace elvis {
namespace {

namespace net = boost::asio;
using namespace std::chrono_literals;
using net::awaitable;
using net::use_awaitable;
using testing_lan::AsioLan;
using testing_lan::tcp;

static_assert(boost::beast::is_async_stream<asio_stream>::value);
static_assert(boost::beast::is_sync_stream<asio_stream>::value);
static_assert(boost::beast::has_get_executor<asio_stream>::value);
static_assert(std::is_same_v<boost::beast::executor_type<asio_stream>, net::any_io_executor>);
static_assert(std::is_same_v<boost::beast::lowest_layer_type<asio_stream>, asio_stream>);

// Latency, a bottleneck, and one frame in a thousand lost.
LinkProperties line() {
  LinkProperties properties = testing_lan::latency_of(5ms);
  properties.throughput = BitRate{1'000'000'000};
  properties.loss = Probability::ratio(1, 1'000);
  return properties;
}

class BeastTest : public testing::Test {
 protected:
  BeastTest() {
    lan_.run_asio(server_, [](asio_executor executor) {
      return web::serve(asio_acceptor{executor, {tcp::v4(), 80}}, 1);
    });
  }

  AsioLan lan_{line()};
  Machine& server_ = lan_.add_host();
  Machine& client_ = lan_.add_host();
  const tcp::endpoint end_ = AsioLan::tcp_at(0, 80);
};

// The visit with real sockets on loopback.
std::string real_visit() {
  net::io_context context;
  tcp::acceptor acceptor{context, {net::ip::address_v4::loopback(), 0}};
  const tcp::endpoint server = acceptor.local_endpoint();
  std::string transcript;
  net::co_spawn(context, web::serve(std::move(acceptor), 1), net::detached);
  net::co_spawn(context, web::visit(tcp::socket{context}, server),
                [&](std::exception_ptr thrown, std::string text) {
                  EXPECT_EQ(thrown, nullptr);
                  transcript = std::move(text);
                });
  context.run();
  return transcript;
}

TEST_F(BeastTest, TheSameCodeSaysTheSameOnRealSocketsAndOnOurs) {
  std::string transcript;
  lan_.run_asio(client_, [&](asio_executor executor) -> awaitable<void> {
    transcript = co_await web::visit(asio_stream{executor}, end_);
  });
  EXPECT_EQ(lan_.run().reason, StopReason::completed);
  EXPECT_EQ(transcript, real_visit());
  EXPECT_EQ(transcript,
            "200 Server=simple Content-Length=21 [hello for the 1. time]\n"
            "200 Server=simple Content-Length=21 [hello for the 2. time]\n"
            "200 Server=simple Content-Length=21 [hello for the 3. time]\n"
            "404 Server=simple Content-Length=0 []\n"
            "200 Server=simple Content-Length=50 [" +
                std::string(50, 'e') +
                "]\n"
                "200 Server=simple Transfer-Encoding=chunked [a chunk, another one, the third]\n"
                "200 Server=simple Connection=close Content-Length=21 [hello for the 7. time]\n"
                "End of file\n");
}

TEST_F(BeastTest, DownloadsAHundredMegabytes) {
  const std::uint64_t bytes = repetitions(std::uint64_t{100'000'000});
  std::uint64_t hash = 0;
  lan_.run_asio(client_, [&](asio_executor executor) -> awaitable<void> {
    asio_stream stream{executor};
    co_await stream.async_connect(end_, use_awaitable);
    boost::beast::flat_buffer buffer;
    hash = co_await web::download(stream, buffer, bytes);
    // The connection lives on.
    EXPECT_NE(co_await web::ask(stream, buffer, boost::beast::http::verb::get, "/hello", ""), "");
  });
  EXPECT_EQ(lan_.run().reason, StopReason::completed);
  EXPECT_EQ(hash, web::hash_of_download(bytes));
  EXPECT_TRUE(lan_.world.conserves_frames());
}

TEST_F(BeastTest, AnAnswerThatNeverComesTimesOut) {
  using namespace net::experimental::awaitable_operators;
  lan_.run_asio(client_, [&](asio_executor executor) -> awaitable<void> {
    asio_stream stream{executor};
    co_await stream.async_connect(end_, use_awaitable);
    boost::beast::flat_buffer buffer;
    asio_timer timer{executor, 3s};
    const auto first =
        co_await (web::ask(stream, buffer, boost::beast::http::verb::get, "/never", "") ||
                  timer.async_wait(use_awaitable));
    EXPECT_EQ(first.index(), 1U);
    EXPECT_EQ(asio_clock::now(), timer.expiry());
  });
  EXPECT_EQ(lan_.run().reason, StopReason::completed);
}

// ===== Websockets =====

using Websocket = boost::beast::websocket::stream<asio_stream>;

awaitable<void> echo_websocket(asio_acceptor acceptor, std::string& end) {
  Websocket peer{co_await acceptor.async_accept(use_awaitable)};
  co_await peer.async_accept(use_awaitable);
  for (;;) {
    boost::beast::flat_buffer said;
    boost::system::error_code error;
    co_await peer.async_read(said, net::redirect_error(use_awaitable, error));
    if (error) {
      end = peer.reason().reason.c_str();
      co_return;
    }
    co_await peer.async_write(said.data(), use_awaitable);
  }
}

TEST_F(BeastTest, AWebsocketIsOpenedUsedAndClosed) {
  std::string heard;
  std::string end;
  lan_.run_asio(server_, [&](asio_executor executor) {
    return echo_websocket(asio_acceptor{executor, {tcp::v4(), 81}}, end);
  });
  lan_.run_asio(client_, [&](asio_executor executor) -> awaitable<void> {
    Websocket socket{executor};
    co_await boost::beast::get_lowest_layer(socket).async_connect(AsioLan::tcp_at(0, 81),
                                                                  use_awaitable);
    co_await socket.async_handshake("host0", "/", use_awaitable);
    for (const std::size_t size : {1U, 5'000U}) {
      const std::string said(size, 'x');
      co_await socket.async_write(net::buffer(said), use_awaitable);
      boost::beast::flat_buffer answer;
      co_await socket.async_read(answer, use_awaitable);
      heard += boost::beast::buffers_to_string(answer.data());
    }
    co_await socket.async_close({boost::beast::websocket::close_code::normal, "enough"},
                                use_awaitable);
    EXPECT_FALSE(boost::beast::get_lowest_layer(socket).is_open());
  });
  // The web server waits for its one visitor, who does not come.
  EXPECT_EQ(lan_.run().reason, StopReason::idle);
  EXPECT_EQ(heard, std::string(5'001, 'x'));
  EXPECT_EQ(end, "enough");
}

}  // namespace
}  // namespace elvis
