// SPDX-License-Identifier: MIT
#include "elvis/report/summary.hpp"

#include <fmt/format.h>

#include <iterator>
#include <vector>

#include "elvis/report/human.hpp"
#include "elvis/util/assert.hpp"

namespace elvis {

namespace {

// "1 done, 2 waiting": those of the counts that are not 0, or `none`.
class Listing {
 public:
  Listing& add(std::uint64_t count, std::string_view what) {
    if (count == 0) return *this;
    fmt::format_to(std::back_inserter(text_), "{}{} {}", text_.empty() ? "" : ", ",
                   human_count(count), what);
    return *this;
  }
  std::string or_else(std::string_view none) const {
    return text_.empty() ? std::string{none} : text_;
  }

 private:
  std::string text_;
};

std::string_view colour_of(RunStatus status) {
  switch (status) {
    case RunStatus::succeeded:
      return "\033[1;32m";
    case RunStatus::unsatisfied:
    case RunStatus::failed:
      return "\033[1;31m";
    case RunStatus::limit:
    case RunStatus::interrupted:
      return "\033[1;33m";
  }
  ELVIS_UNREACHABLE();
}

// What ended the run, if it was not that all was done.
std::string_view words_for(StopReason reason) {
  switch (reason) {
    case StopReason::none:
    case StopReason::completed:
    case StopReason::idle:
      return "";
    case StopReason::until:
      return "the limit on simulated time was reached";
    case StopReason::max_events:
      return "the limit on events was reached";
    case StopReason::wall_limit:
      return "the limit on wall time was reached";
    case StopReason::memory_limit:
      return "the limit on memory was reached";
    case StopReason::livelock:
      return "an instant of simulated time did not end";
    case StopReason::stuck:
      return "an event did not end";
    case StopReason::interrupted:
      return "by SIGINT";
    case StopReason::terminated:
      return "by SIGTERM";
    case StopReason::output_failed:
      return "an output could not be written";
  }
  ELVIS_UNREACHABLE();
}

class SummaryWriter {
 public:
  SummaryWriter(const Report& report, const SummaryStyle& style) : report_{report}, style_{style} {}

  std::string write() {
    head();
    frames();
    costs();
    troubles("still waiting", report_.waiting, report_.waiting_count, " ");
    troubles("failed", report_.failed, report_.failed_count, ": ");
    return std::move(text_);
  }

 private:
  void line(std::string_view label, const std::string& value) {
    fmt::format_to(std::back_inserter(text_), "  {:<13} {}\n", label, value);
  }

  void head() {
    const std::string_view words = words_for(report_.reason);
    fmt::format_to(std::back_inserter(text_), "{}: {}{}{}{}{}\n",
                   style_.printable(report_.facts.file),
                   style_.has_colour ? colour_of(report_.status) : "", name_of(report_.status),
                   style_.has_colour ? "\033[0m" : "", words.empty() ? "" : ": ", words);
    if (report_.culprit) line("culprit", description_of(*report_.culprit, style_));
    line("world", fmt::format("{} on {}", human_count(report_.machine_count, "machine"),
                              human_count(report_.networks.size(), "network")));
    line("applications", Listing{}
                             .add(report_.done_count, "done")
                             .add(report_.serving_count, "serving")
                             .add(report_.waiting_count, "waiting")
                             .add(report_.failed_count, "failed")
                             .or_else("none"));
  }

  void frames() {
    const NetworkCounters& totals = report_.totals;
    line("frames", Listing{}
                       .add(totals.frames_sent, "sent")
                       .add(totals.frames_copied, "copied")
                       .add(totals.frames_duplicated, "duplicated")
                       .add(totals.frames_delivered, "delivered")
                       .add(totals.frames_lost, "lost")
                       .add(totals.frames_queue_dropped, "dropped by queues")
                       .add(totals.frames_unknown_destination, "to nobody")
                       .add(report_.in_flight, "under way")
                       .add(totals.frames_corrupted, "corrupted")
                       .add(totals.frames_marked, "marked")
                       .or_else("none"));
    line("bytes", fmt::format("{} sent, {} delivered", human_size(totals.bytes_sent),
                              human_size(totals.bytes_delivered)));
    Listing drops;
    for (std::size_t i = 0; i < drop_reasons; ++i) {
      const auto reason = static_cast<Drop>(i);
      drops.add(report_.drops[reason], name_of(reason));
    }
    drops.add(totals.frames_unknown_destination, "unknown_destination");
    line("drops", drops.or_else("none"));
  }

  void costs() {
    line("simulated", human_duration(report_.ended_at.time_since_epoch()));
    const RunFacts& facts = report_.facts;
    std::string events = human_count(report_.events);
    // Of a few microseconds, a rate says nothing.
    if (facts.run_seconds >= 1e-3) {
      events += fmt::format(", {}/s",
                            human_rate(static_cast<double>(report_.events) / facts.run_seconds));
    }
    line("events", events);
    line("wall time", fmt::format("{} to build, {} to run", human_seconds(facts.build_seconds),
                                  human_seconds(facts.run_seconds)));
    if (facts.peak_memory != 0) line("peak memory", human_size(facts.peak_memory));
    line("digest", fmt::format("{:016x}", report_.digest));
  }

  // The first `troubles` of `count`, one a line: "bob: capture has 2 of 3 messages".
  void troubles(std::string_view title, const std::vector<Trouble>& troubles, std::uint64_t count,
                std::string_view separator) {
    if (troubles.empty()) return;
    fmt::format_to(std::back_inserter(text_), "{}:\n", title);
    for (const Trouble& trouble : troubles) {
      fmt::format_to(std::back_inserter(text_), "  {}: {}{}{}\n", style_.printable(trouble.machine),
                     style_.printable(trouble.application), trouble.detail.empty() ? "" : separator,
                     style_.printable(trouble.detail));
    }
    if (count > troubles.size()) {
      fmt::format_to(std::back_inserter(text_), "  and {} more\n",
                     human_count(count - troubles.size()));
    }
  }

  const Report& report_;
  const SummaryStyle& style_;
  std::string text_;
};

}  // namespace

std::string summary(const Report& report, const SummaryStyle& style) {
  return SummaryWriter{report, style}.write();
}

std::string description_of(const Culprit& culprit, const SummaryStyle& style) {
  std::string text = fmt::format("machine `{}`", style.printable(culprit.machine));
  if (culprit.applications.empty()) return text;
  text +=
      culprit.applications.size() == 1 ? ", whose application is " : ", whose applications are ";
  constexpr std::size_t most = 8;
  for (std::size_t i = 0; i < culprit.applications.size() && i < most; ++i) {
    const bool is_last = i + 1 == culprit.applications.size();
    text += (i == 0 ? "" : is_last ? " and " : ", ") + style.printable(culprit.applications[i]);
  }
  if (culprit.applications.size() > most) text += ", …";
  return text;
}

}  // namespace elvis
