// SPDX-License-Identifier: MIT
// ArgumentReader: the OptionVisitor that takes values from NDL.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "elvis/graph/options.hpp"
#include "elvis/ndl/description.hpp"
#include "elvis/ndl/diagnostics.hpp"
#include "elvis/ndl/values.hpp"

namespace elvis {

class World;

/// Reads the arguments of one section for the machines of its group, one machine after the other.
/// Each mistake is reported once, with the first machine that it shows in.
class ArgumentReader final : public OptionVisitor {
 public:
  /// An own address that the last machine claims, and where.
  struct Claim {
    Ipv4Address address;
    ndl::Argument argument;
  };

  /// With a `world`, payloads become constants of it; without one they stay empty.
  ArgumentReader(const ndl::Description& description, const ndl::MachineGroup& group,
                 const ndl::Section& section, std::string_view owner, ndl::Diagnostics& diagnostics,
                 World* world = nullptr);

  /// Reads all arguments as they are for the group's machine `place`.
  void read(Options& options, std::uint64_t place);
  /// Reads again those that differ from machine to machine, unless they had a mistake before.
  void read_varying(Options& options, std::uint64_t place);

  /// Whether any argument differs between the machines of the group.
  bool varies() const { return varies_; }
  /// Whether read_varying() still has anything to do.
  bool has_varying() const { return varies_ && varying_ > failed_varying_; }
  /// Whether a value depends on where the machine is: a machine's name to be looked up.
  bool names_machines() const { return names_machines_; }
  /// What the options say of a transport: nothing, that any will do, or which it must be.
  enum class Wants : std::uint8_t { nothing, any, udp, tcp };
  Wants wants_transport() const { return wants_transport_; }
  /// Whether there is a remote end to send to.
  bool sends() const { return targets_ != 0; }
  /// Whether it has a port of its own to listen at.
  bool listens() const { return ports_ > targets_; }
  /// Whether it lets time pass: it listens, or has a time to wait.
  bool stays() const { return listens() || waits_; }
  /// Whether machines send to different ones.
  bool varies_target() const { return varies_target_; }
  /// Bytes of the longest text that is sent.
  std::size_t payload_bytes() const { return payload_bytes_; }
  std::span<const Claim> claims() const { return claims_; }
  /// Bytes that the values of one machine take, estimated.
  std::size_t bytes() const { return bytes_; }

  void option(const OptionInfo& info, std::string& value) override;
  void option(const OptionInfo& info, Payload& value) override;
  void option(const OptionInfo& info, std::uint64_t& value) override;
  void option(const OptionInfo& info, bool& value) override;
  void option(const OptionInfo& info, Duration& value) override;
  void option(const OptionInfo& info, Target& value) override;
  void option(const OptionInfo& info, OwnAddress& value) override;
  void option(const OptionInfo& info, GroupAddress& value) override;
  void port(const OptionInfo& info, std::uint16_t& value) override;
  void choice(const OptionInfo& info, std::span<const std::string_view> names, int& value) override;

 private:
  struct Value {
    ndl::Argument argument;
    std::string_view text;
  };

  std::optional<Value> value_of(const OptionInfo& info);
  void fail(const Value& value, std::string text, std::vector<ndl::Note> notes = {});
  template <typename T>
  std::optional<T> accept(const Value& value, const ndl::Reading<T>& reading);
  void find_target(const Value& value, Target& target);
  void look_for_fault(const Options& options);
  std::optional<ndl::MachineGroup> counted_group(std::string_view name) const;
  bool is_fixed_for_many(const Value& value, std::uint32_t address);

  const ndl::Description& description_;
  const ndl::MachineGroup& group_;
  const ndl::Section& section_;
  std::string_view owner_;
  ndl::Diagnostics& diagnostics_;
  World* world_;
  std::uint64_t place_ = 0;
  std::string name_;                                          // of the machine
  std::string buffer_;                                        // of an evaluated value
  std::vector<std::string_view> failed_;                      // keys
  std::vector<std::pair<std::string_view, Payload>> shared_;  // payloads of all machines
  std::vector<Claim> claims_;
  std::size_t bytes_ = 0;
  std::size_t payload_bytes_ = 0;
  std::size_t varying_ = 0;  // arguments
  std::size_t failed_varying_ = 0;
  std::size_t ports_ = 0;
  std::size_t targets_ = 0;
  bool only_varying_ = false;
  bool is_wrong_ = false;
  bool varies_ = false;
  bool names_machines_ = false;
  bool varies_target_ = false;
  Wants wants_transport_ = Wants::nothing;
  bool waits_ = false;
};

}  // namespace elvis
