// SPDX-License-Identifier: MIT
// A plug-in: a shared library with applications and protocols of its own, for `elvis run --plugin`.
//
// It defines one function, and knows the simulator by its headers only; the program that loads it
// has the code. docs/extending.md shows how to write and build one.
//
//     extern "C" const elvis::Plugin* elvis_plugin() {
//       static constexpr std::array applications{
//           elvis::application_kind<greet>("greet", "says hello", elvis::Ends::yes)};
//       static constexpr elvis::Plugin plugin{.applications = applications};
//       return &plugin;
//     }
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "elvis/graph/kinds.hpp"
#include "elvis/stamp.hpp"

namespace elvis {

/// What a plug-in was built against. The program compares it with its own before anything else, so
/// it stays as it is from version to version.
struct PluginStamp {
  char magic[8] = {'e', 'l', 'v', 'i', 's', '-', 'p', '1'};
  const char* version;          ///< Of Elvis.
  const char* compiler;         ///< For messages.
  std::uint64_t headers;        ///< A digest of Elvis's public headers.
  std::uint64_t layout;         ///< What depends on the compiler, its options and its library.
  std::uint64_t reserved[2]{};  ///< 0

  /// The stamp of these headers as they are compiled here. (Never a call, which the loader could
  /// lead into another library.)
  static consteval PluginStamp here() {
    std::uint64_t layout = 0;
    for (const std::size_t word :
         {sizeof(std::string), sizeof(std::exception_ptr), sizeof(Machine), sizeof(Tap),
          sizeof(Application), sizeof(World), sizeof(Message), sizeof(Protocol), sizeof(Session),
          sizeof(Arrival), sizeof(Task<Result<>>::promise_type), sizeof(Timer), alignof(Machine),
          std::size_t{is_sanitized}, std::size_t{string_abi}}) {
      layout = layout * 1'000'003 + word;
    }
    return {.version = elvis::version.data(),
            .compiler = __VERSION__,
            .headers = headers_digest,
            .layout = layout};
  }

 private:
#ifdef ELVIS_SANITIZED
  static constexpr bool is_sanitized = true;
#else
  static constexpr bool is_sanitized = false;
#endif
#ifdef _GLIBCXX_USE_CXX11_ABI
  static constexpr int string_abi = 2 + _GLIBCXX_USE_CXX11_ABI;
#else
  static constexpr int string_abi = 0;
#endif
};

/// All that a plug-in brings. It stays where it is once it is loaded, and so does what this points
/// to.
struct Plugin {
  PluginStamp stamp = PluginStamp::here();
  std::span<const ProtocolKind> protocols = {};  ///< Those below first.
  std::span<const ApplicationKind> applications = {};
};

}  // namespace elvis

/// What a plug-in defines.
extern "C" [[gnu::visibility("default")]] const elvis::Plugin* elvis_plugin();
