// SPDX-License-Identifier: MIT
// A preload that pads every block at random, so that addresses, and their order, differ from run to
// run. Results must not show it (tests/cli/determinism_test.py).
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

// glibc's own allocator under the names that it keeps for this.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
}

namespace {

// A multiple of 16 below 2 KiB, from ELVIS_PADDING_SEED and the number of the call.
std::size_t padding() {
  static const std::uint64_t seed = [] {
    const char* const text = std::getenv("ELVIS_PADDING_SEED");
    return text == nullptr ? 0 : std::strtoull(text, nullptr, 10);
  }();
  static std::atomic<std::uint64_t> calls{0};
  std::uint64_t mixed = (calls.fetch_add(1, std::memory_order_relaxed) + 1) * 0x9e3779b97f4a7c15;
  mixed ^= seed * 0xbf58476d1ce4e5b9;
  mixed ^= mixed >> 29;
  mixed *= 0x94d049bb133111eb;
  return (mixed >> 53) & ~std::size_t{15};
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) {
  return __libc_malloc(size + padding());
}

void* calloc(std::size_t count, std::size_t size) {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) return nullptr;
  return __libc_calloc(1, bytes + padding());
}

void* realloc(void* block, std::size_t size) {
  return __libc_realloc(block, size == 0 ? 0 : size + padding());
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
  return __libc_memalign(alignment, size + padding());
}

}  // extern "C"
