// SPDX-License-Identifier: MIT
#include "progress_line.hpp"

#include <fmt/format.h>

#include <string>

#include "console.hpp"
#include "elvis/report/human.hpp"
#include "elvis/util/resident_memory.hpp"

namespace elvis::cli {

namespace {

constexpr std::chrono::duration<double> live_step{0.25};

std::string text_of(const Progress& progress, Time until) {
  const Duration simulated = progress.time - start_of_time;
  std::string time = human_duration(simulated);
  if (until != end_of_time && until > start_of_time) {
    const double part = static_cast<double>(simulated.count()) /
                        static_cast<double>((until - start_of_time).count());
    time += fmt::format(" ({:.0f} %)", 100 * part);
  }
  const double seconds = progress.elapsed.count();
  return fmt::format(
      "{:.0f} s: simulated {}, {}, {}/s, {}", seconds, time, human_count(progress.events, "event"),
      human_rate(static_cast<double>(progress.events) / seconds), human_size(resident_memory()));
}

}  // namespace

ProgressLine::ProgressLine(ProgressMode mode, Time until, Console& console)
    : console_{console}, until_{until} {
  const bool is_wanted =
      mode == ProgressMode::on || (mode == ProgressMode::automatic && console.is_err_terminal());
  style_ = !is_wanted ? Style::none : console.is_err_terminal() ? Style::live : Style::lines;
}

ProgressLine::~ProgressLine() {
  console_.clear_live();
}

void ProgressLine::show(const Progress& progress) {
  if (style_ == Style::none || progress.elapsed < next_) return;
  const std::string text = text_of(progress, until_);
  if (style_ == Style::live) {
    console_.show_live(text);
    next_ = progress.elapsed + live_step;
  } else {
    console_.err(text + "\n");
    step_ *= 2;
    next_ = step_;  // after 1, 2, 4, 8 … seconds
  }
}

}  // namespace elvis::cli
