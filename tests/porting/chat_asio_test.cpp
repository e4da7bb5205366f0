// SPDX-License-Identifier: MIT
#include "chat_asio.hpp"

#include <gtest/gtest.h>

#include "lan.hpp"

namespace elvis {
namespace {

using namespace std::chrono_literals;
using porting::Guest;
using testing_lan::Lan;

TEST(ChatAsioTest, GuestsHearEachOther) {
  LinkProperties properties;
  properties.latency = {1ms, 1ms};
  Lan lan{properties};
  lan.run_on(lan.add_host(),
             [](Application& self) { return porting::asio_chat_server(self, 6'000, 3); });
  const Guest guests[] = {{"ann", {"hello", "is anybody here?"}, 0ms, 50ms},
                          {"bob", {"I am"}, 20ms, 100ms},
                          {"cy", {}, 70ms, 10ms}};
  std::string heard[3];
  for (int i = 0; i < 3; ++i) {
    lan.run_on(lan.add_host(), [&, i](Application& self) {
      return porting::asio_chat_client(self, "host0", 6'000, guests[i], heard[i]);
    });
  }
  EXPECT_EQ(lan.run().reason, StopReason::completed);
  EXPECT_EQ(heard[0], "* bob joined\n* cy joined\n* cy left\nbob: I am\n");
  EXPECT_EQ(heard[1], "ann: hello\n* cy joined\n* cy left\nann: is anybody here?\n* ann left\n");
  EXPECT_EQ(heard[2], "");
}

}  // namespace
}  // namespace elvis
