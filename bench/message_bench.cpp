// SPDX-License-Identifier: MIT
// What the layers do to every packet: message operations, sums, headers, and the pool below them.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "elvis/util/pool.hpp"
#include "elvis/wire/arp_packet.hpp"
#include "elvis/wire/checksum.hpp"
#include "elvis/wire/ethernet.hpp"
#include "elvis/wire/ipv4_header.hpp"
#include "elvis/wire/message.hpp"
#include "elvis/wire/udp_header.hpp"

namespace elvis {
namespace {

constexpr std::size_t slice_bytes = 100;

/// A message of `slices` slices of 100 bytes, each in a chunk of its own.
Message chain(std::int64_t slices) {
  Message message;
  for (std::int64_t i = 0; i < slices; ++i) {
    message.append(Message{std::string(slice_bytes, 'x')});
  }
  return message;
}

void on_1_2_10_slices(benchmark::internal::Benchmark* bench) {
  bench->ArgName("slices")->Arg(1)->Arg(2)->Arg(10);
}

// ----- the pool -----

void pool_allocate_release(benchmark::State& state) {
  for (auto _ : state) {
    void* const block = pool::allocate(96);
    benchmark::DoNotOptimize(block);
    pool::release(block, 96);
  }
}
BENCHMARK(pool_allocate_release);

void pool_a_thousand_blocks(benchmark::State& state) {
  std::vector<void*> blocks(1'000);
  for (auto _ : state) {
    for (void*& block : blocks) block = pool::allocate(96);
    benchmark::ClobberMemory();
    for (void* const block : blocks) pool::release(block, 96);
  }
  state.SetItemsProcessed(state.iterations() * 1'000);
}
BENCHMARK(pool_a_thousand_blocks);

void heap_allocate_release(benchmark::State& state) {
  for (auto _ : state) {
    void* const block = ::operator new(96);
    benchmark::DoNotOptimize(block);
    ::operator delete(block, std::size_t{96});
  }
}
BENCHMARK(heap_allocate_release);

// ----- messages -----

void message_make(benchmark::State& state) {
  const std::string text(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) {
    const Message message{text};
    benchmark::DoNotOptimize(&message);
  }
}
BENCHMARK(message_make)->ArgName("bytes")->Arg(6)->Arg(1'472)->Arg(65'507);

void message_of_constant(benchmark::State& state) {
  const std::array<std::uint8_t, 100> bytes{};
  Chunk* const chunk = Chunk::make_constant(bytes);
  for (auto _ : state) {
    const Message message = Message::of_constant(*chunk);
    benchmark::DoNotOptimize(&message);
  }
  Chunk::destroy_constant(chunk);
}
BENCHMARK(message_of_constant);

void message_move(benchmark::State& state) {
  Message one = chain(state.range(0));
  for (auto _ : state) {
    Message other{std::move(one)};
    benchmark::DoNotOptimize(&other);
    one = std::move(other);
    benchmark::DoNotOptimize(&one);
  }
}
BENCHMARK(message_move)->Apply(on_1_2_10_slices);

void message_copy(benchmark::State& state) {
  const Message one = chain(state.range(0));
  for (auto _ : state) {
    const Message other = one;
    benchmark::DoNotOptimize(&other);
  }
}
BENCHMARK(message_copy)->Apply(on_1_2_10_slices);

/// A header that goes in front and comes off again, in the headroom that is there.
void message_prepend_remove(benchmark::State& state) {
  Message message = chain(state.range(0));
  for (auto _ : state) {
    benchmark::DoNotOptimize(message.prepend(8));
    message.remove_front(8);
  }
}
BENCHMARK(message_prepend_remove)->Apply(on_1_2_10_slices);

/// The headers of a payload that others share, in a chunk of their own.
void message_prepend_to_shared(benchmark::State& state) {
  const Message payload = chain(state.range(0));
  for (auto _ : state) {
    Message message = payload;
    benchmark::DoNotOptimize(message.prepend(8));
    benchmark::DoNotOptimize(message.prepend(20));
    benchmark::DoNotOptimize(message.prepend(14));
  }
}
BENCHMARK(message_prepend_to_shared)->Apply(on_1_2_10_slices);

void message_append_trailer(benchmark::State& state) {
  Message message = chain(state.range(0));
  for (auto _ : state) {
    benchmark::DoNotOptimize(message.append(4));
    message.remove_back(4);
  }
}
BENCHMARK(message_append_trailer)->Apply(on_1_2_10_slices);

void message_concatenate_cut(benchmark::State& state) {
  Message head = chain(state.range(0));
  Message tail = chain(state.range(0));
  const std::size_t bytes = head.size();
  for (auto _ : state) {
    head.append(std::move(tail));
    tail = std::move(head);
    head = tail.cut(bytes);
  }
}
BENCHMARK(message_concatenate_cut)->Apply(on_1_2_10_slices);

void message_slice(benchmark::State& state) {
  const Message message = chain(state.range(0));
  const std::size_t bytes = message.size() - 20;
  for (auto _ : state) {
    const Message part = message.slice(10, bytes);
    benchmark::DoNotOptimize(&part);
  }
}
BENCHMARK(message_slice)->Apply(on_1_2_10_slices);

void message_front(benchmark::State& state) {
  const Message message = chain(state.range(0));
  std::array<std::uint8_t, 60> scratch;
  for (auto _ : state) benchmark::DoNotOptimize(message.front(42, scratch.data()));
}
BENCHMARK(message_front)->Apply(on_1_2_10_slices);

void message_iterate_bytes(benchmark::State& state) {
  const Message message = chain(state.range(0));
  for (auto _ : state) {
    unsigned sum = 0;
    for (const std::uint8_t byte : message.bytes()) sum += byte;
    benchmark::DoNotOptimize(sum);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(message.size()));
}
BENCHMARK(message_iterate_bytes)->Apply(on_1_2_10_slices);

void message_iterate_parts(benchmark::State& state) {
  const Message message = chain(state.range(0));
  for (auto _ : state) {
    std::size_t sum = 0;
    for (const std::span<const std::uint8_t> part : message.parts()) sum += part.size();
    benchmark::DoNotOptimize(sum);
  }
}
BENCHMARK(message_iterate_parts)->Apply(on_1_2_10_slices);

void message_copy_out(benchmark::State& state) {
  const Message message = chain(state.range(0));
  std::vector<std::uint8_t> bytes(message.size());
  for (auto _ : state) benchmark::DoNotOptimize(message.copy_to(bytes));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(message.size()));
}
BENCHMARK(message_copy_out)->Apply(on_1_2_10_slices);

void message_equal(benchmark::State& state) {
  const Message one = chain(state.range(0));
  const Message other = chain(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(one == other);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(one.size()));
}
BENCHMARK(message_equal)->Apply(on_1_2_10_slices);

void message_partial_sum(benchmark::State& state) {
  const Message message = chain(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(message.partial_sum());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(message.size()));
}
BENCHMARK(message_partial_sum)->Apply(on_1_2_10_slices);

void message_flip_bit(benchmark::State& state) {
  Message message = chain(state.range(0));
  for (auto _ : state) message.flip_bit(101);
}
BENCHMARK(message_flip_bit)->Apply(on_1_2_10_slices);

void message_hex(benchmark::State& state) {
  const Message message = chain(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(message.hex());
}
BENCHMARK(message_hex)->Apply(on_1_2_10_slices);

// ----- sums and headers -----

void checksum(benchmark::State& state) {
  const std::vector<std::uint8_t> bytes(static_cast<std::size_t>(state.range(0)), 0x5a);
  for (auto _ : state) {
    benchmark::DoNotOptimize(partial_sum(bytes.data(), bytes.size()));
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(checksum)->ArgName("bytes")->Arg(20)->Arg(33)->Arg(100)->Arg(1'480)->Arg(65'515);

Ipv4Header example_header(std::size_t options_size) {
  static constexpr std::uint8_t no_operations[12] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  Ipv4Header header;
  header.options = std::span{no_operations}.first(options_size);
  header.total_length = static_cast<std::uint16_t>(header.header_size() + 100);
  header.protocol = static_cast<std::uint8_t>(IpProtocol::udp);
  header.source = Ipv4Address{10, 0, 0, 1};
  header.destination = Ipv4Address{10, 0, 0, 2};
  return header;
}

template <typename Header>
void emit(benchmark::State& state, Header header) {
  std::array<std::uint8_t, 64> bytes{};
  for (auto _ : state) {
    benchmark::DoNotOptimize(&header);
    benchmark::ClobberMemory();
    header.emit(bytes.data());
    benchmark::DoNotOptimize(bytes.data());
    benchmark::ClobberMemory();
  }
}

template <typename Header>
void parse(benchmark::State& state, Header header) {
  std::array<std::uint8_t, 64> bytes{};
  header.emit(bytes.data());
  for (auto _ : state) {
    benchmark::ClobberMemory();
    const auto parsed = Header::parse(bytes.data(), 1'500);
    benchmark::DoNotOptimize(parsed->source);
  }
}

template <>
void parse(benchmark::State& state, ArpPacket packet) {
  std::array<std::uint8_t, 64> bytes{};
  packet.emit(bytes.data());
  for (auto _ : state) {
    benchmark::ClobberMemory();
    const auto parsed = ArpPacket::parse(bytes.data(), bytes.size());
    benchmark::DoNotOptimize(parsed->sender_address);
  }
}

template <>
void parse(benchmark::State& state, UdpHeader header) {
  std::array<std::uint8_t, 64> bytes{};
  header.emit(bytes.data());
  for (auto _ : state) {
    benchmark::ClobberMemory();
    const auto parsed = UdpHeader::parse(bytes.data(), bytes.size());
    benchmark::DoNotOptimize(parsed->destination_port);
  }
}

BENCHMARK_CAPTURE(emit, ethernet, EthernetHeader{});
BENCHMARK_CAPTURE(parse, ethernet, EthernetHeader{});
BENCHMARK_CAPTURE(emit, arp, ArpPacket{});
BENCHMARK_CAPTURE(parse, arp, ArpPacket{});
BENCHMARK_CAPTURE(emit, ipv4, example_header(0));
BENCHMARK_CAPTURE(parse, ipv4, example_header(0));
BENCHMARK_CAPTURE(emit, ipv4_with_options, example_header(12));
BENCHMARK_CAPTURE(parse, ipv4_with_options, example_header(12));
BENCHMARK_CAPTURE(emit, udp, UdpHeader{});
BENCHMARK_CAPTURE(parse, udp, UdpHeader{});

/// All that happens to the bytes of one UDP message: headers written, sums made, headers read.
void udp_message_end_to_end(benchmark::State& state) {
  const std::string text(static_cast<std::size_t>(state.range(0)), 'x');
  Chunk* const constant =
      Chunk::make_constant({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  const auto udp_length = static_cast<std::uint16_t>(UdpHeader::size + text.size());
  Ipv4Header ip = example_header(0);
  ip.total_length = static_cast<std::uint16_t>(Ipv4Header::min_size + udp_length);
  for (auto _ : state) {
    Message frame = Message::of_constant(*constant);
    UdpHeader udp{.source_port = 1, .destination_port = 2, .length = udp_length};
    udp.checksum =
        finish_checksum(pseudo_header_sum(ip.source, ip.destination, ip.protocol, udp_length) +
                        udp.partial_sum() + frame.partial_sum());
    udp.emit(frame.prepend(UdpHeader::size));
    ip.emit(frame.prepend(Ipv4Header::min_size));
    EthernetHeader{.type = 0x0800}.emit(frame.prepend(EthernetHeader::size));

    Message arrived = std::move(frame);
    std::array<std::uint8_t, Ipv4Header::max_size> scratch;
    const auto link = EthernetHeader::parse(arrived.front(14, scratch.data()), arrived.size());
    arrived.remove_front(EthernetHeader::size);
    const auto packet = Ipv4Header::parse(arrived.front(20, scratch.data()), arrived.size());
    arrived.remove_front(packet->header_size());
    const std::uint64_t sum = arrived.partial_sum();
    const auto datagram = UdpHeader::parse(arrived.front(8, scratch.data()), arrived.size());
    arrived.remove_front(UdpHeader::size);
    benchmark::DoNotOptimize(link->type + packet->protocol + datagram->length + sum);
    benchmark::DoNotOptimize(&arrived);
  }
  Chunk::destroy_constant(constant);
}
BENCHMARK(udp_message_end_to_end)->ArgName("bytes")->Arg(6)->Arg(100)->Arg(1'472);

}  // namespace
}  // namespace elvis
