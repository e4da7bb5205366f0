// SPDX-License-Identifier: MIT
// The chat of the porting guide for POSIX: it runs on this computer, in real time.
#pragma once

#include <cstdint>
#include <string>

#include "guest.hpp"

namespace elvis::porting {

/// A socket that listens on loopback, at a port that is free; `port` says which.
int posix_chat_listen(std::uint16_t& port);
/// Serves chats at `listening` until `guests` guests have come and gone.
void posix_chat_server(int listening, int guests);
/// Visits the chat at `port` of `server`; `heard` gets all that was said there.
void posix_chat_client(const std::string& server, const std::string& port, const Guest& guest,
                       std::string& heard);

}  // namespace elvis::porting
