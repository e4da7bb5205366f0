// SPDX-License-Identifier: MIT
#include "flows.hpp"

namespace elvis::packetdrill {

void Flows::listening(Endpoint local) {
  listening_ = local;
  under_test_ = nullptr;
}

Flow& Flows::add(Packet::Kind kind, Endpoint local, Endpoint remote) {
  under_test_ = &flows_.emplace_back(kind, local, remote);
  return *under_test_;
}

Flow& Flows::opened(Packet::Kind kind, Endpoint local, Endpoint remote) {
  if (local.address.is_unspecified()) local.address = setup_.local;
  Flow* const known = local.port == 0 ? nullptr : find(kind, local, remote);
  if (known != nullptr) {
    under_test_ = known;
    return *known;
  }
  return add(kind, local, remote);
}

Flow* Flows::find(Packet::Kind kind, Endpoint local, Endpoint remote) {
  for (Flow& flow : flows_) {
    if (flow.kind() == kind && flow.local() == local && flow.remote() == remote) return &flow;
  }
  return nullptr;
}

Flow& Flows::of_inbound(const Packet& script) {
  const bool has_ports = script.source_port != 0 || script.destination_port != 0;
  const std::uint16_t bound = listening_ ? listening_->port : setup_.bind_port;
  if (has_ports) {
    const std::uint16_t local = script.destination_port != 0 ? script.destination_port : bound;
    const Endpoint local_end{setup_.local, local};
    const Endpoint remote_end{setup_.remote, script.source_port};
    if (Flow* const known = find(script.kind, local_end, remote_end)) {
      under_test_ = known;
      return *known;
    }
    return add(script.kind, local_end, remote_end);
  }
  if (under_test_ != nullptr &&
      (script.kind == Packet::Kind::icmp || under_test_->kind() == script.kind)) {
    return *under_test_;
  }
  return add(script.kind, {setup_.local, bound}, {setup_.remote, next_port_++});
}

Flow* Flows::of_outbound(const Packet& script) {
  if (script.source_port == 0 && script.destination_port == 0) return under_test_;
  const Endpoint local{setup_.local, script.source_port};
  const Endpoint remote{setup_.remote, script.destination_port};
  if (Flow* const known = find(script.kind, local, remote)) return known;
  return under_test_;
}

}  // namespace elvis::packetdrill
