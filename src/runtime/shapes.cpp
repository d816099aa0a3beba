// SPDX-License-Identifier: Apache-2.0
#include "runtime/shapes.h"

#include "base/status.h"
#include "base/text.h"
#include "plan/distance.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>

namespace bireme::runtime {

using plan::IoTensor;
using plan::Plan;
using plan::Variant;

static DimRange allowed(const IoTensor& t, int32_t profile, size_t dim) {
    if (t.desc.dims[dim].isStatic()) return {t.desc.dims[dim].value(), t.desc.dims[dim].value()};
    if (static_cast<size_t>(profile) >= t.profiles.size()) return {};
    const auto& p = t.profiles[static_cast<size_t>(profile)];
    return {p.min[dim], p.max[dim]};
}

static bool within(const DimRange& r, int64_t v) { return v >= r.min && v <= r.max; }

// A hint for the most common mistake: channels given last to an engine that takes them first.
static std::string layoutHint(const IoTensor& t, int32_t profile,
                              const std::vector<int64_t>& dims) {
    size_t rank = dims.size();
    if (rank < 3 || rank > 5 || dims.size() != t.desc.dims.size() || !t.desc.dims[1].isStatic())
        return {};
    std::vector<int64_t> moved{dims[0], dims[rank - 1]};
    moved.insert(moved.end(), dims.begin() + 1, dims.end() - 1);
    for (size_t i = 0; i < rank; ++i)
        if (!within(allowed(t, profile, i), moved[i])) return {};
    return cat("; the engine takes channels first, ", text(t.desc.dims),
               ", and this looks like channels last");
}

void checkInputShape(const Plan& plan, int32_t profile, int32_t io,
                     const std::vector<int64_t>& dims) {
    const IoTensor& t = plan.io.at(static_cast<size_t>(io));
    if (!t.input)
        failInvalid(cat("\"", t.name, "\" is an output: its shape follows from the inputs"));
    if (dims.size() != t.desc.dims.size())
        failInvalid(cat("input \"", t.name, "\": got ", dims.size(), " dimensions ",
                        text(toDims(dims)), ", the engine takes ", t.desc.dims.size(), ": ",
                        text(t.desc.dims)));
    for (size_t i = 0; i < dims.size(); ++i) {
        DimRange r = allowed(t, profile, i);
        if (dims[i] >= 0 && within(r, dims[i])) continue;
        std::string what = cat("input \"", t.name, "\": dimension ", i, " is ", dims[i], ", ");
        std::string hint = layoutHint(t, profile, dims);
        if (t.desc.dims[i].isStatic()) failInvalid(cat(what, "the engine takes ", r.min, hint));
        failInvalid(cat(what, "profile ", profile, " allows ", r.min, " to ", r.max, hint));
    }
}

namespace {
// Where a symbol's value came from, for errors.
struct Source {
    int64_t value;
    const plan::InputSymbol* from;
};
}  // namespace

static std::optional<int64_t> valueOf(const plan::InputSymbol& s,
                                      const std::vector<InputState>& inputs) {
    const InputState& in = inputs[static_cast<size_t>(s.io)];
    const auto& list = s.element ? in.values : in.dims;
    if ((!s.element && !in.set) || static_cast<size_t>(s.index) >= list.size()) return std::nullopt;
    return list[static_cast<size_t>(s.index)];
}

static std::string place(const Plan& plan, const plan::InputSymbol& s) {
    return cat("input \"", plan.io[static_cast<size_t>(s.io)].name,
               "\": ", s.element ? "value " : "dimension ", s.index);
}

// Symbols of one variant; throws when two inputs disagree about one.
static std::map<std::string, Source> collect(const Plan& plan, const Variant& v,
                                             const std::vector<InputState>& inputs) {
    std::map<std::string, Source> found;
    for (const auto& s : v.inputSymbols) {
        auto value = valueOf(s, inputs);
        if (!value) continue;
        auto [it, fresh] = found.try_emplace(s.symbol, Source{*value, &s});
        if (!fresh && it->second.value != *value)
            failInvalid(cat(place(plan, s), " is ", *value, ", but ", place(plan, *it->second.from),
                            " says that ", s.symbol, " is ", it->second.value));
    }
    return found;
}

// Extents that are expressions over symbols of other inputs.
static void checkDependent(const Plan& plan, const std::vector<InputState>& inputs,
                           const Dim::Values& values) {
    for (size_t io = 0; io < plan.io.size(); ++io) {
        const IoTensor& t = plan.io[io];
        if (!t.input) continue;
        auto expected = evaluate(t.desc.dims, values);
        for (size_t i = 0; i < expected.size(); ++i)
            if (expected[i] >= 0 && expected[i] != inputs[io].dims[i])
                failInvalid(cat("input \"", t.name, "\": dimension ", i, " is ", inputs[io].dims[i],
                                ", the other inputs make ", t.desc.dims[i].text(), " ",
                                expected[i]));
    }
}

// How far a variant's steps were timed from these extents; 0 where nothing says so.
static double distanceOf(const Variant& v, const std::map<std::string, Source>& found) {
    std::vector<int64_t> extents;
    for (const auto& s : v.inputSymbols) extents.push_back(found.at(s.symbol).value);
    double least = v.points.empty() ? 0 : std::numeric_limits<double>::infinity();
    for (const auto& point : v.points) least = std::min(least, plan::distance(extents, point));
    return least;
}

Resolved resolve(const Plan& plan, int32_t profile, const std::vector<InputState>& inputs) {
    std::string refusal = cat("profile ", profile, " has no steps");
    std::optional<Resolved> nearest;
    double least = 0;
    for (size_t k = 0; k < plan.variants.size(); ++k) {
        const Variant& v = plan.variants[k];
        if (v.profile != profile) continue;
        auto found = collect(plan, v, inputs);
        bool fits = true;
        for (const auto& [symbol, range] : v.ranges) {
            auto it = found.find(symbol);
            if (it == found.end() || within(range, it->second.value)) continue;
            fits = false;
            refusal = cat(place(plan, *it->second.from), " is ", it->second.value, ", profile ",
                          profile, " allows ", range.min, " to ", range.max);
        }
        if (!fits) continue;
        Resolved r;
        r.variant = k;
        for (const auto& s : v.inputSymbols) {
            auto it = found.find(s.symbol);
            if (it == found.end()) failInvalid(cat(place(plan, s), " is needed and not there"));
            r.values[s.symbol] = it->second.value;
        }
        const double distance = distanceOf(v, found);
        if (nearest && distance >= least) continue;
        least = distance;
        nearest = std::move(r);
    }
    if (!nearest) failInvalid(refusal);
    checkDependent(plan, inputs, nearest->values);
    return std::move(*nearest);
}

Dim::Values knownValues(const Plan& plan, int32_t profile, const std::vector<InputState>& inputs) {
    Dim::Values values;
    for (const Variant& v : plan.variants) {
        if (v.profile != profile) continue;
        for (const auto& s : v.inputSymbols)
            if (auto value = valueOf(s, inputs)) values[s.symbol] = *value;
        break;
    }
    return values;
}

std::vector<int64_t> evaluate(const DimVector& dims, const Dim::Values& values) {
    std::vector<int64_t> out;
    out.reserve(dims.size());
    for (const Dim& d : dims) {
        auto v = d.eval(values);
        if (v && *v < 0) failInvalid(cat("dimension ", d.text(), " would be ", *v));
        out.push_back(v.value_or(-1));
    }
    return out;
}

template <typename T>
static int64_t element(const void* data, int64_t index) noexcept {
    T v;
    std::memcpy(&v, static_cast<const uint8_t*>(data) + index * static_cast<int64_t>(sizeof v),
                sizeof v);
    return static_cast<int64_t>(v);
}

template <int width>
static int64_t packed(const void* data, int64_t index, bool isSigned) noexcept {
    constexpr int64_t per = 8 / width;
    int64_t v = element<uint8_t>(data, index / per) >> (index % per * width) & ((1 << width) - 1);
    return isSigned && v >= 1 << (width - 1) ? v - (1 << width) : v;
}

int64_t readInteger(DataType type, const void* data, int64_t index) noexcept {
    switch (type) {
        case DataType::kINT64: return element<int64_t>(data, index);
        case DataType::kUINT64: return element<uint64_t>(data, index);
        case DataType::kINT32: return element<int32_t>(data, index);
        case DataType::kUINT32: return element<uint32_t>(data, index);
        case DataType::kINT16: return element<int16_t>(data, index);
        case DataType::kUINT16: return element<uint16_t>(data, index);
        case DataType::kINT8: return element<int8_t>(data, index);
        case DataType::kINT4: return packed<4>(data, index, true);
        case DataType::kUINT4: return packed<4>(data, index, false);
        case DataType::kINT2: return packed<2>(data, index, true);
        case DataType::kUINT2: return packed<2>(data, index, false);
        default: return element<uint8_t>(data, index);  // bool and uint8
    }
}

}  // namespace bireme::runtime
