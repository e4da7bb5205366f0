// SPDX-License-Identifier: MIT
#include "tap_index.hpp"

#include "elvis/graph/machine.hpp"
#include "elvis/graph/world.hpp"

namespace elvis {

TapIndex::TapIndex(std::span<Tap> taps) {
  for (std::uint32_t i = 0; i < taps.size(); ++i) {
    const Network& network = taps[i].network();
    Span span{.first = none, .last = 0, .furthest = 0, .tap = i};
    if (const auto addresses = network.address_span()) {
      span.first = addresses->first.value();
      span.last = addresses->second.value();
    }
    for (const Ipv4Prefix& prefix : taps[i].machine().world().prefixes_of(network)) {
      span.first = std::min(span.first, prefix.address.value());
      span.last = std::max(span.last, prefix.address.value() | ~prefix.mask());
    }
    if (span.first <= span.last) spans_.push_back(span);
  }
  std::ranges::sort(spans_, {}, &Span::first);
  std::uint32_t furthest = 0;
  for (Span& span : spans_) span.furthest = furthest = std::max(furthest, span.last);
}

}  // namespace elvis
