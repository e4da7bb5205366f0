// SPDX-License-Identifier: MIT
#include "elvis/sim/entity.hpp"

#include "elvis/sim/partition.hpp"

namespace elvis {

void Entity::prefetch(const void*, bool) const {}

// The event `order` looks at the timers, unless an earlier one does.
[[gnu::always_inline]] inline void Entity::look_at(Time time, std::uint64_t order) {
  if (time >= look_at_) return;
  look_at_ = time;
  partition_->schedule_timers(*this, time, order);
}

[[gnu::always_inline]] inline void Entity::timer_armed(Timer& timer) {
  const std::uint64_t order = next_order();
  timer.sequence_ = static_cast<std::uint32_t>(order);
  if (timers_.earliest() != nullptr) return timer_armed_too(timer, order);
  timers_.insert_first(timer);
  look_at(timer.deadline_, order);
}

// Beside others.
[[gnu::noinline]] void Entity::timer_armed_too(Timer& timer, std::uint64_t order) {
  timers_.insert(timer);
  look_at(timer.deadline_, order);
}

// Here, where it is one function with what the entity does.
void Timer::arm(Entity& entity, Time deadline) {
  if (entity_ != nullptr) [[unlikely]]
    return arm_again(entity, deadline);
  entity_ = &entity;
  deadline_ = deadline;
  entity.timer_armed(*this);
}

[[gnu::noinline]] void Timer::arm_again(Entity& entity, Time deadline) {
  unlink();
  arm(entity, deadline);
}

void Entity::run_timers(Time now) {
  if (now < look_at_) return;  // an event that an earlier deadline has overtaken
  look_at_ = end_of_time;
  // Timers armed for this instant meanwhile get an event of their own, so that the guard against
  // endless instants sees them.
  const auto last = static_cast<std::uint32_t>(next_order());
  for (Timer* timer = timers_.earliest(); timer != nullptr && timer->deadline_ <= now;
       timer = timers_.earliest()) {
    if (static_cast<std::int32_t>(timer->sequence_ - last) >= 0) break;
    timer->entity_ = nullptr;
    timers_.remove_earliest();
    timer->expire_(*timer);
  }
  if (const Timer* const next = timers_.earliest(); next != nullptr && next->deadline_ < look_at_) {
    look_at_ = next->deadline_;
    partition_->schedule_timers(*this, look_at_, next_order());
  }
}

}  // namespace elvis
