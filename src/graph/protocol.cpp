// SPDX-License-Identifier: MIT
#include "elvis/graph/protocol.hpp"

#include "elvis/util/assert.hpp"

namespace elvis {

Result<SessionRef> Protocol::open(Protocol&, Endpoints) {
  return Errc::no_protocol;
}

Result<> Protocol::listen(Protocol&, Endpoint) {
  return Errc::no_protocol;
}

void Protocol::unlisten(Endpoint) {}

void Protocol::demux_bare(const BareDatagram&) {
  ELVIS_UNREACHABLE();  // without takes_bare_datagrams()
}

void Protocol::failed(const DeliveryError&) {}

bool Protocol::believes(const DeliveryError&) {
  return true;
}

}  // namespace elvis
