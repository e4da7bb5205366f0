// SPDX-License-Identifier: MIT
// How a receiver echoes marks: until they are answered (RFC 3168, 6.1.3), or each as it is (RFC
// 8257, 3.2).
#include <gtest/gtest.h>

#include "tcp_end.hpp"

namespace elvis {
namespace {

using testing_tcp::End;
using testing_tcp::our_isn;
using testing_tcp::peer_isn;
using testing_tcp::plain_settings;

class TcpEcnTest : public testing::Test {
 protected:
  static TcpSettings settings_with(std::string_view congestion) {
    TcpSettings settings = plain_settings();
    settings.ecn = true;
    const auto kinds = congestion_kinds();
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      if (kinds[i].name == congestion) settings.congestion = static_cast<int>(i);
    }
    return settings;
  }
  /// An end that has agreed on ECN.
  static void open(End& end) {
    end.connection.connect(end.now);
    end.collect();
    EXPECT_EQ(end.next(), "SEW 0(0)");
    TcpOptions options;
    options.mss = 1'000;
    end.arrive(TcpHeader::syn | TcpHeader::ack | TcpHeader::ece, 0, 1, {}, 60'000, options);
    EXPECT_EQ(end.next(), ". 1(0) ack 1");
  }
  /// A segment of a thousand bytes, the number `number`, comes.
  static void data(End& end, std::uint32_t number, bool is_marked, bool has_cwr = false) {
    TcpSegment segment;
    segment.flags = TcpHeader::ack;
    if (has_cwr) segment.flags |= TcpHeader::cwr;
    segment.sequence = peer_isn + 1 + 1'000 * number;
    segment.acknowledgement = our_isn + 1;
    segment.window = 60'000;
    segment.ecn = is_marked ? 3 : 2;
    segment.payload = Message::zeros(1'000);
    if (end.connection.settles_before(segment)) end.collect();
    end.connection.take(std::move(segment), end.now);
    end.collect();
  }
};

TEST_F(TcpEcnTest, MarksAreEchoedUntilTheyAreAnswered) {
  End end{settings_with("cubic")};
  open(end);
  data(end, 0, true);
  EXPECT_EQ(end.next(), "E 1(0) ack 1001") << "at once";
  data(end, 1, false);
  data(end, 2, false);
  EXPECT_EQ(end.next(), "E 1(0) ack 3001");
  data(end, 3, false, true);
  data(end, 4, false);
  EXPECT_EQ(end.next(), ". 1(0) ack 5001");
  EXPECT_EQ(end.next(), "nothing");
}

TEST_F(TcpEcnTest, DctcpAsksForEcnAndEchoesEachMarkAsItIs) {
  TcpSettings settings = settings_with("dctcp");
  settings.ecn = false;  // DCTCP implies it
  End end{settings};
  open(end);
  data(end, 0, false);
  EXPECT_EQ(end.next(), "nothing") << "the acknowledgement waits";
  data(end, 1, true);
  EXPECT_EQ(end.next(), ". 1(0) ack 1001") << "of what was not marked";
  EXPECT_EQ(end.next(), "E 1(0) ack 2001");
  data(end, 2, true);
  EXPECT_EQ(end.next(), "nothing");
  data(end, 3, true);
  EXPECT_EQ(end.next(), "E 1(0) ack 4001");
  data(end, 4, true, true);
  EXPECT_EQ(end.next(), "nothing") << "CWR changes nothing";
  data(end, 5, false);
  EXPECT_EQ(end.next(), "E 1(0) ack 5001");
  EXPECT_EQ(end.next(), ". 1(0) ack 6001");
  data(end, 6, false);
  data(end, 7, false);
  EXPECT_EQ(end.next(), ". 1(0) ack 8001");
  EXPECT_EQ(end.next(), "nothing");
}

}  // namespace
}  // namespace elvis
