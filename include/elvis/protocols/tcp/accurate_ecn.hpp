// SPDX-License-Identifier: MIT
// TcpAccurateEcn: the counters of accurate ECN (RFC 9768) at one end of a connection: what has
// arrived with which mark, and what the remote end says of what was sent to it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "elvis/protocols/tcp/segment.hpp"
#include "elvis/util/pool.hpp"

namespace elvis {

class TcpAccurateEcn : public Pooled {
 public:
  /// The three flags AE, CWR and ECE as one number, and back.
  static std::uint8_t number_in(std::uint16_t flags);
  static std::uint16_t flags_of(std::uint8_t number);
  /// The flags that tell how a SYN, or its answer, arrived (RFC 9768, 3.1.2, table 3).
  static std::uint16_t reflection_of(std::uint8_t ecn);

  // ----- what arrives -----

  /// A segment with `bytes` of payload has arrived. Returns whether it must be acknowledged at
  /// once, before the counter in the header wraps around (RFC 9768, 3.2.2.5.1).
  bool arrived(std::uint8_t ecn, std::size_t bytes);
  /// The flags that tell how many segments have arrived marked (RFC 9768, 3.2.2); they are told.
  std::uint16_t counter_flags();
  /// Puts the option into `options` if there is room, for which SACK blocks may give way as long as
  /// there is news in the counters (RFC 9768, 3.2.3.3). A SYN's has no counts yet.
  void fill(TcpOptions& options, bool is_syn);

  // ----- what the remote end tells -----

  /// What of a segment the flow of acknowledgements makes of it.
  struct Progress {
    std::uint32_t segments = 0;  ///< That it acknowledges.
    std::uint64_t bytes = 0;
    std::uint32_t mss = 0;
    bool is_news = false;  ///< It is not older than the last one.
  };
  /// How many more segments arrived marked, as `segment` tells.
  std::uint32_t told(const TcpSegment& segment, const Progress& progress);
  /// The acknowledgement of the SYN-ACK tells how that arrived (RFC 9768, 3.2.2.1).
  void take_third(const TcpSegment& segment, bool checks_path);
  /// The answer to our SYN does so as well, with flags that were seen to agree.
  void take_answer(const TcpSegment& answer, bool checks_path);
  void see_option(const TcpSegment& segment);

  std::uint32_t delivered_marks() const { return delivered_marks_; }
  std::uint32_t received_marks() const { return received_marks_; }
  /// Bytes by their ECN field, 1 to 3.
  std::uint32_t delivered_bytes(std::uint8_t ecn) const { return delivered_bytes_[ecn - 1U]; }
  std::uint32_t received_bytes(std::uint8_t ecn) const { return received_bytes_[ecn - 1U]; }
  /// Whether the option has something new to tell.
  bool has_news() const { return needed_ != 0; }

  std::uint8_t syn_arrived_as = 0;   ///< The ECN field of the remote end's SYN.
  std::uint8_t syns = 0;             ///< That were sent.
  bool reflects_next = false;        ///< The next segment tells how the SYN arrived.
  bool hides_capability = false;     ///< The path changes marks: nothing is sent with ECT.
  bool has_seen_option = false;      ///< The remote end understands it.
  bool loses_option = false;         ///< What has it does not arrive.
  bool sent_with_duplicate = false;  ///< The last segment had it, and told of a duplicate.

 private:
  bool take_option(const TcpSegment& segment, const Progress& progress);

  std::uint32_t received_marks_ = 0;
  std::uint32_t delivered_marks_ = 0;
  std::array<std::uint32_t, 3> received_bytes_{};
  std::array<std::uint32_t, 3> delivered_bytes_{};
  std::uint32_t mean_segments_ = 0;  // that an acknowledgement acknowledges, times 64
  std::uint8_t untold_marks_ = 0;
  std::uint8_t needed_ = 0;    // counters up to the last that has changed
  std::uint8_t estimate_ = 0;  // the ECN field that bytes are counted for without an option
};

}  // namespace elvis
