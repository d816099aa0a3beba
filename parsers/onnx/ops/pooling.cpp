// SPDX-License-Identifier: Apache-2.0
// MaxPool, AveragePool, LpPool and their global forms.
#include <algorithm>
#include <cmath>

#include "parsers/onnx/importer_table.h"
#include "parsers/onnx/window.h"

namespace bireme::onnx_import {

namespace {

using Bin = ElementWiseOperation;

ITensor& pool(Node& n, ITensor& x, PoolingType type, bool countPadding) {
    const int rank = n.net().rank(x);
    n.require(rank >= 3 && rank <= 5, "x must have 1 to 3 spatial extents",
              ErrorCode::kUNSUPPORTED_NODE_SHAPE);
    const Dims size = toDims(n.integers("kernel_shape"));
    n.require(size.nbDims == rank - 2, "kernel_shape needs one value per spatial extent");
    for (int i = 0; i < size.nbDims; ++i) n.require(size.d[i] > 0, "kernel_shape must be positive");
    const Window w = windowOf(n, size);
    for (const int64_t d : w.dilations)
        n.require(d == 1 || size.nbDims == 0, "dilations other than 1 are not supported",
                  ErrorCode::kUNSUPPORTED_NODE_ATTR);
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

Outputs importMaxPool(Node& n) {
    n.require(n.integer("storage_order", 0) == 0 || !n.wants(1), "column-major indices",
              ErrorCode::kUNSUPPORTED_NODE_ATTR);
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
