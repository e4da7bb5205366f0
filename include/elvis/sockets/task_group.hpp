// SPDX-License-Identifier: MIT
// TaskGroup: coroutines that run beside each other and end with whoever started them.
//
//   TaskGroup peers{self.machine()};
//   peers.start(talk(*std::move(peer)));
//   Result<> first_error = co_await peers.all_ended();
#pragma once

#include <coroutine>
#include <cstdint>
#include <exception>
#include <utility>

#include "elvis/sim/task.hpp"
#include "elvis/sockets/readiness.hpp"
#include "elvis/util/pool.hpp"
#include "elvis/util/result.hpp"

namespace elvis {

/// What ends with an error, or throws, is remembered, the first one. Destroying the group destroys
/// its tasks wherever they wait.
class TaskGroup : public Waitable {
 public:
  explicit TaskGroup(Machine& machine) : machine_{machine} {}
  ~TaskGroup() {
    cancel_tasks();
    abandon(machine_);
  }

  /// Runs `task` until it first waits, and goes on with it beside the caller.
  void start(Task<Result<>> task) {
    auto* const member = new Member{*this, std::move(task), first_};
    if (first_ != nullptr) first_->previous = member;
    first_ = member;
    ++size_;
    member->task.start(member);
  }
  /// Destroys all tasks wherever they wait. None of them may call this.
  void cancel_tasks() {
    while (first_ != nullptr) remove(*first_);
    tell_if_empty();
  }
  std::uint64_t size() const { return size_; }
  /// The first error of a task, or none.
  Result<> result() const { return result_; }

  class AllEnded;
  /// `Result<> first_error = co_await group.all_ended();` Rethrows what a task threw.
  AllEnded all_ended();

  Machine& machine() const { return machine_; }
  /// Ready::readable if no task is left.
  Ready ready() const { return size_ == 0 ? Ready::readable : Ready::none; }
  void cancel() { end_waits(machine_, Errc::cancelled); }

 private:
  struct Member final : TaskObserver, Pooled {
    Member(TaskGroup& group_of, Task<Result<>>&& started, Member* behind)
        : group{group_of}, task{std::move(started)}, next{behind} {}
    void task_ended() override { group.ended(*this); }

    TaskGroup& group;
    Task<Result<>> task;
    Member* next;
    Member* previous = nullptr;
  };

  void ended(Member& member) {
    if (const std::exception_ptr thrown = member.task.exception()) {
      if (exception_ == nullptr) exception_ = thrown;
    } else {
      const Result<> result = member.task.take();
      if (!result && result_) result_ = result;
    }
    remove(member);
    tell_if_empty();
  }
  void remove(Member& member) {
    (member.previous == nullptr ? first_ : member.previous->next) = member.next;
    if (member.next != nullptr) member.next->previous = member.previous;
    --size_;
    delete &member;
  }
  void tell_if_empty() {
    if (size_ == 0 && has_waits()) tell(machine_, Ready::readable);
  }

  Machine& machine_;
  Member* first_ = nullptr;
  std::uint64_t size_ = 0;
  Result<> result_;
  std::exception_ptr exception_;
};

class TaskGroup::AllEnded : public Wait {
 public:
  explicit AllEnded(TaskGroup& group) : Wait{Ready::readable}, group_{group} {}

  Machine& machine() const { return group_.machine(); }
  bool await_ready() const { return group_.size_ == 0; }
  void await_suspend(std::coroutine_handle<> waiting) {
    wait(waiting);
    join(group_);
  }
  Result<> await_resume() {
    leave();
    if (outcome() != Errc{}) return outcome();
    if (group_.exception_) std::rethrow_exception(std::exchange(group_.exception_, nullptr));
    return group_.result_;
  }

 private:
  TaskGroup& group_;
};

inline TaskGroup::AllEnded TaskGroup::all_ended() {
  return AllEnded{*this};
}

}  // namespace elvis
