// SPDX-License-Identifier: Apache-2.0
// What convolution and deconvolution share: T is the op, whose attributes have the same names.
#pragma once

#include "api/layers/edit.h"

namespace bireme::api {

// Extents of the kernel weights for the layer's present maps, groups and window; empty when the
// count does not fit.
template <typename T>
std::vector<int64_t> kernelDims(const Layer& layer, const T& op, int64_t count);

inline int64_t windowVolume(const std::vector<int64_t>& window) {
    int64_t n = 1;
    for (int64_t w : window) n *= w;
    return n;
}

// The kernel constant keeps its bytes; its extents follow the layer's.
template <typename T>
void reshapeKernel(const T& op, Layer& layer) {
    if (!(layer.weightInputs >> 1 & 1U)) return;
    ir::Graph& graph = layer.network.graph;
    ir::Value& kernel = graph.value(graph.node(layer.node).inputs[1]);
    int64_t count = volume(kernel.desc.dims).value();
    std::vector<int64_t> dims = kernelDims(layer, op, count);
    kernel.desc.dims = bireme::toDims(dims.empty() ? std::vector<int64_t>{count} : dims);
}

template <typename T>
void setKernel(const T& op, Layer& layer, const Weights& weights) {
    checkWeights(weights, "kernel");
    std::vector<int64_t> dims = kernelDims(layer, op, weights.count);
    require(weights.count == 0 || !dims.empty(), "layer \"", layer.name, "\": ", weights.count,
            " kernel weights do not fit ", layer.outputMaps, " output maps and a window of ",
            windowVolume(layer.kernelSize), " elements");
    setWeights(layer, 1, weights, dims, "kernel");
}

template <typename T>
void setBias(const T&, Layer& layer, const Weights& weights) {
    require(weights.count == 0 || weights.count == layer.outputMaps, "layer \"", layer.name,
            "\": ", weights.count, " bias weights for ", layer.outputMaps, " output maps");
    setWeights(layer, 2, weights, {weights.count}, "bias");
}

template <typename T>
Layer& addKernelLayer(Network& n, LayerType type, ITensor& input, int64_t maps, const Dims& window,
                      const Weights& kernel, const Weights& bias) {
    require(maps > 0, "the number of output maps is ", maps);
    require(window.nbDims >= 1 && window.nbDims <= 3, "the kernel has ", window.nbDims,
            " spatial dimensions, not 1 to 3");
    std::vector<int64_t> size =
        checkedDims(window, static_cast<size_t>(window.nbDims), 1, "the kernel's size");
    checkWeights(kernel, "kernel");
    checkWeights(bias, "bias");
    int64_t unit = maps * windowVolume(size);
    require(kernel.count % unit == 0, kernel.count, " kernel weights are no multiple of ", unit,
            ": ", maps, " output maps times the window's ", windowVolume(size), " elements");
    require(bias.count == 0 || bias.count == maps, bias.count, " bias weights for ", maps,
            " output maps");
    Layer& layer = n.addLayer(type, ir::Op::of(T{}), {n.value(&input), ir::kNoValue, ir::kNoValue});
    layer.outputMaps = maps;
    layer.kernelSize = std::move(size);
    const T& op = attributes<T>(layer);
    setKernel(op, layer, kernel);
    setBias(op, layer, bias);
    return layer;
}

}  // namespace bireme::api

// The accessors of one of the two classes; both have the same.
// NOLINTBEGIN(bugprone-macro-parentheses): the parameters are names of types
#define BIREME_KERNEL_LAYER(Class, OpStruct)                                                    \
    void Class::setNbOutputMaps(int64_t nbOutputMaps) noexcept {                                \
        edit<OpStruct>(*this, [&](OpStruct& op, Layer& l) {                                     \
            require(nbOutputMaps > 0, "the number of output maps is ", nbOutputMaps);           \
            l.outputMaps = nbOutputMaps;                                                        \
            api::reshapeKernel(op, l);                                                          \
        });                                                                                     \
    }                                                                                           \
    int64_t Class::getNbOutputMaps() const noexcept { return impl_->outputMaps; }               \
    void Class::setNbGroups(int64_t nbGroups) noexcept {                                        \
        edit<OpStruct>(*this, [&](OpStruct& op, Layer& l) {                                     \
            require(nbGroups > 0, "the number of groups is ", nbGroups);                        \
            op.groups = nbGroups;                                                               \
            api::reshapeKernel(op, l);                                                          \
        });                                                                                     \
    }                                                                                           \
    int64_t Class::getNbGroups() const noexcept { return read<OpStruct>(*this).groups; }        \
    void Class::setKernelWeights(Weights weights) noexcept {                                    \
        edit<OpStruct>(*this, [&](OpStruct& op, Layer& l) { api::setKernel(op, l, weights); }); \
    }                                                                                           \
    Weights Class::getKernelWeights() const noexcept { return api::weightsAt(*this, 1); }       \
    void Class::setBiasWeights(Weights weights) noexcept {                                      \
        edit<OpStruct>(*this, [&](OpStruct& op, Layer& l) { api::setBias(op, l, weights); });   \
    }                                                                                           \
    Weights Class::getBiasWeights() const noexcept { return api::weightsAt(*this, 2); }         \
    void Class::setKernelSizeNd(Dims const& kernelSize) noexcept {                              \
        edit<OpStruct>(*this, [&](OpStruct& op, Layer& l) {                                     \
            l.kernelSize =                                                                      \
                api::checkedDims(kernelSize, l.kernelSize.size(), 1, "the kernel's size");      \
            api::reshapeKernel(op, l);                                                          \
        });                                                                                     \
    }                                                                                           \
    Dims Class::getKernelSizeNd() const noexcept { return api::publicDims(impl_->kernelSize); } \
    BIREME_WINDOW_ACCESSORS(Class, OpStruct, impl_->kernelSize.size())                          \
    void Class::setDilationNd(Dims const& dilation) noexcept {                                  \
        edit<OpStruct>(*this, [&](OpStruct& op, Layer& l) {                                     \
            op.dilation = api::checkedDims(dilation, l.kernelSize.size(), 1, "the dilation");   \
        });                                                                                     \
    }                                                                                           \
    Dims Class::getDilationNd() const noexcept {                                                \
        return api::dimsOr(read<OpStruct>(*this).dilation, impl_->kernelSize.size(), 1);        \
    }

// Strides and paddings of a windowed layer; `spatial` is the number of its spatial dimensions.
#define BIREME_WINDOW_ACCESSORS(Class, OpStruct, spatial)                                          \
    void Class::setPrePadding(Dims const& padding) noexcept {                                      \
        edit<OpStruct>(*this, [&](OpStruct& op) {                                                  \
            op.prePadding = api::checkedDims(padding, spatial, 0, "the padding");                  \
        });                                                                                        \
    }                                                                                              \
    Dims Class::getPrePadding() const noexcept {                                                   \
        return api::dimsOr(read<OpStruct>(*this).prePadding, spatial, 0);                          \
    }                                                                                              \
    void Class::setPostPadding(Dims const& padding) noexcept {                                     \
        edit<OpStruct>(*this, [&](OpStruct& op) {                                                  \
            op.postPadding = api::checkedDims(padding, spatial, 0, "the padding");                 \
        });                                                                                        \
    }                                                                                              \
    Dims Class::getPostPadding() const noexcept {                                                  \
        return api::dimsOr(read<OpStruct>(*this).postPadding, spatial, 0);                         \
    }                                                                                              \
    void Class::setPaddingMode(PaddingMode paddingMode) noexcept {                                 \
        edit<OpStruct>(*this, [&](OpStruct& op) {                                                  \
            api::requireEnum(paddingMode, "padding mode");                                         \
            op.paddingMode = paddingMode;                                                          \
        });                                                                                        \
    }                                                                                              \
    PaddingMode Class::getPaddingMode() const noexcept {                                           \
        return read<OpStruct>(*this).paddingMode;                                                  \
    }                                                                                              \
    void Class::setStrideNd(Dims const& stride) noexcept {                                         \
        edit<OpStruct>(*this, [&](OpStruct& op) {                                                  \
            op.stride = api::checkedDims(stride, spatial, 1, "the stride");                        \
        });                                                                                        \
    }                                                                                              \
    Dims Class::getStrideNd() const noexcept {                                                     \
        return api::dimsOr(read<OpStruct>(*this).stride, spatial, 1);                              \
    }                                                                                              \
    void Class::setPaddingNd(Dims const& padding) noexcept {                                       \
        edit<OpStruct>(*this, [&](OpStruct& op) {                                                  \
            op.prePadding = op.postPadding = api::checkedDims(padding, spatial, 0, "the padding"); \
        });                                                                                        \
    }                                                                                              \
    Dims Class::getPaddingNd() const noexcept { return getPrePadding(); }
// NOLINTEND(bugprone-macro-parentheses)
