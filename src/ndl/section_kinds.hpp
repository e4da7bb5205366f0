// SPDX-License-Identifier: MIT
// Which section may stand where.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "elvis/ndl/section.hpp"

namespace elvis::ndl {

/// What surrounds a section.
enum class Context : std::uint8_t {
  top,
  networks,  ///< The `[Networks]` of the top level.
  network,
  machines,
  machine,
  machine_networks,
  protocols,
  applications,
  routes,
  parameters,
  template_,
  events,
  leaf,     ///< A section that nothing may stand in.
  unknown,  ///< A section that was reported: what stands in it is skipped.
};

/// The section called `name`, in any case.
std::optional<SectionKind> section_kind(std::string_view name);

/// What a section of `kind` in `context` is to those inside it; nothing if it may not stand there.
std::optional<Context> inside(Context context, SectionKind kind);

/// "inside `Machine`" or "at the top level".
std::string_view describe(Context context);

/// Where a section of `kind` may stand, in words.
std::string_view home_of(SectionKind kind);

/// The kind that somebody who wrote `name` in `context` probably meant: preferably one that may
/// stand there.
std::optional<SectionKind> meant_kind(std::string_view name, Context context);

}  // namespace elvis::ndl
