// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "language.hpp"

namespace elvis::packetdrill {
namespace {

using std::chrono::milliseconds;

TEST(PacketdrillParserTest, ReadsTimesOfAllKinds) {
  const Reader read{
      "0 close(3) = 0\n"
      "+.25 close(3) = 0\n"
      "1.5 close(3) = 0\n"
      "+0.1~+0.2 > . 1:1(0) ack 1\n"
      "2~2.5 > . 1:1(0) ack 1\n"
      "* > . 1:1(0) ack 1\n"};
  ASSERT_TRUE(read.script) << read.report;
  ASSERT_EQ(read.script->events.size(), 6U);
  EXPECT_EQ(read.event(1).time.kind, EventTime::Kind::relative);
  EXPECT_EQ(read.event(1).time.from, milliseconds{250});
  EXPECT_EQ(read.event(2).time.from, milliseconds{1500});
  EXPECT_EQ(read.event(3).time.kind, EventTime::Kind::relative_range);
  EXPECT_EQ(read.event(3).time.to, milliseconds{200});
  EXPECT_EQ(read.event(4).time.kind, EventTime::Kind::absolute_range);
  EXPECT_EQ(read.event(5).time.kind, EventTime::Kind::any);
}

TEST(PacketdrillParserTest, ReadsASegmentWithEverything) {
  const Reader read{
      "0 > [ect0] 80 > 5000 SEW. 10:20(10) ack 7 win 65535 urg 3 "
      "<mss 1460,sackOK,TS val 5 ecr 6,nop,wscale 7>\n"};
  ASSERT_TRUE(read.script) << read.report;
  const Packet& packet = read.packet(0);
  EXPECT_EQ(packet.service_check, ServiceCheck::ecn);
  EXPECT_EQ(packet.service, 2);
  EXPECT_EQ(packet.source_port, 80);
  EXPECT_EQ(packet.destination_port, 5000);
  EXPECT_EQ(packet.flags, Packet::syn | Packet::ece | Packet::cwr | Packet::ack_flag);
  EXPECT_EQ(packet.sequence, 10U);
  EXPECT_EQ(packet.payload_bytes, 10U);
  EXPECT_EQ(packet.acknowledgment, 7U);
  EXPECT_EQ(packet.window, 65535);
  EXPECT_EQ(packet.urgent_pointer, 3);
  EXPECT_EQ(options_text(packet.options), "mss 1460,sackOK,TS val 5 ecr 6,nop,wscale 7");
}

TEST(PacketdrillParserTest, WritesPacketsAsItReadsThem) {
  const char* const texts[] = {"S 0:0(0) win 1000 <mss 1460>",
                               ". 1:1(0) ack 1 <nop,nop,sack 1001:2001 3001:4001>",
                               "FP. 1:101(100) ack 1",
                               "R 5:5(0)",
                               "[ce] P. 1:101(100) ack 1",
                               "[ttl 64] . 1:1(0) ack 1",
                               "- 1:1(0)",
                               "udp 5000 > 80 (100)",
                               "icmp unreachable frag_needed mtu 1200 [1:1001(1000)]",
                               "icmp unreachable port_unreachable [udp (100)]",
                               "S 0:0(0) <FO 0123abcd,nop,nop>",
                               ". 1:1(0) ack 1 <...>"};
  for (const char* const text : texts) {
    const Reader read{std::string{"0 > "} + text + "\n"};
    ASSERT_TRUE(read.script) << read.report;
    EXPECT_EQ(to_text(read.packet(0)), text);
  }
}

TEST(PacketdrillParserTest, ReadsTheCounterOfAccurateEcnAsFlags) {
  const Reader read{"0 > .5 1:1(0) ack 1\n"};
  ASSERT_TRUE(read.script) << read.report;
  EXPECT_EQ(read.packet(0).flags, Packet::ack_flag | Packet::ae | Packet::ece);
}

TEST(PacketdrillParserTest, ReadsSystemCalls) {
  const Reader read{
      "0 socket(..., SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_TCP) = 3\n"
      "+0...0.25 connect(3, {sa_family = AF_INET, sin_port = htons(80), "
      "sin_addr = inet_addr(\"192.0.2.1\")}, ...) = -1 ECONNREFUSED (Connection refused)\n"
      "+0 fcntl(3, F_GETFL) = 0x802 (flags O_RDWR|O_NONBLOCK)\n"
      "+0 recvmsg(3, {msg_name(...)=..., msg_iov(1)=[{...,1000}], msg_flags=0}, 0) = 1000\n"
      "+0 poll([{fd=3, events=POLLIN|POLLOUT, revents=POLLOUT}], 1, 0) = 1\n"
      "+0 write(3, \"abc\" \"def\", 6) = 6\n"};
  ASSERT_TRUE(read.script) << read.report;
  EXPECT_EQ(read.call(0).arguments.size(), 3U);
  EXPECT_TRUE(read.call(0).arguments[0].is_ellipsis());
  EXPECT_EQ(read.call(1).end, milliseconds{250});
  EXPECT_EQ(read.call(1).error, "ECONNREFUSED");
  const Expression* const port = read.call(1).arguments[1].part("sin_port");
  ASSERT_NE(port, nullptr);
  EXPECT_EQ(port->word, "htons");
  EXPECT_EQ(read.call(2).result.number, 0x802);
  ASSERT_NE(read.call(3).arguments[1].part("msg_iov"), nullptr);
  EXPECT_EQ(read.call(5).arguments[1].word, "abcdef");
}

TEST(PacketdrillParserTest, ReadsOptionsCommandsCodeAndComments) {
  const Reader read{
      "// a comment\n"
      "--tolerance_usecs=10000 --mtu=9000\n"
      "--define=PORT=80\n"
      "/* another\n one */ # and a third\n"
      "`sysctl -w net.ipv4.tcp_sack=0`\n"
      "0 %{ assert tcpi_snd_cwnd == 10 }%\n"
      "+0 `true`\n"
      "+0 bind(3, {sin_port = htons(PORT)}, ...) = 0\n"
      "`last`\n"};
  ASSERT_TRUE(read.script) << read.report;
  ASSERT_EQ(read.script->options.size(), 2U);
  EXPECT_EQ(read.script->options[1].value, "9000");
  ASSERT_TRUE(read.script->first_command);
  EXPECT_EQ(read.script->first_command->text, "sysctl -w net.ipv4.tcp_sack=0");
  EXPECT_EQ(std::get<CodeEvent>(read.event(0).what).text, " assert tcpi_snd_cwnd == 10 ");
  EXPECT_EQ(read.call(2).arguments[1].part("sin_port")->parts[0].number, 80);
  EXPECT_TRUE(read.script->last_command);
}

// ===== What is wrong is told with its place =====

TEST(PacketdrillParserTest, DrawsAMistakeWithLineColumnAndCaret) {
  const Reader read{"0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 > Q. 1:1(0) ack 1\n"};
  EXPECT_FALSE(read.script);
  EXPECT_EQ(read.report,
            "a.pkt:2:6: error: `Q.` are no TCP flags: F, S, R, P, `.` for ACK, U, E, W, A, or `-` "
            "for none\n"
            "    2 | +0 > Q. 1:1(0) ack 1\n"
            "      |      ^~\n"
            "1 error\n");
}

struct Wrong {
  const char* script;
  const char* told;
};

class PacketdrillMistakeTest : public testing::TestWithParam<Wrong> {};

TEST_P(PacketdrillMistakeTest, IsTold) {
  const Reader read{GetParam().script};
  EXPECT_FALSE(read.script);
  EXPECT_NE(read.report.find(GetParam().told), std::string::npos) << read.report;
}

INSTANTIATE_TEST_SUITE_P(
    Mistakes, PacketdrillMistakeTest,
    testing::Values(Wrong{"", "there is no event in this script"},
                    Wrong{"0 > . 1:5(3) ack 1\n", "these do not fit together"},
                    Wrong{"0 < . 1:1(0) ack 1 <...>\n", "`<...>` is for packets that are expected"},
                    Wrong{"0 > . 1:1(0) ack 1 <foo 3>\n", "there is no TCP option `foo`"},
                    Wrong{"0 > . 1:1(0) ack 1 <mpcapable v1>\n", "there is no MPTCP here"},
                    Wrong{"0 > . 1:1(0) ack 1 <md5 valid>\n",
                          "digests of TCP-MD5 are not computed"},
                    Wrong{"0 > . 1:1(0) ack 1 win 70000\n", "a window is out of range"},
                    Wrong{"0 > icmp strange\n", "there is no ICMP type `strange`"},
                    Wrong{"0 > icmp unreachable strange\n", "`unreachable` has no code `strange`"},
                    Wrong{"* < . 1:1(0) ack 1\n", "`*` is for packets that are expected"},
                    Wrong{"0~1 close(3) = 0\n", "a range of times is for packets"},
                    Wrong{"1~0 > . 1:1(0)\n", "this range of times is backwards"},
                    Wrong{"0 close(3) 0\n", "expected `=` in front of a system call's result"},
                    Wrong{"0 close(3 = 0\n", "expected `,` or `)`"},
                    Wrong{"0 write(3, \"abc, 3) = 3\n", "the closing `\"` is missing"},
                    Wrong{"0 %{ assert 1\n", "this code has no end"},
                    Wrong{"/* 0 close(3) = 0\n", "this comment has no end"},
                    Wrong{"close(3) = 0\n", "expected the time of an event"},
                    Wrong{"0 > ipv4 1.2.3.4 5.6.7.8: . 1:1(0)\n", "two addresses and `>`"},
                    Wrong{"0 > [flowlabel 0x1] . 1:1(0)\n", "flow labels are IPv6's"},
                    Wrong{"0 > sctp: INIT\n", "only TCP, UDP and ICMP"},
                    Wrong{"0 > . 1:1(0) <nop,nop,sack>\n", "`sack` needs blocks"},
                    Wrong{"0 > . 99999999999999999999:1(0)\n", "this number is too large"},
                    Wrong{"--mtu=\n0 close(3) = 0\n", "has no value"}));

}  // namespace
}  // namespace elvis::packetdrill
