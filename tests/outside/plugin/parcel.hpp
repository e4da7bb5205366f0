// SPDX-License-Identifier: MIT
// Parcel: a transport protocol of our own. Each parcel arrives whole, once and in order, or its
// sender learns that it did not.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-------------------------------+-------------------------------+
//   |          source port          |       destination port        |
//   +-------------------------------+-------------------------------+
//   |                         conversation                          |
//   +---------------------------------------------------------------+
//   |                            number                             |
//   +---------------+---------------+-------------------------------+
//   |     kind      |       0       |           checksum            |
//   +---------------+---------------+-------------------------------+
//
// A parcel of kind 1 carries a message. It is answered by one of kind 2, a receipt, with the same
// conversation and number. Who gets no receipt in time sends the parcel again.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include <elvis/graph/machine.hpp>
#include <elvis/graph/options.hpp>
#include <elvis/graph/protocol.hpp>
#include <elvis/protocols/ipv4.hpp>
#include <elvis/protocols/session_map.hpp>
#include <elvis/sim/timer.hpp>
#include <elvis/sockets/readiness.hpp>

namespace parcel {

// ----- the header -----

enum class Kind : std::uint8_t { parcel = 1, receipt = 2 };

struct Header {
  static constexpr std::size_t size = 16;

  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint32_t conversation = 0;
  std::uint32_t number = 0;
  Kind kind = Kind::parcel;
  std::uint16_t checksum = 0;  ///< Of a pseudo header, the header and the payload, as UDP's.

  static Header parse(const std::uint8_t* bytes);
  void emit(std::uint8_t* bytes) const;
};

// ----- the protocol -----

/// What NDL can say: `[Protocol name='Parcel' timeout='50ms']`.
struct Settings final : elvis::Options {
  elvis::Duration timeout = std::chrono::milliseconds{100};
  std::uint64_t attempts = 8;
  std::uint64_t window = 16;

  void visit(elvis::OptionVisitor& visitor) override;
};

class Session;

class Parcel final : public elvis::Protocol {
 public:
  /// The number in IPv4's header: one of those for experiments (RFC 3692).
  static constexpr std::uint8_t number = 253;
  static constexpr elvis::ProtocolId id = elvis::over_ipv4(number);

  Parcel(elvis::Machine& machine, const Settings& settings);
  ~Parcel() override;

  // What every protocol does: elvis/graph/protocol.hpp.
  elvis::Result<elvis::SessionRef> open(elvis::Protocol& above, elvis::Endpoints ends) override;
  elvis::Result<> listen(elvis::Protocol& above, elvis::Endpoint local) override;
  void unlisten(elvis::Endpoint local) override;
  void demux(elvis::Message&& message, elvis::Arrival& arrival) override;
  void failed(const elvis::DeliveryError& error) override;

  const Settings& settings() const { return settings_; }

 private:
  friend Session;

  Session* session_for(const elvis::Arrival& arrival);

  elvis::Ipv4& ipv4_;
  const Settings& settings_;
  std::uint16_t next_port_ = 49'152;
  elvis::SessionMap<Session> sessions_;
  std::map<std::uint16_t, elvis::Protocol*> listeners_;
  std::vector<elvis::SessionRef> accepted_;  // sessions that a listener's remote ends began
};

// ----- one end of a conversation -----

/// Whoever waits at it goes on when a receipt comes, or when the conversation fails.
class Session final : public elvis::Session, public elvis::Waitable {
 public:
  Session(Parcel& parcel, elvis::Protocol& above, const elvis::Ipv4Path& below,
          elvis::Endpoints ends);
  ~Session() override;

  const elvis::Endpoints& endpoints() const { return ends_; }
  /// Whether a parcel may be sent now: the oldest without a receipt is less than a window back.
  bool has_room() const {
    return unsettled_.empty() ||
           next_number_ - unsettled_.front().number < parcel_.settings().window;
  }
  bool is_settled() const { return unsettled_.empty(); }

  /// Errors: would_block without room, message_too_long, closed, and why the conversation failed.
  elvis::Result<> send(elvis::Message&& payload) override;
  void close() override { fail(elvis::Errc::closed); }

  void receive(const Header& header, elvis::Message&& payload, elvis::Arrival& arrival);
  /// Gives the conversation up: what has no receipt yet is not sent again.
  void fail(elvis::Errc why);

 private:
  struct Unsettled {
    std::uint32_t number;
    std::uint64_t attempts;
    elvis::Time deadline;
    elvis::Message payload;
  };
  struct Watch final : elvis::Timer {
    explicit Watch(Session& of)
        : Timer{[](Timer& self) { static_cast<Watch&>(self).session.send_again(); }}, session{of} {}
    Session& session;
  };

  elvis::Machine& machine() const { return parcel_.machine(); }
  elvis::Result<> transmit(Header header, elvis::Message payload);
  void take(const Header& header, elvis::Message&& payload, elvis::Arrival& arrival);
  void take_receipt(const Header& header);
  void send_again();
  void watch_deadlines();

  Parcel& parcel_;
  elvis::Protocol& above_;
  elvis::Ipv4Path below_;
  elvis::Endpoints ends_;
  elvis::Errc trouble_{};
  // What we send.
  std::uint32_t conversation_;
  std::uint32_t next_number_ = 0;
  std::deque<Unsettled> unsettled_;  // by number
  Watch watch_{*this};
  // What we receive.
  std::optional<std::uint32_t> remote_conversation_;
  std::uint32_t expected_ = 0;
  std::map<std::uint32_t, elvis::Message> early_;
};

}  // namespace parcel
