// SPDX-License-Identifier: MIT
// A program written for Boost.Asio on simulated machines: a server that says each line again in
// capitals, and clients that ask it. Run with the number of threads.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cctype>
#include <cstdio>
#include <elvis/asio/acceptor.hpp>
#include <elvis/asio/application.hpp>
#include <elvis/asio/connect.hpp>
#include <elvis/asio/resolver.hpp>
#include <elvis/asio/timer.hpp>
#include <elvis/simulation.hpp>
#include <string>
#include <vector>

namespace net = boost::asio;
using namespace elvis;
using namespace std::chrono_literals;
using net::use_awaitable;

namespace {

constexpr std::uint32_t clients = 3;

template <typename Stream>
net::awaitable<void> shout(Stream stream) {
  std::string data;
  for (;;) {
    const std::size_t bytes =
        co_await net::async_read_until(stream, net::dynamic_buffer(data), '\n', use_awaitable);
    for (char& letter : data) letter = static_cast<char>(std::toupper(letter));
    co_await net::async_write(stream, net::buffer(data.data(), bytes), use_awaitable);
    data.erase(0, bytes);
  }
}

Task<Result<>> serve(Application& self) {
  return asio_application(self, [](asio_executor executor) -> net::awaitable<void> {
    asio_acceptor acceptor{executor, {net::ip::tcp::v4(), 7000}};
    for (;;) {
      asio_stream stream = co_await acceptor.async_accept(use_awaitable);
      net::co_spawn(executor, shout(std::move(stream)), net::detached);
    }
  });
}

net::awaitable<void> ask(asio_executor executor, std::string& heard) {
  asio_timer timer{executor, 10ms};
  co_await timer.async_wait(use_awaitable);
  asio_resolver resolver{executor};
  const auto ends = co_await resolver.async_resolve("server", "7000", use_awaitable);
  asio_stream stream{executor};
  co_await net::async_connect(stream, ends, use_awaitable);
  for (const std::string question : {"hello\n", "good bye\n"}) {
    co_await net::async_write(stream, net::buffer(question), use_awaitable);
    std::string answer;
    co_await net::async_read_until(stream, net::dynamic_buffer(answer), '\n', use_awaitable);
    heard += answer;
  }
}

}  // namespace

int main(int, char** arguments) {
  std::vector<std::string> heard(clients);  // by each machine's own place
  Simulation simulation;
  simulation.network("lan", {{"latency", 1ms}});
  simulation.machine("server").attach("lan").protocol("TCP").program("shout", serve,
                                                                     {.has_end = false});
  simulation.machines("client", clients)
      .attach("lan")
      .protocol("TCP")
      .program("ask", [&](Application& self) {
        std::string& mine = heard[self.machine().place()];
        return asio_application(self,
                                [&mine](asio_executor executor) { return ask(executor, mine); });
      });
  const unsigned threads = static_cast<unsigned>(std::stoi(arguments[1]));
  const SimulationResult result = simulation.run({.seed = 1, .threads = threads});
  std::fputs(result.messages.c_str(), stderr);
  if (!result.has_succeeded()) return 1;
  for (const std::string& one : heard) std::printf("%s", one.c_str());
  std::printf("digest %016llx\n", static_cast<unsigned long long>(result.digest()));
  return 0;
}
