// SPDX-License-Identifier: MIT
// The Asio model, all of it: docs/asio.md.
#pragma once

#include "elvis/asio/acceptor.hpp"
#include "elvis/asio/application.hpp"
#include "elvis/asio/beast.hpp"
#include "elvis/asio/context.hpp"
#include "elvis/asio/resolver.hpp"
#include "elvis/asio/stream.hpp"
#include "elvis/asio/timer.hpp"
#include "elvis/asio/udp.hpp"
