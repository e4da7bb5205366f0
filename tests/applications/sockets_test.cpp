// SPDX-License-Identifier: MIT
#include "elvis/applications/sockets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "elvis/applications/catalog.hpp"
#include "elvis/applications/messages.hpp"
#include "elvis/sockets/tcp_listener.hpp"
#include "elvis/sockets/udp_socket.hpp"
#include "lan.hpp"

namespace elvis {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing_lan::Lan;

const ApplicationKind& kind_called(std::string_view name) {
  for (const ApplicationKind& kind : application_kinds()) {
    if (kind.name == name) return kind;
  }
  ELVIS_UNREACHABLE();
}

class SocketApplicationsTest : public testing::Test {
 protected:
  template <typename T>
  Application& add(Machine& machine, std::string_view name, const T& options) {
    return lan_.world.add_application(machine, kind_called(name),
                                      lan_.world.keep(std::make_unique<T>(options)));
  }
  template <typename T>
  T to_bob() {
    T options;
    options.to.address = Lan::address(1);
    options.port = 7;
    return options;
  }
  template <typename T>
  static T at_port() {
    T options;
    options.port = 7;
    return options;
  }

  Lan lan_;
  Machine& alice_ = lan_.add_host();
  Machine& bob_ = lan_.add_host();
};

TEST_F(SocketApplicationsTest, AClientIsAnsweredOverEitherTransport) {
  for (const int transport : {0, 1}) {
    auto server = at_port<SocketServerOptions>();
    auto client = to_bob<SocketClientOptions>();
    server.transport = client.transport = transport;
    add(bob_, "socket_server", server);
    add(alice_, "socket_client", client);
  }
  EXPECT_EQ(lan_.run().reason, StopReason::completed);
  for (const Application* next = alice_.first_application(); next != nullptr;
       next = Machine::next_application(*next)) {
    EXPECT_EQ(next->status(), ApplicationStatus::done) << next->detail();
    EXPECT_EQ(next->messages(), 3U);
    EXPECT_EQ(next->bytes(), 3 * std::string_view{"server heard: client 0 asks 1"}.size());
  }
}

TEST_F(SocketApplicationsTest, AClientWaitsForAnAnswerNoLongerThanItsTimeout) {
  auto options = to_bob<SocketClientOptions>();
  options.transport = 0;
  options.timeout = seconds{2};
  lan_.run_on(
      bob_,
      [](Application& self) -> Task<Result<>> {
        UdpSocket silent{self.machine()};
        EXPECT_TRUE(silent.bind({{}, 7}));
        for (;;) (void)co_await silent.receive();
      },
      testing_lan::server_kind);
  const Application& client = add(alice_, "socket_client", options);
  lan_.run();
  EXPECT_EQ(client.status(), ApplicationStatus::failed);
  EXPECT_EQ(client.detail(), "timed out");
}

TEST_F(SocketApplicationsTest, AClientTakesNoWrongAnswer) {
  auto options = to_bob<SocketClientOptions>();
  options.transport = 0;
  lan_.run_on(
      bob_,
      [](Application& self) -> Task<Result<>> {
        UdpSocket liar{self.machine()};
        EXPECT_TRUE(liar.bind({{}, 7}));
        const Result<Datagram> asked = co_await liar.receive();
        co_return liar.send_to(asked->remote, Message{"what?"});
      },
      testing_lan::server_kind);
  const Application& client = add(alice_, "socket_client", options);
  lan_.run();
  EXPECT_EQ(client.status(), ApplicationStatus::failed);
  EXPECT_EQ(client.detail(), "a wrong answer: `what?`");
}

TEST_F(SocketApplicationsTest, AStreamComesBackAsItWas) {
  const Application& server = add(bob_, "tcp_listener_server", at_port<TcpListenerServerOptions>());
  auto options = to_bob<TcpStreamClientOptions>();
  options.size = 3'000'000;  // more than the buffers of both directions
  options.count = 2;
  const Application& client = add(alice_, "tcp_stream_client", options);
  EXPECT_EQ(lan_.run().reason, StopReason::completed);
  EXPECT_EQ(client.status(), ApplicationStatus::done) << client.detail();
  EXPECT_EQ(client.bytes(), 6'000'000U);
  EXPECT_EQ(server.bytes(), 6'000'000U);
}

TEST_F(SocketApplicationsTest, AStreamClientSeesThatOtherBytesComeBack) {
  lan_.run_on(
      bob_,
      [](Application& self) -> Task<Result<>> {
        TcpListener listener{self.machine()};
        EXPECT_TRUE(listener.listen({{}, 7}));
        Result<TcpSocketRef> peer = co_await listener.accept();
        Result<Message> got = co_await (*peer)->receive();
        got->flip_bit(17);
        (void)co_await (*peer)->send(*std::move(got));
        (void)co_await (*peer)->receive();
        co_return Result<>{};
      },
      testing_lan::server_kind);
  auto options = to_bob<TcpStreamClientOptions>();
  options.size = 100;
  const Application& client = add(alice_, "tcp_stream_client", options);
  lan_.run();
  EXPECT_EQ(client.status(), ApplicationStatus::failed);
  EXPECT_EQ(client.detail(), "other bytes came back of message 1");
}

TEST_F(SocketApplicationsTest, ThroughputMeasuresAndComparesWithWhatIsExpected) {
  auto exact = at_port<ThroughputOptions>();
  exact.message_count = 5;
  exact.min_delay = milliseconds{10};
  exact.max_delay = milliseconds{10};
  auto strict = exact;
  strict.port = 8;
  strict.max_delay = strict.min_delay = milliseconds{9};
  const Application& good = add(bob_, "throughput", exact);
  const Application& bad = add(bob_, "throughput", strict);
  lan_.run_on(alice_, [](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    for (int i = 0; i < 5; ++i) {
      if (i != 0) co_await self.sleep_for(milliseconds{10});
      EXPECT_TRUE(socket.send_to({Lan::address(1), 7}, Message::zeros(125)));
      EXPECT_TRUE(socket.send_to({Lan::address(1), 8}, Message::zeros(125)));
    }
    co_return Result<>{};
  });
  lan_.run();
  EXPECT_EQ(good.status(), ApplicationStatus::done);
  EXPECT_EQ(good.detail(),
            "5 messages, 625 bytes at 100.000 kbps, delay min/avg/max 10.000/10.000/10.000 ms");
  EXPECT_EQ(bad.status(), ApplicationStatus::failed);
  EXPECT_THAT(bad.detail(), HasSubstr("4 delays out of the expected range"));
}

}  // namespace
}  // namespace elvis
