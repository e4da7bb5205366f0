// SPDX-License-Identifier: MIT
// SessionMap: the open sessions of a protocol by their endpoints.
#pragma once

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "elvis/graph/session.hpp"
#include "elvis/util/assert.hpp"
#include "elvis/util/pool.hpp"
#include "elvis/util/rng.hpp"
#include "elvis/wire/address.hpp"

namespace elvis {

/// Refers to sessions that say their endpoints() themselves and do not change them. One, which is
/// what most machines have, takes no memory of its own; a few stand side by side; more are hashed.
/// Never iterated, as a hash map's order must not show in results, but for a question whose answer
/// does not depend on it.
template <typename Session>
class SessionMap {
 public:
  SessionMap() = default;
  SessionMap(const SessionMap&) = delete;
  SessionMap& operator=(const SessionMap&) = delete;
  ~SessionMap() { free_memory(); }

  std::size_t size() const { return is_hashed() ? hashed_->size() : size_; }
  bool empty() const { return size_ == 0 && (!is_hashed() || hashed_->empty()); }

  /// The session between `endpoints`, or null.
  Session* find(const Endpoints& endpoints) const {
    for (Session* const* session = begin(); session != begin() + size_; ++session) {
      if ((*session)->endpoints() == endpoints) return *session;
    }
    return is_hashed() ? find_hashed(endpoints) : nullptr;
  }

  /// Whether `is_so(session)` holds for any.
  template <typename Predicate>
  bool any_of(Predicate is_so) const {
    if (is_hashed()) {
      return std::ranges::any_of(*hashed_, [&](const auto& one) { return is_so(*one.second); });
    }
    return std::any_of(begin(), begin() + size_, [&](Session* one) { return is_so(*one); });
  }

  /// Adds a session; there is none between its endpoints.
  void insert(Session& session) {
    if (!is_hashed() && size_ == capacity_) grow();
    if (is_hashed()) {
      hashed_->emplace(session.endpoints(), &session);
    } else {
      begin()[size_++] = &session;
    }
  }

  /// Removes a session that is there.
  void erase(Session& session) {
    if (is_hashed()) {
      hashed_->erase(session.endpoints());
      return;
    }
    Session** const found = std::find(begin(), begin() + size_, &session);
    ELVIS_ASSERT(found != begin() + size_);
    *found = begin()[--size_];
    if (size_ == 0) free_memory();
  }

 private:
  struct Hash {
    using is_avalanching = void;
    std::size_t operator()(const Endpoints& ends) const {
      return mix(mix(std::uint64_t{ends.remote.address.value()} << 32 |
                     std::uint64_t{ends.remote.port} << 16 | ends.local.port) +
                 ends.local.address.value());
    }
  };
  using Hashed = boost::unordered_flat_map<Endpoints, Session*, Hash>;

  static constexpr std::uint32_t most_side_by_side = 8;
  static constexpr std::uint32_t hashed_mark = ~std::uint32_t{0};

  bool is_hashed() const { return capacity_ == hashed_mark; }
  Session* const* begin() const { return capacity_ == 1 ? &one_ : several_; }
  Session** begin() { return capacity_ == 1 ? &one_ : several_; }

  [[gnu::noinline]] Session* find_hashed(const Endpoints& endpoints) const {
    const auto found = hashed_->find(endpoints);
    return found == hashed_->end() ? nullptr : found->second;
  }

  // From one to all that may stand side by side, and from there to the hashed.
  [[gnu::noinline]] void grow() {
    if (size_ == 1) {
      auto** const several =
          static_cast<Session**>(pool::allocate(most_side_by_side * sizeof(Session*)));
      several[0] = one_;
      several_ = several;
      capacity_ = most_side_by_side;
      return;
    }
    auto hashed = std::make_unique<Hashed>();
    std::for_each_n(several_, size_,
                    [&](Session* session) { hashed->emplace(session->endpoints(), session); });
    free_memory();
    hashed_ = hashed.release();
    size_ = 0;
    capacity_ = hashed_mark;
  }

  void free_memory() {
    if (is_hashed()) {
      delete hashed_;
    } else if (capacity_ != 1) {
      pool::release(several_, capacity_ * sizeof(Session*));
    }
    one_ = nullptr;
    capacity_ = 1;
  }

  union {
    Session* one_ = nullptr;
    Session** several_;
    Hashed* hashed_;
  };
  std::uint32_t size_ = 0;  // of those that are not hashed
  std::uint32_t capacity_ = 1;
};

}  // namespace elvis
