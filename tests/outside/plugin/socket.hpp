// SPDX-License-Identifier: MIT
// Socket: what an application holds to send parcels and to await them.
#pragma once

#include <coroutine>
#include <cstdint>
#include <deque>
#include <elvis/sim/task.hpp>

#include "parcel.hpp"

namespace parcel {

/// A message as it was delivered.
struct Delivery {
  elvis::Message message;
  elvis::Endpoint from;
};

/// `co_await Change{socket}` goes on when something about it has changed. Comes back with nothing,
/// or with why the wait was ended: then what it waited at may be gone.
class Change final : public elvis::Wait {
 public:
  explicit Change(elvis::Waitable& at) : Wait{elvis::Ready::any}, at_{at} {}

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    wait(waiting);
    join(at_);
  }
  elvis::Errc await_resume() {
    leave();
    return outcome();
  }

 private:
  elvis::Waitable& at_;
};

class Socket final : public elvis::Protocol, public elvis::Waitable {
 public:
  explicit Socket(elvis::Machine& machine) : Protocol{machine, elvis::ProtocolId::none} {}
  ~Socket() override;

  /// Takes what is sent to `port` of this machine, from anybody.
  elvis::Result<> bind(std::uint16_t port);
  /// Makes `remote` the destination of what is sent.
  elvis::Result<> connect(elvis::Endpoint remote);
  /// Sends a message, when the window has room for it.
  elvis::Task<elvis::Result<>> send(elvis::Message message);
  /// Waits until there is a receipt of everything that was sent.
  elvis::Task<elvis::Result<>> settled();
  /// Waits for the next message.
  elvis::Task<elvis::Result<Delivery>> receive();

  void demux(elvis::Message&& message, elvis::Arrival& arrival) override;
  void failed(const elvis::DeliveryError& error) override;

 private:
  Parcel* parcel() const { return static_cast<Parcel*>(machine().find(Parcel::id)); }

  std::uint16_t port_ = 0;  // that it is bound to
  boost::intrusive_ptr<Session> session_;
  std::deque<Delivery> waiting_;
  elvis::Errc trouble_{};
};

}  // namespace parcel
