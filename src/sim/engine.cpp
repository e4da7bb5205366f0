// SPDX-License-Identifier: MIT
#include "elvis/sim/engine.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <thread>
#include <utility>

#include "elvis/util/assert.hpp"
#include "elvis/util/resident_memory.hpp"
#include "worker_pool.hpp"

namespace elvis {

namespace {

namespace asio = boost::asio;
using WallClock = std::chrono::steady_clock;

// A window in which other threads would do fewer events than this is not worth waking them.
constexpr std::uint64_t parallel_events = 256;
// With so many, in which each machine starts what it runs, nothing needs to be measured first.
constexpr std::uint64_t many_starts = 16'384;

// ===== Pace: whether other threads help =====

// Measures what an event takes with and without the other threads, and says which is better. What
// it says decides how soon the run is over, never what comes of it.
class Pace {
 public:
  // Whether the next window may be shared.
  bool is_shared() const { return mode_ == Mode::shared; }

  // Forgets the sample that was begun.
  void begin_again() {
    sampled_at_ = WallClock::now();
    events_ = windows_ = for_others_ = 0;
  }

  // Learns that a window with `events` is over; `for_others` of them others could have taken.
  void window_ended(std::uint64_t events, std::uint64_t for_others) {
    events_ += events;
    windows_ += 1;
    for_others_ += for_others;
    if (events_ >= sample_events) take_sample();
  }

 private:
  enum class Mode : std::uint8_t { alone, shared };

  static constexpr std::uint64_t sample_events = 8'192;
  // A run that is over sooner is not worth a thread.
  static constexpr std::chrono::milliseconds shortest_run{4};
  // Of an event's time alone: what others have to save at least.
  static constexpr double worth = 0.96;
  static constexpr unsigned samples_shared = 128;
  static constexpr unsigned most_samples_alone = 1'024;
  // A sample is short: one may be bad because somebody else had the processor.
  static constexpr unsigned bad_in_a_row = 2;
  // After so many good ones, to share is tried again soon.
  static constexpr unsigned enough_good = 8;

  void take_sample() {
    const auto now = WallClock::now();
    const double pace =
        std::chrono::duration<double>(now - sampled_at_).count() / static_cast<double>(events_);
    const bool is_worth_trying = for_others_ >= windows_ * parallel_events;
    begin_again();
    ++samples_;
    if (mode_ == Mode::alone) {
      alone_ = pace;
      if (samples_ < wait_ || !is_worth_trying || now - started_ < shortest_run) return;
      change_to(Mode::shared);
    } else if (samples_ == 1) {
      return;  // threads had to wake, caches to fill
    } else if (pace > worth * alone_) {
      if (++bad_ < bad_in_a_row) return;
      wait_ = good_ >= enough_good ? 1 : std::min(2 * wait_, most_samples_alone);
      change_to(Mode::alone);
    } else {
      bad_ = 0;
      ++good_;
      if (samples_ < samples_shared) return;
      wait_ = 2;
      change_to(Mode::alone);  // it may have become different
    }
  }

  void change_to(Mode mode) {
    mode_ = mode;
    samples_ = bad_ = good_ = 0;
  }

  Mode mode_ = Mode::alone;
  const WallClock::time_point started_ = WallClock::now();
  WallClock::time_point sampled_at_ = started_;
  std::uint64_t events_ = 0;  // since then
  std::uint64_t windows_ = 0;
  std::uint64_t for_others_ = 0;
  unsigned samples_ = 0;  // in this mode
  unsigned good_ = 0;     // of those that were shared
  unsigned bad_ = 0;      // the last ones of those
  unsigned wait_ = 1;     // for how many samples alone
  double alone_ = 0;      // seconds an event
};

// ===== Density: whether windows are worth having =====

// Says when the partitions should be one for a while: to go from one to the next and back takes as
// long as some events.
class Density {
 public:
  explicit Density(std::uint64_t entities) : wait_{least_windows + entities / 64} {}

  // Learns that a window is over that was taken alone. True: they should be united.
  bool is_low(std::uint64_t for_others) {
    for_others_ += for_others;
    if (++windows_ < wait_) return false;
    const bool is_low = for_others_ < windows_ * low;
    for_others_ = windows_ = 0;
    return is_low;
  }

  // Whether united partitions that handled `events` in `time` should be separate again.
  bool is_high(std::uint64_t events, Duration time, Duration lookahead) {
    const auto windows = static_cast<std::uint64_t>(time / lookahead) + 1;
    if (events / windows < high) return false;
    wait_ *= 2;  // to move everything takes time as well
    return true;
  }

  // Events of united partitions after which this is asked again.
  static constexpr std::uint64_t united_events = 65'536;

 private:
  static constexpr std::uint64_t least_windows = 256;
  static constexpr std::uint64_t low = 64;                    // events for others in a window
  static constexpr std::uint64_t high = 4 * parallel_events;  // of all

  std::uint64_t wait_;  // in windows
  std::uint64_t windows_ = 0;
  std::uint64_t for_others_ = 0;
};

// ===== Windows: from the earliest event to the latest that nothing outside can disturb =====

class Windows {
 public:
  Windows(std::vector<Partition*> partitions, Partition::Shared& shared,
          const EngineOptions& options, WorkerPool& pool, std::function<void()> start_helpers)
      : partitions_{std::move(partitions)},
        events_before_(partitions_.size()),
        shared_{shared},
        options_{options},
        pool_{pool},
        start_helpers_{std::move(start_helpers)},
        may_unite_{options.relocate && !options.shares_always},
        density_{options.entities} {
    for (Partition* partition : partitions_) {
      has_completion_ |= partition->unfinished() > 0;
      partition->prepare();
    }
  }

  // Runs window after window until there is a reason to stop.
  void run() {
    const Time last = add_saturated(options_.until, Duration{1});
    if (options_.threads > 1 && starts_for_others() >= many_starts) share();
    while (shared_.stop.load(std::memory_order_relaxed) == StopReason::none) {
      const Time next = earliest();
      if (is_complete(next)) {
        shared_.request(StopReason::completed);
      } else if (next == end_of_time) {
        shared_.request(StopReason::idle);
      } else if (next >= last) {
        shared_.request(StopReason::until);
      } else {
        run_window(next, last);
      }
    }
  }

  std::uint64_t windows = 0;
  std::uint64_t parallel_windows = 0;
  std::uint64_t unions = 0;

 private:
  void run_window(Time next, Time last) {
    ++windows;
    if (is_united_) return run_united(next, last);
    if (shared_.settled && partitions_.size() > 1) {
      const StopReason reason = shared_.settled(next);
      if (reason != StopReason::none) return shared_.request(reason);
    }
    if (partitions_.size() == 1) {
      partitions_.front()->run(last);  // stops by itself at the end of the grid, when complete
      return;
    }
    end_ = std::min({end_of_window(next), partitions_.front()->grid_end(next), last});
    parallel_windows += is_parallel_ ? 1 : 0;
    if (is_parallel_ || shared_.settled || !run_ahead(next, last)) {
      each([](Windows& self, Partition& partition) {
        partition.begin_window(self.partitions_);
        partition.run(self.end_);
      });
    }
    if (std::ranges::any_of(partitions_, &Partition::has_handed_over)) {
      each([](Windows& self, Partition& partition) { partition.settle(self.partitions_); });
    }
    if (options_.threads == 1 && !may_unite_) return;
    const auto [events, for_others] = count_events();
    pace_.window_ended(events, for_others);
    is_parallel_ = options_.threads > 1 && (options_.shares_always || pace_.is_shared()) &&
                   for_others >= parallel_events;
    if (is_parallel_) {
      share();
    } else if (may_unite_ && density_.is_low(for_others)) {
      unite();
    }
  }

  // ----- few events: the partitions are one -----

  void unite() {
    ++unions;
    is_united_ = true;
    for (Partition* const partition : partitions_) partition->begin_window(partitions_);
    options_.relocate(true);
    own_window_ = partitions_.front()->window();
    partitions_.front()->take_over(partitions_, options_.united_window);
  }

  void run_united(Time next, Time last) {
    Partition& all = *partitions_.front();
    if (has_completion_ && all.unfinished() == 0) {
      last = std::min(last, all.grid_end(all.finished_at()));
    }
    const std::uint64_t before = all.events();
    all.run_some(last, Density::united_events);
    const std::uint64_t events = all.events() - before;
    if (!all.is_at_rest() || all.next_here() == end_of_time) return;
    if (density_.is_high(events, all.next_here() - next, options_.lookahead)) separate();
  }

  void separate() {
    is_united_ = false;
    options_.relocate(false);
    partitions_.front()->give_back(partitions_, own_window_);
    count_events();
    pace_.begin_again();
  }

  void share() {
    is_parallel_ = true;
    if (start_helpers_) std::exchange(start_helpers_, nullptr)();
  }

  // What pends before the run in all partitions but the one with most of it.
  std::uint64_t starts_for_others() const {
    std::uint64_t sum = 0;
    std::uint64_t most = 0;
    for (const Partition* const partition : partitions_) {
      sum += partition->pending();
      most = std::max<std::uint64_t>(most, partition->pending());
    }
    return sum - most;
  }

  // Where only one partition has something to do for a while, it does all of that at once: what
  // comes one after the other takes no longer for being divided. False if there are several.
  bool run_ahead(Time next, Time last) {
    const Time window_end = add_saturated(next, options_.lookahead);
    Partition* first = nullptr;
    Time second = end_of_time;  // when something happens elsewhere
    for (Partition* const partition : partitions_) {
      const Time arrives = arrival_at(*partition);
      if (arrives < window_end && first != nullptr) return false;
      if (arrives < window_end) {
        first = partition;
      } else {
        second = std::min(second, arrives);
      }
    }
    for (Partition* const partition : partitions_) {
      partition->begin_window(partitions_);
      partition->prepare();
      if (partition != first) first->take_unfinished(*partition);
    }
    Time end = std::min(second, last);
    if (has_completion_ && first->unfinished() == 0) end = std::min(end, first->grid_end(next));
    first->run_ahead(end, options_.lookahead, has_completion_);
    return true;
  }

  // When the next event in `partition` happens, with those that were sent there.
  Time arrival_at(Partition& partition) const {
    Time time = partition.next_here();
    for (const Partition* const other : partitions_) {
      time = std::min(time, other->first_sent_to(partition));
    }
    return time;
  }

  // Busy partitions have windows of their own, at multiples of a latency, so these keep step.
  Time end_of_window(Time next) const {
    const Duration length = options_.lookahead;
    if (!is_parallel_) return add_saturated(next, length);
    const Duration since_start = next - start_of_time;
    return add_saturated(start_of_time + (since_start - since_start % length), length);
  }

  struct EventCounts {
    std::uint64_t all;
    std::uint64_t for_others;  // all but those of the partition that had most
  };

  // The events of the last window.
  EventCounts count_events() {
    std::uint64_t sum = 0;
    std::uint64_t most = 0;
    for (std::size_t i = 0; i < partitions_.size(); ++i) {
      const std::uint64_t now = partitions_[i]->events();
      const std::uint64_t here = now - std::exchange(events_before_[i], now);
      sum += here;
      most = std::max(most, here);
    }
    return {sum, sum - most};
  }

  // Whether all that has an end reached it, and the grid interval in which the last did is over.
  bool is_complete(Time next) const {
    if (!has_completion_) return false;
    Time finished = start_of_time;
    std::int64_t unfinished = 0;
    for (const Partition* partition : partitions_) {
      unfinished += partition->unfinished();
      finished = std::max(finished, partition->finished_at());
    }
    return unfinished == 0 && next >= partitions_.front()->grid_end(finished);
  }

  Time earliest() const {
    Time earliest = end_of_time;
    for (const Partition* partition : partitions_) {
      earliest = std::min(earliest, partition->earliest());
    }
    return earliest;
  }

  using Phase = void (*)(Windows& self, Partition& partition);

  void each(Phase phase) {
    if (!is_parallel_) {
      for (Partition* partition : partitions_) phase(*this, *partition);
      return;
    }
    phase_ = phase;
    pool_.for_each(
        [](void* context, std::size_t index) {
          auto& self = *static_cast<Windows*>(context);
          self.phase_(self, *self.partitions_[index]);
        },
        this);
  }

  std::vector<Partition*> partitions_;
  std::vector<std::uint64_t> events_before_;  // the last window
  Partition::Shared& shared_;
  const EngineOptions& options_;
  WorkerPool& pool_;
  std::function<void()> start_helpers_;  // until the first window that is worth it
  bool has_completion_ = false;
  bool is_parallel_ = false;
  bool may_unite_;
  bool is_united_ = false;
  Duration own_window_{0};  // of the first partition, when it is not united
  Pace pace_;
  Density density_;
  Time end_ = start_of_time;
  Phase phase_ = nullptr;
};

// ===== Keeper: signals, limits and progress, beside the run =====

class Keeper {
 public:
  Keeper(asio::io_context& context, std::vector<Partition*> partitions, Partition::Shared& shared,
         const EngineOptions& options)
      : partitions_{std::move(partitions)},
        seen_(partitions_.size()),
        shared_{shared},
        options_{options},
        tick_{context},
        wall_{context},
        memory_{context},
        signals_{context} {
    if (options_.handles_signals) {
      signals_.add(SIGINT);
      signals_.add(SIGTERM);
      signals_.async_wait([this](const boost::system::error_code& error, int signal) {
        if (error) return;
        shared_.request(signal == SIGINT ? StopReason::interrupted : StopReason::terminated);
        signals_.clear();  // the next one ends the process
      });
    }
    if (options_.wall_limit) {
      wall_.expires_after(*options_.wall_limit);
      wall_.async_wait([this](const boost::system::error_code& error) {
        if (!error) shared_.request(StopReason::wall_limit);
      });
    }
    wait_for_tick();
    if (options_.memory_limit) watch_memory();
  }

 private:
  static constexpr std::chrono::milliseconds tick{100};
  // A run may grow by a gigabyte a second.
  static constexpr std::chrono::milliseconds memory_tick{20};
  // How long an event may take when the run is to end.
  static constexpr std::chrono::milliseconds grace{500};

  struct Seen {
    const Entity* entity = nullptr;
    std::uint64_t events = 0;
    WallClock::time_point since{};
  };

  void wait_for_tick() {
    tick_.expires_after(tick);
    tick_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      look_for_stuck_events();
      if (options_.progress) options_.progress(progress());
      wait_for_tick();
    });
  }

  void watch_memory() {
    memory_.expires_after(memory_tick);
    memory_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      if (resident_memory() > *options_.memory_limit) shared_.request(StopReason::memory_limit);
      watch_memory();
    });
  }

  Progress progress() const {
    Progress progress{end_of_time, 0, WallClock::now() - started_};
    for (const Partition* partition : partitions_) {
      progress.events += partition->events();
      progress.time = std::min(progress.time, partition->published_time());
    }
    return progress;
  }

  void look_for_stuck_events() {
    const auto now = WallClock::now();
    const StopReason asked = shared_.stop;
    const auto patience =
        asked == StopReason::none ? options_.watchdog : std::min(options_.watchdog, grace);
    for (std::size_t i = 0; i < partitions_.size(); ++i) {
      const Entity* const entity = partitions_[i]->current();
      const std::uint64_t events = partitions_[i]->events();
      if (entity == nullptr || entity != seen_[i].entity || events != seen_[i].events) {
        seen_[i] = {entity, events, now};
      } else if (now - seen_[i].since > patience) {
        if (options_.stuck) {
          options_.stuck(entity, asked == StopReason::none ? StopReason::stuck : asked);
        }
        std::abort();
      }
    }
  }

  std::vector<Partition*> partitions_;
  std::vector<Seen> seen_;
  Partition::Shared& shared_;
  const EngineOptions& options_;
  asio::steady_timer tick_;
  asio::steady_timer wall_;
  asio::steady_timer memory_;
  asio::signal_set signals_;
  WallClock::time_point started_ = WallClock::now();
};

}  // namespace

// ===== Engine: the threads of a run =====

Engine::Engine(std::size_t partitions) {
  ELVIS_ASSERT(partitions >= 1);
  for (std::size_t i = 0; i < partitions; ++i) {
    partitions_.push_back(std::make_unique<Partition>(shared_, i, partitions));
  }
}

Engine::~Engine() = default;

std::uint64_t Engine::events() const {
  std::uint64_t events = 0;
  for (const auto& partition : partitions_) events += partition->events();
  return events;
}

Outcome Engine::run(const EngineOptions& options) {
  ELVIS_ASSERT(options.threads >= 1 && options.lookahead >= Duration{1} &&
               options.grid >= Duration{1});
  ELVIS_ASSERT(!options.max_events || partitions_.size() == 1);
  shared_.settled = options.settled;
  std::vector<Partition*> all;
  for (const auto& partition : partitions_) {
    partition->set_grid(options.grid);
    if (options.max_events) partition->set_event_limit(*options.max_events);
    all.push_back(partition.get());
  }

  // One partition needs one worker; more threads than partitions would only wait.
  const auto workers = static_cast<unsigned>(std::min<std::size_t>(options.threads, all.size()));
  asio::io_context context{static_cast<int>(workers) + 1};
  Keeper keeper{context, all, shared_, options};
  WorkerPool pool{all.size()};
  std::vector<std::jthread> helpers;
  Windows windows{all, shared_, options, pool, [&] {
                    for (unsigned i = 1; i < workers; ++i) {
                      asio::post(context, [&pool, i] { pool.serve(i); });
                      helpers.emplace_back([&context] { context.run(); });
                    }
                  }};
  asio::post(context, [&] {
    windows.run();
    pool.dismiss();
    context.stop();
  });
  {
    // This thread is one more, so that one is always free for signals, limits and progress.
    const std::jthread coordinator{[&context] { context.run(); }};
    context.run();
  }
  helpers.clear();

  Outcome outcome;
  outcome.reason = shared_.stop;
  outcome.culprit = shared_.culprit;
  outcome.events = events();
  outcome.windows = windows.windows;
  outcome.parallel_windows = windows.parallel_windows;
  outcome.unions = windows.unions;
  for (const Partition* partition : all) {
    outcome.ended_at = std::max(outcome.ended_at, partition->last_event_at());
  }
  return outcome;
}

}  // namespace elvis
