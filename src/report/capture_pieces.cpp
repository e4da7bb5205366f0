// SPDX-License-Identifier: MIT
#include "elvis/report/capture_pieces.hpp"

#include <cstring>
#include <utility>

#include "elvis/util/huge_pages.hpp"

namespace elvis {

// ===== CapturePiece =====

void CapturePiece::make_room(std::size_t more) {
  if (more <= capacity - size) return;
  auto memory = std::make_unique_for_overwrite<std::uint8_t[]>(size + more);
  if (size != 0) std::memcpy(memory.get(), bytes, size);
  large = std::move(memory);
  bytes = large.get();
  capacity = size + more;
}

void CapturePiece::replace(std::size_t offset, std::size_t old_size, std::string_view by) {
  if (by.size() > old_size) make_room(by.size() - old_size);
  std::uint8_t* const at = bytes + offset;
  std::memmove(at + by.size(), at + old_size, size - offset - old_size);
  std::memcpy(at, by.data(), by.size());
  size = size - old_size + by.size();
}

// ===== CapturePieces =====

CapturePieces::~CapturePieces() {
  for (const Slab& slab : slabs_) {
    if (slab.is_mapped) {
      HugePages::unmap(slab.memory, HugePages::page);
    } else {
      delete[] slab.memory;
    }
  }
}

void CapturePieces::make_more() {
  // Where there are no huge pages, sanitizers see each piece.
  auto* memory = static_cast<std::uint8_t*>(HugePages::map(HugePages::page));
  const bool is_mapped = memory != nullptr;
  if (!is_mapped) memory = new std::uint8_t[bytes_];
  slabs_.push_back({memory, is_mapped});
  for (std::size_t i = is_mapped ? HugePages::page / bytes_ : 1; i > 0; --i) {
    CapturePiece& piece = all_.emplace_back();
    piece.bytes = piece.usual = memory + (i - 1) * bytes_;
    piece.capacity = bytes_;
    free_.push_back(&piece);
  }
}

CapturePiece& CapturePieces::take() {
  const std::lock_guard lock{mutex_};
  if (free_.empty()) make_more();
  CapturePiece* const piece = free_.back();
  free_.pop_back();
  return *piece;
}

void CapturePieces::give_back(std::span<CapturePiece* const> pieces) {
  const std::lock_guard lock{mutex_};
  for (CapturePiece* const piece : pieces) {
    piece->size = 0;
    piece->large.reset();
    piece->bytes = piece->usual;
    piece->capacity = bytes_;
    free_.push_back(piece);
  }
}

}  // namespace elvis
