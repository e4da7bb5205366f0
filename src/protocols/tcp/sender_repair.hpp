// SPDX-License-Identifier: MIT
// TcpSender::Repair: what a sender knows only while something is missing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "elvis/protocols/tcp/sender.hpp"

namespace elvis {

struct TcpSender::Repair : Pooled {
  struct Range {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
  };
  struct Resent {
    std::uint64_t position;
    Time at;
  };

  std::uint32_t duplicates = 0;  // acknowledgements in a row, without SACK
  std::uint32_t sacked_segments = 0;
  std::uint32_t fresh_segments = 0;  // that the last acknowledgement told of
  std::uint64_t highest_sacked = 0;
  std::array<Range, TcpOptions::max_blocks> seen;  // blocks of the last acknowledgement
  std::uint64_t scan_from = 0;                     // before this no loss remains to be found
  std::uint64_t lost_from = 0;                     // before this nothing is lost
  // What was sent again, in the order of time: with the scoreboard, which is in that order as long
  // as nothing is sent twice, RFC 8985's list of segments by time.
  std::vector<Resent> resent;
  std::size_t resent_first = 0;
  // The latest of what has arrived (RFC 8985, 6.1), and when something becomes lost by time.
  Time rack_sent_at{};
  std::uint16_t rack_order = 0;
  Duration rack_rtt{};
  Time reorder_deadline = end_of_time;
  // Of the round trip in which a DSACK came (RFC 8985, 6.2, step 4); 0 if none did.
  std::uint64_t duplicate_round_end = 0;
  // Proportional rate reduction (RFC 6937).
  std::uint64_t flight_at_entry = 1;
  std::uint64_t delivered = 0;
  std::uint64_t sent = 0;
  std::uint32_t lost_before = 0;  // bytes, at the last acknowledgement
  // What the window was before it gave way, as long as that may turn out to have been in vain.
  std::uint64_t undo_window = 0;  // 0: there is nothing to take back
  std::uint64_t undo_threshold = 0;
  std::uint64_t undo_from = 0;         // una when it gave way
  std::uint64_t undo_until = 0;        // once this is acknowledged it is too late
  Time first_resent_at = end_of_time;  // since then
  std::uint32_t unproven = 0;          // sent again, without a duplicate that tells it was in vain
  bool is_timeout_in_doubt = false;    // RFC 5682
  bool prefers_new = false;            // RFC 5682, 2.1, step 2b: before more is sent again
  // Where segments end because records do (MSG_EOR): positions that were not sent yet.
  std::vector<std::uint64_t> record_ends;

  bool is_needed() const {
    return undo_window != 0 || !record_ends.empty() || duplicate_round_end != 0;
  }
};

}  // namespace elvis
