// SPDX-License-Identifier: Apache-2.0
// Conv and ConvTranspose over one to three spatial extents.
#include <algorithm>

#include "parsers/onnx/importer_table.h"
#include "parsers/onnx/quantized.h"
#include "parsers/onnx/window.h"

namespace bireme::onnx_import {

namespace {

/// Weights by reference where constant, else as input tensors.
struct Kernel {
    Weights weights{DataType::kFLOAT, nullptr, 0};
    Weights bias{DataType::kFLOAT, nullptr, 0};
    ITensor* weightTensor = nullptr;
    ITensor* biasTensor = nullptr;
    Dims dims{};
};

Kernel kernelOf(Node& n) {
    Kernel k;
    k.dims = n.dims(1);
    n.require(k.dims.nbDims == n.rank(0) && k.dims.nbDims >= 3 && k.dims.nbDims <= 5,
              "x and the weights must have the same rank, 3 to 5");
    for (int i = 0; i < k.dims.nbDims; ++i)
        n.require(k.dims.d[i] > 0, "the extents of the weights must be known",
                  ErrorCode::kUNSUPPORTED_NODE_DYNAMIC);
    const Constant* w = n.constant(1);
    const Constant* b = n.constant(2);
    if (w != nullptr)
        k.weights = w->weights();
    else
        k.weightTensor = &n.in(1);
    if (b != nullptr)
        k.bias = b->weights();
    else if (n.has(2))
        k.biasTensor = &n.in(2);
    return k;
}

int64_t groupsOf(Node& n) {
    const int64_t groups = n.integer("group", 1);
    n.require(groups > 0, "group is not positive");
    return groups;
}

template <class Layer>
void configure(Node& n, Layer& layer, const Kernel& k, const Window& w) {
    layer.setStrideNd(toDims(w.strides));
    layer.setDilationNd(toDims(w.dilations));
    layer.setNbGroups(groupsOf(n));
    if (w.mode != PaddingMode::kEXPLICIT_ROUND_DOWN) {
        layer.setPaddingMode(w.mode);
    } else {
        layer.setPrePadding(toDims(w.before));
        layer.setPostPadding(toDims(w.after));
    }
    if (k.weightTensor != nullptr) layer.setInput(1, *k.weightTensor);
    if (k.biasTensor != nullptr) layer.setInput(2, *k.biasTensor);
}

Dims spatial(const Dims& dims) {
    Dims out{};
    out.nbDims = dims.nbDims - 2;
    std::copy_n(dims.d + 2, out.nbDims, out.d);
    return out;
}

void checkKernelShape(Node& n, const Dims& kernel) {
    const std::vector<int64_t> given = n.integers("kernel_shape");
    if (!given.empty() && toText(toDims(given)) != toText(kernel))
        n.refuse(
            "kernel_shape " + toText(toDims(given)) + " contradicts the weights' " + toText(kernel),
            ErrorCode::kINVALID_NODE);
}

/// A negative pad of ONNX crops the input, which the layer does not.
void requireNoCrop(Node& n, const Window& w) {
    for (size_t i = 0; i < w.before.size(); ++i)
        n.require(w.before[i] >= 0 && w.after[i] >= 0, "negative pads are not supported",
                  ErrorCode::kUNSUPPORTED_NODE_ATTR);
}

Outputs importConv(Node& n) {
    const Kernel k = kernelOf(n);
    const Dims size = spatial(k.dims);
    checkKernelShape(n, size);
    const Window w = windowOf(n, size);
    requireNoCrop(n, w);
    IConvolutionLayer& layer =
        n.net().made(n.net().raw().addConvolutionNd(n.in(0), k.dims.d[0], size, k.weights, k.bias));
    configure(n, layer, k, w);
    return {Net::out(layer)};
}

/// With output_shape the pads follow from it: total = (I - 1) S + K + output_padding - O.
void padsFromOutputShape(Node& n, const Dims& size, const std::vector<int64_t>& wanted, Window& w) {
    const Dims in = n.dims(0);
    const bool upper = n.text("auto_pad", "NOTSET") != "SAME_LOWER";
    const std::vector<int64_t> extra = n.integers("output_padding");
    const size_t skip = wanted.size() - w.strides.size();  // some writers give all of N, C, ...
    for (size_t i = 0; i < w.strides.size(); ++i) {
        const int64_t extent = in.d[i + 2];
        n.require(extent >= 0, "output_shape needs known spatial extents of x",
                  ErrorCode::kUNSUPPORTED_NODE_DYNAMIC);
        const int64_t total = (extent - 1) * w.strides[i] + (size.d[i] - 1) * w.dilations[i] + 1 +
                              (i < extra.size() ? extra[i] : 0) - wanted[i + skip];
        // More than the operator makes by itself lengthens the far side.
        w.before[i] = total < 0 ? 0 : upper ? total / 2 : total - total / 2;
        w.after[i] = total - w.before[i];
    }
    w.mode = PaddingMode::kEXPLICIT_ROUND_DOWN;
}

Outputs importConvTranspose(Node& n) {
    const Kernel k = kernelOf(n);
    const Dims size = spatial(k.dims);
    checkKernelShape(n, size);
    Window w = windowOf(n, size);
    const std::vector<int64_t> shape = n.integers("output_shape");
    const std::vector<int64_t> extra = n.integers("output_padding");
    if (!shape.empty()) {
        n.require(shape.size() >= w.strides.size(), "output_shape is too short");
        padsFromOutputShape(n, size, shape, w);
    } else if (w.mode != PaddingMode::kEXPLICIT_ROUND_DOWN) {
        // SAME: the output extent is I * S, so the pads do not depend on I.
        for (size_t i = 0; i < w.strides.size(); ++i) {
            const int64_t reach = (size.d[i] - 1) * w.dilations[i] + 1;
            const int64_t total =
                std::max<int64_t>(0, reach - w.strides[i] + (i < extra.size() ? extra[i] : 0));
            w.before[i] = w.mode == PaddingMode::kSAME_UPPER ? total / 2 : total - total / 2;
            w.after[i] = total - w.before[i];
        }
        w.mode = PaddingMode::kEXPLICIT_ROUND_DOWN;
    }
    // output_padding lengthens the far side: the same as trimming less there.
    std::vector<int64_t> lengthen(w.strides.size(), 0);
    for (size_t i = 0; i < w.after.size(); ++i) {
        if (i < extra.size()) w.after[i] -= extra[i];
        if (w.after[i] < 0) lengthen[i] = -std::exchange(w.after[i], 0);
    }
    requireNoCrop(n, w);
    const int64_t maps = k.dims.d[1] * groupsOf(n);
    const bool longer =
        std::any_of(lengthen.begin(), lengthen.end(), [](int64_t v) { return v > 0; });
    IDeconvolutionLayer& layer =
        n.net().made(n.net().raw().addDeconvolutionNd(n.in(0), maps, size, k.weights, k.bias));
    configure(n, layer, k, w);
    if (!longer) return {Net::out(layer)};
    n.require(!n.has(2), "output_padding beyond the pads with a bias is not supported",
              ErrorCode::kUNSUPPORTED_NODE_ATTR);
    std::vector<int64_t> pads(2 * (lengthen.size() + 2), 0);
    std::copy(lengthen.begin(), lengthen.end(),
              pads.end() - static_cast<ptrdiff_t>(lengthen.size()));
    OperatorAttributes attributes;
    attributes.add("pads", pads);
    return {Net::out(n.net().op("pad", attributes, {&Net::out(layer)}))};
}

/// The sums of x - zero times weights - zero, INT32.
ITensor& convolvedBytes(Node& n, int weights, int xZero, int weightsZero) {
    const Dims dims = n.dims(weights);
    n.require(dims.nbDims >= 3 && dims.nbDims == n.rank(0), "x and the weights must fit together");
    const Dims size = spatial(dims);
    checkKernelShape(n, size);
    const Window w = windowOf(n, size);
    requireNoCrop(n, w);
    OperatorAttributes attributes;
    attributes.add("stride", w.strides)
        .add("prePadding", w.before)
        .add("postPadding", w.after)
        .add("dilation", w.dilations)
        .add("groups", groupsOf(n))
        .add("paddingMode", static_cast<int64_t>(w.mode));
    return Net::out(
        n.net().op("integer_convolution", attributes,
                   {&n.in(0), &n.in(weights), zeroPoint(n, xZero), zeroPoint(n, weightsZero)}));
}

Outputs importConvInteger(Node& n) { return {convolvedBytes(n, 1, 2, 3)}; }

/// A list as one value for each channel of x.
ITensor& perChannel(Node& n, int i) {
    Net& net = n.net();
    ITensor& list = n.in(i);
    if (net.rank(list) != 1 || net.dims(list).d[0] == 1) return list;
    std::vector<int64_t> axes;
    for (int d = 2; d < n.rank(0); ++d) axes.push_back(d - 1);
    return net.unsqueeze(list, axes);
}

// saturate(round((convolution(x - zx, w - zw) + b) * (sx * sw / sy)) + zy)
Outputs importQLinearConv(Node& n) {
    ITensor* sum = &convolvedBytes(n, 3, 2, 5);
    if (n.has(8)) sum = &n.net().binary(*sum, perChannel(n, 8), ElementWiseOperation::kSUM);
    return {requantized(n, *sum, n.in(1), perChannel(n, 4), 6, 7)};
}

// com.microsoft: a convolution, then a tensor added, then an activation.
Outputs importFusedConv(Node& n) {
    Net& net = n.net();
    using Act = ActivationType;
    ITensor* y = importConv(n)[0].tensor;
    if (n.has(3)) y = &net.binary(*y, n.value(3), ElementWiseOperation::kSUM);
    const std::string kind = n.text("activation", "");
    std::vector<float> p = n.reals("activation_params");
    const auto parameter = [&](size_t i, float missing) { return i < p.size() ? p[i] : missing; };
    if (kind == "Relu") return {net.activation(*y, Act::kRELU)};
    if (kind == "Tanh") return {net.activation(*y, Act::kTANH)};
    if (kind == "Sigmoid") return {net.activation(*y, Act::kSIGMOID)};
    if (kind == "LeakyRelu") return {net.activation(*y, Act::kLEAKY_RELU, parameter(0, 0.01F))};
    if (kind == "Clip")
        return {net.activation(*y, Act::kCLIP, parameter(0, -3.0e38F), parameter(1, 3.0e38F))};
    if (kind == "HardSigmoid")
        return {net.activation(*y, Act::kHARD_SIGMOID, parameter(0, 0.2F), parameter(1, 0.5F))};
    if (!kind.empty())
        n.refuse("activation \"" + kind + "\" is unknown", ErrorCode::kUNSUPPORTED_NODE_ATTR);
    return {*y};
}

}  // namespace

void registerImporters_convolution(ImporterTable& table) {
    table.add({
        {"Conv", importConv},
        {"ConvInteger", importConvInteger, "", 10},
        {"FusedConv", importFusedConv, "com.microsoft"},
        {"QLinearConv", importQLinearConv, "", 10},
        {"ConvTranspose", importConvTranspose},
    });
}

}  // namespace bireme::onnx_import
