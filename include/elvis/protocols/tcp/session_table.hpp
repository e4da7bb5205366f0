// SPDX-License-Identifier: MIT
// TcpSessionTable: the sessions of a machine by their endpoints, chained through themselves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "elvis/wire/address.hpp"

namespace elvis {

class TcpSession;

/// Takes 8 to 16 bytes for each session, nothing for the first few. Its order depends on nothing
/// but what was put in and taken out.
class TcpSessionTable {
 public:
  TcpSessionTable() = default;
  TcpSessionTable(const TcpSessionTable&) = delete;
  TcpSessionTable& operator=(const TcpSessionTable&) = delete;
  ~TcpSessionTable() { release(); }

  std::size_t size() const { return size_; }
  /// The session between `endpoints`, or null.
  TcpSession* find(const Endpoints& endpoints) const;
  /// Adds a session whose endpoints no other has.
  void insert(TcpSession& session);
  void erase(TcpSession& session);
  /// Calls `visit` for each; the table must not change meanwhile.
  void for_each(const std::function<void(TcpSession&)>& visit) const;
  static std::uint64_t hash(const Endpoints& endpoints);

 private:
  TcpSession*& chain_of(const Endpoints& endpoints) const {
    return chains_[hash(endpoints) & (chain_count_ - 1)];
  }
  void grow();
  void release();

  TcpSession* first_chain_ = nullptr;
  TcpSession** chains_ = &first_chain_;
  std::uint32_t chain_count_ = 1;  // a power of two
  std::uint32_t size_ = 0;
};

}  // namespace elvis
