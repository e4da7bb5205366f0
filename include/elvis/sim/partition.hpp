// SPDX-License-Identifier: MIT
// Partition: one serial slice of the world, with its pending events and its clock.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "elvis/sim/calendar.hpp"
#include "elvis/sim/entity.hpp"
#include "elvis/sim/event.hpp"
#include "elvis/sim/event_queue.hpp"
#include "elvis/sim/task.hpp"
#include "elvis/sim/waiter.hpp"

namespace elvis {

/// Why a run came to its end.
enum class StopReason : std::uint8_t {
  none,           ///< It goes on.
  completed,      ///< Everything that has an end has reached it.
  idle,           ///< Nothing is left to happen.
  until,          ///< The simulated time limit was reached.
  max_events,     ///< The limit on events was reached.
  wall_limit,     ///< The limit on wall time was reached.
  memory_limit,   ///< The limit on memory was reached.
  livelock,       ///< One instant never ended.
  stuck,          ///< Something computed for too long without letting time pass.
  interrupted,    ///< SIGINT.
  terminated,     ///< SIGTERM.
  output_failed,  ///< What the run writes could not be written.
};

class Partition {
 public:
  /// What all partitions of one engine share. Written by any thread, read by all.
  struct Shared {
    std::atomic<StopReason> stop{StopReason::none};
    std::atomic<const Entity*> culprit{nullptr};  ///< Of a livelock.
    void request(StopReason reason, const Entity* who = nullptr);
    /// Told that everything before a time has happened; see EngineOptions. Set before the run.
    std::function<StopReason(Time before)> settled;
  };

  Partition(Shared& shared, std::size_t index, std::size_t count);
  ~Partition();
  Partition(const Partition&) = delete;
  Partition& operator=(const Partition&) = delete;

  std::size_t index() const { return index_; }
  Time now() const { return now_; }

  /// Lets `subject`, not the target itself, happen to `target` at `at`, which is later than now()
  /// unless `target` is `origin`. Called on this partition by one of its entities; the target may
  /// live elsewhere.
  [[gnu::always_inline]] void schedule(Entity& target, Entity& origin, Time at, void* subject) {
    const Event event{at, origin.next_order(), &target, subject};
    if (is_alone_ || &target.partition() == this) {
      enqueue(event);
    } else {
      send(target.partition().index_, at, event.order, &target, subject);
    }
  }

  /// The same for those who know the index of the target's partition: the target is not looked at.
  [[gnu::always_inline]] void schedule(Entity& target, std::size_t partition, Entity& origin,
                                       Time at, void* subject) {
    const Event event{at, origin.next_order(), &target, subject};
    if (partition == index_) {
      enqueue(event);
    } else {
      send(partition, at, event.order, &target, subject);
    }
  }

  /// The same by an order that next_order() of an entity gave: what comes to several at once.
  void schedule_in_order(Entity& target, Time at, std::uint64_t order, void* subject) {
    const Event event{at, order, &target, subject};
    if (&target.partition() == this) return enqueue(event);
    send(target.partition().index_, at, order, &target, subject);
  }
  /// The order of the event that is being handled.
  std::uint64_t present_order() const { return present_order_; }

  /// Hands `subject` to `target` as of now(), but after everything else that happens now: what is
  /// handed over at one instant is handled in the order of its origins. `crosses` says that the
  /// target's neighbours live in several partitions: then it is handled when the window ends.
  void hand_over(Entity& target, Entity& origin, void* subject, bool crosses);

  /// Continues the coroutine that waits in `waiter`, when the present event has been handled.
  void wake(Waiter& waiter) {
    if (waiter.next_ != nullptr) return;
    waiter.previous_ = ready_.previous_;
    waiter.next_ = &ready_;
    ready_.previous_->next_ = &waiter;
    ready_.previous_ = &waiter;
  }

  /// Whether nobody was woken in the present event, and has not gone on yet.
  bool is_quiet() const { return ready_.next_ == &ready_; }
  /// Continues what waits in `waiter` at once: for the last thing that is done in an event, while
  /// all is quiet. Nobody can tell the difference from wake().
  static void go_on(Waiter& waiter) {
    if (waiter.is_waiting()) go_on_waiting(waiter);
  }
  /// The same for one that is known to wait.
  static void go_on_waiting(Waiter& waiter) {
    if (waiter.is_call_) [[unlikely]] {
      std::exchange(waiter.call_, nullptr)(waiter);
    } else {
      resume_waiting(std::exchange(waiter.coroutine_, {}));
    }
  }

  /// Lets the timers of `entity` be looked at, at `at`. For Entity.
  [[gnu::always_inline]] void schedule_timers(Entity& entity, Time at, std::uint64_t order) {
    enqueue({at, order, &entity, &entity});
  }

  // ----- completion: tasks that have an end -----

  void expect_completion() { ++unfinished_; }
  void completed() {
    --unfinished_;
    if (now_ > finished_at_) finished_at_ = now_;
    if (unfinished_ == 0 && ends_when_complete_) end_ = std::min(end_, grid_end(now_));
  }

  // ----- for the engine -----

  /// Handles all events before `end` (or until a stop is requested).
  void run(Time end);
  /// The same while nothing happens elsewhere before `end`: not further than to where something
  /// that was sent gets to another partition, or what was handed over across partitions may be
  /// decided, `lookahead` later; nor beyond the grid interval in which the last that has an end
  /// reaches it, if `ends_when_complete`.
  void run_ahead(Time end, Duration lookahead, bool ends_when_complete);
  /// Handles all events before `end`, or about `count` of them, and rests between two events or
  /// windows. is_at_rest(): nothing that was handed over here waits for the others of its instant.
  void run_some(Time end, std::uint64_t count);
  bool is_at_rest() const { return late_.empty(); }
  /// Takes everything that pends in `all`, this one included, whose entities live here from now on,
  /// and goes on alone in windows of `window`. begin_window() of all has been called.
  void take_over(const std::vector<Partition*>& all, Duration window);
  /// Undoes that: gives what pends to where its entities live now.
  void give_back(const std::vector<Partition*>& all, Duration window);
  /// Takes what all partitions sent here in the window before, and lets what is sent from now on
  /// wait apart from that: the others may be in the same call, or in run() already.
  void begin_window(std::vector<Partition*>& all);
  /// Whether something was handed over across partitions since begin_window().
  bool has_handed_over() const { return has_handed_over_; }
  /// Handles what was handed over to here. The others may be in the same call.
  void settle(std::vector<Partition*>& all);
  /// When the next event here happens; end_of_time if there is none.
  Time next_time();
  /// Before the first event is scheduled, if the number of events has no limit: says how many will
  /// be before the run begins. Many go to where they are taken from at once.
  void expect_events(std::size_t count) {
    if (count >= dense_window && may_use_windows()) start_windows();
  }
  /// Looks at the queue before the first window.
  void prepare() { next_ = next_time(); }
  /// When the next event here happens, as prepare(), run() or settle() left it, or when
  /// the earliest does that was sent elsewhere.
  Time earliest() const { return std::min(next_, first_sent_); }
  /// When the next event here happens, and when the first of those sent to `other` is due there.
  Time next_here() const { return next_; }
  Time first_sent_to(const Partition& other) const {
    return outboxes_[parity_][other.index_].first;
  }
  void set_event_limit(std::uint64_t events) { event_limit_ = events; }
  void set_grid(Duration grid) { grid_ = grid; }
  /// For how long nothing that happens to an entity of this partition reaches another one: then
  /// busy times are taken in windows of that length, entity by entity. 0: always strictly by time.
  void set_window(Duration window) { window_ = window; }
  Duration window() const { return window_; }
  /// The end of the grid interval in which `time` lies.
  Time grid_end(Time time) const;
  /// now(), as other threads may read it while the run goes on; a little late.
  Time published_time() const { return Time{Duration{published_.load(std::memory_order_relaxed)}}; }
  /// Tasks that were expected here and those completed here, taken off; only the sum over all
  /// partitions says how many are left.
  std::int64_t unfinished() const { return unfinished_; }
  /// Counts those of `other` here.
  void take_unfinished(Partition& other) { unfinished_ += std::exchange(other.unfinished_, 0); }
  Time finished_at() const { return finished_at_; }
  /// When the last event was handled.
  Time last_event_at() const { return last_event_at_; }
  std::uint64_t events() const { return events_.load(std::memory_order_relaxed); }
  const Entity* current() const { return current_.load(std::memory_order_relaxed); }
  std::size_t pending() const { return queue_.size() + calendar_.size(); }
  /// How many windows were taken entity by entity.
  std::uint64_t windows() const { return windows_; }
  /// Calls `visit(target, subject)` for everything still pending.
  template <typename Visit>
  void for_each_pending(Visit visit) const {
    const auto visit_event = [&](const Event& event) { visit(*event.target, event.subject); };
    queue_.for_each(visit_event);
    calendar_.for_each(visit_event);
    for (const auto& box : {&late_, &inbox_}) {
      for (const Event& event : *box) visit(*event.target, event.subject);
    }
    for (const auto& boxes : outboxes_) {
      for (const Outbox& box : boxes) {
        for (const Event& event : box.events) visit(*event.target, event.subject);
        for (const Event& event : box.handed) visit(*event.target, event.subject);
      }
    }
  }
  /// Frees everything still pending.
  void discard_all();

 private:
  static constexpr std::uint64_t livelock_events = 10'000'000;
  // Windows pay when they hold this many events.
  static constexpr std::size_t dense_window = 512;
  static constexpr std::size_t far_ahead = 12;
  static constexpr std::size_t near_ahead = 5;

  struct alignas(64) Outbox {
    std::vector<Event> events;
    std::vector<Event> handed;
    Time first = end_of_time;  // of the events
  };

  [[gnu::always_inline]] void enqueue(const Event& event) {
    if (!calendar_.push_beside_last(event)) [[unlikely]]
      enqueue_elsewhere(event.time, event.order, event.target, event.subject);
  }
  [[gnu::noinline]] void enqueue_elsewhere(Time time, std::uint64_t order, Entity* target,
                                           void* subject);
  [[gnu::noinline]] void send(std::size_t partition, Time time, std::uint64_t order, Entity* target,
                              void* subject);
  bool run_in_order();
  bool run_in_windows();
  bool run_window();
  void handle(const Event& event, std::uint64_t count);
  bool must_stop();
  bool may_use_windows() const {
    return window_ > Duration{0} && event_limit_ == ~std::uint64_t{0};
  }
  void start_windows();
  void take_what_fits();
  void stop_windows();
  void tell_settled(Time before);
  void prefetch_first(std::size_t count) const;
  void run_ready();
  void handle_late();
  void handle_in_order(std::vector<Event>& events);

  EventQueue queue_;   // all events, or those beyond the calendar's horizon
  Calendar calendar_;  // in use while there is much to do
  Time now_ = start_of_time;
  Time end_ = start_of_time;
  Waiter ready_;              // the head of the ring
  std::vector<Event> late_;   // handed over at now_, or in the open window
  std::vector<Event> inbox_;  // handed over across partitions
  // One for each partition; filled in turn, so that others empty one while the other is filled.
  std::vector<Outbox> outboxes_[2];
  unsigned parity_ = 0;  // of those being filled
  Time first_sent_ = end_of_time;
  Time next_ = start_of_time;
  bool has_handed_over_ = false;
  Shared& shared_;
  std::size_t index_;
  bool is_alone_;
  bool ends_when_complete_;
  bool is_ahead_ = false;  // in run_ahead()
  Duration lookahead_{0};
  Duration grid_{1};
  Duration window_{0};
  std::uint64_t windows_ = 0;
  unsigned sparse_windows_ = 0;  // in a row
  std::int64_t unfinished_ = 0;
  Time finished_at_ = start_of_time;
  Time last_event_at_ = start_of_time;
  std::uint64_t event_limit_ = ~std::uint64_t{0};
  std::uint64_t rest_at_ = ~std::uint64_t{0};  // this number of events; see run_some()
  std::uint64_t present_order_ = 0;
  std::uint64_t self_events_ = 0;  // of entities to themselves, at self_time_
  Time self_time_ = start_of_time;
  std::atomic<Duration::rep> published_{0};
  std::atomic<std::uint64_t> events_{0};
  std::atomic<const Entity*> current_{nullptr};
};

inline Time Entity::now() const {
  return partition_->now();
}

}  // namespace elvis
