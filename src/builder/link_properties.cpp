// SPDX-License-Identifier: MIT
#include "link_properties.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "elvis/ndl/values.hpp"

namespace elvis {

namespace {

using ndl::Argument;
using ndl::Diagnostics;
using ndl::quoted;

constexpr Duration shortest_latency{1};  // DESIGN law 3: a frame always takes time

void refuse(const Argument& argument, std::string text, Diagnostics& diagnostics) {
  diagnostics.error(argument.span(), std::move(text), argument.origin());
}

// `reading` if there is one; else its complaint is reported.
template <typename T>
std::optional<T> accepted(const Argument& argument, const ndl::Reading<T>& reading,
                          Diagnostics& diagnostics) {
  if (reading) return *reading;
  refuse(argument, fmt::format("{} {}", quoted(argument.key()), reading.error()), diagnostics);
  return std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return text.substr(text.size());
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

// `name(inside)`.
struct Form {
  std::string_view name;
  std::string_view inside;
};

std::optional<Form> form_of(std::string_view text) {
  text = trimmed(text);
  const std::size_t open = text.find('(');
  if (open == std::string_view::npos || !text.ends_with(')')) return std::nullopt;
  return Form{trimmed(text.substr(0, open)), text.substr(open + 1, text.size() - open - 2)};
}

// Refuses a form that is not built: those of `planned` are known to the language.
void refuse_form(const Argument& argument, std::string_view name,
                 std::span<const std::string_view> available,
                 std::span<const std::string_view> planned, Diagnostics& diagnostics) {
  if (std::find(planned.begin(), planned.end(), name) != planned.end()) {
    return refuse(argument, fmt::format("`{}(…)` is not yet available", name), diagnostics);
  }
  ndl::Closest search{name};
  for (const std::string_view known : available) search.consider(known);
  for (const std::string_view known : planned) search.consider(known);
  refuse(argument,
         fmt::format("{} does not know {}{}", quoted(argument.key()), quoted(name),
                     search.suggestion()),
         diagnostics);
}

void read_mtu(const Argument& argument, LinkProperties& properties, Diagnostics& diagnostics) {
  constexpr std::uint64_t smallest = 68;  // RFC 791: every link can carry that much
  constexpr std::uint64_t largest = 65'535;
  const auto mtu =
      accepted(argument, ndl::read_integer(argument.text(), smallest, largest), diagnostics);
  if (mtu) properties.mtu = static_cast<std::uint32_t>(*mtu);
}

// The time `part` of the argument's value.
std::optional<Duration> read_part(const Argument& argument, std::string_view part,
                                  Diagnostics& diagnostics) {
  part = trimmed(part);
  const auto duration = ndl::read_duration(part);
  if (duration) return *duration;
  const auto offset = static_cast<std::size_t>(part.data() - argument.text().data());
  diagnostics.error(argument.span_of(offset, part.size()),
                    fmt::format("{} {}", quoted(argument.key()), duration.error()),
                    argument.origin());
  return std::nullopt;
}

void read_uniform_latency(const Argument& argument, std::string_view inside,
                          LinkProperties& properties, Diagnostics& diagnostics) {
  const std::size_t comma = inside.find(',');
  if (comma == std::string_view::npos || inside.find(',', comma + 1) != std::string_view::npos) {
    return refuse(argument, "`uniform` needs two times, for example `uniform(5ms, 15ms)`",
                  diagnostics);
  }
  const auto least = read_part(argument, inside.substr(0, comma), diagnostics);
  const auto most = read_part(argument, inside.substr(comma + 1), diagnostics);
  if (!least || !most) return;
  if (*most < *least) {
    return refuse(argument,
                  "`uniform` needs the shorter time first, for example `uniform(5ms, 15ms)`",
                  diagnostics);
  }
  properties.latency = {std::max(*least, shortest_latency), std::max(*most, shortest_latency)};
}

void read_latency(const Argument& argument, LinkProperties& properties, Diagnostics& diagnostics) {
  constexpr std::array<std::string_view, 1> available{"uniform"};
  constexpr std::array<std::string_view, 4> planned{"normal", "lognormal", "pareto", "empirical"};
  if (const auto form = form_of(argument.text())) {
    if (form->name == available[0]) {
      return read_uniform_latency(argument, form->inside, properties, diagnostics);
    }
    return refuse_form(argument, form->name, available, planned, diagnostics);
  }
  const auto latency = accepted(argument, ndl::read_duration(argument.text()), diagnostics);
  if (latency) {
    properties.latency.min = properties.latency.max = std::max(*latency, shortest_latency);
  }
}

void read_throughput(const Argument& argument, LinkProperties& properties,
                     Diagnostics& diagnostics) {
  const auto rate = accepted(argument, ndl::read_bit_rate(argument.text()), diagnostics);
  if (rate) properties.throughput = *rate;
}

void read_medium(const Argument& argument, LinkProperties&, Diagnostics& diagnostics) {
  constexpr std::array<std::string_view, 2> media{"shared", "switched"};
  if (argument.text() == media[0]) return;
  if (argument.text() == media[1]) {
    return refuse(argument, "`medium='switched'` is not yet available", diagnostics);
  }
  ndl::Closest search{argument.text()};
  for (const std::string_view medium : media) search.consider(medium);
  refuse(argument,
         fmt::format("`medium` must be `shared` or `switched`, got {}{}", quoted(argument.text()),
                     search.suggestion()),
         diagnostics);
}

void read_loss(const Argument& argument, LinkProperties& properties, Diagnostics& diagnostics) {
  constexpr std::array<std::string_view, 1> planned{"gilbert-elliott"};
  if (const auto form = form_of(argument.text())) {
    return refuse_form(argument, form->name, {}, planned, diagnostics);
  }
  const auto loss = accepted(argument, ndl::read_probability(argument.text()), diagnostics);
  if (loss) properties.loss = *loss;
}

void read_corruption(const Argument& argument, LinkProperties& properties,
                     Diagnostics& diagnostics) {
  const auto chance = accepted(argument, ndl::read_probability(argument.text()), diagnostics);
  if (chance) properties.corruption = *chance;
}

constexpr std::array<LinkArgument, 9> arguments{{
    {"mtu", "number 68 to 65535", "1500", "largest payload of a frame, without the link header",
     read_mtu},
    {"latency", "time or uniform(a, b)", "1ns", "how long a frame travels", read_latency},
    {"throughput", "rate", "unlimited", "how much the medium carries; frames wait their turn",
     read_throughput},
    {"medium", "`shared`", "shared", "who has the throughput: all machines of the network together",
     read_medium},
    {"loss", "probability", "0", "that a frame does not arrive, for each receiver", read_loss},
    {"corruption", "probability", "0", "that a frame arrives with one or more bits flipped",
     read_corruption},
    {"queue", "frames or size", "unlimited", "what may wait for the medium", nullptr},
    {"duplication", "probability", "0", "that a frame arrives twice", nullptr},
    {"reordering", "probability, time", "0", "that a frame takes longer, and by how much", nullptr},
}};

}  // namespace

std::span<const LinkArgument> link_arguments() {
  return arguments;
}

LinkProperties read_link_properties(const ndl::NetworkDeclaration& network,
                                    ndl::Diagnostics& diagnostics) {
  LinkProperties properties;
  for (const LinkArgument& known : arguments) {
    const std::optional<Argument> argument = network.read(known.name);
    if (!argument || argument->is_broken() || argument->varies()) continue;
    if (known.read == nullptr) {
      diagnostics.error(argument->key_span(), fmt::format("`{}` is not yet available", known.name),
                        argument->origin());
    } else {
      known.read(*argument, properties, diagnostics);
    }
  }
  return properties;
}

}  // namespace elvis
