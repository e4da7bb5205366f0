// SPDX-License-Identifier: MIT
// The options of a TCP header: what they say, and how they are laid out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace elvis {

/// In which order, and with what padding, options are written. What they say is the same.
enum class TcpLayout : std::uint8_t {
  rfc,          ///< Each aligned by NOPs in front, as RFC 7323, appendix A advises.
  like_linux,   ///< mss, sackOK, TS, nop, wscale.
  like_freebsd  ///< mss, nop, wscale, sackOK, TS.
};

/// The known options of one segment. Unknown ones are passed over (RFC 9293, 3.1).
struct TcpOptions {
  static constexpr std::size_t max_size = 40;
  static constexpr std::size_t max_blocks = 4;

  /// What has arrived beyond the acknowledgement: [begin, end) (RFC 2018).
  struct Block {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    friend bool operator==(const Block&, const Block&) = default;
  };
  struct Timestamps {
    std::uint32_t value = 0;  ///< The sender's clock.
    std::uint32_t echo = 0;   ///< What the sender saw last.
    friend bool operator==(const Timestamps&, const Timestamps&) = default;
  };

  /// The cookie of a fast open, or the question for one (RFC 7413, 4.1.1).
  struct FastOpen {
    static constexpr std::size_t least = 4;
    static constexpr std::size_t most = 16;

    bool is_experimental = false;  ///< As it was before it had a number of its own (RFC 6994).
    std::uint8_t size = 0;         ///< Bytes of the cookie; 0: one is asked for.
    std::array<std::uint8_t, most> bytes{};

    std::span<const std::uint8_t> cookie() const { return {bytes.data(), size}; }
    friend bool operator==(const FastOpen&, const FastOpen&) = default;
  };

  /// What arrived with each mark, as counters of 24 bits in one of two orders (RFC 9768, 3.2.3).
  struct AccurateEcn {
    bool begins_with_ect1 = true;  ///< ECT(1), CE, ECT(0); else ECT(0), CE, ECT(1).
    std::uint8_t count = 0;        ///< The first ones that are there.
    std::array<std::uint32_t, 3> counters{};

    /// The place of an ECN field, 1 to 3, among the counters.
    std::size_t place_of(std::uint8_t ecn) const {
      return ecn == 3 ? 1 : ((ecn == 1) == begins_with_ect1 ? 0 : 2);
    }
    friend bool operator==(const AccurateEcn&, const AccurateEcn&) = default;
  };

  std::uint16_t mss = 0;  ///< 0: not given.
  bool sack_permitted = false;
  bool is_malformed = false;  ///< A length that makes no sense ended the list.
  std::uint8_t block_count = 0;
  std::optional<std::uint8_t> window_scale;
  std::optional<Timestamps> timestamps;
  std::optional<FastOpen> fast_open;
  std::optional<AccurateEcn> accurate_ecn;
  std::array<Block, max_blocks> blocks;  ///< The first block_count of them mean something.

  std::span<const Block> sack() const { return {blocks.data(), block_count}; }

  /// Reads the options of a header. What stands behind a malformed one is not read.
  static TcpOptions parse(std::span<const std::uint8_t> bytes);
  /// Writes the options, padded to a multiple of 4 bytes, and returns how many bytes that are: at
  /// most 40. SACK blocks that find no room are left out.
  std::size_t emit(std::uint8_t* bytes, TcpLayout layout = TcpLayout::rfc) const;

  friend bool operator==(const TcpOptions& left, const TcpOptions& right);
};

}  // namespace elvis
