// SPDX-License-Identifier: MIT
// NewReno's window: RFC 5681, 3.1. (How losses are repaired, RFC 6582, is the sender's part.)
#include "elvis/protocols/tcp/congestion.hpp"

namespace elvis {

namespace {

class NewReno final : public TcpCongestion {
 public:
  void acknowledged(const TcpAckSample& sample, TcpWindow& window) override {
    growth_.acknowledged(sample.acked, window);
  }
  std::uint64_t congested(const TcpWindow& window, std::uint64_t in_flight, bool, Time) override {
    return reno_threshold(window, in_flight);
  }

 private:
  RenoGrowth growth_;
};

}  // namespace

std::unique_ptr<TcpCongestion> make_new_reno() {
  return std::make_unique<NewReno>();
}

}  // namespace elvis
