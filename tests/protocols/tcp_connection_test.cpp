// SPDX-License-Identifier: MIT
// The state machine of RFC 9293, step by step.
#include "elvis/protocols/tcp/connection.hpp"

#include "tcp_end.hpp"

namespace elvis {
namespace {

using namespace std::chrono_literals;
using testing_tcp::End;

constexpr std::uint16_t syn = TcpHeader::syn;
constexpr std::uint16_t ack = TcpHeader::ack;
constexpr std::uint16_t fin = TcpHeader::fin;
constexpr std::uint16_t rst = TcpHeader::rst;

TcpSegment syn_of_peer() {
  TcpSegment segment;
  segment.flags = syn;
  segment.sequence = testing_tcp::peer_isn;
  segment.window = 60'000;
  segment.options.mss = 1'000;
  return segment;
}

// ===== Opening (RFC 9293, 3.5) =====

TEST(TcpConnectionTest, OpensActively) {
  End end;
  end.connection.connect(end.now);
  end.collect();
  EXPECT_EQ(end.next(), "S 0(0)");
  EXPECT_EQ(end.state(), TcpState::syn_sent);
  end.arrive(syn | ack, 0, 1);
  EXPECT_EQ(end.next(), ". 1(0) ack 1");
  EXPECT_EQ(end.state(), TcpState::established);
  EXPECT_EQ(end.connection.take_events() & tcp_connected, tcp_connected);
}

TEST(TcpConnectionTest, OpensPassively) {
  End end;
  end.connection.accept(syn_of_peer(), end.now);
  end.collect();
  EXPECT_EQ(end.next(), "S 0(0) ack 1");
  EXPECT_EQ(end.state(), TcpState::syn_received);
  end.arrive(ack, 1, 1);
  EXPECT_EQ(end.state(), TcpState::established);
  EXPECT_EQ(end.next(), "nothing");
}

TEST(TcpConnectionTest, OpensFromBothEndsAtOnce) {
  End end;
  end.connection.connect(end.now);
  end.collect();
  EXPECT_EQ(end.next(), "S 0(0)");
  end.arrive(syn, 0, 0);
  EXPECT_EQ(end.state(), TcpState::syn_received);
  EXPECT_EQ(end.next(), "S 0(0) ack 1");
  end.arrive(syn | ack, 0, 1);
  EXPECT_EQ(end.state(), TcpState::established);
}

TEST(TcpConnectionTest, RepeatsItsSynWithGrowingPauses) {
  End end;
  end.connection.connect(end.now);
  end.collect();
  EXPECT_EQ(end.next(), "S 0(0)");
  for (const Duration pause : {1s, 2s, 4s, 8s, 16s, 32s, 64s}) {
    EXPECT_EQ(end.advance_to_deadline(), pause);
    EXPECT_EQ(end.next(), "S 0(0)");
  }
  EXPECT_EQ(end.advance_to_deadline(), 120s);
  EXPECT_EQ(end.state(), TcpState::closed);
  EXPECT_EQ(end.connection.failure(), Errc::timed_out);
}

TEST(TcpConnectionTest, IsRefusedByAReset) {
  End end;
  end.connection.connect(end.now);
  end.collect();
  end.sent.clear();
  end.arrive(rst, 0, 0);
  EXPECT_EQ(end.state(), TcpState::syn_sent) << "without ACK anybody could have sent it";
  end.arrive(rst | ack, 0, 1);
  EXPECT_EQ(end.state(), TcpState::closed);
  EXPECT_EQ(end.connection.failure(), Errc::refused);
}

TEST(TcpConnectionTest, AnswersAnAcknowledgementOfAnotherSynWithAReset) {
  End end;
  end.connection.connect(end.now);
  end.collect();
  end.sent.clear();
  end.arrive(syn | ack, 0, 700);
  EXPECT_EQ(end.next(), "R 700(0)");
  EXPECT_EQ(end.state(), TcpState::syn_sent);
}

TEST(TcpConnectionTest, AnswersARepeatedSynAgain) {
  End end;
  end.connection.accept(syn_of_peer(), end.now);
  end.collect();
  end.sent.clear();
  end.arrive(syn, 0, 0);
  EXPECT_EQ(end.next(), "S 0(0) ack 1");
}

// ===== Closing (RFC 9293, 3.6) =====

TEST(TcpConnectionTest, ClosesFirst) {
  End end;
  end.establish();
  end.shutdown();
  EXPECT_EQ(end.next(), "F 1(0) ack 1");
  EXPECT_EQ(end.state(), TcpState::fin_wait_1);
  end.arrive(ack, 1, 2);
  EXPECT_EQ(end.state(), TcpState::fin_wait_2);
  end.arrive(fin | ack, 1, 2);
  EXPECT_EQ(end.next(), ". 2(0) ack 2");
  EXPECT_EQ(end.state(), TcpState::time_wait);
  EXPECT_EQ(end.advance_to_deadline(), 60s);
  EXPECT_EQ(end.state(), TcpState::closed);
  EXPECT_EQ(end.connection.failure(), Errc{});
}

TEST(TcpConnectionTest, ClosesSecond) {
  End end;
  end.establish();
  end.arrive(fin | ack, 1, 1);
  EXPECT_EQ(end.next(), ". 1(0) ack 2");
  EXPECT_EQ(end.state(), TcpState::close_wait);
  EXPECT_TRUE(end.connection.is_at_end());
  end.write("still here");
  EXPECT_EQ(end.next(), "P 1(10) ack 2");
  end.shutdown();
  EXPECT_EQ(end.next(), "F 11(0) ack 2");
  EXPECT_EQ(end.state(), TcpState::last_ack);
  end.arrive(ack, 2, 12);
  EXPECT_EQ(end.state(), TcpState::closed);
}

TEST(TcpConnectionTest, ClosesFromBothEndsAtOnce) {
  End end;
  end.establish();
  end.shutdown();
  EXPECT_EQ(end.next(), "F 1(0) ack 1");
  end.arrive(fin | ack, 1, 1);
  EXPECT_EQ(end.state(), TcpState::closing);
  EXPECT_EQ(end.next(), ". 2(0) ack 2");
  end.arrive(ack, 2, 2);
  EXPECT_EQ(end.state(), TcpState::time_wait);
}

TEST(TcpConnectionTest, GoesToTimeWaitAtOnceWhenTheFinAcknowledgesOurs) {
  End end;
  end.establish();
  end.shutdown();
  end.arrive(fin | ack, 1, 2);
  EXPECT_EQ(end.state(), TcpState::time_wait);
}

TEST(TcpConnectionTest, WaitsAnewWhenTheLastFinComesAgain) {
  End end;
  end.establish();
  end.shutdown();
  end.arrive(fin | ack, 1, 2);
  end.sent.clear();
  end.advance(40s);
  end.arrive(fin | ack, 1, 2);
  EXPECT_EQ(end.next(), ". 2(0) ack 2");
  EXPECT_EQ(end.advance_to_deadline(), 60s);
  EXPECT_EQ(end.state(), TcpState::closed);
}

TEST(TcpConnectionTest, SendsTheFinBehindTheLastData) {
  End end;
  end.establish();
  end.connection.write_all(Message{std::string_view{"bye"}}, end.now);
  end.shutdown();
  EXPECT_EQ(end.next(), "FP 1(3) ack 1");
}

TEST(TcpConnectionTest, ResetsWhenItIsClosedWithUnreadData) {
  End end;
  end.establish();
  end.arrive(ack, 1, 1, "unread");
  end.sent.clear();
  end.connection.close(end.now);
  end.collect();
  EXPECT_EQ(end.next(), "R 1(0) ack 7");
  EXPECT_EQ(end.state(), TcpState::closed);
}

TEST(TcpConnectionTest, ResetsWhoSendsDataThatNobodyWillRead) {
  End end;
  end.establish();
  end.connection.close(end.now);
  end.collect();
  EXPECT_EQ(end.next(), "F 1(0) ack 1");
  end.arrive(ack, 1, 2, "late");
  EXPECT_EQ(end.next(), "R 2(0)");
}

TEST(TcpConnectionTest, DoesNotWaitForEverForTheFinOfAnOther) {
  End end;
  end.establish();
  end.connection.close(end.now);
  end.collect();
  end.arrive(ack, 1, 2);
  EXPECT_EQ(end.state(), TcpState::fin_wait_2);
  EXPECT_EQ(end.advance_to_deadline(), 60s);
  EXPECT_EQ(end.state(), TcpState::closed);
}

// ===== Resets and blind attacks (RFC 5961) =====

TEST(TcpConnectionTest, IsResetOnlyByTheVeryNextSequenceNumber) {
  End end;
  end.establish();
  end.arrive(rst, 100, 0);
  EXPECT_EQ(end.next(), ". 1(0) ack 1") << "a challenge";
  EXPECT_EQ(end.state(), TcpState::established);
  end.arrive(rst, 60'002, 0);
  EXPECT_EQ(end.next(), "nothing") << "beyond the window";
  end.arrive(rst, 1, 0);
  EXPECT_EQ(end.state(), TcpState::closed);
  EXPECT_EQ(end.connection.failure(), Errc::reset);
}

TEST(TcpConnectionTest, ChallengesASynInsideTheConversation) {
  End end;
  end.establish();
  end.arrive(syn, 10, 0);
  EXPECT_EQ(end.next(), ". 1(0) ack 1");
  EXPECT_EQ(end.state(), TcpState::established);
}

TEST(TcpConnectionTest, ChallengesAcknowledgementsOfTheFutureAndTheDistantPast) {
  End end;
  end.establish();
  end.arrive(ack, 1, 500, "forged");
  EXPECT_EQ(end.next(), ". 1(0) ack 1");
  EXPECT_EQ(end.connection.readable(), 0U);
  end.arrive(ack, 1, 1U - 60'002U, "forged");
  EXPECT_EQ(end.next(), ". 1(0) ack 1");
  EXPECT_EQ(end.connection.readable(), 0U);
}

TEST(TcpConnectionTest, SendsFewChallengesASecond) {
  End end;
  end.establish();
  end.advance(1s);
  for (int i = 0; i < 100; ++i) end.arrive(syn, 10, 0);
  EXPECT_EQ(end.sent.size(), 10U);
}

// ===== Data =====

TEST(TcpConnectionTest, AcknowledgesEverySecondSegmentAtOnceAndOthersLater) {
  End end;
  end.establish();
  const std::string full(1'000, 'x');
  end.arrive(ack, 1, 1, full);
  EXPECT_EQ(end.next(), "nothing");
  end.arrive(ack, 1'001, 1, full);
  EXPECT_EQ(end.next(), ". 1(0) ack 2001");
  end.arrive(ack, 2'001, 1, full);
  EXPECT_EQ(end.next(), "nothing");
  EXPECT_EQ(end.advance_to_deadline(), 40ms);
  EXPECT_EQ(end.next(), ". 1(0) ack 3001");
}

TEST(TcpConnectionTest, ReportsWhatCameBehindAGap) {
  End end;
  TcpOptions options;
  options.sack_permitted = true;
  end.establish(options);
  end.arrive(ack, 101, 1, std::string(100, 'b'));
  EXPECT_EQ(end.next(), ". 1(0) ack 1 sack 101:201");
  end.arrive(ack, 301, 1, std::string(100, 'd'));
  EXPECT_EQ(end.next(), ". 1(0) ack 1 sack 301:401 sack 101:201");
  end.arrive(ack, 1, 1, std::string(100, 'a'));
  EXPECT_EQ(end.next(), ". 1(0) ack 201 sack 301:401");
  end.arrive(ack, 201, 1, std::string(100, 'c'));
  EXPECT_EQ(end.next(), ". 1(0) ack 401");
  EXPECT_EQ(end.connection.read(1'000).to_string(), std::string(100, 'a') + std::string(100, 'b') +
                                                        std::string(100, 'c') +
                                                        std::string(100, 'd'));
}

TEST(TcpConnectionTest, ReportsDuplicatesByDsack) {
  End end;
  TcpOptions options;
  options.sack_permitted = true;
  end.establish(options);
  end.arrive(ack, 1, 1, std::string(100, 'a'));
  end.advance(1s);
  end.sent.clear();
  end.arrive(ack, 1, 1, std::string(100, 'a'));
  EXPECT_EQ(end.next(), ". 1(0) ack 101 sack 1:101");
}

TEST(TcpConnectionTest, HoldsBackASmallSegmentWhileAnotherIsOnItsWay) {
  End end;
  end.establish();
  end.write("a");
  EXPECT_EQ(end.next(), "P 1(1) ack 1");
  end.write("b");
  end.write("c");
  EXPECT_EQ(end.next(), "nothing");
  end.arrive(ack, 1, 2);
  EXPECT_EQ(end.next(), "P 2(2) ack 1");
}

TEST(TcpConnectionTest, SendsSmallSegmentsAtOnceWithoutNagle) {
  TcpSettings settings = testing_tcp::plain_settings();
  settings.no_delay = true;
  End end{settings};
  end.establish();
  end.write("a");
  end.write("b");
  EXPECT_EQ(end.next(), "P 1(1) ack 1");
  EXPECT_EQ(end.next(), "P 2(1) ack 1");
}

TEST(TcpConnectionTest, ProbesAClosedWindowWithGrowingPauses) {
  End end;
  end.establish();
  end.write(std::string(100, 'x'));
  EXPECT_EQ(end.next(), "P 1(100) ack 1");
  end.arrive(ack, 1, 101, {}, 0);
  end.write("more");
  EXPECT_EQ(end.next(), "nothing");
  Duration before = end.advance_to_deadline();
  EXPECT_EQ(end.next(), ". 101(1) ack 1") << "an octet beyond the window (RFC 9293, 3.8.6.1)";
  for (int i = 0; i < 3; ++i) {
    end.arrive(ack, 1, 101, {}, 0);
    const Duration pause = end.advance_to_deadline();
    EXPECT_EQ(pause, 2 * before);
    before = pause;
    EXPECT_EQ(end.next(), ". 101(1) ack 1");
  }
  end.arrive(ack, 1, 102, {}, 60'000);
  EXPECT_EQ(end.next(), "P 102(3) ack 1") << "the probe was taken, the rest follows";
}

TEST(TcpConnectionTest, TellsWhenTheWindowOpensAgain) {
  TcpSettings settings = testing_tcp::plain_settings();
  settings.receive_buffer = 4'000;
  End end{settings};
  end.establish();
  for (std::uint32_t i = 0; i < 4; ++i) {
    end.arrive(ack, 1 + i * 1'000, 1, std::string(1'000, 'x'));
  }
  ASSERT_FALSE(end.sent.empty());
  EXPECT_EQ(end.sent.back().window, 0);
  end.sent.clear();
  end.connection.read(10);
  end.collect();
  EXPECT_TRUE(end.sent.empty()) << "a silly window (RFC 9293, 3.8.6.2.2)";
  end.connection.read(3'000);
  end.collect();
  ASSERT_EQ(end.sent.size(), 1U);
  EXPECT_EQ(end.sent[0].window, 3'010);
}

TEST(TcpConnectionTest, AnnouncesUrgentData) {
  End end;
  end.establish();
  end.connection.write_all(Message{std::string_view{"now"}}, end.now);
  end.connection.set_urgent();
  end.collect();
  ASSERT_EQ(end.sent.size(), 1U);
  EXPECT_EQ(end.sent[0].urgent, 3);
  EXPECT_EQ(end.next(), "PU 1(3) ack 1");
}

TEST(TcpConnectionTest, HearsOfUrgentDataUntilTheEnd) {  // RFC 9293, 3.10.7.4, sixth
  End end;
  end.establish();
  end.arrive(ack | TcpHeader::fin, 1, 1);
  EXPECT_EQ(end.state(), TcpState::close_wait);
  end.connection.take_events();
  TcpSegment segment;
  segment.sequence = testing_tcp::peer_isn + 2;
  segment.acknowledgement = testing_tcp::our_isn + 1;
  segment.flags = ack | TcpHeader::urg;
  segment.urgent = 100;
  segment.window = 60'000;
  end.connection.take(std::move(segment), end.now);
  EXPECT_EQ(end.connection.take_events() & tcp_urgent, 0);
}

TEST(TcpConnectionTest, GivesUpAnUnansweredPeerAfterTheUserTimeout) {
  TcpSettings settings = testing_tcp::plain_settings();
  settings.user_timeout = 5s;
  End end{settings};
  end.establish();
  end.write("anyone?");
  end.advance(6s);
  EXPECT_EQ(end.state(), TcpState::closed);
  EXPECT_EQ(end.connection.failure(), Errc::timed_out);
}

TEST(TcpConnectionTest, ProbesASilentPeerAndGivesItUp) {
  TcpSettings settings = testing_tcp::plain_settings();
  settings.keep_alive = true;
  settings.keep_alive_probes = 2;
  End end{settings};
  end.establish();
  EXPECT_EQ(end.advance_to_deadline(), 2h);
  EXPECT_EQ(end.next(), ". 0(0) ack 1");
  EXPECT_EQ(end.advance_to_deadline(), 75s);
  EXPECT_EQ(end.next(), ". 0(0) ack 1");
  EXPECT_EQ(end.advance_to_deadline(), 75s);
  EXPECT_EQ(end.next(), "R 1(0) ack 1");
  EXPECT_EQ(end.connection.failure(), Errc::timed_out);
}

}  // namespace
}  // namespace elvis
