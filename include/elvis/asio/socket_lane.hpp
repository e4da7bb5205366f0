// SPDX-License-Identifier: MIT
// AsioSocketLane: operations that wait at one of our sockets; part of sockets.hpp.
#pragma once

#include <cstddef>
#include <type_traits>

#include "elvis/asio/core.hpp"
#include "elvis/sockets/readiness.hpp"

namespace elvis {

class AsioTcp;
class AsioUdp;

/// Operations that wait until a socket is ready for something.
template <typename Owner>
class AsioSocketLane final : public AsioLane, private Wait {
 public:
  AsioSocketLane(AsioCore& core, Owner& owner, Ready interest)
      : AsioLane{core},
        Wait{interest | Ready::closed, false,
             has(interest, Ready::readable) ? ByHand::handed : ByHand::no},
        owner_{owner} {}

  /// Something changed that the socket does not tell of.
  void try_again() {
    unwatch();
    go_on();
  }
  /// Lets those who wait try again after the present event.
  void wake(Machine& machine) {
    if (is_at_socket()) machine.partition().wake(*this);
  }

 private:
  void watch() override;
  void unwatch() override {
    leave();
    unlink();
  }

  Owner& owner_;
};

/// A socket option as a program hands it over: see asio's GettableSocketOption.
struct AsioOption {
  int level;
  int name;
  void* data;         ///< The value; of get: where it goes.
  std::size_t bytes;  ///< Of the value; of get: its room, then its size.
};

// The Wait is over when its operations are tried, and begins anew if one waits on.
template <typename Owner>
void AsioSocketLane<Owner>::watch() {
  if (is_at_socket() || is_ready()) return;
  if constexpr (std::is_same_v<Owner, AsioTcp>) {
    // AsioTcp::tcp_changed() tells of room.
    if (!has(interest(), Ready::readable)) {
      set_interest(owner_.is_connecting_ ? Ready::connected | Ready::closed : Ready::closed);
    }
  }
  if constexpr (std::is_same_v<Owner, AsioUdp>) {
    owner_.socket_->remember_once(&owner_);
  }
  anew();
  join(*owner_.waitable());  // which is not ready: an operation has just tried
  Wait::wait([](Waiter& waiter) {
    auto& self = static_cast<AsioSocketLane&>(waiter);
    if constexpr (std::is_same_v<Owner, AsioUdp>) self.owner_.hand_over(self.take_handed());
    self.leave();
    self.go_on_by_hand();
  });
}

}  // namespace elvis
