// SPDX-License-Identifier: MIT
#include "runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "codec.hpp"
#include "elvis/graph/world.hpp"
#include "elvis/protocols/icmp.hpp"
#include "elvis/protocols/ipv4.hpp"
#include "elvis/protocols/tcp.hpp"
#include "elvis/protocols/udp.hpp"
#include "symbols.hpp"

namespace elvis::packetdrill {

namespace {

/// How long a frame is under way, either way.
constexpr Duration frame_time{1};
/// Events after which a run counts as endless.
constexpr std::uint64_t most_events = 50'000'000;

struct RunnerOptions final : ApplicationOptions {
  Runner* runner = nullptr;
  void visit(OptionVisitor&) override {}
};

std::string seconds_text(Duration time) {
  // Rounded: frames take a nanosecond, which is nobody's concern.
  constexpr std::int64_t half = 500;
  const std::int64_t microseconds = (time.count() + (time.count() < 0 ? -half : half)) / 1000;
  const std::int64_t size = microseconds < 0 ? -microseconds : microseconds;
  return fmt::format("{}{}.{:06}", microseconds < 0 ? "-" : "", size / 1'000'000, size % 1'000'000);
}

bool is_inbound(const Event* event) {
  const auto* const packet = event == nullptr ? nullptr : std::get_if<PacketEvent>(&event->what);
  return packet != nullptr && packet->is_inbound;
}

}  // namespace

Runner::Runner(const Script& script, Setup& setup) : script_{script}, setup_{setup}, flows_{setup} {
  Process::tell_constants(names_, setup.is_freebsd);
}

std::optional<Failure> Runner::run() {
  static constexpr ApplicationKind kind{"packetdrill", "runs a script", true, nullptr, start};
  RunnerOptions options;
  options.runner = this;
  World world;
  LinkProperties properties;
  properties.mtu = setup_.mtu;
  Network& network = world.add_network("wire", properties);
  Network* const networks[] = {&network};
  world.add_group("host", 1, false);
  host_ = &world.add_machine(networks, 4);
  Ipv4& ipv4 = world.add_protocol<Ipv4>(*host_);
  world.add_protocol<Icmp>(*host_, ipv4);
  world.add_protocol<Udp>(*host_, ipv4);
  world.add_protocol<Tcp>(*host_, ipv4, setup_.tcp);
  world.claim(host_->taps().front(), setup_.local);
  world.add_group("remote", 1, false);
  Machine& remote = world.add_machine(networks, 1);
  remote_ = &world.add_protocol<RemoteEnd>(remote, signal_);
  world.claim(remote.taps().front(), setup_.remote);
  if (setup_.is_linux) {
    remote_->pace([this](const Packet& segment) {
      return process_ == nullptr
                 ? 0
                 : process_->pacing_rate({segment.source, segment.source_port},
                                         {segment.destination, segment.destination_port});
    });
  }
  world.add_application(*host_, kind, options);

  World::RunOptions run_options;
  run_options.engine.max_events = most_events;
  const Outcome outcome = world.run(std::move(run_options));
  if (!failure_ && outcome.reason != StopReason::completed) {
    fail_as(Verdict::Kind::failed, last_event_ == nullptr ? Span{} : last_event_->span,
            "the run does not come to an end behind this event");
  }
  return std::move(failure_);
}

Task<Result<>> Runner::start(Application& self, const ApplicationOptions& options) {
  return static_cast<const RunnerOptions&>(options).runner->play(self);
}

Task<Result<>> Runner::play(Application& self) {
  begin_ = last_at_ = self.now();
  Process process{self.machine(), setup_, flows_, begin_};
  Pending pending{signal_, self.machine()};
  process_ = &process;
  pending_ = &pending;
  for (const Event& event : script_.events) {
    co_await play_event(event);
    if (has_failed()) break;
    process.settle();
    last_event_ = &event;
  }
  if (!has_failed()) co_await wait_for_call();
  process_ = nullptr;
  pending_ = nullptr;
  co_return Result<>{};
}

// ===== Times =====

Runner::Moment Runner::moment_of(const Event& event) const {
  Duration base{};
  if (event.time.is_relative()) {
    // Packets of the script follow each other exactly; all else counts from what took place.
    const bool is_anchored = is_inbound(last_event_) && is_inbound(&event);
    base = (is_anchored ? last_at_ : now()) - begin_;
  }
  return {begin_ + base + event.time.from, begin_ + base + event.time.to, base};
}

Duration Runner::tolerance_at(Time at) const {
  const Duration since = at > last_at_ ? at - last_at_ : Duration{};
  return std::max(setup_.tolerance, since * std::int64_t{setup_.tolerance_permille} / 1000);
}

std::string Runner::time_text(Time at) const {
  return seconds_text(at - begin_);
}

std::string Runner::expected_text(const Event& event, Moment moment) const {
  if (event.time.kind == EventTime::Kind::any) return "*";
  if (!event.time.is_range()) return time_text(moment.from);
  return time_text(moment.from) + "~" + time_text(moment.to);
}

void Runner::fail_as(Verdict::Kind kind, Span span, std::string text, std::string details) {
  if (failure_) return;
  failure_ = Failure{kind, span, std::move(text), std::move(details)};
}

void Runner::fail(const Event& event, std::string text, std::string details) {
  const bool is_forgiven = std::holds_alternative<PacketEvent>(event.what) ? setup_.forgives_packets
                                                                           : setup_.forgives_calls;
  if (is_forgiven) {
    setup_.notes.push_back(text);
    return;
  }
  fail_as(Verdict::Kind::failed, event.span, std::move(text), std::move(details));
}

void Runner::check_time(const Event& event, Time at, Moment moment, const char* what) {
  if (event.time.kind == EventTime::Kind::any) return;
  const Duration tolerance = tolerance_at(moment.from);
  const Duration allowed = tolerance + finest_time;
  if (at >= moment.from - allowed && at <= moment.to + allowed) return;
  const bool is_early = at < moment.from;
  const Duration gap = is_early ? moment.from - at : at - moment.to;
  fail(event,
       fmt::format("{} comes {} s too {}", what, seconds_text(gap), is_early ? "early" : "late"),
       fmt::format("  expected  {}\n  seen      {}\n  tolerance {}\n", expected_text(event, moment),
                   time_text(at), seconds_text(tolerance)));
}

Task<> Runner::wait_for(const Event& event, Moment moment) {
  if (moment.from > now()) co_await Sleep{*host_, moment.from};
  check_time(event, now(), moment, "this event");
}

// ===== Events =====

Task<> Runner::play_event(const Event& event) {
  const Moment moment = moment_of(event);
  if (last_event_ != nullptr && event.time.kind == EventTime::Kind::absolute &&
      last_event_->time.kind == EventTime::Kind::absolute && moment.from < last_at_) {
    fail_as(Verdict::Kind::wrong, event.span,
            fmt::format("time goes backward, from {} to {}", time_text(last_at_),
                        time_text(moment.from)));
    co_return;
  }
  check_call();
  if (has_failed()) co_return;
  if (const auto* const packet = std::get_if<PacketEvent>(&event.what)) {
    if (packet->is_inbound) {
      co_await play_inbound(event, *packet, moment);
    } else {
      co_await play_outbound(event, *packet, moment);
    }
  } else if (const auto* const call = std::get_if<CallEvent>(&event.what)) {
    co_await play_call(event, *call, moment);
  } else if (const auto* const code = std::get_if<CodeEvent>(&event.what)) {
    co_await play_code(event, *code, moment);
  } else {
    co_await wait_for(event, moment);
    setup_.apply_command(std::get<CommandEvent>(event.what).text);
    process_->settings_changed();
    if (std::exchange(setup_.forgets_cookies, false)) {
      static_cast<Tcp*>(host_->find(ProtocolId::tcp))->forget_cookies();
    }
    if (!setup_.refusal.empty()) fail_as(Verdict::Kind::wrong, event.span, setup_.refusal);
  }
  if (is_inbound(&event)) {
    last_at_ = moment.from;
  } else {
    last_at_ = event.time.kind == EventTime::Kind::absolute ? moment.from : now();
  }
}

Task<> Runner::play_inbound(const Event& event, const PacketEvent& packet, Moment moment) {
  co_await wait_for(event, moment);
  if (has_failed()) co_return;
  Flow& flow = flows_.of_inbound(packet.packet);
  Packet live = flow.to_live(packet.packet);
  if (!live.window) live.window = 0xffff;
  remote_->send(encode(live));
  // The stack has had the packet before anything else happens.
  co_await Sleep{*host_, now() + 2 * frame_time};
}

Task<> Runner::play_code(const Event& event, const CodeEvent& code, Moment moment) {
  co_await wait_for(event, moment);
  if (has_failed()) co_return;
  process_->tell_info(names_);
  const std::optional<CodeMistake> mistake = run_code(code.text, names_);
  if (!mistake) co_return;
  const auto at = code.span.begin + static_cast<std::uint32_t>(mistake->at);
  const Span span{at, at + static_cast<std::uint32_t>(std::max<std::size_t>(mistake->length, 1))};
  fail_as(mistake->is_assertion ? Verdict::Kind::failed : Verdict::Kind::wrong, span,
          mistake->text);
}

// ===== System calls =====

Task<> Runner::play_call(const Event& event, const CallEvent& call, Moment moment) {
  co_await wait_for(event, moment);
  co_await wait_for_call();
  if (has_failed()) co_return;
  Pending& pending = *pending_;
  pending.event = &event;
  pending.is_done = false;
  pending.blocks = call.end.has_value();
  pending.ends = begin_ + moment.base + call.end.value_or(Duration{});
  pending.task = process_->call(call);
  pending.task.start(&pending);
  if (pending.is_done || !pending.blocks) co_await wait_for_call();
}

// Lets the call that is under way end, if there is one, and looks at what came of it.
Task<> Runner::wait_for_call() {
  Pending& pending = *pending_;
  if (pending.event == nullptr) co_return;
  const Time deadline = pending.blocks ? pending.ends + setup_.tolerance : now() + setup_.tolerance;
  while (!pending.is_done && now() < deadline) co_await signal_.until(*host_, deadline);
  if (!pending.is_done) {
    fail(*pending.event, pending.blocks
                             ? fmt::format("this call has not returned by {}", time_text(deadline))
                             : std::string{"this call blocks, where the script has it "
                                           "return at once"});
    pending.event = nullptr;
    pending.task.reset();
    co_return;
  }
  check_call();
}

void Runner::check_call() {
  Pending& pending = *pending_;
  if (pending.event == nullptr || !pending.is_done) return;
  const Event& event = *std::exchange(pending.event, nullptr);
  const CallEvent& call = std::get<CallEvent>(event.what);
  const CallOutcome outcome = pending.task.take();
  pending.task.reset();
  if (!outcome.unsupported.empty()) {
    return fail_as(Verdict::Kind::wrong, event.span, outcome.unsupported);
  }
  const auto text_of = [](std::int64_t value, std::string_view error) {
    return error.empty() ? fmt::format("{}", value) : fmt::format("{} {}", value, error);
  };
  const auto expected = value_of(call.result);
  const std::string_view due =
      call.error == "EWOULDBLOCK" ? "EAGAIN" : std::string_view{call.error};
  const bool has_other_value = expected && *expected != outcome.value;
  // A script may leave open why a call fails.
  const bool is_failure = expected && *expected < 0 && outcome.value < 0;
  const bool has_other_error =
      (due.empty() ? expected && !is_failure : true) && due != outcome.error;
  std::string details;
  if (has_other_value || has_other_error) {
    details = fmt::format("  expected  {}\n  seen      {}\n",
                          text_of(expected.value_or(outcome.value), due),
                          text_of(outcome.value, outcome.error));
  }
  for (const std::string& difference : outcome.differences) details += "  " + difference + "\n";
  if (!details.empty()) {
    return fail(event, fmt::format("{} returns something else", call.name), details);
  }
  if (!pending.blocks) return;
  const Duration gap = pending.ended_at > pending.ends ? pending.ended_at - pending.ends
                                                       : pending.ends - pending.ended_at;
  if (gap <= tolerance_at(pending.ends) + finest_time) return;
  fail(event,
       fmt::format("{} returns {} s too {}", call.name, seconds_text(gap),
                   pending.ended_at < pending.ends ? "early" : "late"),
       fmt::format("  expected  {}\n  seen      {}\n", time_text(pending.ends),
                   time_text(pending.ended_at)));
}

}  // namespace elvis::packetdrill
