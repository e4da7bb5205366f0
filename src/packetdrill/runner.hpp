// SPDX-License-Identifier: MIT
// Runner: lets the events of a script happen at their times, and sees whether the stack does what
// the script expects.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "code.hpp"
#include "codec.hpp"
#include "compare.hpp"
#include "elvis/graph/application.hpp"
#include "elvis/packetdrill/packetdrill.hpp"
#include "elvis/sim/task.hpp"
#include "flows.hpp"
#include "process.hpp"
#include "remote_end.hpp"
#include "script.hpp"
#include "setup.hpp"

namespace elvis::packetdrill {

/// Scripts know no shorter times: what is off by less is not off.
inline constexpr Duration finest_time = std::chrono::microseconds{1};

/// Why a run ended before the end of the script.
struct Failure {
  Verdict::Kind kind = Verdict::Kind::failed;
  Span span;
  std::string text;     ///< One clause.
  std::string details;  ///< Lines below the excerpt.
};

class Runner {
 public:
  Runner(const Script& script, Setup& setup);

  /// Runs the script in a world of its own.
  std::optional<Failure> run();

 private:
  // A system call that goes on while the script does.
  struct Pending final : TaskObserver {
    explicit Pending(Signal& raised, Entity& clock) : signal{raised}, entity{clock} {}

    void task_ended() override {
      is_done = true;
      ended_at = entity.now();
      signal.raise();
    }

    Signal& signal;
    Entity& entity;
    Task<CallOutcome> task;
    const Event* event = nullptr;
    Time ends;  // as the script has it
    bool blocks = false;
    bool is_done = false;
    Time ended_at;
  };
  struct Moment {
    Time from;
    Time to;
    Duration base{};  // what relative times are relative to
  };
  struct Seen {
    Time at;
    Message datagram;
    Decoded decoded;
  };

  Task<Result<>> play(Application& self);
  Task<> play_event(const Event& event);
  Task<> play_inbound(const Event& event, const PacketEvent& packet, Moment moment);
  Task<> play_outbound(const Event& event, const PacketEvent& packet, Moment moment);
  Task<> play_call(const Event& event, const CallEvent& call, Moment moment);
  Task<> play_code(const Event& event, const CodeEvent& code, Moment moment);
  Task<> wait_for(const Event& event, Moment moment);
  Task<> wait_for_call();

  Moment moment_of(const Event& event) const;
  Duration tolerance_at(Time at) const;
  std::optional<Seen> take_sighting(Flow& flow, const Packet& expected);
  Task<std::optional<Seen>> next_packet(Flow& flow, const Packet& expected, Time deadline);
  Task<> gather(Flow& flow, const Packet& expected, Seen& seen, Time deadline);
  void check_packet(const Event& event, const Packet& expected, Flow& flow, const Seen& seen,
                    Moment moment);
  void check_time(const Event& event, Time at, Moment moment, const char* what);
  void check_call();
  std::string missing_details(const Event& event, const Packet& expected, Time deadline) const;
  std::string time_text(Time at) const;
  std::string expected_text(const Event& event, Moment moment) const;
  void fail(const Event& event, std::string text, std::string details = {});
  void fail_as(Verdict::Kind kind, Span span, std::string text, std::string details = {});
  bool has_failed() const { return failure_.has_value(); }
  Time now() const { return host_->now(); }

  static Task<Result<>> start(Application& self, const ApplicationOptions& options);

  const Script& script_;
  Setup& setup_;
  Flows flows_;
  Signal signal_;
  CodeNames names_;
  std::optional<Failure> failure_;
  Machine* host_ = nullptr;
  RemoteEnd* remote_ = nullptr;
  Process* process_ = nullptr;
  Pending* pending_ = nullptr;
  Time begin_;  // of the script
  const Event* last_event_ = nullptr;
  Time last_at_;  // when it was due, or took place
};

}  // namespace elvis::packetdrill
