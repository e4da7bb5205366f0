// SPDX-License-Identifier: MIT
// Our TCP against lwIP's, as client and as server, over links that lose, double and reorder.
#include <gtest/gtest.h>
#include <lwip/tcp.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "elvis/sockets/tcp_listener.hpp"
#include "elvis/sockets/tcp_socket.hpp"
#include "lwip_peer.hpp"

namespace elvis::test {
namespace {

using namespace std::chrono_literals;
using testing_lan::Internet;

std::string text_of(std::size_t size, std::uint64_t seed) {
  Rng luck{{seed, 0}};
  std::string text(size, ' ');
  for (char& each : text) each = static_cast<char>(luck());
  return text;
}

/// One end of a connection, as a user of lwIP's raw interface.
class LwipStream {
 public:
  explicit LwipStream(std::string to_send) : to_send_{std::move(to_send)} {}
  LwipStream(const LwipStream&) = delete;
  LwipStream& operator=(const LwipStream&) = delete;
  ~LwipStream() {
    if (listening_ != nullptr) tcp_close(listening_);
    if (pcb_ != nullptr) {
      take_callbacks(nullptr);
      tcp_abort(pcb_);
    }
  }

  void connect(Ipv4Address to, std::uint16_t port) {
    const ip_addr_t address = to_lwip(to);
    take(tcp_new());
    EXPECT_EQ(tcp_connect(pcb_, &address, port,
                          [](void* self, tcp_pcb*, err_t) {
                            static_cast<LwipStream*>(self)->pump();
                            return static_cast<err_t>(ERR_OK);
                          }),
              ERR_OK);
  }
  void listen(std::uint16_t port) {
    tcp_pcb* const bound = tcp_new();
    EXPECT_EQ(tcp_bind(bound, IP4_ADDR_ANY, port), ERR_OK);
    listening_ = tcp_listen(bound);
    tcp_arg(listening_, this);
    tcp_accept(listening_, [](void* self, tcp_pcb* made, err_t) {
      auto& stream = *static_cast<LwipStream*>(self);
      stream.take(made);
      stream.pump();
      return static_cast<err_t>(ERR_OK);
    });
  }
  /// Keeps what comes in lwIP's window until read() is called.
  void set_slow() { is_slow_ = true; }
  /// Gives the window free again.
  void read() {
    is_slow_ = false;
    if (pcb_ == nullptr) return;
    for (; unread_ > 0; unread_ -= std::min<std::size_t>(unread_, 0xffff)) {
      tcp_recved(pcb_, static_cast<u16_t>(std::min<std::size_t>(unread_, 0xffff)));
    }
  }
  void abort() {
    if (pcb_ == nullptr) return;
    take_callbacks(nullptr);
    tcp_abort(std::exchange(pcb_, nullptr));
  }

  std::string heard;
  bool has_heard_end = false;
  err_t error = ERR_OK;

 private:
  void take(tcp_pcb* pcb) {
    pcb_ = pcb;
    take_callbacks(this);
  }
  void take_callbacks(LwipStream* self) {
    tcp_arg(pcb_, self);
    tcp_recv(pcb_, self == nullptr ? nullptr : received);
    tcp_sent(pcb_, self == nullptr ? nullptr : sent);
    tcp_err(pcb_, self == nullptr ? nullptr : failed);
  }
  static err_t received(void* self, tcp_pcb*, pbuf* data, err_t) {
    auto& stream = *static_cast<LwipStream*>(self);
    if (data == nullptr) {
      stream.has_heard_end = true;
      stream.close_if_over();
      return ERR_OK;
    }
    const std::size_t before = stream.heard.size();
    stream.heard.resize(before + data->tot_len);
    pbuf_copy_partial(data, stream.heard.data() + before, data->tot_len, 0);
    stream.unread_ += data->tot_len;
    pbuf_free(data);
    if (!stream.is_slow_) stream.read();
    return ERR_OK;
  }
  static err_t sent(void* self, tcp_pcb*, u16_t bytes) {
    auto& stream = *static_cast<LwipStream*>(self);
    stream.acknowledged_ += bytes;
    stream.pump();
    return ERR_OK;
  }
  static void failed(void* self, err_t why) {
    auto& stream = *static_cast<LwipStream*>(self);
    stream.error = why;
    stream.pcb_ = nullptr;  // lwIP has freed it
  }

  void pump() {
    while (queued_ < to_send_.size() && tcp_sndbuf(pcb_) > 0) {
      const std::size_t room = std::min<std::size_t>(tcp_sndbuf(pcb_), to_send_.size() - queued_);
      const std::size_t size = std::min<std::size_t>(room, 0xffff);
      if (tcp_write(pcb_, to_send_.data() + queued_, static_cast<u16_t>(size),
                    TCP_WRITE_FLAG_COPY) != ERR_OK) {
        break;
      }
      queued_ += size;
    }
    tcp_output(pcb_);
    if (queued_ == to_send_.size() && !has_sent_end_) {
      has_sent_end_ = true;
      tcp_shutdown(pcb_, 0, 1);
    }
    close_if_over();
  }
  void close_if_over() {
    if (!has_heard_end || acknowledged_ < to_send_.size() || pcb_ == nullptr) return;
    take_callbacks(nullptr);
    tcp_close(std::exchange(pcb_, nullptr));
  }

  std::string to_send_;
  std::size_t queued_ = 0;
  std::size_t acknowledged_ = 0;
  std::size_t unread_ = 0;
  bool has_sent_end_ = false;
  bool is_slow_ = false;
  tcp_pcb* pcb_ = nullptr;
  tcp_pcb* listening_ = nullptr;
};

struct Link {
  const char* name;
  LinkModel model;
};

Link link_of(const char* name, Duration latency, unsigned loss_percent, unsigned doubled_percent,
             unsigned reordered_percent) {
  Link link{name, {}};
  link.model.latency = LatencyModel::constant(latency);
  link.model.loss = LossModel::bernoulli(Probability::ratio(loss_percent, 100));
  link.model.duplication = Probability::ratio(doubled_percent, 100);
  link.model.reordering = {Probability::ratio(reordered_percent, 100), 3 * latency};
  return link;
}

class LwipStreamsTest : public testing::TestWithParam<Link> {
 protected:
  LwipStreamsTest() {
    LinkProperties line;
    static_cast<LinkModel&>(line) = GetParam().model;
    internet_.add_network(line);
    host_ = &internet_.add("host", 1, {0}, false, true);
    tcp_ = &internet_.world.add_protocol<Tcp>(*host_, Internet::ipv4(*host_), settings_);
    peer_ = std::make_unique<LwipPeer>(internet_, 0, 2);
  }
  void run() {
    World::RunOptions options;
    options.engine.threads = 1;
    EXPECT_EQ(internet_.world.run(std::move(options)).reason, StopReason::idle);
    EXPECT_TRUE(internet_.world.conserves_frames());
    EXPECT_EQ(tcp_->session_count(), 0U);
  }
  /// Sends `text`, and its end, and hears the other's.
  Task<Result<>> converse(Application& self, TcpSocket& socket, std::string text) {
    writer_ = [&socket, text = std::move(text)](Application&) { return write(socket, text); };
    (void)self;
    for (;;) {
      const Result<Message> got = co_await socket.receive();
      if (!got) co_return got.error();
      if (got->empty()) break;
      heard_ += got->to_string();
    }
    has_heard_end_ = true;
    co_return Result<>{};
  }
  static Task<Result<>> write(TcpSocket& socket, const std::string& text) {
    if (const Result<> sent = co_await socket.send(Message{std::string_view{text}}); !sent) {
      co_return sent.error();
    }
    co_return socket.shutdown();
  }
  /// Begins to write when converse() says so.
  void add_writer() {
    internet_.run_on(*host_, [this](Application& self) -> Task<Result<>> {
      while (!writer_) co_await self.sleep_for(1ms);
      co_return co_await writer_(self);
    });
  }

  void expect_all_was_heard(const LwipStream& stream, const std::string& ours,
                            const std::string& its) const {
    EXPECT_EQ(stream.error, ERR_OK);
    EXPECT_TRUE(stream.heard == ours) << stream.heard.size();
    EXPECT_TRUE(heard_ == its) << heard_.size();
    EXPECT_TRUE(stream.has_heard_end);
    EXPECT_TRUE(has_heard_end_);
  }

  TcpSettings settings_;
  Internet internet_;
  Machine* host_;
  Tcp* tcp_;
  std::unique_ptr<LwipPeer> peer_;
  testing_lan::Program writer_;
  std::string heard_;
  bool has_heard_end_ = false;
};

INSTANTIATE_TEST_SUITE_P(
    All, LwipStreamsTest,
    testing::Values(link_of("Good", 5ms, 0, 0, 0), link_of("LosesSome", 5ms, 1, 0, 0),
                    link_of("LosesMany", 20ms, 10, 0, 0), link_of("Doubles", 5ms, 0, 20, 0),
                    link_of("Reorders", 5ms, 0, 0, 10), link_of("DoesAll", 10ms, 5, 5, 5)),
    [](const auto& about) { return std::string{about.param.name}; });

TEST_P(LwipStreamsTest, ItConnectsToUs) {
  const std::string ours = text_of(300'000, 1);
  const std::string its = text_of(200'000, 2);
  LwipStream stream{its};
  internet_.run_on(*host_, [&](Application& self) -> Task<Result<>> {
    TcpListener listener{self.machine()};
    if (auto listening = listener.listen({{}, 80}); !listening) co_return listening.error();
    Result<TcpSocketRef> socket = co_await listener.accept();
    if (!socket) co_return socket.error();
    const Result<> done = co_await converse(self, **socket, ours);
    if (!done) co_return done.error();
    co_return co_await (*socket)->flush();
  });
  add_writer();
  peer_->run_until(900s, [&] { stream.connect(Internet::at(0, 1), 80); });
  run();
  expect_all_was_heard(stream, ours, its);
}

TEST_P(LwipStreamsTest, WeConnectToIt) {
  const std::string ours = text_of(300'000, 3);
  const std::string its = text_of(200'000, 4);
  LwipStream stream{its};
  peer_->run_until(900s, [&] { stream.listen(80); });
  internet_.run_on(*host_, [&](Application& self) -> Task<Result<>> {
    TcpSocket socket{self.machine()};
    if (auto connected = co_await socket.connect({peer_->address(), 80}); !connected) {
      co_return connected.error();
    }
    const Result<> done = co_await converse(self, socket, ours);
    if (!done) co_return done.error();
    co_return co_await socket.flush();
  });
  add_writer();
  run();
  expect_all_was_heard(stream, ours, its);
}

TEST_P(LwipStreamsTest, ItsWindowClosesAndOpens) {
  const std::string ours = text_of(400'000, 5);
  LwipStream stream{""};
  stream.set_slow();
  peer_->run_until(900s, [&] { stream.listen(80); });
  internet_.run_on(*host_, [&](Application& self) -> Task<Result<>> {
    TcpSocket socket{self.machine()};
    if (auto connected = co_await socket.connect({peer_->address(), 80}); !connected) {
      co_return connected.error();
    }
    if (auto sent = co_await socket.send(Message{std::string_view{ours}}); !sent) {
      co_return sent.error();
    }
    if (auto ended = socket.shutdown(); !ended) co_return ended.error();
    co_return co_await socket.flush();
  });
  internet_.run_on(peer_->machine(), [&](Application& self) -> Task<Result<>> {
    co_await self.sleep_for(60s);
    EXPECT_LT(stream.heard.size(), 140'000U) << "what fits its window";
    stream.read();
    co_return Result<>{};
  });
  run();
  EXPECT_TRUE(stream.heard == ours) << stream.heard.size();
}

TEST_P(LwipStreamsTest, ItsResetIsNoticed) {
  LwipStream stream{text_of(100'000'000, 6)};
  boost::system::error_code why;
  peer_->run_until(900s, [&] { stream.listen(80); });
  internet_.run_on(*host_, [&](Application& self) -> Task<Result<>> {
    TcpSocket socket{self.machine()};
    if (auto connected = co_await socket.connect({peer_->address(), 80}); !connected) {
      co_return connected.error();
    }
    socket.set_keep_alive(10s, 5s, 5);  // the reset may be lost
    for (;;) {
      const Result<Message> got = co_await socket.receive();
      if (got) continue;
      why = got.error();
      co_return Result<>{};
    }
  });
  internet_.run_on(peer_->machine(), [&](Application& self) -> Task<Result<>> {
    co_await self.sleep_for(5s);
    stream.abort();
    co_return Result<>{};
  });
  run();
  EXPECT_EQ(why, boost::system::error_code{Errc::reset});
}

}  // namespace
}  // namespace elvis::test
