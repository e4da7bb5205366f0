// SPDX-License-Identifier: MIT
// ARP, ICMP, UDP and fragments against lwIP.
#include <gtest/gtest.h>
#include <lwip/udp.h>

#include <string>
#include <vector>

#include "elvis/protocols/icmp.hpp"
#include "elvis/sockets/udp_socket.hpp"
#include "lwip_peer.hpp"

namespace elvis::test {
namespace {

using namespace std::chrono_literals;
using testing_lan::Internet;
using testing_lan::Listener;

std::string text_of(std::size_t size) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('!' + i % 90);
  return text;
}

class LwipDatagramsTest : public testing::Test {
 protected:
  LwipDatagramsTest() {
    internet_.add_network(1'500);
    host_ = &internet_.add("host", 1, {0}, false, true);
    peer_ = std::make_unique<LwipPeer>(internet_, 0, 2);
  }
  void run() {
    World::RunOptions options;
    options.engine.threads = 1;
    EXPECT_EQ(internet_.world.run(std::move(options)).reason, StopReason::idle);
    EXPECT_TRUE(internet_.world.conserves_frames());
  }

  Internet internet_;
  Machine* host_;
  std::unique_ptr<LwipPeer> peer_;
};

TEST_F(LwipDatagramsTest, AnswersOurEchoes) {
  Listener ear{*host_};
  ASSERT_TRUE(Internet::icmp(*host_).listen(ear, {{}, 5}));
  const std::vector<std::size_t> sizes{0, 1, 56, 1'472, 1'473, 4'000, 9'000};
  peer_->run_until(3s, [] {});
  internet_.run_on(*host_, [&](Application& self) -> Task<Result<>> {
    for (const std::size_t size : sizes) {
      const Icmp::EchoRequest request{peer_->address(), 5, static_cast<std::uint16_t>(size)};
      EXPECT_TRUE(Internet::icmp(self.machine()).send_echo(request, Message{text_of(size)}));
      co_await self.sleep_for(100ms);
    }
    co_return Result<>{};
  });
  run();
  ASSERT_EQ(ear.heard.size(), sizes.size());
  for (std::size_t i = 0; i < sizes.size(); ++i) EXPECT_EQ(ear.heard[i], text_of(sizes[i]));
}

/// Answers datagrams, as lwIP's users do.
void echo(void*, udp_pcb* pcb, pbuf* datagram, const ip_addr_t* from, u16_t port) {
  EXPECT_EQ(udp_sendto(pcb, datagram, from, port), ERR_OK);
  pbuf_free(datagram);
}

TEST_F(LwipDatagramsTest, AnswersOurDatagrams) {
  std::vector<std::string> heard;
  const std::vector<std::size_t> sizes{0, 1, 1'000, 1'472, 1'473, 5'000, 9'000};
  udp_pcb* const pcb = udp_new();
  peer_->run_until(3s, [&] {
    EXPECT_EQ(udp_bind(pcb, IP4_ADDR_ANY, 7), ERR_OK);
    udp_recv(pcb, echo, nullptr);
  });
  internet_.run_on(*host_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.connect({peer_->address(), 7}));
    for (const std::size_t size : sizes) {
      EXPECT_TRUE(socket.send(Message{text_of(size)}));
      Result<Datagram> answer = co_await socket.receive();
      if (!answer) co_return answer.error();
      heard.push_back(answer->payload.to_string());
    }
    co_return Result<>{};
  });
  run();
  udp_remove(pcb);
  ASSERT_EQ(heard.size(), sizes.size());
  for (std::size_t i = 0; i < sizes.size(); ++i) EXPECT_EQ(heard[i], text_of(sizes[i]));
}

TEST_F(LwipDatagramsTest, OurSocketsLearnThatNobodyListensThere) {
  peer_->run_until(1s, [] {});
  boost::system::error_code error;
  internet_.run_on(*host_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.connect({peer_->address(), 9}));
    EXPECT_TRUE(socket.send(Message{"anyone?"}));
    error = (co_await socket.receive()).error();
    co_return Result<>{};
  });
  run();
  EXPECT_EQ(error, boost::system::error_code{Errc::refused});
}

TEST_F(LwipDatagramsTest, AsksAndIsAnswered) {
  std::vector<std::string> heard;
  internet_.run_on(*host_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.bind({{}, 7}));
    for (;;) {
      Result<Datagram> received = co_await socket.receive();
      if (!received) co_return received.error();
      (void)socket.send_to(received->remote, std::move(received->payload));
    }
  });
  udp_pcb* const pcb = udp_new();
  const std::vector<std::size_t> sizes{5, 3'000};
  peer_->run_until(2s, [&] {
    const auto hear = [](void* ears, udp_pcb*, pbuf* datagram, const ip_addr_t*, u16_t) {
      std::string text(datagram->tot_len, ' ');
      pbuf_copy_partial(datagram, text.data(), datagram->tot_len, 0);
      static_cast<std::vector<std::string>*>(ears)->push_back(text);
      pbuf_free(datagram);
    };
    udp_recv(pcb, hear, &heard);
    const ip_addr_t to = to_lwip(Internet::at(0, 1));
    for (const std::size_t size : sizes) {
      pbuf* const datagram = pbuf_alloc(PBUF_TRANSPORT, static_cast<u16_t>(size), PBUF_RAM);
      pbuf_take(datagram, text_of(size).data(), static_cast<u16_t>(size));
      EXPECT_EQ(udp_sendto(pcb, datagram, &to, 7), ERR_OK);
      pbuf_free(datagram);
    }
  });
  run();
  udp_remove(pcb);
  ASSERT_EQ(heard.size(), sizes.size());
  for (std::size_t i = 0; i < sizes.size(); ++i) EXPECT_EQ(heard[i], text_of(sizes[i]));
}

}  // namespace
}  // namespace elvis::test
