// SPDX-License-Identifier: MIT
// A web server and clients written for Boost.Beast, templated on their stream: nothing here knows
// of a simulation.
#pragma once

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace web {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using net::ip::tcp;

/// The bytes of a long download, and their hash (FNV-1a).
inline std::uint8_t byte_at(std::uint64_t position) {
  return static_cast<std::uint8_t>((position * 2'654'435'761U) >> 20);
}
struct Hash {
  std::uint64_t value = 0xcbf2'9ce4'8422'2325U;
  void add(const std::uint8_t* bytes, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) value = (value ^ bytes[i]) * 0x100'0000'01b3U;
  }
};
inline std::uint64_t hash_of_download(std::uint64_t bytes) {
  Hash hash;
  for (std::uint64_t i = 0; i < bytes; ++i) {
    const std::uint8_t byte = byte_at(i);
    hash.add(&byte, 1);
  }
  return hash.value;
}

/// One connection of the server, with callbacks; lives as long as they do.
template <typename Stream>
class Session : public std::enable_shared_from_this<Session<Stream>> {
 public:
  explicit Session(Stream stream) : stream_{std::move(stream)} {}

  void read() {
    parser_.emplace();
    http::async_read(stream_, buffer_, *parser_,
                     beast::bind_front_handler(&Session::on_read, this->shared_from_this()));
  }

 private:
  void on_read(beast::error_code error, std::size_t) {
    if (error == http::error::end_of_stream) return close();
    if (error) return;
    const http::request<http::string_body>& request = parser_->get();
    ++count_;
    if (request.target().starts_with("/download/")) {
      return send_download(std::stoull(std::string{request.target().substr(10)}));
    }
    if (request.target() == "/never") return read();  // the client gives up
    answer_ = http::response<http::string_body>{http::status::ok, request.version()};
    answer_.set(http::field::server, "simple");
    answer_.keep_alive(request.keep_alive());
    if (request.target() == "/hello") {
      answer_.body() = "hello for the " + std::to_string(count_) + ". time";
      answer_.prepare_payload();
    } else if (request.method() == http::verb::post && request.target() == "/echo") {
      answer_.body() = request.body();
      answer_.chunked(request.chunked());
      if (!request.chunked()) answer_.prepare_payload();
    } else {
      answer_.result(http::status::not_found);
      answer_.prepare_payload();
    }
    http::async_write(stream_, answer_,
                      beast::bind_front_handler(&Session::on_write, this->shared_from_this()));
  }
  void on_write(beast::error_code error, std::size_t) {
    if (error) return;
    if (!answer_.keep_alive()) return close();
    read();
  }
  void close() {
    beast::error_code ignored;
    stream_.shutdown(tcp::socket::shutdown_send, ignored);
  }

  void send_download(std::uint64_t bytes) {
    sent_ = 0;
    to_send_ = bytes;
    download_.emplace(http::status::ok, 11);
    download_->content_length(bytes);
    serializer_.emplace(*download_);
    http::async_write_header(
        stream_, *serializer_,
        beast::bind_front_handler(&Session::on_part, this->shared_from_this()));
  }
  void on_part(beast::error_code error, std::size_t) {
    if (error == http::error::need_buffer) error = {};
    if (error) return;
    if (serializer_->is_done()) return read();
    http::buffer_body::value_type& body = download_->body();
    const auto part =
        static_cast<std::size_t>(std::min<std::uint64_t>(block_.size(), to_send_ - sent_));
    for (std::size_t i = 0; i < part; ++i) block_[i] = byte_at(sent_ + i);
    sent_ += part;
    body.data = part == 0 ? nullptr : block_.data();
    body.size = part;
    body.more = sent_ != to_send_;
    http::async_write(stream_, *serializer_,
                      beast::bind_front_handler(&Session::on_part, this->shared_from_this()));
  }

  Stream stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> answer_;
  int count_ = 0;
  std::optional<http::response<http::buffer_body>> download_;
  std::optional<http::response_serializer<http::buffer_body>> serializer_;
  std::uint64_t sent_ = 0;
  std::uint64_t to_send_ = 0;
  std::array<std::uint8_t, 65'536> block_{};
};

/// Serves as many connections.
template <typename Acceptor>
net::awaitable<void> serve(Acceptor acceptor, int connections) {
  for (int i = 0; i < connections; ++i) {
    auto stream = co_await acceptor.async_accept(net::use_awaitable);
    std::make_shared<Session<decltype(stream)>>(std::move(stream))->read();
  }
}

template <typename Body>
std::string text_of(const http::response<Body>& response) {
  std::string text = std::to_string(response.result_int());
  for (const auto& field : response) {
    text += " " + std::string{field.name_string()} + "=" + std::string{field.value()};
  }
  return text + " [" + response.body() + "]\n";
}

template <typename Stream>
net::awaitable<std::string> ask(Stream& stream, beast::flat_buffer& buffer, http::verb verb,
                                std::string target, std::string body, bool keep_alive = true) {
  http::request<http::string_body> request{verb, target, 11, std::move(body)};
  request.set(http::field::host, "server");
  request.keep_alive(keep_alive);
  request.prepare_payload();
  co_await http::async_write(stream, request, net::use_awaitable);
  http::response<http::string_body> response;
  co_await http::async_read(stream, buffer, response, net::use_awaitable);
  co_return text_of(response);
}

/// A visit with everything: what the server said to each request.
template <typename Stream>
net::awaitable<std::string> visit(Stream stream, tcp::endpoint server) {
  co_await stream.async_connect(server, net::use_awaitable);
  beast::flat_buffer buffer;
  std::string transcript;
  for (int i = 0; i < 3; ++i) {
    transcript += co_await ask(stream, buffer, http::verb::get, "/hello", "");
  }
  transcript += co_await ask(stream, buffer, http::verb::get, "/missing", "");
  transcript += co_await ask(stream, buffer, http::verb::post, "/echo", std::string(50, 'e'));

  http::request<http::empty_body> request{http::verb::post, "/echo", 11};
  request.set(http::field::host, "server");
  request.chunked(true);
  http::request_serializer<http::empty_body> serializer{request};
  co_await http::async_write_header(stream, serializer, net::use_awaitable);
  const std::array<std::string, 3> parts = {"a chunk, ", "another one, ", "the third"};
  for (const std::string& part : parts) {
    co_await net::async_write(stream, http::make_chunk(net::buffer(part)), net::use_awaitable);
  }
  co_await net::async_write(stream, http::make_chunk_last(), net::use_awaitable);
  http::response<http::string_body> response;
  co_await http::async_read(stream, buffer, response, net::use_awaitable);
  transcript += text_of(response);

  transcript += co_await ask(stream, buffer, http::verb::get, "/hello", "", false);
  const auto [error, bytes] =
      co_await stream.async_read_some(buffer.prepare(16), net::as_tuple(net::use_awaitable));
  transcript += error.message() + "\n";
  co_return transcript;
}

/// Downloads and returns the hash of what came.
template <typename Stream>
net::awaitable<std::uint64_t> download(Stream& stream, beast::flat_buffer& buffer,
                                       std::uint64_t bytes) {
  http::request<http::empty_body> request{http::verb::get, "/download/" + std::to_string(bytes),
                                          11};
  co_await http::async_write(stream, request, net::use_awaitable);
  http::response_parser<http::buffer_body> parser;
  parser.body_limit(std::numeric_limits<std::uint64_t>::max());
  co_await http::async_read_header(stream, buffer, parser, net::use_awaitable);
  Hash hash;
  std::array<std::uint8_t, 65'536> block;
  while (!parser.is_done()) {
    parser.get().body().data = block.data();
    parser.get().body().size = block.size();
    const auto [error, read] =
        co_await http::async_read(stream, buffer, parser, net::as_tuple(net::use_awaitable));
    if (error && error != http::error::need_buffer) throw boost::system::system_error{error};
    hash.add(block.data(), block.size() - parser.get().body().size);
  }
  co_return hash.value;
}

}  // namespace web
