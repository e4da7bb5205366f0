// SPDX-License-Identifier: MIT
// CapturePieces: the memory in which captures travel from a run to the disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

namespace elvis {

/// A piece of memory, filled from its beginning.
struct CapturePiece {
  std::uint8_t* bytes = nullptr;
  std::size_t size = 0;
  std::size_t capacity = 0;
  std::uint8_t* usual = nullptr;          ///< The memory that it was lent with.
  std::unique_ptr<std::uint8_t[]> large;  ///< The memory, if that was too small.

  std::string_view text() const { return {reinterpret_cast<const char*>(bytes), size}; }
  /// Has room for `more` bytes from now on, elsewhere in memory if need be.
  void make_room(std::size_t more);
  /// Puts `by` where `old_size` bytes are now.
  void replace(std::size_t offset, std::size_t old_size, std::string_view by);
};

/// Lends pieces, and takes them back to lend them again. Used by several threads.
class CapturePieces {
 public:
  /// Pieces have at least `bytes` bytes, a power of two up to 2^20.
  explicit CapturePieces(std::size_t bytes) : bytes_{bytes + line} {}
  ~CapturePieces();
  CapturePieces(const CapturePieces&) = delete;
  CapturePieces& operator=(const CapturePieces&) = delete;

  std::size_t piece_bytes() const { return bytes_; }
  CapturePiece& take();
  void give_back(std::span<CapturePiece* const> pieces);

 private:
  struct Slab {
    std::uint8_t* memory;
    bool is_mapped;
  };

  void make_more();

  // Pieces that are filled at the same rate must not get into each other's way in the cache, as
  // they would if they lay a power of two apart.
  static constexpr std::size_t line = 64;

  std::size_t bytes_;
  std::mutex mutex_;
  std::deque<CapturePiece> all_;
  std::vector<CapturePiece*> free_;
  std::vector<Slab> slabs_;
};

}  // namespace elvis
