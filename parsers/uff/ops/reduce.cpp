// SPDX-License-Identifier: Apache-2.0
// Reduce, ArgMax and ArgMin.
#include <algorithm>

#include "parsers/uff/importer_table.h"

namespace bireme::uff_import {

namespace {

ReduceOperation operationOf(Node& n) {
    const std::string f = n.text("func", "");
    if (f == "sum") return ReduceOperation::kSUM;
    if (f == "prod") return ReduceOperation::kPROD;
    if (f == "max") return ReduceOperation::kMAX;
    if (f == "min") return ReduceOperation::kMIN;
    if (f == "mean") return ReduceOperation::kAVG;
    n.refuse("func \"" + f + "\" is unknown");
}

Value importReduce(Node& n) {
    Net& net = n.net();
    const size_t rank = n.rank(0);
    const ReduceOperation op = operationOf(n);
    const bool keep = n.flag("keepdims", false);
    const std::optional<Shape> axes = n.integers("axes");
    if (axes && axes->empty()) return n.in(0);
    uint32_t logical = axes ? 0 : (1U << rank) - 1;
    if (axes)
        for (const int64_t a : *axes) logical |= 1U << n.axisOf(a, rank);
    if (logical == 0) return n.in(0);
    uint32_t mask = 0;
    for (size_t i = 0; i < rank; ++i)
        if ((logical >> i) & 1U) mask |= 1U << Net::axisOf(n.in(0), static_cast<int>(i));
    ITensor& y = net.out(net.made(net.raw().addReduce(net.tensor(n.in(0)), op, mask, keep)));
    return {y, keep ? n.in(0).where : without(n.in(0).where, logical)};
}

template <TopKOperation op>
Value importArg(Node& n) {
    Net& net = n.net();
    const size_t rank = n.rank(0);
    n.require(rank >= 1, "its input is a scalar");
    const int axis = n.axis("axis", 0, rank);
    const int at = Net::axisOf(n.in(0), axis);
    ITopKLayer& layer =
        net.made(net.raw().addTopK(net.tensor(n.in(0)), op, 1, 1U << at, DataType::kINT32));
    return {net.squeeze(net.out(layer, 1), {at}), without(n.in(0).where, 1U << axis)};
}

}  // namespace

void registerImporters_reduce(ImporterTable& table) {
    table.add({
        {"ArgMax", importArg<TopKOperation::kMAX>, "int32; the first of equals"},
        {"ArgMin", importArg<TopKOperation::kMIN>, "int32; the first of equals"},
        {"Reduce", importReduce,
         "sum, prod, max, min, mean; keepdims as written, false by default"},
    });
}

}  // namespace bireme::uff_import
