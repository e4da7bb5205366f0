// SPDX-License-Identifier: MIT
// Fast Open (RFC 7413), in pieces; tests/packetdrill/scripts/fast_open has whole conversations.
#include "elvis/protocols/tcp/fast_open.hpp"

#include <vector>

#include "tcp_end.hpp"

namespace elvis {
namespace {

using testing_tcp::End;

constexpr Ipv4Address server{192, 168, 0, 1};

TcpOptions::FastOpen cookie_of(std::initializer_list<std::uint8_t> bytes) {
  TcpOptions::FastOpen cookie;
  for (const std::uint8_t byte : bytes) cookie.bytes[cookie.size++] = byte;
  return cookie;
}

// The vector of the paper's appendix A: key 00 to 0f, message 00 to 0e.
TEST(TcpFastOpenTest, HashesAsThePaperOfSipHashDoes) {
  std::vector<std::uint8_t> message;
  for (std::uint8_t byte = 0; byte < 15; ++byte) message.push_back(byte);
  const std::array<std::uint64_t, 2> key{0x0706'0504'0302'0100, 0x0f0e'0d0c'0b0a'0908};
  EXPECT_EQ(siphash(key, message), 0xa129'ca61'49be'45e5U);
}

// Packetdrill's scripts for Linux have this cookie for these ends and this key.
TEST(TcpFastOpenTest, MakesTheCookiesThatLinuxMakes) {
  const std::array<std::uint64_t, 2> key{0xb2b2'b2b2'a1a1'a1a1, 0xd4d4'd4d4'c3c3'c3c3};
  EXPECT_EQ(fast_open_cookie(key, {192, 0, 2, 1}, server),
            cookie_of({0x30, 0x21, 0xb9, 0xd8, 0x89, 0x01, 0x7e, 0xeb}));
}

TEST(TcpFastOpenTest, KeepsTheLastCookieOfAServer) {
  TcpFastOpenCache cache;
  TcpFastOpen opened;
  opened.option = TcpOptions::FastOpen{};
  opened.granted = cookie_of({1, 2, 3, 4});
  opened.granted_mss = 1'000;
  cache.learn(server, opened);
  opened.granted.reset();
  cache.learn(server, opened);
  EXPECT_EQ(cache.find(server).cookie, cookie_of({1, 2, 3, 4}));
  EXPECT_EQ(cache.find(server).mss, 1'000);
  EXPECT_EQ(cache.find({192, 168, 0, 2}).cookie.size, 0);
}

TEST(TcpFastOpenTest, DoesNotKeepACookieThatNobodyAskedFor) {
  TcpFastOpenCache cache;
  TcpFastOpen opened;
  opened.granted = cookie_of({1, 2, 3, 4});
  cache.learn(server, opened);
  EXPECT_EQ(cache.find(server).cookie.size, 0);
}

TEST(TcpFastOpenTest, TriesTheExperimentalFormOnceAndNotIfTheSynWasLost) {
  using Trial = TcpFastOpenCache::Entry::Trial;
  TcpFastOpenCache cache;
  TcpFastOpen opened;
  opened.option = TcpOptions::FastOpen{};
  opened.was_resent = true;
  cache.learn(server, opened);
  EXPECT_EQ(cache.find(server).trial, Trial::none);
  opened.was_resent = false;
  cache.learn(server, opened);
  EXPECT_EQ(cache.find(server).trial, Trial::next);
  opened.option->is_experimental = true;
  cache.learn(server, opened);
  EXPECT_EQ(cache.find(server).trial, Trial::done);
}

TEST(TcpFastOpenTest, ASynLeavesRoomForOptionsAndObeysTheMssOfLastTime) {
  const End end;
  EXPECT_EQ(end.connection.room_in_syn(700), 660U);
  EXPECT_EQ(end.connection.room_in_syn(5'000), 960U) << "our own MSS is 1,000";
  EXPECT_EQ(end.connection.room_in_syn(0), 496U) << "RFC 9293, 3.7.1";
  EXPECT_EQ(end.connection.room_in_syn(30), 0U);
}

}  // namespace
}  // namespace elvis
