// SPDX-License-Identifier: MIT
#include "elvis/protocols/reassembly.hpp"

#include <algorithm>
#include <boost/intrusive/list.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <utility>
#include <vector>

#include "elvis/util/assert.hpp"
#include "elvis/util/pool.hpp"
#include "elvis/util/rng.hpp"

namespace elvis {

namespace {

constexpr std::uint32_t max_datagram_bytes = 65'535;
constexpr std::uint32_t offset_unit = 8;
constexpr std::size_t quoted_payload = 8;

/// Payloads below this are copied, since a slice holds the whole chunk that it is part of: so what
/// is counted is about what is held.
constexpr std::size_t least_shared = 256;
/// Those of a larger chunk, which has many datagrams in it, are copied as well.
constexpr std::size_t most_shared = 128 * 1'024;

// What it costs to keep a datagram and each of its fragments, beyond the bytes.
constexpr std::size_t datagram_overhead = 320;
constexpr std::size_t fragment_overhead = 160;

bool is_shared(const Message& bytes) {
  if (bytes.size() < least_shared) return false;
  for (std::size_t i = 0; i < bytes.slice_count(); ++i) {
    const Chunk& chunk = bytes.chunk_at(i);
    if (!chunk.is_constant() && chunk.capacity() > most_shared) return false;
  }
  return true;
}

/// The bytes in memory of their own.
Message compact(const Message& bytes) {
  Message copy{bytes.to_bytes()};
  copy.set_verified(bytes.is_verified());
  return copy;
}

}  // namespace

struct Reassembly::Key {
  Ipv4Address source;
  Ipv4Address destination;
  std::uint16_t identification;
  std::uint8_t protocol;

  friend bool operator==(const Key&, const Key&) = default;

  struct Hash {
    using is_avalanching = void;
    std::size_t operator()(const Key& key) const {
      const std::uint64_t addresses =
          std::uint64_t{key.source.value()} << 32 | key.destination.value();
      return mix(mix(addresses) ^ (std::uint64_t{key.identification} << 8 | key.protocol));
    }
  };
};

/// Bytes without a gap: [begin, begin + size).
struct Reassembly::Run {
  std::uint32_t begin;
  Message bytes;

  std::uint32_t end() const { return begin + static_cast<std::uint32_t>(bytes.size()); }
};

struct Reassembly::Datagram : Pooled, boost::intrusive::list_base_hook<> {
  Key key;
  Time expiry;
  std::uint32_t fragments = 0;
  std::uint32_t end = 0;  // 0 until the last fragment has come
  std::size_t charge = datagram_overhead;
  std::vector<Run> runs;
  Message quote;
  const Chunk* last_chunk = nullptr;  // that a fragment shares

  /// The memory that `bytes` keep from being freed, unless another fragment does so already:
  /// those of one datagram are mostly parts of one chunk.
  std::size_t held_by(const Message& bytes) const {
    std::size_t held = 0;
    for (std::size_t i = 0; i < bytes.slice_count(); ++i) {
      const Chunk& chunk = bytes.chunk_at(i);
      if (chunk.is_constant()) {
        held += bytes.slice_at(i).size();
      } else if (&chunk != last_chunk) {
        held += chunk.capacity();
      }
    }
    return held;
  }

  /// Whether a fragment [begin, last) agrees with the end that is known, or tells a possible one.
  bool agrees_about_end(std::uint32_t last, bool more) const {
    if (end != 0) return more ? last < end : last == end;
    return more || runs.empty() || runs.back().end() <= last;
  }
  FragmentFate put(std::uint32_t begin, Message bytes);
  FragmentFate join(Message& datagram);
  bool is_whole() const {
    return end != 0 && runs.size() == 1 && runs[0].begin == 0 && runs[0].end() == end;
  }
};

/// Puts bytes between the runs, or says why not.
FragmentFate Reassembly::Datagram::put(std::uint32_t begin, Message bytes) {
  const std::uint32_t last = begin + static_cast<std::uint32_t>(bytes.size());
  // The first run that ends behind `begin`, or just there.
  auto run = std::ranges::lower_bound(runs, begin, {}, &Run::end);
  const bool touches = run != runs.end() && run->end() == begin;
  const auto next = touches ? run + 1 : run;
  if (next != runs.end() && next->begin < last) {
    const bool is_inside = next->begin <= begin && last <= next->end();
    return is_inside ? FragmentFate::duplicate : FragmentFate::overlapping;
  }
  const bool touches_next = next != runs.end() && next->begin == last;
  if (touches) {
    run->bytes.append(std::move(bytes));
    if (touches_next) {
      run->bytes.append(std::move(next->bytes));
      runs.erase(next);
    }
  } else if (touches_next) {
    bytes.append(std::move(next->bytes));
    *next = {begin, std::move(bytes)};
  } else {
    runs.insert(run, {begin, std::move(bytes)});
  }
  return FragmentFate::kept;
}

/// Puts the first fragment's header, made that of the whole, in front of all bytes.
FragmentFate Reassembly::Datagram::join(Message& datagram) {
  std::uint8_t scratch[Ipv4Header::max_size];
  const std::size_t quoted = std::min(quote.size(), Ipv4Header::max_size);
  // Only the header of it is there; that its length counts more is no matter.
  auto header = Ipv4Header::parse(quote.front(quoted, scratch), max_datagram_bytes);
  ELVIS_ASSERT(header.has_value());
  // Options of the first fragment may leave less room than those of the last.
  if (header->header_size() + end > max_datagram_bytes) return FragmentFate::too_long;
  header->more_fragments = false;
  header->total_length = static_cast<std::uint16_t>(header->header_size() + end);
  datagram = std::move(runs[0].bytes);
  header->emit(datagram.prepend(header->header_size()));
  return FragmentFate::complete;
}

struct Reassembly::State {
  using List = boost::intrusive::list<Datagram>;

  List by_age;  // the oldest first, which is also the first to expire
  boost::unordered_flat_map<Key, Datagram*, Key::Hash> by_key;
  std::size_t charge = 0;
  std::uint32_t fragments = 0;

  ~State() {
    by_age.clear_and_dispose([](Datagram* datagram) { delete datagram; });
  }

  Datagram& find_or_make(const Key& key, Time expiry) {
    Datagram*& place = by_key.try_emplace(key, nullptr).first->second;
    if (place != nullptr) return *place;
    place = new Datagram;
    place->key = key;
    place->expiry = expiry;
    by_age.push_back(*place);
    charge += place->charge;
    return *place;
  }

  void charge_for(Datagram& datagram, std::size_t bytes) {
    datagram.charge += bytes;
    charge += bytes;
    ++datagram.fragments;
    ++fragments;
  }

  std::unique_ptr<Datagram> take(Datagram& datagram) {
    charge -= datagram.charge;
    fragments -= datagram.fragments;
    by_key.erase(datagram.key);
    by_age.erase(by_age.iterator_to(datagram));
    return std::unique_ptr<Datagram>{&datagram};
  }
};

Reassembly::Reassembly(const ReassemblyLimits& limits) : limits_{&limits} {}
Reassembly::~Reassembly() = default;

FragmentResult Reassembly::add(const Ipv4Header& header, const Message& datagram, Time now) {
  static_assert(sizeof(Datagram) + sizeof(Run) <= datagram_overhead * 2 / 3,
                "the rest is for the map and the quotation");
  ELVIS_ASSERT(datagram.size() == header.total_length);
  const auto size = static_cast<std::uint32_t>(header.payload_size());
  const std::uint32_t begin = header.fragment_offset * offset_unit;
  const bool more = header.more_fragments;
  if (size == 0 || (more && size % offset_unit != 0)) return {.fate = FragmentFate::bad_length};
  if (header.header_size() + begin + size > max_datagram_bytes) {
    return {.fate = FragmentFate::too_long};
  }

  if (state_ == nullptr) state_ = std::make_unique<State>();
  State& state = *state_;
  Datagram& whole = state.find_or_make({.source = header.source,
                                        .destination = header.destination,
                                        .identification = header.identification,
                                        .protocol = header.protocol},
                                       add_saturated(now, limits_->timeout));
  Message bytes = datagram.slice(header.header_size());
  Message quote =
      datagram.slice(0, header.header_size() + std::min<std::size_t>(size, quoted_payload));
  std::size_t held = size;
  const Chunk* last_chunk = whole.last_chunk;
  if (is_shared(bytes)) {
    held = whole.held_by(bytes);
    last_chunk = &bytes.chunk_at(bytes.slice_count() - 1);
  } else {
    bytes = compact(bytes);
    quote = compact(quote);
  }

  FragmentResult result;
  result.fate = whole.agrees_about_end(begin + size, more) ? whole.put(begin, std::move(bytes))
                                                           : FragmentFate::overlapping;
  if (result.fate == FragmentFate::duplicate) return result;
  if (result.fate == FragmentFate::overlapping) {
    result.discarded = state.take(whole)->fragments;
    if (state.by_age.empty()) state_.reset();
    return result;
  }
  if (begin == 0) whole.quote = std::move(quote);
  if (!more) whole.end = begin + size;
  whole.last_chunk = last_chunk;
  state.charge_for(whole, fragment_overhead + held);

  if (whole.is_whole()) {
    const std::unique_ptr<Datagram> done = state.take(whole);
    result.fate = done->join(result.datagram);
    if (result.fate != FragmentFate::complete) result.discarded = done->fragments - 1;
  }
  while (state.charge > limits_->memory_bytes) {
    Datagram& oldest = state.by_age.front();
    const bool is_own = &oldest == &whole;
    const std::uint32_t gone = state.take(oldest)->fragments;
    if (is_own) {
      result.fate = FragmentFate::no_memory;
      result.discarded = gone - 1;
    } else {
      result.evicted += gone;
    }
  }
  if (state.by_age.empty()) state_.reset();
  return result;
}

std::optional<ExpiredDatagram> Reassembly::expire(Time now) {
  if (next_expiry() > now || state_ == nullptr) return std::nullopt;
  const std::unique_ptr<Datagram> gone = state_->take(state_->by_age.front());
  if (state_->by_age.empty()) state_.reset();
  return ExpiredDatagram{.fragments = gone->fragments, .quote = std::move(gone->quote)};
}

Time Reassembly::next_expiry() const {
  return state_ == nullptr ? end_of_time : state_->by_age.front().expiry;
}

std::size_t Reassembly::datagrams() const {
  return state_ == nullptr ? 0 : state_->by_age.size();
}

std::uint32_t Reassembly::fragments() const {
  return state_ == nullptr ? 0 : state_->fragments;
}

std::size_t Reassembly::memory_bytes() const {
  return state_ == nullptr ? 0 : state_->charge;
}

}  // namespace elvis
