// SPDX-License-Identifier: Apache-2.0
// What every layer's source is made of: reading and changing the attributes of its node, adding it.
#pragma once

#include "api/access.h"
#include "api/convert.h"
#include "api/network/network.h"

#include <utility>

namespace bireme::api {

// Refuses a handle whose class does not fit its layer (a wrong static_cast).
template <typename T>
T& attributes(Layer& layer) {
    T* op = layer.network.graph.node(layer.node).op.edit<T>();
    require(op, "layer \"", layer.name, "\" is not of the class it was cast to");
    return *op;
}

// The attributes for a getter; the defaults when the class does not fit.
template <typename T>
const T& read(const ILayer& handle) noexcept {
    static const T none{};
    Layer& layer = Access::impl(handle);
    const T* op = layer.network.graph.node(layer.node).op.as<T>();
    return op ? *op : none;
}

// change(attributes) or change(attributes, layer); it throws before it changes anything. False when
// it threw.
template <typename T, typename F>
bool edit(const ILayer& handle, F&& change) noexcept {
    Layer& layer = Access::impl(handle);
    return guard(layer.network.reporter, false, [&] {
        if constexpr (std::is_invocable_v<F, T&, Layer&>)
            change(attributes<T>(layer), layer);
        else
            change(attributes<T>(layer));
        layer.network.touch(layer.node);
        return true;
    });
}

// make(network) gives the new layer.
template <typename Handle, typename F>
Handle* add(Network& network, F&& make) noexcept {
    return guard(network.reporter, static_cast<Handle*>(nullptr), [&] {
        Layer& layer = make(network);
        return static_cast<Handle*>(layer.handle);
    });
}

// Makes input `index` absent; a constant given as weights goes too.
void dropInput(Layer& layer, int index);
bool hasInput(const ILayer& handle, int index) noexcept;

// Input `index` as weights of the given extents; empty weights make it absent.
void setWeights(Layer& layer, int index, const Weights& weights, const std::vector<int64_t>& dims,
                const char* role);
Weights weightsAt(const ILayer& handle,
                  int index) noexcept;  // empty when the input is a tensor or absent
void checkWeights(const Weights& weights, const char* role);  // as setWeights would

// `dims` as `count` numbers of at least `least`.
std::vector<int64_t> checkedDims(const Dims& dims, size_t count, int64_t least, const char* what);
// `values`, or `count` times `fill` when they are empty.
Dims dimsOr(const std::vector<int64_t>& values, size_t count, int64_t fill) noexcept;
// The one axis of a mask.
int64_t oneAxis(uint32_t mask, const char* what);
// TensorRT's default axis, of the input's rank.
int64_t channelLikeAxis(const Network& network, int rank);
void requireIndicesType(DataType type);
void requireFinite(float value, const char* what);

template <typename E>
void requireEnum(E value, const char* what) {
    require(static_cast<int>(value) >= 0 && static_cast<int>(value) < EnumMax<E>(), "no ", what,
            " has the value ", static_cast<int>(value));
}

}  // namespace bireme::api
