// SPDX-License-Identifier: MIT
// A small chat, written for Asio: a guest sends its name in a line, then what it says; the others
// are told who comes ("* ann joined"), what they say ("ann: hello") and who goes ("* ann left").
//
// Server and client are templates of their sockets and timers: they run with boost::asio::ip::tcp
// as with simulated machines. Only the last functions of this file know which.
#include "chat_asio.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <list>
#include <memory>
#include <utility>

#include "elvis/asio/asio.hpp"

namespace {

namespace net = boost::asio;
using elvis::porting::Guest;
using net::awaitable;
using net::use_awaitable;
using net::ip::tcp;

// ===== The server =====

template <typename Stream>
class Visitor;

template <typename Stream>
struct Room {
  std::list<Visitor<Stream>*> visitors;

  void tell_all_but(const Visitor<Stream>* one, const std::string& line) {
    for (Visitor<Stream>* const visitor : visitors) {
      if (visitor != one) visitor->hear(line);
    }
  }
};

template <typename Stream>
class Visitor : public std::enable_shared_from_this<Visitor<Stream>> {
 public:
  Visitor(Stream stream, std::shared_ptr<Room<Stream>> room)
      : stream_{std::move(stream)}, room_{std::move(room)} {}
  ~Visitor() { room_->visitors.remove(this); }

  awaitable<void> talk() {
    std::string data;
    const std::string name = co_await line(data);
    if (name.empty()) co_return;
    room_->visitors.push_back(this);
    room_->tell_all_but(this, "* " + name + " joined\n");
    for (;;) {
      const std::string said = co_await line(data);
      if (said.empty()) break;
      room_->tell_all_but(this, name + ": " + said + "\n");
    }
    room_->visitors.remove(this);
    room_->tell_all_but(this, "* " + name + " left\n");
  }

  void hear(const std::string& line) {
    to_send_.push_back(line);
    if (to_send_.size() == 1) send();
  }

 private:
  // The next line without its end; empty when there is none.
  awaitable<std::string> line(std::string& data) {
    const auto [error, bytes] = co_await net::async_read_until(stream_, net::dynamic_buffer(data),
                                                               '\n', net::as_tuple(use_awaitable));
    if (error) co_return std::string{};
    std::string line = data.substr(0, bytes - 1);
    data.erase(0, bytes);
    co_return line;
  }

  void send() {
    net::async_write(
        stream_, net::buffer(to_send_.front()),
        [self = this->shared_from_this()](boost::system::error_code error, std::size_t) {
          if (error) return;
          self->to_send_.pop_front();
          if (!self->to_send_.empty()) self->send();
        });
  }

  Stream stream_;
  std::shared_ptr<Room<Stream>> room_;
  std::deque<std::string> to_send_;
};

template <typename Stream, typename Acceptor>
awaitable<void> chat_server(Acceptor acceptor, int guests) {
  const auto room = std::make_shared<Room<Stream>>();
  for (int i = 0; i < guests; ++i) {
    auto visitor =
        std::make_shared<Visitor<Stream>>(co_await acceptor.async_accept(use_awaitable), room);
    net::co_spawn(acceptor.get_executor(), [visitor] { return visitor->talk(); }, net::detached);
  }
}

// ===== The client =====

template <typename Stream, typename Timer>
awaitable<void> speak(Stream& stream, Timer& timer, const Guest& guest) {
  co_await net::async_write(stream, net::buffer(guest.name + "\n"), use_awaitable);
  for (const std::string& line : guest.lines) {
    timer.expires_after(guest.pause);
    co_await timer.async_wait(use_awaitable);
    co_await net::async_write(stream, net::buffer(line + "\n"), use_awaitable);
  }
  timer.expires_after(guest.pause);
  co_await timer.async_wait(use_awaitable);
  stream.shutdown(Stream::shutdown_send);
}

template <typename Stream>
awaitable<void> listen(Stream& stream, std::string& heard) {
  co_await net::async_read(stream, net::dynamic_buffer(heard), net::as_tuple(use_awaitable));
}

template <typename Stream, typename Timer, typename Resolver>
awaitable<void> chat_client(std::string server, std::string port, Guest guest, std::string& heard) {
  using namespace net::experimental::awaitable_operators;
  const auto executor = co_await net::this_coro::executor;
  Timer timer{executor};
  timer.expires_after(guest.joins_after);
  co_await timer.async_wait(use_awaitable);
  Resolver resolver{executor};
  const auto ends = co_await resolver.async_resolve(server, port, use_awaitable);
  Stream stream{executor};
  co_await async_connect(stream, ends, use_awaitable);
  co_await (speak(stream, timer, guest) && listen(stream, heard));
}

}  // namespace

// ===== On simulated machines =====

namespace elvis::porting {

Task<Result<>> asio_chat_server(Application& self, std::uint16_t port, int guests) {
  return asio_application(self, [port, guests](asio_executor executor) {
    return chat_server<asio_stream>(asio_acceptor{executor, {tcp::v4(), port}}, guests);
  });
}

Task<Result<>> asio_chat_client(Application& self, std::string server, std::uint16_t port,
                                Guest guest, std::string& heard) {
  return asio_application(
      self, [server = std::move(server), port, guest = std::move(guest), &heard](asio_executor) {
        return chat_client<asio_stream, asio_timer, asio_resolver>(server, std::to_string(port),
                                                                   guest, heard);
      });
}

}  // namespace elvis::porting
