// SPDX-License-Identifier: MIT
// How an options struct and a coroutine become an ApplicationKind, and a class a ProtocolKind.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "elvis/graph/application.hpp"
#include "elvis/graph/protocol_kind.hpp"
#include "elvis/graph/world.hpp"

namespace elvis {

/// Whether a run waits for an application.
enum class Ends : bool { never, yes };

namespace kind_internal {

template <typename Program>
struct OptionsOf;

template <typename T>
struct OptionsOf<Task<Result<>> (*)(Application&, const T&)> {
  using Type = T;
};

}  // namespace kind_internal

/// The kind of the application that `program` is: `Task<Result<>> greet(Application& self, const
/// GreetOptions& options)` makes `application_kind<greet>("greet", "says hello", Ends::yes)`. The
/// texts and what `needs` points to live as long as the program or plug-in.
template <auto program>
constexpr ApplicationKind application_kind(std::string_view name, std::string_view summary,
                                           Ends ends,
                                           std::span<const std::string_view> needs = {}) {
  using T = typename kind_internal::OptionsOf<decltype(program)>::Type;
  return {
      .name = name,
      .summary = summary,
      .has_end = ends == Ends::yes,
      .make_options = []() -> std::unique_ptr<ApplicationOptions> { return std::make_unique<T>(); },
      .run = [](Application& self, const ApplicationOptions& options) -> Task<Result<>> {
        return program(self, static_cast<const T&>(options));
      },
      .needs = needs};
}

/// The kind of the protocol T, which is made as `T(machine, settings)` in a machine that has what
/// it needs already.
template <typename T, typename Settings>
constexpr ProtocolKind protocol_kind(std::string_view name, std::string_view summary, ProtocolId id,
                                     std::span<const std::string_view> needs) {
  return {.name = name,
          .summary = summary,
          .id = id,
          .needs = needs,
          .bytes = sizeof(T),
          .make_options = []() -> std::unique_ptr<Options> { return std::make_unique<Settings>(); },
          .add = [](World& world, Machine& machine, const Options& settings) -> Protocol& {
            return world.add_protocol<T>(machine, static_cast<const Settings&>(settings));
          }};
}

}  // namespace elvis
