// SPDX-License-Identifier: Apache-2.0
// MaxPool, AveragePool, LpPool and their global forms.
#include <algorithm>
#include <cmath>

#include "parsers/onnx/importer_table.h"
#include "parsers/onnx/window.h"

namespace bireme::onnx_import {

namespace {

using Bin = ElementWiseOperation;

Dims windowSize(Node& n, int rank) {
    n.require(rank >= 3 && rank <= 5, "x must have 1 to 3 spatial extents",
              ErrorCode::kUNSUPPORTED_NODE_SHAPE);
    const Dims size = toDims(n.integers("kernel_shape"));
    n.require(size.nbDims == rank - 2, "kernel_shape needs one value per spatial extent");
    for (int i = 0; i < size.nbDims; ++i) n.require(size.d[i] > 0, "kernel_shape must be positive");
    return size;
}

bool dilated(const Window& w) {
    return std::any_of(w.dilations.begin(), w.dilations.end(), [](int64_t d) { return d != 1; });
}

/// What the layer class cannot say: dilation, and the positions of the maxima.
Outputs generalPool(Node& n, ITensor& x, PoolingType type, const Dims& size, const Window& w,
                    bool exclude) {
    OperatorAttributes attributes;
    attributes.add("type", static_cast<int64_t>(type))
        .add("window", std::vector<int64_t>(size.d, size.d + size.nbDims))
        .add("stride", w.strides)
        .add("prePadding", w.before)
        .add("postPadding", w.after)
        .add("dilation", w.dilations)
        .add("paddingMode", static_cast<int64_t>(w.mode))
        .add("excludePadding", int64_t{exclude})
        .add("indices", int64_t{n.wants(1)});
    ILayer& layer = n.net().op("pooling", attributes, {&x}, n.wants(1) ? 2 : 1);
    Outputs out{Net::out(layer)};
    if (n.wants(1)) out.emplace_back(Net::out(layer, 1));
    return out;
}

ITensor& pool(Node& n, ITensor& x, PoolingType type, bool countPadding) {
    const Dims size = windowSize(n, n.net().rank(x));
    const Window w = windowOf(n, size);
    if (dilated(w)) return *generalPool(n, x, type, size, w, !countPadding)[0].tensor;
    IPoolingLayer& layer = n.net().made(n.net().raw().addPoolingNd(x, type, size));
    layer.setStrideNd(toDims(w.strides));
    layer.setPaddingMode(w.mode);
    if (w.mode == PaddingMode::kEXPLICIT_ROUND_DOWN || w.mode == PaddingMode::kEXPLICIT_ROUND_UP) {
        layer.setPrePadding(toDims(w.before));
        layer.setPostPadding(toDims(w.after));
    }
    layer.setAverageCountExcludesPadding(!countPadding);
    return Net::out(layer);
}

/// Flat row-major places in planes of height x width as column-major ones.
ITensor& columnMajor(Node& n, ITensor& index) {
    Net& net = n.net();
    n.require(n.rank(0) == 4, "column-major indices of other than two extents",
              ErrorCode::kUNSUPPORTED_NODE_ATTR);
    ITensor& height = net.unsqueeze(net.shapeTensor({net.extent(n.value(0), 2)}), {0, 1, 2});
    ITensor& width = net.unsqueeze(net.shapeTensor({net.extent(n.value(0), 3)}), {0, 1, 2});
    ITensor& row = net.binary(index, width, ElementWiseOperation::kFLOOR_DIV);
    ITensor& column = net.binary(index, net.binary(row, width, ElementWiseOperation::kPROD),
                                 ElementWiseOperation::kSUB);
    ITensor& plane = net.binary(row, height, ElementWiseOperation::kFLOOR_DIV);
    // plane * height * width + column * height + row % height, with row = plane * height + ...
    ITensor& inside = net.binary(row, net.binary(plane, height, ElementWiseOperation::kPROD),
                                 ElementWiseOperation::kSUB);
    ITensor& columns = net.binary(net.binary(plane, width, ElementWiseOperation::kPROD), column,
                                  ElementWiseOperation::kSUM);
    return net.binary(net.binary(columns, height, ElementWiseOperation::kPROD), inside,
                      ElementWiseOperation::kSUM);
}

Outputs importMaxPool(Node& n) {
    const Dims size = windowSize(n, n.rank(0));
    const Window w = windowOf(n, size);
    if (n.wants(1)) {
        Outputs out = generalPool(n, n.in(0), PoolingType::kMAX, size, w, true);
        if (n.integer("storage_order", 0) != 0) out[1] = columnMajor(n, *out[1].tensor);
        return out;
    }
    return {pool(n, n.in(0), PoolingType::kMAX, false)};
}

Outputs importAveragePool(Node& n) {
    return {pool(n, n.in(0), PoolingType::kAVERAGE, n.flag("count_include_pad"))};
}

// (sum |x|^p)^(1/p) = (average |x|^p * window)^(1/p)
Outputs importLpPool(Node& n) {
    Net& net = n.net();
    const double p = static_cast<double>(n.integer("p", 2));
    n.require(p > 0, "p must be positive");
    double window = 1;
    for (const int64_t v : n.integers("kernel_shape")) window *= static_cast<double>(v);
    ITensor& x = net.unary(n.in(0), UnaryOperation::kABS);
    ITensor& powered = net.binary(x, net.splat(x, p), Bin::kPOW);
    ITensor& mean = pool(n, powered, PoolingType::kAVERAGE, true);
    ITensor& sum = net.binary(mean, net.splat(mean, window), Bin::kPROD);
    return {net.binary(sum, net.splat(sum, 1.0 / p), Bin::kPOW)};
}

uint32_t spatialMask(Node& n) {
    const int rank = n.rank(0);
    n.require(rank >= 3, "x has no spatial extents");
    return ((1U << rank) - 1) & ~3U;
}

template <ReduceOperation op>
Outputs globalPool(Node& n) {
    return {n.net().reduce(n.in(0), op, spatialMask(n), true)};
}

Outputs importGlobalLpPool(Node& n) {
    Net& net = n.net();
    const double p = static_cast<double>(n.integer("p", 2));
    n.require(p > 0, "p must be positive");
    ITensor& x = net.unary(n.in(0), UnaryOperation::kABS);
    ITensor& powered = net.binary(x, net.splat(x, p), Bin::kPOW);
    ITensor& sum = net.reduce(powered, ReduceOperation::kSUM, spatialMask(n), true);
    return {net.binary(sum, net.splat(sum, 1.0 / p), Bin::kPOW)};
}

}  // namespace

void registerImporters_pooling(ImporterTable& table) {
    table.add({
        {"AveragePool", importAveragePool},
        {"GlobalAveragePool", globalPool<ReduceOperation::kAVG>},
        {"GlobalLpPool", importGlobalLpPool},
        {"GlobalMaxPool", globalPool<ReduceOperation::kMAX>},
        {"LpPool", importLpPool},
        {"MaxPool", importMaxPool},
    });
}

}  // namespace bireme::onnx_import
