// SPDX-License-Identifier: MIT
#include "unread_arguments.hpp"

#include <fmt/format.h>

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "link_properties.hpp"

namespace elvis {

namespace {

using Names = std::vector<std::string_view>;

// Collects the names of arguments.
class NameCollector final : public OptionVisitor {
 public:
  explicit NameCollector(Names& names) : names_{names} {}

  void option(const OptionInfo& info, std::string&) override { add(info); }
  void option(const OptionInfo& info, Payload&) override { add(info); }
  void option(const OptionInfo& info, std::uint64_t&) override { add(info); }
  void option(const OptionInfo& info, bool&) override { add(info); }
  void option(const OptionInfo& info, Duration&) override { add(info); }
  void option(const OptionInfo& info, Target&) override { add(info); }
  void option(const OptionInfo& info, OwnAddress&) override { add(info); }
  void option(const OptionInfo& info, GroupAddress&) override { add(info); }
  void port(const OptionInfo& info, std::uint16_t&) override { add(info); }
  void choice(const OptionInfo& info, std::span<const std::string_view>, int&) override {
    add(info);
  }

 private:
  void add(const OptionInfo& info) { names_.push_back(info.name); }

  Names& names_;
};

// The arguments that sections know, gathered when first asked for.
class KnownNames {
 public:
  explicit KnownNames(const Catalog& catalog) : catalog_{catalog} {
    for (const LinkArgument& link : link_arguments()) {
      links_.push_back(link.name);
      if (link.may_change) changes_.push_back(link.name);
    }
  }

  /// Of sections like `section`; null if nobody knows what it is, which was reported.
  const Names* of(const ndl::Section& section) {
    if (section.kind() == ndl::SectionKind::protocol) {
      return of_kind(catalog_.find_protocol(section.name()));
    }
    if (section.kind() == ndl::SectionKind::application) {
      return of_kind(catalog_.find_application(section.name()));
    }
    if (section.kind() == ndl::SectionKind::event) return &changes_;
    return section.kind() == ndl::SectionKind::network ? &links_ : &none_;
  }

 private:
  template <typename Kind>
  const Names* of_kind(const Kind* kind) {
    if (kind == nullptr) return nullptr;
    for (const auto& [known, names] : kinds_) {
      if (known == kind) return names.get();
    }
    auto names = std::make_unique<Names>();
    NameCollector collector{*names};
    kind->make_options()->visit(collector);
    return kinds_.emplace_back(kind, std::move(names)).second.get();
  }

  const Catalog& catalog_;
  Names links_;
  Names changes_;  // of those, what an event may change
  const Names none_;
  std::vector<std::pair<const void*, std::unique_ptr<Names>>> kinds_;
};

}  // namespace

void warn_of_unread(const ndl::Description& description, const Catalog& catalog,
                    ndl::Diagnostics& diagnostics) {
  KnownNames known{catalog};
  description.for_each_unread([&](const ndl::Section& section, const ndl::Argument& argument) {
    const Names* const names = known.of(section);
    if (names == nullptr) return;
    ndl::Closest search{argument.key()};
    const auto consider = [&](std::string_view name) {
      if (name != argument.key()) search.consider(name);
    };
    for (const std::string_view name : *names) consider(name);
    for (const std::string_view key : ndl::language_keys(section.kind())) consider(key);
    diagnostics.warning(argument.key_span(),
                        fmt::format("nothing reads the argument {}{}", ndl::quoted(argument.key()),
                                    search.suggestion()),
                        argument.origin());
  });
}

}  // namespace elvis
