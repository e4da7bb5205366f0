// SPDX-License-Identifier: MIT
// The types that arguments of applications, protocols and links have, and who visits them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "elvis/util/units.hpp"
#include "elvis/wire/address.hpp"
#include "elvis/wire/message.hpp"

namespace elvis {

/// The remote end that a person names: an address, or a machine whose address the builder looks up
/// before the run.
struct Target {
  Ipv4Address address;
  std::string machine;  ///< Empty if an address was given.
};

/// An own address that a person claims for the machine.
struct OwnAddress {
  std::optional<Ipv4Address> address;
};

/// A group of machines that a person names, 224.0.0.0 to 239.255.255.255.
struct GroupAddress {
  std::optional<Ipv4Address> address;
};

/// Bytes to send or to compare with, kept once however many messages carry them.
class Payload {
 public:
  Payload() = default;
  /// `constant` outlives the payload; see Message::of_constant.
  explicit Payload(Chunk& constant) : constant_{&constant} {}

  std::string_view text() const {
    if (constant_ == nullptr) return {};
    return {reinterpret_cast<const char*>(constant_->bytes()), constant_->capacity()};
  }
  Message message() const {
    return constant_ == nullptr ? Message{} : Message::of_constant(*constant_);
  }
  /// What message() consists of; null if it is empty.
  Chunk* constant() const { return constant_; }
  /// Whether `message` has the same bytes; at once if it is the same memory.
  bool is_in(const Message& message) const {
    return (constant_ != nullptr && message.is_all_of(*constant_)) || message == text();
  }

 private:
  Chunk* constant_ = nullptr;
};

/// What people read about an argument, and what may stand in it.
struct OptionInfo {
  std::string_view name;
  std::string_view summary;  ///< One line.
  bool is_required = false;
  std::uint64_t minimum = 0;  ///< Of numbers.
  std::uint64_t maximum = ~std::uint64_t{0};
};

/// Visits the arguments of something, in the order of its documentation. A value is at its default
/// before the visit. One visitor reads them from NDL, another prints them.
class OptionVisitor {
 public:
  virtual void option(const OptionInfo& info, std::string& value) = 0;
  virtual void option(const OptionInfo& info, Payload& value) = 0;
  virtual void option(const OptionInfo& info, std::uint64_t& value) = 0;
  virtual void option(const OptionInfo& info, bool& value) = 0;
  virtual void option(const OptionInfo& info, Duration& value) = 0;
  virtual void option(const OptionInfo& info, Target& value) = 0;
  virtual void option(const OptionInfo& info, OwnAddress& value) = 0;
  virtual void option(const OptionInfo& info, GroupAddress& value) = 0;
  /// A UDP or TCP port, 1 to 65535.
  virtual void port(const OptionInfo& info, std::uint16_t& value) = 0;
  /// One of `names`; `value` is its place among them, or -1 if there is no default and it is unset.
  virtual void choice(const OptionInfo& info, std::span<const std::string_view> names,
                      int& value) = 0;

 protected:
  ~OptionVisitor() = default;
};

/// A visitor that looks at targets only.
class TargetVisitor : public OptionVisitor {
 public:
  using OptionVisitor::option;
  void option(const OptionInfo&, std::string&) override {}
  void option(const OptionInfo&, Payload&) override {}
  void option(const OptionInfo&, std::uint64_t&) override {}
  void option(const OptionInfo&, bool&) override {}
  void option(const OptionInfo&, Duration&) override {}
  void option(const OptionInfo&, OwnAddress&) override {}
  void option(const OptionInfo&, GroupAddress&) override {}
  void port(const OptionInfo&, std::uint16_t&) override {}
  void choice(const OptionInfo&, std::span<const std::string_view>, int&) override {}

 protected:
  ~TargetVisitor() = default;
};

/// The arguments of something that NDL can name.
class Options {
 public:
  virtual ~Options() = default;
  /// Shows every argument to `visitor`, which may change it.
  virtual void visit(OptionVisitor& visitor) = 0;
  /// Why values that are right one by one do not go together; empty if they do. The builder reports
  /// it as a mistake of the scenario.
  virtual std::string_view fault() const { return {}; }
};

}  // namespace elvis
