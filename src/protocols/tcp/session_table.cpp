// SPDX-License-Identifier: MIT
#include "elvis/protocols/tcp/session_table.hpp"

#include <algorithm>
#include <utility>

#include "elvis/protocols/tcp.hpp"
#include "elvis/util/pool.hpp"
#include "elvis/util/rng.hpp"

namespace elvis {

namespace {

constexpr std::uint32_t most_in_one_chain = 4;  // while there is only one

}  // namespace

std::uint64_t TcpSessionTable::hash(const Endpoints& ends) {
  return mix(mix(std::uint64_t{ends.remote.address.value()} << 32 |
                 std::uint64_t{ends.remote.port} << 16 | ends.local.port) +
             ends.local.address.value());
}

TcpSession* TcpSessionTable::find(const Endpoints& endpoints) const {
  TcpSession* session = chain_of(endpoints);
  while (session != nullptr && session->endpoints_ != endpoints) session = session->next_;
  return session;
}

void TcpSessionTable::insert(TcpSession& session) {
  if (size_ >= (chain_count_ == 1 ? most_in_one_chain : chain_count_)) grow();
  TcpSession*& chain = chain_of(session.endpoints_);
  session.next_ = std::exchange(chain, &session);
  ++size_;
}

void TcpSessionTable::erase(TcpSession& session) {
  TcpSession** link = &chain_of(session.endpoints_);
  while (*link != &session) link = &(*link)->next_;
  *link = std::exchange(session.next_, nullptr);
  if (--size_ == 0) release();
}

void TcpSessionTable::for_each(const std::function<void(TcpSession&)>& visit) const {
  for (std::uint32_t i = 0; i < chain_count_; ++i) {
    for (TcpSession* session = chains_[i]; session != nullptr; session = session->next_) {
      visit(*session);
    }
  }
}

void TcpSessionTable::grow() {
  constexpr std::uint32_t least = 8;
  const std::uint32_t old_count = chain_count_;
  TcpSession** const old = chains_;
  chain_count_ = std::max(old_count * 2, least);
  chains_ = static_cast<TcpSession**>(pool::allocate(chain_count_ * sizeof(TcpSession*)));
  std::fill_n(chains_, chain_count_, nullptr);
  for (std::uint32_t i = 0; i < old_count; ++i) {
    for (TcpSession* next = old[i]; next != nullptr;) {
      TcpSession* const session = std::exchange(next, next->next_);
      session->next_ = std::exchange(chain_of(session->endpoints_), session);
    }
  }
  if (old != &first_chain_) pool::release(old, old_count * sizeof(TcpSession*));
  first_chain_ = nullptr;
}

void TcpSessionTable::release() {
  if (chains_ != &first_chain_) pool::release(chains_, chain_count_ * sizeof(TcpSession*));
  chains_ = &first_chain_;
  chain_count_ = 1;
}

}  // namespace elvis
