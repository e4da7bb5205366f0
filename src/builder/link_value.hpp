// SPDX-License-Identifier: MIT
// LinkValue: the value of a link property, read part by part, with complaints at the right place.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "elvis/ndl/description.hpp"
#include "elvis/ndl/diagnostics.hpp"
#include "elvis/ndl/values.hpp"

namespace elvis {

class LinkValue {
 public:
  LinkValue(const ndl::Argument& argument, ndl::Diagnostics& diagnostics)
      : argument_{argument}, diagnostics_{diagnostics} {}

  std::string_view text() const { return argument_.text(); }
  const ndl::Argument& argument() const { return argument_; }

  /// Reports a mistake in the value as a whole.
  void refuse(std::string text);
  /// Reports that `name` is none of `known`.
  void refuse_name(std::string_view name, std::span<const std::string_view> known);

  /// `name(part, part, …)`, without the blanks around each.
  struct Form {
    std::string_view name;
    std::vector<std::string_view> parts;
  };
  std::optional<Form> form() const;
  /// The parts between commas, without the blanks around each.
  static std::vector<std::string_view> split(std::string_view text);

  /// What `read` makes of `part`, which lies in text(); its complaint is reported.
  template <typename T>
  std::optional<T> read(std::string_view part, ndl::Reading<T> (*reader)(std::string_view)) {
    return accept(part, reader(part));
  }
  template <typename T>
  std::optional<T> accept(std::string_view part, const ndl::Reading<T>& reading) {
    if (reading) return *reading;
    complain(part, reading.error());
    return std::nullopt;
  }

 private:
  void complain(std::string_view part, const std::string& clause);

  const ndl::Argument& argument_;
  ndl::Diagnostics& diagnostics_;
};

}  // namespace elvis
