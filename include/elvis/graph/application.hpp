// SPDX-License-Identifier: MIT
// Application: a program that runs on a machine, and how it is doing.
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include "elvis/graph/options.hpp"
#include "elvis/sim/sleep.hpp"
#include "elvis/sim/task.hpp"
#include "elvis/util/result.hpp"
#include "elvis/util/units.hpp"

namespace elvis {

class Application;
class Machine;

/// The arguments of an application: a struct with defaults, shared by all machines for which they
/// are equal. Its visit() is the schema that NDL is read by and that `elvis list` prints.
class ApplicationOptions : public Options {
 public:
  /// What an application has under way, for what `elvis check` expects.
  struct Load {
    Duration start{};              ///< Before it begins.
    std::uint64_t messages = 0;    ///< Datagrams that it sends,
    Duration interval{};           ///< so long apart;
    std::uint64_t size = 0;        ///< bytes of each,
    std::uint64_t own_bytes = 0;   ///< and those that it shares with no other.
    std::uint64_t kept_bytes = 0;  ///< What it takes besides, all the time.
    // Streams that it makes over TCP, all at once, of which each takes, both ends together:
    std::uint64_t streams = 0;
    std::uint64_t busy_bytes = 0;   ///< While it has something to do,
    std::uint64_t round_trips = 0;  ///< for so many of them
    Duration pauses{};              ///< and so long;
    std::uint64_t volume = 0;       ///< what it carries as fast as it can.
    std::uint64_t held_bytes = 0;   ///< While it is kept open thereafter,
    Duration held{};                ///< for so long.
    std::uint64_t ended_bytes = 0;  ///< Thereafter.
  };
  virtual Load load() const { return {}; }
  /// Applications with the same non-empty text are satisfied together, when each of them is.
  virtual std::string_view satisfied_with() const { return {}; }
  /// A file that the application writes, if any. What stands there is kept unless a person said
  /// that it may be overwritten; so whoever runs the world looks before.
  virtual std::string_view output_file() const { return {}; }
};

/// What all applications of one name have in common.
struct ApplicationKind {
  std::string_view name;
  std::string_view summary;  ///< One line for people.
  bool has_end;              ///< Whether a run waits for it.
  std::unique_ptr<ApplicationOptions> (*make_options)();
  /// The program. It ends with an error if it can't do its work. `options` outlive it.
  Task<Result<>> (*run)(Application& self, const ApplicationOptions& options);
  /// Names of protocols that its machine must have, besides its transport.
  std::span<const std::string_view> needs = {};
  bool finds_routes = false;      ///< Whether routes that are not there before the run may come.
  const void* context = nullptr;  ///< Whatever the program finds here by Application::kind().
  /// What one takes while it waits, with its sockets, for estimates; 0: what the usual one does.
  std::size_t bytes = 0;
};

enum class ApplicationStatus : std::uint8_t { waiting, serving, done, failed };

/// One application of one machine.
class Application final : public TaskObserver {
 public:
  Application(Machine& machine, const ApplicationKind& kind, const ApplicationOptions& options)
      : machine_{machine}, options_{options}, kind_{kind} {}

  Machine& machine() const { return machine_; }
  const ApplicationKind& kind() const { return kind_; }
  const ApplicationOptions& options() const { return options_; }

  Time now() const;
  /// `co_await self.sleep_for(10ms)`: lets simulated time pass.
  Sleep sleep_for(Duration duration) const;
  Sleep sleep_until(Time time) const;

  /// Counts a message of `bytes` bytes that was sent or received, whichever the application is for.
  void count_message(std::size_t bytes);
  /// Counts a message that is not the one it waits for.
  void count_other_message() { ++other_messages_; }
  /// Says that the application has reached its end, though it goes on serving.
  void satisfied();
  /// Says how many messages the application is waiting for, for reports.
  void expect_messages(std::uint64_t messages) { expected_ = messages; }

  ApplicationStatus status() const { return status_; }
  std::uint64_t messages() const { return messages_; }
  std::uint64_t expected_messages() const { return expected_; }
  std::uint64_t other_messages() const { return other_messages_; }
  std::uint64_t bytes() const { return bytes_; }
  Time first_at() const { return first_at_; }  ///< Of the first message; meaningless without one.
  Time last_at() const { return last_at_; }
  /// Why it failed, or what else it has to say: what it said itself, if it did.
  const std::string& detail() const;
  void set_detail(std::string text);

  /// Runs until it first waits.
  void start();
  /// The same on a machine that was switched off and on: nothing counts from before. A run waits
  /// for an application until it has reached its end once, not again.
  void start_again();
  /// Destroys the coroutine, whatever it waits for.
  void destroy_task() { task_.reset(); }

 private:
  friend class Machine;
  friend class World;

  void task_ended() override;
  void ended(const std::exception_ptr& thrown);

  // What every message touches, in the first cache line.
  Machine& machine_;
  std::uint64_t messages_ = 0;
  std::uint64_t bytes_ = 0;
  Time last_at_{};
  std::uint64_t expected_ = 0;
  Task<Result<>> task_;
  ApplicationStatus status_ = ApplicationStatus::waiting;
  bool has_reached_end_ = false;
  const ApplicationOptions& options_;
  const ApplicationKind& kind_;
  Application* next_ = nullptr;  // of the same machine
  Time first_at_{};
  std::uint64_t other_messages_ = 0;
  std::unique_ptr<std::string> detail_;
};

}  // namespace elvis

#include "elvis/graph/machine.hpp"
