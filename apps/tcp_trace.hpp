// SPDX-License-Identifier: MIT
// TcpTrace: how the windows of all connections of a run move, as one CSV file (`--trace tcp`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "commands.hpp"
#include "elvis/protocols/tcp/trace.hpp"
#include "elvis/sim/engine.hpp"
#include "elvis/util/line_file.hpp"
#include "elvis/wire/address.hpp"

namespace elvis {
class Machine;
class World;
}  // namespace elvis

namespace elvis::cli {

class Console;

/// Lines come by time, then by machine, whatever threads and partitions there are. Only whole lines
/// are written.
class TcpTrace final : public TcpTracer {
 public:
  explicit TcpTrace(Console& console) : console_{console} {}
  TcpTrace(const TcpTrace&) = delete;
  TcpTrace& operator=(const TcpTrace&) = delete;

  /// Makes the file and looks at the machines that are wanted, if the command asks for it. Anything
  /// but success: the console was told, and nothing is to be run.
  ExitCode prepare(World& world, const RunCommand& command);
  bool is_wanted() const { return is_wanted_; }
  /// Everything before `before` has happened. Returns why the run must end, if it must. All
  /// partitions are at rest.
  StopReason settled(Time before);
  /// Writes what is left, after the run.
  void finish();

  void tcp_moved(const TcpSession& session, const TcpMove& move) override;

 private:
  struct Record {
    Time time;
    std::size_t place;  // among those that are sorted
    const Machine* machine;
    Endpoints endpoints;
    TcpMove move;
  };
  struct alignas(64) Part {
    std::vector<Record> records;
  };

  bool create(const RunCommand& command);
  bool choose(World& world, const CaptureFilter& filter);
  void write_before(Time before);
  void write(const std::string& lines);
  void look_for_failure();
  std::string words() const;

  Console& console_;
  std::string path_;
  std::vector<std::uint16_t> ports_;
  std::vector<Part> parts_;  // one for each partition
  std::vector<Record> sorted_;
  LineFile file_;
  bool is_wanted_ = false;
  bool has_failed_ = false;
};

}  // namespace elvis::cli
