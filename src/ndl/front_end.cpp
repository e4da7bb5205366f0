// SPDX-License-Identifier: MIT
#include "elvis/ndl/front_end.hpp"

#include <memory>

#include "linker.hpp"
#include "parser.hpp"
#include "records.hpp"
#include "value_compiler.hpp"

namespace elvis::ndl {

std::optional<Description> read_description(SourceSet& sources, std::string_view path,
                                            std::span<const Setting> settings,
                                            Diagnostics& diagnostics) {
  const std::optional<FileId> root = sources.load(path, diagnostics);
  if (!root) return std::nullopt;
  auto records = std::make_unique<Records>(sources);
  ValueCompiler values{*records, diagnostics};
  const auto parser = std::make_unique<Parser>(sources, *records, values, diagnostics);
  parser->parse(*root);
  if (!diagnostics.wants_more()) return std::nullopt;
  Linker{*records, values, diagnostics}.link(parser->pending(), settings, *root);
  if (!diagnostics.wants_more()) return std::nullopt;
  return Description{std::move(records)};
}

}  // namespace elvis::ndl
