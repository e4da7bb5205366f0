// SPDX-License-Identifier: MIT
// Flows: all conversations of a run, and which of them a line of the script is about.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "flow.hpp"
#include "setup.hpp"

namespace elvis::packetdrill {

class Flows {
 public:
  explicit Flows(const Setup& setup) : setup_{setup} {}

  /// The stack under test listens: the next packet to it begins a conversation.
  void listening(Endpoint local);
  /// The stack under test begins, or names, a conversation.
  Flow& opened(Packet::Kind kind, Endpoint local, Endpoint remote);
  /// The conversation between these ends, or null.
  Flow* find(Packet::Kind kind, Endpoint local, Endpoint remote);

  /// The conversation that a line of the script belongs to; begins one if it must.
  Flow& of_inbound(const Packet& script);
  /// Null if nothing tells which.
  Flow* of_outbound(const Packet& script);

  /// The conversation that lines without ports are about, or null.
  Flow* under_test() const { return under_test_; }
  void test(Flow& flow) { under_test_ = &flow; }

 private:
  Flow& add(Packet::Kind kind, Endpoint local, Endpoint remote);

  const Setup& setup_;
  std::deque<Flow> flows_;
  Flow* under_test_ = nullptr;
  std::optional<Endpoint> listening_;
  std::uint16_t next_port_ = 40'000;  // of the script's end
};

}  // namespace elvis::packetdrill
