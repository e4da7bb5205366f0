// SPDX-License-Identifier: MIT
#include "elvis/asio/names.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <string_view>

#include "elvis/graph/world.hpp"
#include "elvis/sockets/names.hpp"

namespace elvis {

namespace {

struct Service {
  std::string_view name;
  std::uint16_t port;
};

// The common ones of IANA's registry (RFC 6335).
constexpr Service services[] = {
    {"echo", 7},  {"discard", 9}, {"daytime", 13}, {"ftp", 21},    {"ssh", 22},    {"telnet", 23},
    {"smtp", 25}, {"time", 37},   {"domain", 53},  {"tftp", 69},   {"http", 80},   {"pop3", 110},
    {"ntp", 123}, {"imap", 143},  {"snmp", 161},   {"https", 443}, {"imaps", 993}, {"pop3s", 995},
};

std::optional<std::uint32_t> number_of(std::string_view text, std::uint32_t below) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value >= below) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::uint16_t> port_of(const AsioNames::Query& query) {
  if (query.service.empty()) return std::uint16_t{0};
  if (const auto port = number_of(query.service, 65'536)) return static_cast<std::uint16_t>(*port);
  if (query.is_numeric_service) return std::nullopt;
  const auto* const known = std::ranges::find(services, query.service, &Service::name);
  if (known == std::end(services)) return std::nullopt;
  return known->port;
}

}  // namespace

std::vector<Endpoint> AsioNames::find(const Query& query, boost::system::error_code& error) const {
  error = {};
  const auto port = port_of(query);
  if (!port) {
    error = boost::asio::error::service_not_found;
    return {};
  }
  if (query.host.empty()) {
    return {{query.is_passive ? Ipv4Address{} : Ipv4Address{127, 0, 0, 1}, *port}};
  }
  if (const auto address = Ipv4Address::parse(query.host)) return {{*address, *port}};
  const Result<Ipv4Address> found = resolve(core_.machine(), query.host);
  if (query.is_numeric_host || !found) {
    error = boost::asio::error::host_not_found;
    return {};
  }
  return {{*found, *port}};
}

std::string AsioNames::name_of(Endpoint end) const {
  const World& world = core_.machine().world();
  for (std::size_t i = 0; i < world.machine_count(); ++i) {
    const Machine& machine = world.machine(i);
    for (const Tap& tap : machine.taps()) {
      if (tap.address() == end.address) return machine.name();
    }
  }
  return end.address.to_string();
}

std::string AsioNames::service_of(std::uint16_t port) {
  const auto* const known = std::ranges::find(services, port, &Service::port);
  return known == std::end(services) ? std::to_string(port) : std::string{known->name};
}

}  // namespace elvis
