// SPDX-License-Identifier: Apache-2.0
#include "api/layers/edit.h"

#include <algorithm>
#include <cmath>

namespace bireme::api {

void dropInput(Layer& layer, int index) {
    ir::Node& node = layer.network.graph.node(layer.node);
    layer.weightInputs &= ~(1U << index);
    if (static_cast<size_t>(index) < node.inputs.size())
        layer.network.graph.setInput(layer.node, index, ir::kNoValue);
}

bool hasInput(const ILayer& handle, int index) noexcept {
    Layer& layer = Access::impl(handle);
    const ir::Node& node = layer.network.graph.node(layer.node);
    auto i = static_cast<size_t>(index);
    return i < node.inputs.size() && node.inputs[i] != ir::kNoValue;
}

void checkWeights(const Weights& weights, const char* role) {
    require(isKnown(weights.type), "the ", role, " weights have unknown type ",
            static_cast<int>(weights.type));
    require(weights.count >= 0, "the ", role, " weights have count ", weights.count);
    require(weights.values || weights.count == 0, "the ", role, " weights have count ",
            weights.count, " and a null address");
}

void setWeights(Layer& layer, int index, const Weights& weights, const std::vector<int64_t>& dims,
                const char* role) {
    checkWeights(weights, role);
    if (weights.count == 0) return dropInput(layer, index);
    Network& network = layer.network;
    ir::ValueId v = network.addWeights(weights, dims, cat(layer.name, ".", role));
    network.graph.setInput(layer.node, index, v);
    layer.weightInputs |= 1U << index;
}

Weights weightsAt(const ILayer& handle, int index) noexcept {
    Layer& layer = Access::impl(handle);
    if (!(layer.weightInputs >> index & 1U)) return {DataType::kFLOAT, nullptr, 0};
    const ir::Value& v = layer.network.graph.value(
        layer.network.graph.node(layer.node).inputs[static_cast<size_t>(index)]);
    int64_t count = 1;
    for (const Dim& d : v.desc.dims) count *= d.value();
    return {v.desc.type, v.constant.data(), count};
}

std::vector<int64_t> checkedDims(const Dims& dims, size_t count, int64_t least, const char* what) {
    std::vector<int64_t> values = toVector(dims, what);
    require(values.size() == count, what, " has ", values.size(), " dimensions, not ", count);
    for (int64_t v : values) require(v >= least, what, " has an extent ", v, " below ", least);
    return values;
}

Dims dimsOr(const std::vector<int64_t>& values, size_t count, int64_t fill) noexcept {
    if (!values.empty()) return publicDims(values);
    Dims out{static_cast<int32_t>(std::min<size_t>(count, Dims::MAX_DIMS)), {}};
    std::fill_n(out.d, out.nbDims, fill);
    return out;
}

int64_t oneAxis(uint32_t mask, const char* what) {
    std::vector<int64_t> axes = axesOfMask(mask);
    require(axes.size() == 1, what, " takes exactly one axis, the mask has ", axes.size());
    return axes.front();
}

int64_t channelLikeAxis(const Network& network, int rank) {
    return std::max(0, rank - network.hidden() - 3) + network.hidden();
}

void requireIndicesType(DataType type) {
    require(type == DataType::kINT32 || type == DataType::kINT64,
            "indices are INT32 or INT64, not ", isKnown(type) ? publicName(type) : "unknown");
}

void requireFinite(float value, const char* what) {
    require(std::isfinite(value), what, " is not finite");
}

}  // namespace bireme::api
