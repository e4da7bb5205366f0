// SPDX-License-Identifier: MIT
// A small chat: a guest sends its name in a line, then what it says; the others are told who comes
// ("* ann joined"), what they say ("ann: hello") and who goes ("* ann left").
#include "chat_posix.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <vector>

namespace elvis::porting {

namespace {

// ===== The server: one thread, poll() =====

struct Visitor {
  int socket;
  std::string name;    // empty until it has been told
  std::string unread;  // the begin of a line
};

bool send_all(int socket, const std::string& text) {
  for (std::size_t sent = 0; sent < text.size();) {
    const ssize_t now = send(socket, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (now < 0) return false;
    sent += static_cast<std::size_t>(now);
  }
  return true;
}

void tell_all_but(const std::vector<Visitor>& visitors, int one, const std::string& line) {
  for (const Visitor& visitor : visitors) {
    if (visitor.socket != one && !visitor.name.empty()) send_all(visitor.socket, line);
  }
}

void hear_line(std::vector<Visitor>& visitors, Visitor& from, const std::string& line) {
  if (from.name.empty()) {
    from.name = line;
    tell_all_but(visitors, from.socket, "* " + line + " joined\n");
  } else {
    tell_all_but(visitors, from.socket, from.name + ": " + line + "\n");
  }
}

// Takes what has come from a visitor; false when it has gone.
bool hear(std::vector<Visitor>& visitors, Visitor& from) {
  char bytes[1'000];
  const ssize_t got = recv(from.socket, bytes, sizeof bytes, 0);
  if (got <= 0) return false;
  from.unread.append(bytes, static_cast<std::size_t>(got));
  for (std::size_t end; (end = from.unread.find('\n')) != std::string::npos;) {
    const std::string line = from.unread.substr(0, end);
    from.unread.erase(0, end + 1);
    hear_line(visitors, from, line);
  }
  return true;
}

}  // namespace

int posix_chat_listen(std::uint16_t& port) {
  const int listening = socket(AF_INET, SOCK_STREAM, 0);
  const int yes = 1;
  setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  local.sin_port = htons(port);
  socklen_t size = sizeof local;
  if (bind(listening, reinterpret_cast<sockaddr*>(&local), size) != 0 ||
      listen(listening, 16) != 0 ||
      getsockname(listening, reinterpret_cast<sockaddr*>(&local), &size) != 0) {
    std::abort();
  }
  port = ntohs(local.sin_port);
  return listening;
}

void posix_chat_server(int listening, int guests) {
  std::vector<Visitor> visitors;
  while (guests > 0 || !visitors.empty()) {
    std::vector<pollfd> ready;
    for (const Visitor& visitor : visitors) ready.push_back({visitor.socket, POLLIN, 0});
    if (guests > 0) ready.push_back({listening, POLLIN, 0});
    poll(ready.data(), ready.size(), -1);
    for (const pollfd& entry : ready) {
      if (entry.revents == 0) continue;
      if (entry.fd == listening) {
        visitors.push_back({accept(listening, nullptr, nullptr), {}, {}});
        --guests;
        continue;
      }
      const auto from = std::find_if(visitors.begin(), visitors.end(), [&](const Visitor& visitor) {
        return visitor.socket == entry.fd;
      });
      if (hear(visitors, *from)) continue;
      const std::string name = from->name;
      close(from->socket);
      visitors.erase(from);
      if (!name.empty()) tell_all_but(visitors, -1, "* " + name + " left\n");
    }
  }
  close(listening);
}

// ===== The client: a thread that speaks, one that listens =====

void posix_chat_client(const std::string& server, const std::string& port, const Guest& guest,
                       std::string& heard) {
  std::this_thread::sleep_for(guest.joins_after);
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(server.c_str(), port.c_str(), &hints, &found) != 0) return;
  const int stream = socket(AF_INET, SOCK_STREAM, 0);
  const int connected = connect(stream, found->ai_addr, found->ai_addrlen);
  freeaddrinfo(found);
  if (connected != 0) return;

  std::thread listener{[&heard, stream] {
    char bytes[1'000];
    for (ssize_t got; (got = recv(stream, bytes, sizeof bytes, 0)) > 0;) {
      heard.append(bytes, static_cast<std::size_t>(got));
    }
  }};
  send_all(stream, guest.name + "\n");
  for (const std::string& line : guest.lines) {
    std::this_thread::sleep_for(guest.pause);
    send_all(stream, line + "\n");
  }
  std::this_thread::sleep_for(guest.pause);
  shutdown(stream, SHUT_WR);
  listener.join();
  close(stream);
}

}  // namespace elvis::porting
