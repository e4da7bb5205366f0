// SPDX-License-Identifier: MIT
#include "link_models.hpp"

#include <fmt/format.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "latency_csv.hpp"

namespace elvis {

namespace {

using Form = LinkValue::Form;

// How a form is written: as many parts as the example.
struct Shape {
  std::string_view name;
  std::size_t parts;
  std::string_view needs;
  std::string_view example;
};

bool fits(const Form& form, const Shape& shape, LinkValue& value) {
  const bool is_empty = form.parts.size() == 1 && form.parts[0].empty();
  if (form.parts.size() == shape.parts && !is_empty) return true;
  value.refuse(
      fmt::format("`{}` needs {}, for example `{}`", shape.name, shape.needs, shape.example));
  return false;
}

// ===== Latency =====

constexpr std::array<Shape, 6> latencies{{
    {"constant", 1, "a time", "constant(10ms)"},
    {"uniform", 2, "two times", "uniform(5ms, 15ms)"},
    {"normal", 2, "a mean and a deviation", "normal(10ms, 2ms)"},
    {"lognormal", 2, "a median and a sigma", "lognormal(10ms, 0.5)"},
    {"pareto", 2, "a scale and a shape", "pareto(10ms, 3)"},
    {"empirical", 1, "a CSV file", "empirical(latencies.csv)"},
}};

std::optional<LatencyModel> read_constant(const Form& form, LinkValue& value) {
  const auto latency = value.read(form.parts[0], ndl::read_duration);
  return latency ? std::optional{LatencyModel::constant(*latency)} : std::nullopt;
}

std::optional<LatencyModel> read_uniform(const Form& form, LinkValue& value) {
  const auto least = value.read(form.parts[0], ndl::read_duration);
  const auto most = value.read(form.parts[1], ndl::read_duration);
  if (!least || !most) return std::nullopt;
  if (*most < *least) {
    value.refuse("`uniform` needs the shorter time first, for example `uniform(5ms, 15ms)`");
    return std::nullopt;
  }
  return LatencyModel::uniform(*least, *most);
}

std::optional<LatencyModel> read_normal(const Form& form, LinkValue& value) {
  const auto mean = value.read(form.parts[0], ndl::read_duration);
  const auto deviation = value.read(form.parts[1], ndl::read_duration);
  if (!mean || !deviation) return std::nullopt;
  return LatencyModel::normal(*mean, *deviation);
}

std::optional<LatencyModel> read_lognormal(const Form& form, LinkValue& value) {
  constexpr double largest_sigma = 20;
  const auto median = value.read(form.parts[0], ndl::read_duration);
  const auto sigma = value.read(form.parts[1], ndl::read_decimal);
  if (!median || !sigma) return std::nullopt;
  if (*sigma > largest_sigma) {
    value.refuse("`lognormal` needs a sigma of at most 20, for example `lognormal(10ms, 0.5)`");
    return std::nullopt;
  }
  return LatencyModel::lognormal(*median, *sigma);
}

std::optional<LatencyModel> read_pareto(const Form& form, LinkValue& value) {
  const auto scale = value.read(form.parts[0], ndl::read_duration);
  const auto shape = value.read(form.parts[1], ndl::read_decimal);
  if (!scale || !shape) return std::nullopt;
  if (*shape == 0) {
    value.refuse("`pareto` needs a shape above 0, for example `pareto(10ms, 3)`");
    return std::nullopt;
  }
  return LatencyModel::pareto(*scale, *shape);
}

std::optional<LatencyModel> read_empirical(const Form& form, LinkValue& value) {
  const std::string_view name = form.parts[0];
  const auto text = value.argument().read_file(name);
  if (!text) {
    value.refuse(fmt::format("the file {} {}", ndl::quoted(name), text.error()));
    return std::nullopt;
  }
  const auto samples = read_latency_csv(*text);
  if (!samples) {
    value.refuse(fmt::format("the file {} {}", ndl::quoted(name), samples.error()));
    return std::nullopt;
  }
  return LatencyModel::empirical(std::make_shared<const EmpiricalLatency>(*samples));
}

}  // namespace

std::optional<LatencyModel> read_latency_model(LinkValue& value) {
  const auto form = value.form();
  if (!form) {
    const auto latency = value.read(value.text(), ndl::read_duration);
    return latency ? std::optional{LatencyModel::constant(*latency)} : std::nullopt;
  }
  constexpr std::array readers{read_constant,  read_uniform, read_normal,
                               read_lognormal, read_pareto,  read_empirical};
  std::array<std::string_view, latencies.size()> names;
  for (std::size_t i = 0; i < latencies.size(); ++i) {
    names[i] = latencies[i].name;
    if (form->name != latencies[i].name) continue;
    return fits(*form, latencies[i], value) ? readers[i](*form, value) : std::nullopt;
  }
  value.refuse_name(form->name, names);
  return std::nullopt;
}

// ===== Loss =====

std::optional<LossModel> read_loss_model(LinkValue& value) {
  static constexpr Shape shape{
      "gilbert-elliott", 4,
      "the probabilities to become bad, to become good again, and of loss while good and while bad",
      "gilbert-elliott(1%, 25%, 0, 1)"};
  const auto form = value.form();
  if (!form) {
    const auto loss = value.read(value.text(), ndl::read_probability);
    return loss ? std::optional{LossModel::bernoulli(*loss)} : std::nullopt;
  }
  if (form->name != shape.name) {
    value.refuse_name(form->name, {&shape.name, 1});
    return std::nullopt;
  }
  if (!fits(*form, shape, value)) return std::nullopt;
  std::array<std::optional<Probability>, 4> read;
  for (std::size_t i = 0; i < 4; ++i) read[i] = value.read(form->parts[i], ndl::read_probability);
  if (!read[0] || !read[1] || !read[2] || !read[3]) return std::nullopt;
  return LossModel::gilbert_elliott({*read[0], *read[1], *read[2], *read[3]});
}

// ===== Queue =====

namespace {

// A number of frames, or of bytes if it has a unit.
struct QueueSize {
  std::uint64_t number;
  bool is_bytes;
};

std::optional<QueueSize> read_queue_size(std::string_view part, LinkValue& value) {
  const bool is_bytes = part.find_first_of("BbKMGk") != std::string_view::npos;
  const auto frames = [](std::string_view text) {
    const auto reading = ndl::read_integer(text, 1);
    if (reading) return reading;
    return decltype(reading)::failed(fmt::format(
        "needs a number of frames from 1, or a size with its unit, for example `1000` or "
        "`256KiB`, got {}",
        ndl::quoted(text)));
  };
  const auto number =
      is_bytes ? value.read(part, ndl::read_size) : value.accept(part, frames(part));
  if (!number) return std::nullopt;
  if (*number == 0) {
    value.refuse("`queue` needs room for something");
    return std::nullopt;
  }
  return QueueSize{*number, is_bytes};
}

// Marks what comes beyond a threshold.
void read_step(const Form& form, const QueueSize& limit, LinkValue& value, QueueProperties& queue) {
  queue.discipline = QueueProperties::Discipline::step;
  const auto threshold = read_queue_size(form.parts[1], value);
  if (!threshold) return;
  if (threshold->is_bytes != limit.is_bytes || threshold->number >= limit.number) {
    return value.refuse(
        "`step` needs a threshold below the queue's size, both in frames or both with a unit, for "
        "example `step(1000, 20)`");
  }
  queue.step = threshold->number;
}

void read_red(const Form& form, const QueueSize& limit, LinkValue& value, QueueProperties& queue) {
  queue.discipline = QueueProperties::Discipline::red;
  queue.red.most = static_cast<double>(limit.number) / 2;
  queue.red.least = queue.red.most / 3;
  if (form.parts.size() == 1) return;
  const auto least = read_queue_size(form.parts[1], value);
  const auto most = read_queue_size(form.parts[2], value);
  const auto chance = value.read(form.parts[3], ndl::read_probability);
  if (!least || !most || !chance) return;
  if (least->is_bytes != limit.is_bytes || most->is_bytes != limit.is_bytes) {
    return value.refuse("`red` needs the queue and both thresholds in frames, or all with a unit");
  }
  if (least->number >= most->number || most->number > limit.number) {
    return value.refuse(
        "`red` needs a lower threshold below the upper one, and that within the queue, for example "
        "`red(100, 15, 50, 10%)`");
  }
  queue.red.least = static_cast<double>(least->number);
  queue.red.most = static_cast<double>(most->number);
  queue.red.max_probability =
      static_cast<double>(chance->threshold()) / static_cast<double>(Probability::one);
}

void read_codel(const Form& form, LinkValue& value, QueueProperties& queue) {
  queue.discipline = QueueProperties::Discipline::codel;
  if (form.parts.size() == 1) return;
  const auto target = value.read(form.parts[1], ndl::read_duration);
  const auto interval = value.read(form.parts[2], ndl::read_duration);
  if (!target || !interval) return;
  if (*target == Duration{} || *interval < *target) {
    return value.refuse(
        "`codel` needs a target above 0 and an interval no shorter, for example "
        "`codel(1000, 5ms, 100ms)`");
  }
  queue.codel.target = *target;
  queue.codel.interval = *interval;
}

}  // namespace

std::optional<QueueProperties> read_queue(LinkValue& value) {
  struct Kind {
    std::string_view name;
    std::size_t parts;  // in the long form; in the short one only the size
    bool is_always_long;
    std::string_view needs;
  };
  static constexpr std::array<Kind, 3> kinds{{
      {"red", 4, false,
       "`red` needs the queue's size, or that, two thresholds and a probability, for example "
       "`red(100, 15, 50, 10%)`"},
      {"codel", 3, false,
       "`codel` needs the queue's size, or that, a target and an interval, for example "
       "`codel(1000, 5ms, 100ms)`"},
      {"step", 2, true,
       "`step` needs the queue's size and a threshold, for example `step(1000, 20)`"},
  }};
  auto form = value.form();
  const Kind* kind = nullptr;
  QueueProperties queue;
  if (form) {
    std::array<std::string_view, kinds.size()> names;
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      names[i] = kinds[i].name;
      if (form->name == kinds[i].name) kind = &kinds[i];
    }
    if (kind == nullptr) {
      value.refuse_name(form->name, names);
      return std::nullopt;
    }
    if (!kind->is_always_long && form->parts.size() > 1 && form->parts.back() == "ecn") {
      queue.marks = true;
      form->parts.pop_back();
    }
    const std::size_t parts = form->parts.size();
    if (parts != kind->parts && (kind->is_always_long || parts != 1)) {
      value.refuse(std::string{kind->needs});
      return std::nullopt;
    }
  }
  const auto limit = read_queue_size(form ? form->parts[0] : value.text(), value);
  if (!limit) return std::nullopt;
  (limit->is_bytes ? queue.most_bytes : queue.most_frames) = limit->number;
  if (form && form->name == "red") read_red(*form, *limit, value, queue);
  if (form && form->name == "codel") read_codel(*form, value, queue);
  if (form && form->name == "step") read_step(*form, *limit, value, queue);
  return queue;
}

}  // namespace elvis
