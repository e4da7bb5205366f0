// SPDX-License-Identifier: MIT
// UdpSocket: what an application holds to send and await datagrams.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "elvis/graph/delivery_error.hpp"
#include "elvis/graph/machine.hpp"
#include "elvis/graph/protocol.hpp"
#include "elvis/protocols/udp.hpp"
#include "elvis/sockets/readiness.hpp"
#include "elvis/sockets/udp_socket_extras.hpp"
#include "elvis/util/result.hpp"

namespace elvis {

/// A datagram as an application sees it.
struct Datagram {
  Message payload;
  Endpoint remote;  ///< Who sent it.
  Endpoint local;   ///< What it was addressed to.
};

/// The upper end of UDP's sessions and listeners in one application. Destroying it closes it; who
/// waits in it then goes on with Errc::closed.
class UdpSocket final : public Protocol, public Waitable {
 public:
  /// Datagrams that wait for the application may hold this many bytes, if set_receive_buffer() does
  /// not say otherwise; more are dropped with Drop::queue_full.
  static constexpr std::uint32_t default_receive_buffer = 16 * 1024 * 1024;

  explicit UdpSocket(Machine& machine) : Protocol{machine, ProtocolId::none} {}
  ~UdpSocket() override;

  /// Takes what is sent to `local`. Port 0 chooses one; an unspecified address means any of the
  /// machine's; that of a group, or of all of a network, only what is sent to that. Errors:
  /// no_protocol, address_in_use, address_not_available; invalid_argument if it has a port already,
  /// also one that connect() chose.
  Result<> bind(Endpoint local);
  /// Makes `remote` the destination of send(), and takes only what comes from there. Binds if
  /// necessary. A socket may be connected again, to somebody else; it stays as it is if that fails.
  /// Errors: those of Udp::open, access_denied (see set_broadcast()).
  Result<> connect(Endpoint remote);
  /// The same with a machine by name (see resolve()). Errors: also unknown_name.
  Result<> connect(std::string_view name, std::uint16_t port);
  /// Ends connect(), as to AF_UNSPEC: send() has no destination any more. The port stays if bind()
  /// chose it. Errors: closed, not_connected.
  Result<> disconnect();
  /// Errors: no_destination, closed, shut_down, those of UdpSession::send.
  Result<> send(Message&& payload) {
    if (connected_ == nullptr || is_send_shut_) [[unlikely]]
      return send_error();
    return connected_->send(std::move(payload));
  }
  [[gnu::always_inline]] Result<> send(const Message& payload) { return send(Message{payload}); }
  /// The same of what many send many times.
  [[gnu::always_inline]] Result<> send(const Payload& payload) {
    if (connected_ == nullptr || is_send_shut_ || payload.constant() == nullptr) [[unlikely]]
      return send(payload.message());
    return connected_->send_constant(*payload.constant());
  }
  /// Sends to any destination, from the bound port; an unspecified address is the machine itself.
  /// Errors: those of Udp::open and UdpSession::send, access_denied, invalid_argument for port 0.
  Result<> send_to(Endpoint remote, Message&& payload) {
    if (last_ == nullptr || remote != last_->endpoints().remote || is_send_shut_) [[unlikely]] {
      if (const Result<> found = find_session_to(remote); !found) return found;
    }
    return last_->send(std::move(payload));
  }
  /// The same of a payload whose partial_sum() is known to be `sum`: to whoever copied it.
  Result<> send(Message&& payload, std::uint64_t sum) {
    if (connected_ == nullptr || is_send_shut_) [[unlikely]]
      return send_error();
    return connected_->send(std::move(payload), sum);
  }
  Result<> send_to(Endpoint remote, Message&& payload, std::uint64_t sum) {
    if (last_ == nullptr || remote != last_->endpoints().remote || is_send_shut_) [[unlikely]] {
      if (const Result<> found = find_session_to(remote); !found) return found;
    }
    return last_->send(std::move(payload), sum);
  }
  Result<> send_to(Endpoint remote, const Message& payload) {
    return send_to(remote, Message{payload});
  }
  void close();
  enum class Half : std::uint8_t { write, read, both };
  /// Ends a half of this end, of which nobody else hears: send() and send_to() fail with shut_down,
  /// receive() does when nothing is left to take. Until it is connected anew. Errors: closed,
  /// not_connected.
  Result<> shutdown(Half half);
  /// Datagrams sent from now on are not fragmented, but refused with message_too_long where they
  /// are known to be too long: how a path's MTU is found (RFC 1191).
  void set_dont_fragment(bool dont_fragment) { dont_fragment_ = dont_fragment; }

  /// Whether it may send to all machines of a network; if not, access_denied. send() to where it is
  /// connected already goes on.
  void set_broadcast(bool broadcasts);
  /// Several sockets that all allow it may bind one address: what comes for a group or for all is
  /// for each of them, all else for the last of those that hear it. Before bind().
  void set_reuse_address(bool reuses) { reuses_address_ = reuses; }
  /// Takes note of every error that comes back about a datagram of this socket, whoever that was
  /// sent to and whether or not trying again is in vain, for try_receive_error(): IP_RECVERR. Each
  /// is also told by receive(), once.
  void set_receive_errors(bool receives) { extras().receives_errors = receives; }
  /// The oldest of them that was not taken yet: what was sent where, who told, and why. Beyond 64
  /// they are not kept. Errors: would_block if there is none.
  Result<DeliveryError> try_receive_error();
  /// How many bytes of datagrams may wait.
  void set_receive_buffer(std::uint32_t bytes) {
    receive_buffer_ = bytes;
    look_closely();
  }
  std::uint32_t receive_buffer() const { return receive_buffer_; }

  /// How many machines may send on what is sent to further destinations from now on; at least 1. 64
  /// if nobody says otherwise, to groups 1 (RFC 1112, 6.1).
  void set_time_to_live(std::uint8_t time_to_live) { time_to_live_ = time_to_live; }
  /// The same for groups alone, to which it comes before that: with 0 a datagram stays here.
  void set_multicast_time_to_live(std::uint8_t time_to_live) {
    extras().multicast_time_to_live = time_to_live;
  }
  /// The byte of service of what is sent to further destinations from now on (RFC 2474, RFC 3168).
  void set_type_of_service(std::uint8_t type_of_service) { type_of_service_ = type_of_service; }
  /// On which network it sends to groups from now on: the one where the machine has the address
  /// `interface`; the first if it is unspecified, and usually. Errors: address_not_available.
  Result<> set_multicast_interface(Ipv4Address interface);
  /// Takes what is sent to `group` on all of the machine's networks, or on the one where it has the
  /// address `interface`, until leave() or close(). What this socket sends to the group comes back
  /// to the machine too, if set_looped(false) does not come first. Errors: no_protocol,
  /// invalid_argument, address_not_available, address_in_use.
  Result<> join(Ipv4Address group, Ipv4Address interface = {});
  /// Errors: address_not_available if it did not join.
  Result<> leave(Ipv4Address group, Ipv4Address interface = {});
  void set_looped(bool is_looped) { is_looped_ = is_looped; }

  /// The bound endpoint; port 0 if there is none.
  Endpoint local() const { return connected_ == nullptr ? local_ : connected_->endpoints().local; }
  /// What it is connected to; port 0 if to nothing.
  Endpoint remote() const {
    return connected_ == nullptr ? Endpoint{} : connected_->endpoints().remote;
  }

  bool is_connected() const { return connected_ != nullptr; }
  /// Whether it takes what `remote` sends: everybody's, or of the one that it is connected to.
  bool hears(Endpoint remote) const {
    return connected_ == nullptr || remote == connected_->endpoints().remote;
  }

  class Readable;
  class Receive;
  class ReceiveInto;
  template <typename Look>
  class Each;
  /// What a Wait by hand is handed (Wait::handed()): a datagram that has just come. Who does
  /// not want it gives it to keep().
  using Handed = BareDatagram;
  /// Lets a datagram wait that came while nobody else did.
  void keep(const Handed& handed);
  /// `Result<Datagram> next = co_await socket.receive();` Goes on when a datagram is there, in the
  /// event that brought it; if several wait, the first. Errors: closed, cancelled; of a connected
  /// socket also refused and no_protocol, once, when the remote machine has nobody there (RFC 1122,
  /// 4.1.3.3), of any with set_receive_errors() what has come back; shut_down, see shutdown().
  Receive receive();
  /// `Errc failure = co_await socket.receive(datagram);` The same into a datagram of the caller's,
  /// which stays as it is if that fails: for loops, whose coroutine is smaller so.
  ReceiveInto receive(Datagram& into);
  /// `Result<> ended = co_await socket.receive_each(look);` The same again and again for those who
  /// wait for nothing else: calls `look(message)` for every datagram, with the payload as a `const
  /// Message&` where it stands, or `look(datagram)` with a `const BareDatagram&`, whose payload may
  /// be moved away (to answer with it). Goes on when `look` returns false, if it returns something,
  /// or when receive() would fail, with its error, or throws what `look` throws. `look` may close
  /// the socket, but not destroy it.
  template <typename Look>
  Each<Look> receive_each(Look look);
  /// The same in two steps, for those who take what comes in a plain function: `co_await
  /// socket.readable();` goes on when there is a datagram or an error to take; or with the Errc why
  /// the wait was ended.
  Readable readable();
  /// The datagram that has waited longest, until pop(); null if none does.
  Datagram* front() { return newest_ == nullptr ? nullptr : &newest_->next->datagram; }
  /// How many bytes it has; 0 if none waits.
  std::size_t front_bytes() const {
    return newest_ == nullptr ? 0 : newest_->next->datagram.payload.size();
  }
  /// Forgets front(); there is one.
  void pop() {
    take_oldest();
    if (has_waits()) [[unlikely]]
      taken(machine(), Ready::readable, ready());
  }
  /// The datagram that has waited longest. Errors: those of receive(), would_block.
  Result<Datagram> try_receive();

  /// What can be done without waiting.
  Ready ready() const;
  /// Lets the machine ask for the memory of who waits here ahead of what comes: of the first one.
  void remember_once(const void* memory, int lines = 4) {
    if ((cares_ & care_for_memory) == 0) return;
    set_care(care_for_memory, false);
    machine().remember(memory, lines);
  }
  /// False if nothing can be received without waiting.
  bool may_receive() const { return (cares_ & care_of_receive) != 0; }
  /// Ends all waits here with Errc::cancelled.
  void cancel() { end_waits(machine(), Errc::cancelled); }

  void demux(Message&& payload, Arrival& arrival) override;
  bool takes_bare_datagrams() const override { return true; }
  void demux_bare(const BareDatagram& datagram) override;
  void failed(const DeliveryError& error) override;

 private:
  struct Waiting : Pooled {
    Datagram datagram;
    Waiting* next = this;
  };

  using UdpSessionRef = boost::intrusive_ptr<UdpSession>;

  // What receive() or demux() has to see to; where nothing is set, a datagram goes straight to who
  // waits for it.
  enum Care : std::uint8_t {
    care_for_waiting = 1,  // datagrams that wait
    care_for_failure = 2,
    care_for_end = 4,      // shutdown() of receiving
    care_for_sender = 8,   // it is not everybody's
    care_for_room = 16,    // a single datagram may be too much
    care_for_memory = 32,  // nobody has waited yet
    care_of_receive = care_for_waiting | care_for_failure | care_for_end,
  };
  void set_care(Care care, bool is_needed) {
    cares_ = static_cast<std::uint8_t>(is_needed ? cares_ | care : cares_ & ~care);
  }
  void look_closely();
  void set_failure(Errc failure) {
    failure_ = failure;
    set_care(care_for_failure, failure != Errc{});
  }
  [[gnu::noinline]] void demux_with_care(const Handed& handed, bool ends_event);

  Result<> send_error() const;
  bool has_interface(Ipv4Address interface) const;
  void keep_or_drop(const Handed& handed);
  bool may_send_to(Ipv4Address remote) const;
  Result<UdpSessionRef> session_to(Endpoint remote);
  Result<> find_session_to(Endpoint remote);  // makes it last_
  std::unique_ptr<Waiting> take_oldest();
  bool is_closed() const { return failure_ == Errc::closed; }
  // Whether there is a failure to tell: send() may have told it.
  bool has_failed() const {
    return failure_ != Errc{} && (is_closed() || connected_ == nullptr || connected_->has_failed());
  }
  using Extras = UdpSocketExtras;
  using Membership = Extras::Membership;
  Extras& extras();
  void change(const Membership& membership, bool joins);
  Udp* udp() const { return static_cast<Udp*>(machine().find(ProtocolId::udp)); }

  Result<> open_port(Endpoint local);
  bool (*sharing() const)(Protocol&);
  Protocol* shared_port(Udp& udp) const;
  Ipv4& ipv4() const { return static_cast<Ipv4&>(*machine().find(ProtocolId::ipv4)); }
  Result<> listen_at(Udp& udp, Endpoint local);
  void stop_listening();

  // What a datagram touches that is handed to who waits stands beside Waitable.
  std::uint8_t cares_ = care_for_memory;
  Endpoint local_;  // as bind() was told, or with the port that connect() chose
  std::uint32_t waiting_bytes_ = 0;
  Waiting* newest_ = nullptr;  // of a ring: the oldest comes next
  UdpSessionRef last_;         // the session that send_to() used last
  std::unique_ptr<Extras> extras_;
  std::uint32_t receive_buffer_ = default_receive_buffer;
  // What send() touches stands last, beside what waits behind the socket in a coroutine's frame.
  bool is_listening_ : 1 = false;
  bool dont_fragment_ : 1 = false;
  bool is_looped_ : 1 = true;
  bool broadcasts_ : 1 = false;
  bool reuses_address_ : 1 = false;
  bool is_send_shut_ : 1 = false;
  bool is_receive_shut_ : 1 = false;
  std::uint8_t time_to_live_ = 0;  // 0: as usual
  std::uint8_t type_of_service_ = 0;
  Errc failure_{};  // what the next receive() says: closed for ever, anything else once
  UdpSessionRef connected_;
};

// With it a coroutine that sends messages has four cache lines, not half of one more, and what
// send() touches is in one of those three that it touches anyway: a third off a message among many.
static_assert(sizeof(UdpSocket) == 88);

}  // namespace elvis

#include "elvis/sockets/udp_socket_waits.hpp"
