// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <string>

#include "elvis/packetdrill/packetdrill.hpp"

namespace elvis::packetdrill {
namespace {

constexpr const char* server =
    "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
    "+0 bind(3, ..., ...) = 0\n"
    "+0 listen(3, 1) = 0\n"
    "+0 < S 0:0(0) win 32792 <mss 1000>\n"
    "+0 > S. 0:0(0) ack 1 <...>\n"
    "+.1 < . 1:1(0) ack 1 win 32792\n"
    "+0 accept(3, ..., ...) = 4\n";

Verdict run(const std::string& text, const RunOptions& options = {}) {
  return run_text("a.pkt", text, options);
}

TEST(PacketdrillRunnerTest, PassesAScriptThatSaysWhatHappens) {
  const Verdict verdict = run(server);
  EXPECT_EQ(verdict.kind, Verdict::Kind::passed) << verdict.report;
  EXPECT_EQ(verdict.report, "");
}

TEST(PacketdrillRunnerTest, ShowsExpectedAboveSeen) {
  const Verdict verdict = run(std::string{server} +
                              "+0 write(4, ..., 100) = 100\n"
                              "+0 > P. 1:101(100) ack 7\n");
  EXPECT_EQ(verdict.kind, Verdict::Kind::failed);
  EXPECT_EQ(verdict.report,
            "a.pkt:9:1: error: the packet that comes is not the expected one\n"
            "    9 | +0 > P. 1:101(100) ack 7\n"
            "      | ^~~~~~~~~~~~~~~~~~~~~~~~\n"
            "  expected  0.100000 > P. 1:101(100) ack 7\n"
            "  seen      0.100000 > P. 1:101(100) ack 1 win 65535\n"
            "    acknowledgment: expected 7, seen 1\n");
}

TEST(PacketdrillRunnerTest, TellsThatAPacketDoesNotCome) {
  const Verdict verdict = run(std::string{server} + "+.5 > P. 1:101(100) ack 1\n");
  EXPECT_EQ(verdict.report,
            "a.pkt:8:1: error: this packet does not come\n"
            "    8 | +.5 > P. 1:101(100) ack 1\n"
            "      | ^~~~~~~~~~~~~~~~~~~~~~~~~\n"
            "  expected  > P. 1:101(100) ack 1\n"
            "  seen      nothing by 0.604000\n");
}

TEST(PacketdrillRunnerTest, TellsThatAPacketComesTooEarly) {
  const Verdict verdict = run(std::string{server} +
                              "+0 write(4, ..., 100) = 100\n"
                              "+.01 > P. 1:101(100) ack 1\n");
  EXPECT_EQ(verdict.report,
            "a.pkt:9:1: error: this packet comes 0.010000 s too early\n"
            "    9 | +.01 > P. 1:101(100) ack 1\n"
            "      | ^~~~~~~~~~~~~~~~~~~~~~~~~~\n"
            "  expected  0.110000\n"
            "  seen      0.100000\n"
            "  tolerance 0.004000\n");
}

TEST(PacketdrillRunnerTest, TakesATolerance) {
  const std::string text = std::string{server} +
                           "+0 write(4, ..., 100) = 100\n"
                           "+.01 > P. 1:101(100) ack 1\n";
  EXPECT_EQ(run("--tolerance_usecs=10000\n" + text).kind, Verdict::Kind::passed);
  RunOptions options;
  options.flags.emplace_back("tolerance_usecs", "10000");
  EXPECT_EQ(run(text, options).kind, Verdict::Kind::passed);
}

TEST(PacketdrillRunnerTest, ShowsWhatACallReturned) {
  const Verdict verdict =
      run("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
          "+0 read(3, ..., 10) = 10\n");
  EXPECT_EQ(verdict.kind, Verdict::Kind::failed);
  EXPECT_EQ(verdict.report,
            "a.pkt:2:1: error: read returns something else\n"
            "    2 | +0 read(3, ..., 10) = 10\n"
            "      | ^~~~~~~~~~~~~~~~~~~~~~~~\n"
            "  expected  10\n"
            "  seen      -1 ENOTCONN\n");
}

TEST(PacketdrillRunnerTest, TellsThatACallBlocks) {
  const Verdict verdict = run(std::string{server} + "+0 read(4, ..., 10) = 10\n");
  EXPECT_EQ(verdict.kind, Verdict::Kind::failed);
  EXPECT_NE(verdict.report.find("this call blocks"), std::string::npos) << verdict.report;
}

TEST(PacketdrillRunnerTest, TellsThatACallReturnsTooEarlyOrTooLate) {
  const Verdict early = run(std::string{server} +
                            "+0...0.5 read(4, ..., 10) = 10\n"
                            "+.1 < P. 1:11(10) ack 1 win 32792\n");
  EXPECT_NE(early.report.find("read returns 0.400000 s too early"), std::string::npos)
      << early.report;
  const Verdict late = run(std::string{server} +
                           "+0...0.1 read(4, ..., 10) = 10\n"
                           "+.5 < P. 1:11(10) ack 1 win 32792\n");
  EXPECT_NE(late.report.find("read returns 0.400000 s too late"), std::string::npos) << late.report;
}

TEST(PacketdrillRunnerTest, ShowsAnAssertionThatDoesNotHold) {
  const Verdict verdict = run(std::string{server} + "+0 %{ assert tcpi_snd_cwnd == 11 }%\n");
  EXPECT_EQ(verdict.kind, Verdict::Kind::failed);
  EXPECT_NE(verdict.report.find("tcpi_snd_cwnd is 10"), std::string::npos) << verdict.report;
}

TEST(PacketdrillRunnerTest, ComparesTheOrderOfOptionsIfALayoutIsChosen) {
  const std::string text =
      "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
      "+0 bind(3, ..., ...) = 0\n"
      "+0 listen(3, 1) = 0\n"
      "+0 < S 0:0(0) win 32792 <mss 1000,sackOK,nop,nop,nop,wscale 7>\n";
  const std::string linux_order = "+0 > S. 0:0(0) ack 1 <mss 1460,nop,nop,sackOK,nop,wscale 7>\n";
  const std::string freebsd_order = "+0 > S. 0:0(0) ack 1 <mss 1460,nop,wscale 6,sackOK,eol,eol>\n";
  RunOptions as_linux;
  as_linux.layout = Layout::like_linux;
  RunOptions as_freebsd;
  as_freebsd.layout = Layout::like_freebsd;
  EXPECT_EQ(run(text + linux_order, as_linux).report, "");
  EXPECT_EQ(run(text + freebsd_order, as_freebsd).report, "");
  EXPECT_NE(run(text + freebsd_order, as_linux).report, "");
  EXPECT_NE(run(text + linux_order, as_freebsd).report, "");
}

TEST(PacketdrillRunnerTest, TakesTheDefaultsOfWhomAScriptsCommandsSpeakTo) {
  const std::string text =
      "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
      "+0 bind(3, ..., ...) = 0\n"
      "+0 listen(3, 1) = 0\n"
      "+0 < S 0:0(0) win 32792 <mss 1000,nop,wscale 7>\n";
  const std::string linux_scale = "+0 > S. 0:0(0) ack 1 <mss 1460,nop,wscale 7>\n";
  const std::string freebsd_scale = "+0 > S. 0:0(0) ack 1 <mss 1460,nop,wscale 6>\n";
  EXPECT_EQ(run("`sysctl -q net.ipv4.tcp_sack=1`\n" + text + linux_scale).report, "");
  EXPECT_EQ(run("`sysctl net.inet.tcp.sack.enable=1`\n" + text + freebsd_scale).report, "");
}

TEST(PacketdrillRunnerTest, TakesTheDefaultsOfWhomAScriptsCallsAndPacketsSpeakOf) {
  const std::string socket = "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n";
  const std::string open =
      "+0 bind(3, ..., ...) = 0\n"
      "+0 listen(3, 1) = 0\n";
  const std::string syn = "+0 < S 0:0(0) win 32792 <mss 1000,sackOK,nop,nop,nop,wscale 7>\n";
  const std::string answered =
      "+0 > S. 0:0(0) ack 1 <...>\n"
      "+.1 < . 1:1(0) ack 1 win 32792\n"
      "+0 accept(3, ..., ...) = 4\n"
      "+0 write(4, ..., 10) = 10\n";
  // 66,000 bytes, in units of 64, rounded up or down.
  const std::string data = "+0 > P. 1:11(10) ack 1 win ";
  const std::string told = "+0 getsockopt(3, SOL_SOCKET, SO_RCVBUF, [65536], [4]) = 0\n";
  EXPECT_EQ(run(socket + told + open + syn + answered + data + "1032\n").report, "");
  EXPECT_EQ(run(socket + open + syn + answered + data + "1031\n").report, "");
  EXPECT_NE(run(socket + open + syn + answered + data + "1032\n").report, "");
  const std::string padded = "+0 < S 0:0(0) win 32792 <mss 1460,sackOK,eol,eol>\n";
  EXPECT_EQ(run(socket + open + padded + answered + data + "65535\n").report, "");
}

TEST(PacketdrillRunnerTest, TakesWhoAcknowledgesAtOnceForLinux) {
  const std::string text =
      "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
      "+0 bind(3, ..., ...) = 0\n"
      "+0 listen(3, 1) = 0\n"
      "+0 < S 0:0(0) win 32792 <mss 1000>\n"
      "+0 > S. 0:0(0) ack 1 <...>\n"
      "+.1 < P. 1:101(100) ack 1 win 32792\n";
  const std::string ended = "+.1 < P. 101:201(100) ack 1 win 32792\n";
  const std::string acknowledged = " > . 1:1(0) ack 101\n";
  EXPECT_EQ(run(text + "+0" + acknowledged + ended + "+0 > . 1:1(0) ack 201\n").report, "");
  EXPECT_EQ(run(text + "+.04" + acknowledged + ended + "+.04 > . 1:1(0) ack 201\n").report, "");
  EXPECT_NE(run(text + "+.04" + acknowledged + ended + "+0 > . 1:1(0) ack 201\n").report, "");
}

TEST(PacketdrillRunnerTest, TakesWhoOffersTheFirstWindowOfLinuxForLinux) {
  const std::string text =
      "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
      "+0 bind(3, ..., ...) = 0\n"
      "+0 listen(3, 1) = 0\n"
      "+0 < S 0:0(0) win 32792 <mss 1000,nop,wscale 7>\n"
      "+0 > S. 0:0(0) ack 1 win ";
  for (const char* const window : {"64240", "29200", "14600", "5840"}) {
    EXPECT_EQ(run(text + window + " <mss 1460,nop,wscale 7>\n").report, "") << window;
  }
  EXPECT_NE(run(text + "64239 <mss 1460,nop,wscale 7>\n").report, "");
  const std::string chosen = "`sysctl net.inet.tcp.recvspace=65536`\n";
  EXPECT_NE(run(chosen + text + "64240 <mss 1460,nop,wscale 6>\n").report, "");
}

TEST(PacketdrillRunnerTest, FitsTheBuffersToTheSynOfAScriptThatDoesNotSpeakOfThem) {
  const std::string text =
      "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
      "+0 bind(3, ..., ...) = 0\n"
      "+0 listen(3, 1) = 0\n"
      "+0 < S 0:0(0) win 32792 <mss 1460,sackOK,nop,nop,nop,wscale 7>\n"
      "+0 > S. 0:0(0) ack 1 win 29200 <mss 1460,nop,nop,sackOK,nop,wscale ";
  for (const char* const scale : {"0", "2", "6", "7", "8", "14"}) {
    EXPECT_EQ(run(text + scale + ">\n").report, "") << scale;
  }
  RunOptions as_linux;
  as_linux.layout = Layout::like_linux;
  EXPECT_EQ(run(text + "8>\n", as_linux).report, "");  // its own default has grown over the years
  const std::string chosen = "`sysctl -q net.ipv4.tcp_rmem=\"4096 131072 6291456\"`\n" + text;
  EXPECT_NE(run(chosen + "8>\n").report, "");
  EXPECT_NE(run(chosen + "8>\n", as_linux).report, "");
}

TEST(PacketdrillRunnerTest, NotesSettingsThatHaveNoEffect) {
  const Verdict verdict = run(std::string{"`sysctl -q net.ipv4.tcp_fack=2`\n"} + server);
  EXPECT_EQ(verdict.kind, Verdict::Kind::passed) << verdict.report;
  ASSERT_EQ(verdict.notes.size(), 1U);
  EXPECT_EQ(verdict.notes[0], "the setting `net.ipv4.tcp_fack` has no effect");
}

// ===== What cannot be run =====

TEST(PacketdrillRunnerTest, RefusesIpv6WithOneMessage) {
  const Verdict verdict = run(std::string{"--ip_version=ipv6\n"} + server);
  EXPECT_EQ(verdict.kind, Verdict::Kind::wrong);
  EXPECT_EQ(verdict.report,
            "a.pkt:1:1: error: IPv6 is not supported: only scripts for IPv4 can be run\n"
            "    1 | --ip_version=ipv6\n"
            "      | ^~~~~~~~~~~~~~~~~\n");
}

TEST(PacketdrillRunnerTest, ReadsEncapsulatedPacketsButRunsNone) {
  const std::string script =
      "0 < ipv4 2.2.2.2 > 1.1.1.1: gre: . 1:1001(1000) ack 1 win 123\n"
      "+0 > ipv6 2::2 > 1::1 : gre flags 0xb000, key 0x1:\n"
      "  mpls (label 0, tc 0, ttl 0) (label 7, tc 7, [S], ttl 255): . 1:1001(1000) ack 1\n";
  EXPECT_EQ(run("--dry_run\n" + script).kind, Verdict::Kind::passed);
  const Verdict verdict = run(script);
  EXPECT_EQ(verdict.kind, Verdict::Kind::wrong);
  EXPECT_NE(verdict.report.find("encapsulation in `ipv4` is not supported"), std::string::npos);
}

TEST(PacketdrillRunnerTest, RefusesCallsThatAreNotThere) {
  const Verdict verdict = run("0 mmap(3, 4, ..., 10) = 10\n+0 fork() = 4\n");
  EXPECT_EQ(verdict.kind, Verdict::Kind::wrong);
  EXPECT_NE(verdict.report.find("a.pkt:1:1: error: the system call `mmap`"), std::string::npos);
  EXPECT_NE(verdict.report.find("a.pkt:2:1: error: the system call `fork`"), std::string::npos);
}

TEST(PacketdrillRunnerTest, RefusesTimeThatGoesBackward) {
  const Verdict verdict =
      run("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
          "2 bind(3, ..., ...) = 0\n"
          "1 listen(3, 1) = 0\n");
  EXPECT_EQ(verdict.kind, Verdict::Kind::wrong);
  EXPECT_NE(verdict.report.find("time goes backward"), std::string::npos) << verdict.report;
}

TEST(PacketdrillRunnerTest, RefusesAFileThatIsNotThere) {
  const Verdict verdict = run_file("no-such-file.pkt", {});
  EXPECT_EQ(verdict.kind, Verdict::Kind::wrong);
  EXPECT_NE(verdict.report.find("no-such-file.pkt"), std::string::npos);
}

}  // namespace
}  // namespace elvis::packetdrill
