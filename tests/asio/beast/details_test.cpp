// SPDX-License-Identifier: MIT
// What HTTP and websockets have besides plain requests, by Boost.Beast: the same code on simulated
// machines and on real sockets must tell the same.
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "asio/asio_lan.hpp"

namespace elvis {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using namespace std::chrono_literals;
using beast::error_code;
using net::awaitable;
using net::use_awaitable;
using testing_lan::AsioLan;
using testing_lan::tcp;

constexpr auto tuple = net::as_tuple(use_awaitable);

// A file that is served.
class Document {
 public:
  Document() {
    std::ofstream file{path_, std::ios::binary};
    for (int line = 0; line < 10'000; ++line) file << "line " << line << "\n";
  }
  ~Document() { std::filesystem::remove(path_); }
  const char* path() const { return path_.c_str(); }

 private:
  std::string path_ =
      testing::TempDir() + "elvis_beast_document_" + std::to_string(::getpid()) + ".txt";
};

// Answers requests of every kind on one connection, until somebody ends it.
template <typename Stream>
awaitable<void> answer(Stream stream, const char* document, std::string& log) {
  beast::flat_buffer buffer;
  for (;;) {
    http::request_parser<http::string_body> parser;
    parser.body_limit(1'000);
    std::string extensions;
    auto note_extensions = [&](std::uint64_t size, std::string_view text, error_code&) {
      extensions += std::to_string(size) + std::string{text} + " ";
    };
    parser.on_chunk_header(note_extensions);
    error_code error = std::get<0>(co_await http::async_read_header(stream, buffer, parser, tuple));
    if (error == http::error::end_of_stream) break;
    if (error && error != http::error::body_limit) throw boost::system::system_error{error};
    const unsigned version = parser.get().version();
    if (parser.get()[http::field::expect] == "100-continue") {
      http::response<http::empty_body> go_on{http::status::continue_, version};
      co_await http::async_write(stream, go_on, use_awaitable);
    }
    if (!error) error = std::get<0>(co_await http::async_read(stream, buffer, parser, tuple));
    http::response<http::string_body> response{http::status::ok, version};
    if (error == http::error::body_limit) {
      response.result(http::status::payload_too_large);
      response.keep_alive(false);
      response.prepare_payload();
      co_await http::async_write(stream, response, use_awaitable);
      break;
    }
    if (error) throw boost::system::system_error{error};
    const http::request<http::string_body> request = parser.release();
    response.keep_alive(request.keep_alive());
    if (request.target() == "/document") {
      http::response<http::file_body> whole{http::status::ok, version};
      whole.body().open(document, beast::file_mode::scan, error);
      if (error) throw boost::system::system_error{error};
      whole.prepare_payload();
      co_await http::async_write(stream, whole, use_awaitable);
      continue;
    }
    if (request.method() == http::verb::head) {
      http::response<http::empty_body> head{http::status::ok, version};
      head.content_length(123'456);
      co_await http::async_write(stream, head, use_awaitable);
      continue;
    }
    if (request.target() == "/chunks") {
      http::response<http::empty_body> head{http::status::ok, version};
      head.chunked(true);
      head.set(http::field::trailer, "Expires");
      http::response_serializer<http::empty_body> serializer{head};
      co_await http::async_write_header(stream, serializer, use_awaitable);
      http::chunk_extensions about;
      about.insert("first");
      about.insert("kind", "greeting");
      co_await net::async_write(stream, http::make_chunk(net::buffer("hello, ", 7), about),
                                use_awaitable);
      co_await net::async_write(stream, http::make_chunk(net::buffer("world", 5)), use_awaitable);
      http::fields trailer;
      trailer.set(http::field::expires, "never");
      co_await net::async_write(stream, http::make_chunk_last(trailer), use_awaitable);
      continue;
    }
    response.body() = std::string{request.method_string()} + " " + std::string{request.target()} +
                      " " + extensions + "[" + request.body() + "]";
    response.prepare_payload();
    co_await http::async_write(stream, response, use_awaitable);
    if (!response.keep_alive()) break;
  }
  error_code ignored;
  stream.shutdown(tcp::socket::shutdown_send, ignored);
  log += "the server ends\n";
}

template <typename Body, typename Allocator>
std::string told(const http::response<Body, http::basic_fields<Allocator>>& response) {
  std::string text = std::to_string(response.result_int());
  for (const auto& field : response) {
    text += " " + std::string{field.name_string()} + "=" + std::string{field.value()};
  }
  return text;
}

// One connection of a client.
template <typename Stream>
class Client {
 public:
  Client(Stream stream, std::string& log) : stream_{std::move(stream)}, log_{log} {}

  awaitable<void> connect(tcp::endpoint server) {
    if (stream_.is_open()) stream_.close();
    buffer_.clear();
    co_await stream_.async_connect(server, use_awaitable);
  }
  awaitable<void> send(std::string text) {
    co_await net::async_write(stream_, net::buffer(text), use_awaitable);
  }
  awaitable<void> read() {
    http::response<http::string_body> response;
    co_await http::async_read(stream_, buffer_, response, use_awaitable);
    log_ += told(response) + " [" + response.body() + "]\n";
  }
  awaitable<void> read_end() {
    http::response<http::string_body> response;
    const auto [error, bytes] = co_await http::async_read(stream_, buffer_, response, tuple);
    log_ += error.message() + "\n";
  }
  awaitable<void> read_head() {
    http::response_parser<http::empty_body> parser;
    parser.skip(true);
    co_await http::async_read(stream_, buffer_, parser, use_awaitable);
    log_ += told(parser.get()) + "\n";
  }
  awaitable<void> read_chunks() {
    http::response_parser<http::string_body> parser;
    auto header = [&](std::uint64_t size, std::string_view extensions, error_code&) {
      log_ += "chunk of " + std::to_string(size) + std::string{extensions} + "\n";
    };
    auto body = [&](std::uint64_t left, std::string_view data, error_code&) {
      log_ += std::string{data} + " and " + std::to_string(left - data.size()) + "\n";
      return data.size();
    };
    parser.on_chunk_header(header);
    parser.on_chunk_body(body);
    co_await http::async_read(stream_, buffer_, parser, use_awaitable);
    log_ += told(parser.get()) + "\n";
  }
  awaitable<void> download(const char* document) {
    http::response_parser<http::string_body> parser;
    co_await http::async_read(stream_, buffer_, parser, use_awaitable);
    std::ifstream file{document, std::ios::binary};
    const std::string whole{std::istreambuf_iterator<char>{file}, {}};
    log_ += whole.size() > 90'000 && parser.get().body() == whole ? "the document\n" : "no\n";
  }
  void end() { stream_.shutdown(tcp::socket::shutdown_send); }

 private:
  Stream stream_;
  std::string& log_;
  beast::flat_buffer buffer_;
};

template <typename Acceptor>
awaitable<void> answer_all(Acceptor acceptor, int connections, const char* document,
                           std::string& log) {
  for (int i = 0; i < connections; ++i) {
    co_await answer(co_await acceptor.async_accept(use_awaitable), document, log);
  }
}

constexpr int http_connections = 4;

template <typename Stream>
awaitable<void> talk_http(Stream stream, tcp::endpoint server, const char* document,
                          std::string& log) {
  Client<Stream> client{std::move(stream), log};
  const std::string host = " HTTP/1.1\r\nHost: a\r\n";
  co_await client.connect(server);
  co_await client.send("GET /1" + host + "\r\nPOST /2" + host +
                       "Content-Length: 4\r\n\r\nbodyGET /3" + host + "\r\nHEAD /4" + host +
                       "\r\nGET /5" + host + "\r\n");
  for (int i = 0; i < 3; ++i) co_await client.read();  // pipelined
  co_await client.read_head();
  co_await client.read();
  co_await client.send("POST /continue" + host +
                       "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  co_await client.read_head();
  co_await client.send("later");
  co_await client.read();
  co_await client.send("POST /in" + host + "Transfer-Encoding: chunked\r\n\r\n");
  co_await client.send("3;a=b;c\r\nabc\r\n");
  co_await client.send("4\r\nde");
  co_await client.send("fg\r\n0\r\nX: y\r\n\r\n");
  co_await client.read();
  co_await client.send("GET /chunks" + host + "\r\n");
  co_await client.read_chunks();
  co_await client.send("GET /document" + host + "\r\n");
  co_await client.download(document);
  co_await client.send("GET /old HTTP/1.0\r\n\r\n");  // the server ends it
  co_await client.read();
  co_await client.read_end();
  co_await client.connect(server);
  co_await client.send("GET /last" + host + "Connection: close\r\n\r\n");
  co_await client.read();
  co_await client.read_end();
  co_await client.connect(server);
  co_await client.send("POST /much" + host + "Content-Length: 1001\r\n\r\n");
  co_await client.read();
  co_await client.read_end();
  co_await client.connect(server);
  co_await client.send("GET /mine" + host + "\r\n");
  co_await client.read();
  client.end();
  co_await client.read_end();
}

// Says back what is said, notes what else comes.
template <typename Stream>
awaitable<void> echo_messages(Stream below, std::string& log) {
  websocket::stream<Stream> peer{std::move(below)};
  peer.read_message_max(10'000);
  peer.control_callback([&log](websocket::frame_type kind, beast::string_view text) {
    log += "the server hears " + std::to_string(static_cast<int>(kind)) + " " + std::string{text} +
           "\n";
  });
  co_await peer.async_accept(use_awaitable);
  for (;;) {
    beast::flat_buffer said;
    const auto [error, bytes] = co_await peer.async_read(said, tuple);
    if (error) {
      log += "the server: " + error.message() + "\n";
      co_return;
    }
    peer.text(peer.got_text());
    co_await peer.async_write(said.data(), use_awaitable);
  }
}

template <typename Acceptor>
awaitable<void> echo_all(Acceptor acceptor, int connections, std::string& log) {
  for (int i = 0; i < connections; ++i) {
    co_await echo_messages(co_await acceptor.async_accept(use_awaitable), log);
  }
}

constexpr int websocket_connections = 2;

template <typename Stream>
awaitable<void> talk_websocket(net::any_io_executor executor, tcp::endpoint server,
                               std::string& log) {
  {
    websocket::stream<Stream> socket{executor};
    co_await beast::get_lowest_layer(socket).async_connect(server, use_awaitable);
    socket.set_option(websocket::stream_base::decorator(
        [](websocket::request_type& request) { request.set(http::field::user_agent, "a test"); }));
    websocket::response_type response;
    co_await socket.async_handshake(response, "host", "/talk", use_awaitable);
    log += std::to_string(response.result_int()) + "\n";
    socket.control_callback([&log](websocket::frame_type kind, beast::string_view text) {
      log += "the client hears " + std::to_string(static_cast<int>(kind)) + " " +
             std::string{text} + "\n";
    });
    co_await socket.async_ping("are you there", use_awaitable);
    co_await socket.async_pong("unasked", use_awaitable);
    const auto hear = [&]() -> awaitable<void> {
      beast::flat_buffer heard;
      co_await socket.async_read(heard, use_awaitable);
      log += (socket.got_text() ? "text " : "bytes ") + std::to_string(heard.size()) + " " +
             beast::buffers_to_string(heard.data()).substr(0, 20) + "\n";
    };
    socket.text(true);
    co_await socket.async_write_some(false, net::buffer("in two ", 7), use_awaitable);
    co_await socket.async_write_some(true, net::buffer("pieces", 6), use_awaitable);
    co_await hear();
    socket.binary(true);
    const std::string long_one(10'000, 'x');
    co_await socket.async_write(net::buffer(long_one), use_awaitable);
    co_await hear();
    co_await socket.async_write(net::buffer("", 0), use_awaitable);
    co_await hear();
    co_await socket.async_close({websocket::close_code::going_away, "bye"}, use_awaitable);
  }
  websocket::stream<Stream> socket{executor};
  co_await beast::get_lowest_layer(socket).async_connect(server, use_awaitable);
  co_await socket.async_handshake("host", "/", use_awaitable);
  const std::string too_long(10'001, 'x');
  co_await socket.async_write(net::buffer(too_long), use_awaitable);
  beast::flat_buffer heard;
  const auto [error, bytes] = co_await socket.async_read(heard, tuple);
  log += (error ? "ended " : "") + std::to_string(socket.reason().code) + "\n";
}

// What both ends tell on real sockets.
template <typename Serve, typename Talk>
std::string told_by_real_sockets(Serve serve, Talk talk) {
  std::string logs[2];
  net::io_context context;
  tcp::acceptor acceptor{context, {net::ip::address_v4::loopback(), 0}};
  const tcp::endpoint server = acceptor.local_endpoint();
  const auto check = [](std::exception_ptr thrown) { EXPECT_EQ(thrown, nullptr); };
  net::co_spawn(context, serve(std::move(acceptor), logs[0]), check);
  net::co_spawn(context, talk(tcp::socket{context}, server, logs[1]), check);
  context.run_for(20s);
  return logs[0] + logs[1];
}

template <typename Serve, typename Talk>
std::string told_by_machines(Serve serve, Talk talk) {
  std::string logs[2];
  AsioLan lan;
  Machine& server = lan.add_host();
  Machine& client = lan.add_host();
  const Application& server_runs = lan.run_asio(server, [&](asio_executor executor) {
    return serve(asio_acceptor{executor, {tcp::v4(), 80}}, logs[0]);
  });
  const Application& client_runs = lan.run_asio(client, [&](asio_executor executor) {
    return talk(asio_stream{executor}, AsioLan::tcp_at(0, 80), logs[1]);
  });
  EXPECT_EQ(lan.run().reason, StopReason::completed);
  EXPECT_EQ(server_runs.detail() + client_runs.detail(), "");
  return logs[0] + logs[1];
}

TEST(BeastDetailsTest, HttpIsTheSameOnRealSocketsAndOnOurs) {
  const Document document;
  const auto serve = [&](auto acceptor, std::string& log) {
    return answer_all(std::move(acceptor), http_connections, document.path(), log);
  };
  const auto talk = [&](auto stream, tcp::endpoint server, std::string& log) {
    return talk_http(std::move(stream), server, document.path(), log);
  };
  const std::string real = told_by_real_sockets(serve, talk);
  EXPECT_EQ(told_by_machines(serve, talk), real);
  for (const char* const part :
       {"[POST /2 [body]]", "Content-Length=123456", "100\n", "[POST /in 3;a=b;c 4 0 [abcdefg]]",
        "chunk of 7;first;kind=greeting\n", "Expires=never", "the document\n", "413 "}) {
    EXPECT_NE(real.find(part), std::string::npos) << part << "\n" << real;
  }
}

TEST(BeastDetailsTest, WebsocketsAreTheSameOnRealSocketsAndOnOurs) {
  const auto serve = [](auto acceptor, std::string& log) {
    return echo_all(std::move(acceptor), websocket_connections, log);
  };
  const auto talk = [](auto stream, tcp::endpoint server, std::string& log) {
    return talk_websocket<decltype(stream)>(stream.get_executor(), server, log);
  };
  const std::string real = told_by_real_sockets(serve, talk);
  EXPECT_EQ(told_by_machines(serve, talk), real);
  for (const char* const part :
       {"the client hears 2 are you there", "text 13 in two pieces", "bytes 10000 ", "bytes 0 ",
        "ended 1009\n", "the server hears 2 unasked"}) {
    EXPECT_NE(real.find(part), std::string::npos) << part << "\n" << real;
  }
}

}  // namespace
}  // namespace elvis
