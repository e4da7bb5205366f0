// SPDX-License-Identifier: MIT
// The chat of the porting guide gives one transcript, however it is written.
#include <gtest/gtest.h>

#include <array>
#include <thread>
#include <vector>

#include "chat_coroutines.hpp"
#include "chat_posix.hpp"
#include "lan.hpp"

namespace elvis {
namespace {

using namespace std::chrono_literals;
using porting::Guest;
using testing_lan::Lan;

using Transcript = std::array<std::string, 3>;

std::array<Guest, 3> guests(int slower = 1) {
  return {Guest{"ann", {"hello", "is anybody here?"}, 0ms, 50ms * slower},
          Guest{"bob", {"I am"}, 20ms * slower, 100ms * slower},
          Guest{"cy", {}, 70ms * slower, 10ms * slower}};
}

const Transcript expected{"* bob joined\n* cy joined\n* cy left\nbob: I am\n",
                          "ann: hello\n* cy joined\n* cy left\nann: is anybody here?\n* ann left\n",
                          ""};

TEST(ChatTest, GuestsHearEachOtherOverSimulatedSockets) {
  LinkProperties properties;
  properties.latency = {1ms, 1ms};
  Lan lan{properties};
  lan.run_on(lan.add_host(),
             [](Application& self) { return porting::chat_server(self, 6'000, 3); });
  Transcript heard;
  for (std::size_t i = 0; i < heard.size(); ++i) {
    lan.run_on(lan.add_host(), [&, i](Application& self) {
      return porting::chat_client(self, "host0", 6'000, guests()[i], heard[i]);
    });
  }
  EXPECT_EQ(lan.run().reason, StopReason::completed);
  EXPECT_EQ(heard, expected);
}

// In real time, so slower, that a busy computer does not change who comes first.
TEST(ChatTest, GuestsHearEachOtherOverLoopback) {
  std::uint16_t port = 0;
  const int listening = porting::posix_chat_listen(port);
  Transcript heard;
  std::vector<std::thread> threads;
  threads.emplace_back([=] { porting::posix_chat_server(listening, 3); });
  for (std::size_t i = 0; i < heard.size(); ++i) {
    threads.emplace_back([&, i] {
      porting::posix_chat_client("127.0.0.1", std::to_string(port), guests(10)[i], heard[i]);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(heard, expected);
}

}  // namespace
}  // namespace elvis
