// SPDX-License-Identifier: MIT
#include "elvis/util/huge_pages.hpp"

#include <cstdint>

#ifdef __linux__
#include <sys/mman.h>
#endif

#include "elvis/util/page_supply.hpp"

namespace elvis {

#if defined(__linux__) && !defined(ELVIS_SANITIZED)

void* HugePages::map(std::size_t bytes) noexcept {
  if (bytes == page) {
    if (void* const ready = PageSupply::take()) return ready;
  }
  return map_new(bytes);
}

void* HugePages::map_cleared() noexcept {
  void* const memory = map_new(page);
  if (memory != nullptr) *static_cast<volatile std::byte*>(memory) = std::byte{0};
  return memory;
}

void* HugePages::map_new(std::size_t bytes) noexcept {
  const std::size_t mapped = bytes + page;
  void* const memory =
      ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  auto* const begin = static_cast<std::byte*>(memory);
  const std::size_t skipped = (0 - reinterpret_cast<std::uintptr_t>(begin)) % page;
  if (skipped != 0) ::munmap(begin, skipped);
  ::munmap(begin + skipped + bytes, page - skipped);
  ::madvise(begin + skipped, bytes, MADV_HUGEPAGE);
  return begin + skipped;
}

void HugePages::unmap(void* memory, std::size_t bytes) noexcept {
  ::munmap(memory, bytes);
}

#else

void* HugePages::map(std::size_t) noexcept {
  return nullptr;
}

void* HugePages::map_cleared() noexcept {
  return nullptr;
}

void HugePages::unmap(void*, std::size_t) noexcept {}

#endif

}  // namespace elvis
