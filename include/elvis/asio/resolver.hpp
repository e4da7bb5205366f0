// SPDX-License-Identifier: MIT
// asio_resolver: the addresses of a scenario's machines by their names, with the interface of
// Asio's resolver.
//
//   asio_resolver resolver{executor};
//   const auto ends = co_await resolver.async_resolve("server", "http", use_awaitable);
//   co_await stream.async_connect(ends, use_awaitable);
#pragma once

#include <boost/asio/ip/basic_resolver_results.hpp>
#include <boost/asio/ip/resolver_base.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "elvis/asio/io_object.hpp"
#include "elvis/asio/names.hpp"

namespace elvis {

// NOLINTBEGIN(readability-identifier-naming): the manner of Asio.

/// Names are known everywhere and at once: a lookup sends nothing and takes no virtual time.
template <typename Protocol = boost::asio::ip::tcp,
          typename Executor = boost::asio::any_io_executor>
class asio_basic_resolver : public asio_internal::IoObject<AsioNames, Executor>,
                            public boost::asio::ip::resolver_base {
  using Base = asio_internal::IoObject<AsioNames, Executor>;
  using error_code = boost::system::error_code;

 public:
  using executor_type = Executor;
  using protocol_type = Protocol;
  using endpoint_type = typename Protocol::endpoint;
  using results_type = boost::asio::ip::basic_resolver_results<Protocol>;
  template <typename Other>
  struct rebind_executor {
    using other = asio_basic_resolver<Protocol, Other>;
  };

  explicit asio_basic_resolver(const Executor& executor) : Base{executor} {}
  template <typename Context>
    requires std::is_convertible_v<Context&, boost::asio::execution_context&>
  explicit asio_basic_resolver(Context& context) : Base{context} {}
  asio_basic_resolver(asio_basic_resolver&&) noexcept = default;
  asio_basic_resolver& operator=(asio_basic_resolver&&) noexcept = default;

  /// Lookups are over as soon as they have begun.
  void cancel() {}

  /// Errors: host_not_found, service_not_found.
  results_type resolve(std::string_view host, std::string_view service, flags what,
                       error_code& error) {
    return look_up(Lookup{std::string{host}, std::string{service}, what}, error);
  }
  results_type resolve(std::string_view host, std::string_view service, error_code& error) {
    return resolve(host, service, flags{}, error);
  }
  results_type resolve(std::string_view host, std::string_view service, flags what = {}) {
    error_code error;
    results_type results = resolve(host, service, what, error);
    if (error) boost::throw_exception(boost::system::system_error{error, "resolve"});
    return results;
  }

  /// Completes with `void(error_code, results_type)`.
  template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, results_type))
                Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
  auto async_resolve(std::string_view host, std::string_view service,
                     Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(executor_type)) {
    return async_resolve(host, service, flags{}, std::forward<Token>(token));
  }
  template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, results_type))
                Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
  auto async_resolve(std::string_view host, std::string_view service, flags what,
                     Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(executor_type)) {
    return initiate<Token>(token, Lookup{std::string{host}, std::string{service}, what});
  }
  template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, results_type))
                Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
  auto async_resolve(const protocol_type& protocol, std::string_view host, std::string_view service,
                     Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(executor_type)) {
    return initiate<Token>(
        token, Lookup{std::string{host}, std::string{service}, {}, protocol == Protocol::v4()});
  }
  /// From an endpoint to its names.
  template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, results_type))
                Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
  auto async_resolve(const endpoint_type& endpoint,
                     Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(executor_type)) {
    return initiate<Token>(token, Reverse{endpoint});
  }

 private:
  friend asio_internal::Initiation<asio_basic_resolver>;

  struct Lookup {
    std::string host;
    std::string service;
    flags what{};
    bool is_v4 = true;
  };
  struct Reverse {
    endpoint_type endpoint;
  };
  struct Job {
    error_code error;
    results_type results;
    bool attempt(AsioOutcome& outcome) const {
      outcome.error = error;
      return true;
    }
    std::tuple<error_code, results_type> result(AsioOutcome& outcome) const {
      return {outcome.error, results};
    }
  };

  template <typename Token, typename Request>
  auto initiate(std::remove_reference_t<Token>& token, Request request) {
    return boost::asio::async_initiate<Token, void(error_code, results_type)>(
        asio_internal::Initiation<asio_basic_resolver>{*this}, token, std::move(request));
  }
  results_type look_up(const Lookup& lookup, error_code& error) {
    if (!lookup.is_v4) {
      error = boost::asio::error::host_not_found;
      return {};
    }
    const AsioNames::Query query{lookup.host, lookup.service, (lookup.what & passive) != flags{},
                                 (lookup.what & numeric_host) != flags{},
                                 (lookup.what & numeric_service) != flags{}};
    std::vector<endpoint_type> ends;
    for (const Endpoint& end : this->impl().find(query, error)) {
      ends.push_back(asio_internal::endpoint_to<endpoint_type>(end));
    }
    return results_type::create(ends.begin(), ends.end(), lookup.host, lookup.service);
  }
  template <typename Handler>
  void begin(const Lookup& lookup, Handler&& handler) {
    Job job;
    job.results = look_up(lookup, job.error);
    this->start(&this->impl().lane(), std::move(job), std::forward<Handler>(handler));
  }
  template <typename Handler>
  void begin(const Reverse& request, Handler&& handler) {
    Job job;
    if (const auto end = asio_internal::endpoint_from(request.endpoint)) {
      job.results = results_type::create(request.endpoint, this->impl().name_of(*end),
                                         AsioNames::service_of(end->port));
    } else {
      job.error = boost::asio::error::host_not_found;
    }
    this->start(&this->impl().lane(), std::move(job), std::forward<Handler>(handler));
  }
};

using asio_resolver = asio_basic_resolver<>;
using asio_udp_resolver = asio_basic_resolver<boost::asio::ip::udp>;

// NOLINTEND(readability-identifier-naming)

}  // namespace elvis
