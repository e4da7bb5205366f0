// SPDX-License-Identifier: MIT
#include "tcp_trace.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <tuple>
#include <utility>

#include "console.hpp"
#include "elvis/graph/world.hpp"
#include "elvis/ndl/diagnostics.hpp"
#include "elvis/protocols/tcp.hpp"
#include "output_file.hpp"

namespace elvis::cli {

namespace {

// What waits in memory before it is sorted and written.
constexpr std::size_t most_records = std::size_t{1} << 16;

// RFC 4180, 2: what has a comma, a quote or an end of line in it stands in quotes.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted{'"'};
  for (const char character : text) {
    if (character == '"') quoted += '"';
    quoted += character;
  }
  return quoted + '"';
}

}  // namespace

// ===== TcpTrace: before the run =====

ExitCode TcpTrace::prepare(World& world, const RunCommand& command) {
  if (!command.traces_tcp) return ExitCode::success;
  path_ = command.trace_file;
  ports_ = command.trace_filter.ports;
  if (!choose(world, command.trace_filter)) return ExitCode::wrong_command;
  if (!create(command)) return ExitCode::output_failed;
  parts_.resize(command.partitions.value_or(command.threads));
  write(fmt::format("time_s,machine,{}\n", move_columns));
  return has_failed_ ? ExitCode::output_failed : ExitCode::success;
}

// A name means a machine, or all machines of a group.
bool TcpTrace::choose(World& world, const CaptureFilter& filter) {
  std::vector<bool> is_found(filter.machines.size(), false);
  for (std::size_t i = 0; i < world.machine_count(); ++i) {
    Machine& machine = world.machine(i);
    bool is_chosen = filter.machines.empty();
    for (std::size_t j = 0; j < filter.machines.size(); ++j) {
      const std::string& name = filter.machines[j];
      if (name != machine.group().name && name != machine.name()) continue;
      is_chosen = is_found[j] = true;
    }
    if (!is_chosen) continue;
    const auto trace = [this, &machine] {
      if (auto* const tcp = static_cast<Tcp*>(machine.find(ProtocolId::tcp))) tcp->set_tracer(this);
    };
    trace();
    if (world.is_switchable(machine)) world.configure_again(machine, trace);
  }
  const auto missing = std::find(is_found.begin(), is_found.end(), false);
  if (missing == is_found.end()) return true;
  const std::string& name = filter.machines[static_cast<std::size_t>(missing - is_found.begin())];
  console_.complain(fmt::format("--trace-filter: no machine is called {}", ndl::quoted(name)));
  return false;
}

std::string TcpTrace::words() const {
  return "the trace " + ndl::quoted(path_);
}

bool TcpTrace::create(const RunCommand& command) {
  for (const std::string& other : {command.file, command.report, command.log_file, command.pcap}) {
    if (other.empty() || (other != path_ && !is_same_file(other, path_))) continue;
    console_.output_failed(words() + ", which is another file of this run", EEXIST);
    return false;
  }
  struct stat status{};
  const bool is_there = ::stat(path_.c_str(), &status) == 0;
  const bool is_regular = !is_there || S_ISREG(status.st_mode);
  if (is_there && is_regular && !command.is_forced) {
    console_.output_failed(words() + " (--force overwrites)", EEXIST);
    return false;
  }
  const int flags = is_regular ? O_WRONLY | O_CREAT | (is_there ? O_TRUNC : O_EXCL) : O_WRONLY;
  is_wanted_ = file_.open(path_, flags);
  look_for_failure();
  return is_wanted_;
}

// ===== TcpTrace: while it runs =====

void TcpTrace::tcp_moved(const TcpSession& session, const TcpMove& move) {
  const Endpoints& ends = session.endpoints();
  if (!ports_.empty() && std::none_of(ports_.begin(), ports_.end(), [&](std::uint16_t port) {
        return port == ends.local.port || port == ends.remote.port;
      })) {
    return;
  }
  const Machine& machine = session.machine();
  parts_[machine.partition().index()].records.push_back({machine.now(), 0, &machine, ends, move});
}

StopReason TcpTrace::settled(Time before) {
  std::size_t waiting = 0;
  for (const Part& part : parts_) waiting += part.records.size();
  if (waiting >= most_records) write_before(before);
  return has_failed_ ? StopReason::output_failed : StopReason::none;
}

// The records of a partition come by time, and those of a machine in its own order, which stays.
void TcpTrace::write_before(Time before) {
  sorted_.clear();
  for (Part& part : parts_) {
    const auto end =
        std::partition_point(part.records.begin(), part.records.end(),
                             [before](const Record& record) { return record.time < before; });
    sorted_.insert(sorted_.end(), part.records.begin(), end);
    part.records.erase(part.records.begin(), end);
  }
  for (std::size_t i = 0; i < sorted_.size(); ++i) sorted_[i].place = i;
  std::sort(sorted_.begin(), sorted_.end(), [](const Record& one, const Record& other) {
    return std::tuple{one.time, one.machine->id(), one.place} <
           std::tuple{other.time, other.machine->id(), other.place};
  });
  std::string lines;
  for (const Record& record : sorted_) {
    append_time(lines, record.time);
    lines += ',';
    lines += csv_field(record.machine->name());
    lines += ',';
    append_move(lines, record.endpoints, record.move);
    lines += '\n';
  }
  write(lines);
}

void TcpTrace::write(const std::string& lines) {
  file_.add(lines);
  file_.flush();
  look_for_failure();
}

void TcpTrace::look_for_failure() {
  if (file_.error() == 0 || has_failed_) return;
  has_failed_ = true;
  console_.output_failed(words(), file_.error());
}

void TcpTrace::finish() {
  if (!is_wanted()) return;
  write_before(end_of_time);
  file_.finish();
  look_for_failure();
}

}  // namespace elvis::cli
