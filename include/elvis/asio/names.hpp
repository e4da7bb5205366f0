// SPDX-License-Identifier: MIT
// AsioNames: what stands behind asio_resolver.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "elvis/asio/core.hpp"
#include "elvis/asio/errors.hpp"
#include "elvis/wire/address.hpp"

namespace elvis {

/// Looks names up for one machine. A host is what resolve() knows: a dotted quad, "localhost", or a
/// machine's name; a service is a port or one of the well-known names.
class AsioNames final : public Pooled {
 public:
  explicit AsioNames(AsioCore& core) : core_{core} {}

  struct Query {
    std::string host;
    std::string service;
    bool is_passive = false;          ///< An empty host is any address, else the own one.
    bool is_numeric_host = false;     ///< No names.
    bool is_numeric_service = false;  ///< Likewise.
  };
  /// Errors: host_not_found, service_not_found.
  std::vector<Endpoint> find(const Query& query, boost::system::error_code& error) const;
  /// The name of the machine that has `end`'s address, or the address itself.
  std::string name_of(Endpoint end) const;
  /// The well-known name of a port, or its number.
  static std::string service_of(std::uint16_t port);

  /// Where lookups stand: they end at once.
  AsioLane& lane() { return lane_; }

 private:
  struct Lane final : AsioLane {
    using AsioLane::AsioLane;
    void watch() override {}
    void unwatch() override {}
  };

  AsioCore& core_;
  Lane lane_{core_};
};

}  // namespace elvis
