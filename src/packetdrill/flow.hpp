// SPDX-License-Identifier: MIT
// Flow: one conversation between the stack under test and the script, and how the script's numbers
// translate into those on the wire.
//
// As in tcpdump's output, numbers of segments with SYN are absolute and all others count from the
// initial sequence number. The script's end sends what the script says; the stack under test
// chooses its own initial number, which its SYN tells.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "elvis/wire/address.hpp"
#include "packet.hpp"

namespace elvis::packetdrill {

class Flow {
 public:
  Flow(Packet::Kind kind, Endpoint local, Endpoint remote)
      : kind_{kind}, local_{local}, remote_{remote} {}

  Packet::Kind kind() const { return kind_; }
  const Endpoint& local() const { return local_; }
  const Endpoint& remote() const { return remote_; }
  void set_local(Endpoint local) { local_ = local; }

  /// Whether a packet from the stack under test belongs here.
  bool sends(const Packet& live) const;

  /// The packet on the wire that `script`, sent by the script's end, means.
  Packet to_live(const Packet& script);
  /// Learns from a packet of the stack under test; `expected` is what the script has for it.
  void learn(const Packet& live, const Packet& expected);
  /// `live`, sent by the stack under test, in the script's numbers.
  Packet to_script(const Packet& live) const;

  /// Whether the first timestamp has been seen, so that later ones can be compared.
  bool has_timestamps() const { return has_timestamps_; }

  /// What the application under test wrote, to be compared with what the segments carry.
  /// `has_end`: nothing more is announced, so the last segment is pushed.
  void wrote(std::string_view bytes, std::size_t size, bool has_end = true);
  /// Forgets the last `size` bytes, which a call did not take after all.
  void unwrote(std::size_t size);
  std::uint64_t written() const { return written_; }
  /// Whether `bytes` is what the application wrote from `position` of its stream on.
  bool carries(std::uint64_t position, const std::vector<std::uint8_t>& bytes) const;
  /// Whether a call to write ended at `position`.
  bool is_end_of_write(std::uint64_t position) const;
  /// The position in the stream of the first byte of a segment in the script's numbers.
  std::uint64_t position_of(const Packet& script) const;

 private:
  Packet::Kind kind_;
  Endpoint local_;
  Endpoint remote_;
  bool has_local_initial_ = false;
  bool has_remote_initial_ = false;
  std::uint32_t script_local_initial_ = 0;
  std::uint32_t live_local_initial_ = 0;
  std::uint32_t remote_initial_ = 0;
  bool is_acknowledged_ = false;  // whether the stack has taken that number
  std::uint32_t last_syn_ = 0;    // that the script's end sent
  bool has_timestamps_ = false;
  std::uint32_t script_timestamp_ = 0;  // the first one
  std::uint32_t live_timestamp_ = 0;
  std::map<std::uint32_t, std::uint32_t> live_timestamps_;  // by the script's
  std::uint64_t written_ = 0;
  std::map<std::uint64_t, std::string> literals_;  // what was written that is not zeros
  std::vector<std::uint64_t> ends_;                // of calls to write
};

}  // namespace elvis::packetdrill
