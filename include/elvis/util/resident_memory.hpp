// SPDX-License-Identifier: MIT
// How much memory the process holds and the machine has: what only an operating system knows.
#pragma once

#include <cstdint>

namespace elvis {

/// Bytes of this process that are in memory now; 0 if the system does not say.
std::uint64_t resident_memory();

/// The most that resident_memory() has been.
std::uint64_t peak_resident_memory();

/// Bytes of main memory that the machine has, and that are free for programs; 0 if unknown.
std::uint64_t physical_memory();
std::uint64_t available_memory();

}  // namespace elvis
