// SPDX-License-Identifier: MIT
// The chat of the porting guide in the Asio model, as applications of machines.
#pragma once

#include <cstdint>
#include <string>

#include "elvis/graph/application.hpp"
#include "guest.hpp"

namespace elvis::porting {

/// Serves chats at `port` until `guests` guests have come and gone.
Task<Result<>> asio_chat_server(Application& self, std::uint16_t port, int guests);

/// Visits the chat at `port` of the machine called `server`; `heard` gets all that was said there,
/// each line with its line feed.
Task<Result<>> asio_chat_client(Application& self, std::string server, std::uint16_t port,
                                Guest guest, std::string& heard);

}  // namespace elvis::porting
