// SPDX-License-Identifier: MIT
#include "elvis/graph/drop.hpp"

#include "elvis/util/assert.hpp"

namespace elvis {

std::string_view name_of(Drop reason) {
  switch (reason) {
    case Drop::truncated:
      return "truncated";
    case Drop::bad_version:
      return "bad_version";
    case Drop::bad_length:
      return "bad_length";
    case Drop::bad_checksum:
      return "bad_checksum";
    case Drop::not_for_me:
      return "not_for_me";
    case Drop::unknown_ethertype:
      return "unknown_ethertype";
    case Drop::unknown_protocol:
      return "unknown_protocol";
    case Drop::no_listener:
      return "no_listener";
    case Drop::fragment:
      return "fragment";
    case Drop::arp_unresolved:
      return "arp_unresolved";
    case Drop::queue_full:
      return "queue_full";
    case Drop::bad_source:
      return "bad_source";
    case Drop::machine_off:
      return "machine_off";
    case Drop::no_route:
      return "no_route";
    case Drop::time_exceeded:
      return "time_exceeded";
    case Drop::fragmentation_needed:
      return "fragmentation_needed";
    case Drop::bad_option:
      return "bad_option";
    case Drop::reassembly_timeout:
      return "reassembly_timeout";
    case Drop::reassembly_full:
      return "reassembly_full";
  }
  ELVIS_UNREACHABLE();
}

Drop drop_for(FormatError error) {
  switch (error) {
    case FormatError::truncated:
      return Drop::truncated;
    case FormatError::bad_version:
      return Drop::bad_version;
    case FormatError::bad_length:
      return Drop::bad_length;
    case FormatError::bad_checksum:
      return Drop::bad_checksum;
  }
  ELVIS_UNREACHABLE();
}

void DropCounters::add(const DropCounters& other) {
  for (std::size_t i = 0; i < drop_reasons; ++i) counts[i] += other.counts[i];
}

}  // namespace elvis
