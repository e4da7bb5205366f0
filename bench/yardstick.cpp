// SPDX-License-Identifier: MIT
// The yardstick: how fast could UDP messages between simulated machines be, if that were all?
//
// It does what no simulator of packets and coroutines can leave out, and nothing else. A sender's
// coroutine is resumed at its time; it writes an Ethernet, an IPv4 and a UDP header, with the IPv4
// checksum, and schedules the arrival; the arrival finds its machine, checks the headers and
// resumes the receiver's coroutine; the sender schedules its next step. That is two events a
// message. There are no sessions, tables, counters, options, errors or threads. It is what the
// program is measured against (scripts/bench udp), not what it is made of.
//
//   yardstick SENDERS MESSAGES [RECEIVERS [time|machine [ROUTERS HOPS]]]     prints one line of
//   JSON
//
// With ROUTERS, each message is sent on by HOPS of them, one behind the other: each checks the
// headers, finds the next one in a table by the destination, counts the time to live down, writes
// the checksum and the link addresses anew and schedules the next arrival.
//
// With `time`, events are taken strictly in the order of time. With `machine`, those of one latency
// are taken machine by machine: within it no machine can learn of another's doings, so the result
// is the same and caches are used better, unless one machine has most of the events.
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <coroutine>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using Nanoseconds = std::int64_t;
constexpr Nanoseconds latency = 1'000'000;
constexpr Nanoseconds interval = 1'000'000;
constexpr std::uint16_t service_port = 0xbeef;

// ===== Memory: blocks of a few sizes, used again =====

class Store {
 public:
  void* take(std::size_t bytes) {
    Free*& list = lists_[(bytes + step - 1) / step];
    if (list != nullptr) return std::exchange(list, list->next);
    const std::size_t size = (bytes + step - 1) / step * step;
    if (left_ < size) {
      left_ = slab_bytes;
      at_ = static_cast<std::byte*>(std::malloc(slab_bytes));
      if (at_ == nullptr) std::abort();
    }
    left_ -= size;
    return std::exchange(at_, at_ + size);
  }
  void give_back(void* block, std::size_t bytes) {
    Free*& list = lists_[(bytes + step - 1) / step];
    list = new (block) Free{list};
  }

 private:
  struct Free {
    Free* next;
  };
  static constexpr std::size_t step = 32;
  static constexpr std::size_t slab_bytes = std::size_t{1} << 20;

  std::array<Free*, 64> lists_{};
  std::byte* at_ = nullptr;
  std::size_t left_ = 0;
};

// Coroutines get their frames from here without being told, so it has no other place.
constinit Store store;

struct Program {
  struct promise_type {
    Program get_return_object() { return {Handle::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
    static void* operator new(std::size_t bytes) { return store.take(bytes); }
    static void operator delete(void* frame, std::size_t bytes) { store.give_back(frame, bytes); }
  };
  using Handle = std::coroutine_handle<promise_type>;
  Handle handle;
};

// ===== What is simulated =====

struct Text {
  std::uint32_t users = 1;
  std::uint32_t size = 0;
  const char* characters = nullptr;
};

// Headers are written from the end of `room` forward; the text is shared.
struct Packet {
  static constexpr std::size_t room_bytes = 80;
  std::uint32_t users;
  std::uint16_t begin;
  std::uint16_t size;
  Text* text;
  std::uint8_t room[room_bytes];
};

struct Host {
  std::uint32_t address = 0;
  std::uint32_t events_caused = 0;
  std::uint16_t packets_sent = 0;
  std::uint16_t port = 0;
  std::coroutine_handle<> receiver;
  Packet* arrived = nullptr;
};

struct Event {
  Nanoseconds time;
  std::uint64_t order;  // who caused it and, in the low half, the how manieth it is
  std::uint32_t host;
  bool is_arrival;
  void* subject;  // a packet or a coroutine
};

bool is_earlier(const Event& a, const Event& b) {
  return a.time != b.time ? a.time < b.time : a.order < b.order;
}
bool is_later(const Event& a, const Event& b) {
  return is_earlier(b, a);
}

enum class Order { by_time, by_machine };

// ===== Agenda: a ring of windows, each sorted when it begins =====

class Agenda {
 public:
  Agenda(Order order, std::span<const Host> hosts)
      : width_{order == Order::by_time ? latency / 10 : latency}, order_{order}, hosts_{hosts} {}

  void add(const Event& event) {
    ++pending_;
    const std::int64_t window = event.time / width_;
    if (window <= window_) {
      urgent_.push_back(event);
      std::push_heap(urgent_.begin(), urgent_.end(), is_later);
      return;
    }
    std::vector<Event>& events = ring_[static_cast<std::size_t>(window) % ring_size];
    if (events.capacity() == 0 && !emptied_.empty()) {
      events = std::move(emptied_.back());
      emptied_.pop_back();
    }
    events.push_back(event);
  }

  bool take(Event& event) {
    for (;;) {
      if (next_ < window_events_.size() &&
          (urgent_.empty() || is_earlier(window_events_[next_], urgent_.front()))) {
        event = window_events_[next_++];
        look_ahead();
        --pending_;
        return true;
      }
      if (!urgent_.empty()) {
        event = urgent_.front();
        std::pop_heap(urgent_.begin(), urgent_.end(), is_later);
        urgent_.pop_back();
        --pending_;
        return true;
      }
      if (pending_ == 0) return false;
      begin_next_window();
    }
  }

 private:
  static constexpr std::size_t ring_size = 4096;

  void look_ahead() const {
    if (next_ + 16 >= window_events_.size()) return;
    __builtin_prefetch(&hosts_[window_events_[next_ + 16].host]);
    const char* const subject = static_cast<const char*>(window_events_[next_ + 8].subject);
    __builtin_prefetch(subject);
    __builtin_prefetch(subject + 64);
  }

  void begin_next_window() {
    window_events_.clear();
    if (window_events_.capacity() != 0) emptied_.push_back(std::move(window_events_));
    next_ = 0;
    ++window_;
    window_events_ = std::exchange(ring_[static_cast<std::size_t>(window_) % ring_size], {});
    if (order_ == Order::by_machine) {
      sort_by_machine();
    } else {
      std::sort(window_events_.begin(), window_events_.end(), is_earlier);
    }
  }

  // First into the order of machines, digit by digit, then the few of each machine by time.
  void sort_by_machine() {
    constexpr unsigned digit_bits = 11;
    constexpr std::uint32_t digits = 1U << digit_bits;
    sorted_.resize(window_events_.size());
    for (unsigned shift = 0; (hosts_.size() - 1) >> shift != 0; shift += digit_bits) {
      std::array<std::uint32_t, digits + 1> begins{};
      for (const Event& event : window_events_) ++begins[(event.host >> shift) % digits + 1];
      for (std::uint32_t i = 0; i < digits; ++i) begins[i + 1] += begins[i];
      for (const Event& event : window_events_) {
        sorted_[begins[(event.host >> shift) % digits]++] = event;
      }
      window_events_.swap(sorted_);
    }
    for (auto first = window_events_.begin(); first != window_events_.end();) {
      auto last = first + 1;
      while (last != window_events_.end() && last->host == first->host) ++last;
      if (last - first > 1) std::sort(first, last, is_earlier);
      first = last;
    }
  }

  const Nanoseconds width_;
  const Order order_;
  const std::span<const Host> hosts_;
  std::vector<std::vector<Event>> ring_{ring_size};
  std::vector<std::vector<Event>> emptied_;
  std::vector<Event> window_events_;
  std::vector<Event> sorted_;
  std::vector<Event> urgent_;  // a heap of what was added to the present window
  std::size_t next_ = 0;
  std::size_t pending_ = 0;
  std::int64_t window_ = 0;
};

// ===== Bytes =====

void write_16(std::uint8_t* at, std::uint32_t value) {
  at[0] = static_cast<std::uint8_t>(value >> 8);
  at[1] = static_cast<std::uint8_t>(value);
}

std::uint32_t read_16(const std::uint8_t* at) {
  return static_cast<std::uint32_t>(at[0]) << 8 | at[1];
}

// RFC 1071, over an IPv4 header without options.
std::uint32_t ipv4_checksum(const std::uint8_t* header) {
  std::uint32_t sum = 0;
  for (int i = 0; i < 20; i += 2) sum += read_16(header + i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

// ===== Simulation =====

class Simulation {
 public:
  Simulation(std::uint32_t senders, std::uint32_t messages, std::uint32_t receivers, Order order,
             std::uint32_t routers, std::uint32_t hops)
      : hosts_(senders + receivers + routers), agenda_{order, hosts_} {
    lay_routes(receivers, senders + receivers, routers, hops);
    for (std::uint32_t i = 0; i < hosts_.size(); ++i) {
      hosts_[i].address = 10 + (i << 8);
      hosts_[i].port = static_cast<std::uint16_t>(1024 + i % 60'000);
    }
    for (std::uint32_t i = 0; i < receivers; ++i) receive({hosts_[i]}).handle.resume();
    for (std::uint32_t i = 0; i < senders; ++i) {
      const Program program = send(receivers + i, i % receivers, messages);
      schedule(receivers + i, receivers + i, Nanoseconds{i} * 7919 % interval, false,
               program.handle.address());
    }
  }

  void run() {
    Event event;
    while (agenda_.take(event)) {
      now_ = event.time;
      ++events_;
      if (event.is_arrival) {
        arrive(event.host, *static_cast<Packet*>(event.subject));
      } else {
        std::coroutine_handle<>::from_address(event.subject).resume();
      }
    }
  }

  std::uint64_t events() const { return events_; }
  std::uint64_t delivered() const { return delivered_; }
  std::uint64_t frames() const { return frames_; }

 private:
  struct Pause {
    Simulation& simulation;
    std::uint32_t host;
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> self) const {
      simulation.schedule(host, host, simulation.now_ + interval, false, self.address());
    }
    void await_resume() const {}
  };
  struct Arrival {
    Host& host;
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> self) const { host.receiver = self; }
    Packet& await_resume() const { return *host.arrived; }
  };

  Program send(std::uint32_t from, std::uint32_t to, std::uint32_t messages) {
    for (std::uint32_t i = 0; i < messages; ++i) {
      send_one(from, to);
      co_await Pause{*this, from};
    }
  }
  static Program receive(Arrival arrival) {
    for (;;) let_go(co_await arrival);
  }

  void schedule(std::uint32_t origin, std::uint32_t host, Nanoseconds time, bool is_arrival,
                void* subject) {
    const std::uint64_t number = hosts_[origin].events_caused++;
    agenda_.add({time, std::uint64_t{origin} << 32 | number, host, is_arrival, subject});
  }

  // The routers on the way to a receiver, and its number in front of them.
  void lay_routes(std::uint32_t receivers, std::uint32_t first, std::uint32_t routers,
                  std::uint32_t hops) {
    hops_ = hops;
    first_router_ = first;
    for (std::uint32_t to = 0; to < receivers; ++to) {
      routes_.push_back(to);
      for (std::uint32_t i = 0; i < hops; ++i) routes_.push_back(first + (to * hops + i) % routers);
    }
  }
  // Who is next when so many hops are left to go.
  std::uint32_t next_to(std::uint32_t to, std::uint32_t left) const {
    return routes_[to * (hops_ + 1) + left];
  }
  static void write_link(std::uint8_t* ethernet, std::uint32_t from, std::uint32_t to) {
    std::memset(ethernet, 0, 12);
    std::memcpy(ethernet + 2, &to, 4);
    std::memcpy(ethernet + 8, &from, 4);
  }

  void send_one(std::uint32_t from, std::uint32_t to);
  void send_on(std::uint32_t router, Packet& packet);
  void arrive(std::uint32_t to, Packet& packet);
  static void let_go(Packet& packet);
  [[noreturn]] static void fail();

  std::vector<Host> hosts_;
  Agenda agenda_;
  Text text_{1, 6, "Hello!"};
  Nanoseconds now_ = 0;
  std::uint64_t events_ = 0;
  std::uint64_t delivered_ = 0;
  std::uint64_t frames_ = 0;
  std::uint32_t hops_ = 0;
  std::uint32_t first_router_ = 0;
  std::vector<std::uint32_t> routes_;
};

void Simulation::send_one(std::uint32_t from, std::uint32_t to) {
  Host& host = hosts_[from];
  Packet& packet = *static_cast<Packet*>(store.take(sizeof(Packet)));
  packet.users = 1;
  packet.text = &text_;
  ++text_.users;

  std::uint8_t* const udp = packet.room + Packet::room_bytes - 8;
  write_16(udp, host.port);
  write_16(udp + 2, service_port);
  write_16(udp + 4, 8 + text_.size);
  write_16(udp + 6, 0);

  static constexpr std::uint8_t ipv4_constants[12] = {0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0};
  std::uint8_t* const ipv4 = udp - 20;
  std::memcpy(ipv4, ipv4_constants, sizeof ipv4_constants);
  write_16(ipv4 + 2, 28 + text_.size);
  write_16(ipv4 + 4, host.packets_sent++);
  std::memcpy(ipv4 + 12, &host.address, 4);
  std::memcpy(ipv4 + 16, &hosts_[to].address, 4);
  write_16(ipv4 + 10, ipv4_checksum(ipv4));

  std::uint8_t* const ethernet = ipv4 - 14;
  const std::uint32_t next = next_to(to, hops_);
  write_link(ethernet, from, next);
  write_16(ethernet + 12, 0x0800);
  packet.begin = static_cast<std::uint16_t>(ethernet - packet.room);
  packet.size = 42;
  ++frames_;
  schedule(from, next, now_ + latency, true, &packet);
}

void Simulation::send_on(std::uint32_t router, Packet& packet) {
  std::uint8_t* const ethernet = packet.room + packet.begin;
  std::uint8_t* const ipv4 = ethernet + 14;
  if (read_16(ethernet + 12) != 0x0800 || ipv4_checksum(ipv4) != 0) fail();
  std::uint32_t address = 0;
  std::memcpy(&address, ipv4 + 16, 4);
  const std::uint32_t gone = 64U - ipv4[8] + 1;
  const std::uint32_t next = next_to((address - 10) >> 8, hops_ - gone);
  --ipv4[8];
  write_16(ipv4 + 10, 0);
  write_16(ipv4 + 10, ipv4_checksum(ipv4));
  write_link(ethernet, router, next);
  ++frames_;
  schedule(router, next, now_ + latency, true, &packet);
}

void Simulation::fail() {
  std::fputs("yardstick: a message was lost\n", stderr);
  std::exit(1);
}

void Simulation::arrive(std::uint32_t to, Packet& packet) {
  if (to >= first_router_) return send_on(to, packet);
  Host& host = hosts_[to];
  const std::uint8_t* const ethernet = packet.room + packet.begin;
  const std::uint8_t* const ipv4 = ethernet + 14;
  const std::uint8_t* const udp = ipv4 + 20;
  if (read_16(ethernet + 12) != 0x0800 || ipv4_checksum(ipv4) != 0 ||
      std::memcmp(ipv4 + 16, &host.address, 4) != 0 || read_16(udp + 2) != service_port ||
      !host.receiver) {
    fail();
  }
  ++delivered_;
  host.arrived = &packet;
  std::exchange(host.receiver, {}).resume();
}

void Simulation::let_go(Packet& packet) {
  --packet.text->users;
  if (--packet.users == 0) store.give_back(&packet, sizeof(Packet));
}

double seconds_since(std::chrono::steady_clock::time_point began) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

// A number from 1 to 2^31, or 0.
std::uint32_t number(const char* text) {
  const unsigned long value = std::strtoul(text, nullptr, 10);
  return value <= (1UL << 31) ? static_cast<std::uint32_t>(value) : 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint32_t senders = argc > 2 ? number(argv[1]) : 0;
  const std::uint32_t messages = argc > 2 ? number(argv[2]) : 0;
  const std::uint32_t receivers = argc > 3 ? number(argv[3]) : 1;
  const std::string_view order = argc > 4 ? argv[4] : "time";
  const std::uint32_t routers = argc > 6 ? number(argv[5]) : 0;
  const std::uint32_t hops = argc > 6 ? number(argv[6]) : 0;
  if (senders == 0 || messages == 0 || receivers == 0 || argc == 6 || argc > 7 || hops > 60 ||
      (routers == 0) != (hops == 0) || (order != "time" && order != "machine")) {
    std::fputs("usage: yardstick SENDERS MESSAGES [RECEIVERS [time|machine [ROUTERS HOPS]]]\n",
               stderr);
    return 2;
  }
  const auto began = std::chrono::steady_clock::now();
  Simulation simulation{senders,   messages,
                        receivers, order == "time" ? Order::by_time : Order::by_machine,
                        routers,   hops};
  const double build_seconds = seconds_since(began);
  simulation.run();
  const double run_seconds = seconds_since(began) - build_seconds;

  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "{\"build_s\": %.6f, \"run_s\": %.6f, \"events\": %llu, \"delivered\": %llu, "
      "\"frames\": %llu, \"peak_rss_bytes\": %lld}\n",
      build_seconds, run_seconds, static_cast<unsigned long long>(simulation.events()),
      static_cast<unsigned long long>(simulation.delivered()),
      static_cast<unsigned long long>(simulation.frames()),
      static_cast<long long>(usage.ru_maxrss) * 1024);
  return simulation.delivered() == std::uint64_t{senders} * messages ? 0 : 1;
}
