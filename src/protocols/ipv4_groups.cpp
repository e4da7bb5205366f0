// SPDX-License-Identifier: MIT
// Ipv4: the groups that a machine belongs to (RFC 1112).
#include <algorithm>

#include "ipv4_state.hpp"

namespace elvis {

void Ipv4::join(Ipv4Address group, Tap& tap) {
  auto& memberships = state().memberships;
  const auto before = std::ranges::find_if(memberships, [&](const State::Membership& one) {
    return one.group == group && one.tap == &tap;
  });
  if (before != memberships.end()) {
    ++before->uses;
    return;
  }
  memberships.push_back({group, &tap, 1});
  tap.join(group_mac(group));
}

void Ipv4::leave(Ipv4Address group, Tap& tap) {
  auto& memberships = state().memberships;
  const auto membership = std::ranges::find_if(memberships, [&](const State::Membership& one) {
    return one.group == group && one.tap == &tap;
  });
  if (membership == memberships.end() || --membership->uses != 0) return;
  memberships.erase(membership);
  tap.leave(group_mac(group));
}

bool Ipv4::is_member(Ipv4Address group, const Tap& tap) const {
  if (group == all_hosts) return true;  // RFC 1112, 4: always
  if (state_ == nullptr) return false;
  return std::ranges::any_of(state_->memberships, [&](const State::Membership& one) {
    return one.group == group && one.tap == &tap;
  });
}

}  // namespace elvis
