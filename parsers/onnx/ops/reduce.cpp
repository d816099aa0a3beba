// SPDX-License-Identifier: Apache-2.0
// Reductions, ArgMax, TopK and CumSum.
#include <limits>

#include "parsers/onnx/importer_table.h"

namespace bireme::onnx_import {

namespace {

using Bin = ElementWiseOperation;
using Red = ReduceOperation;
using Un = UnaryOperation;

/// What is reduced, and how: axes are an attribute in old opsets and an input in newer ones.
struct Reduction {
    uint32_t mask = 0;  ///< 0: nothing is reduced
    bool keep = true;
};

Reduction reductionOf(Node& n) {
    const int rank = n.rank(0);
    const std::vector<int64_t> axes = n.axes(n.listOf("axes", 1), rank);
    Reduction r;
    r.keep = n.flag("keepdims", true);
    r.mask = Node::mask(axes);
    if (axes.empty() && !n.flag("noop_with_empty_axes")) r.mask = (1U << rank) - 1;
    return r;
}

ITensor& reduced(Node& n, ITensor& x, Red op, const Reduction& r) {
    return r.mask == 0 ? n.net().identity(x) : n.net().reduce(x, op, r.mask, r.keep);
}

template <Red op>
Outputs plain(Node& n) {
    ITensor& x = n.in(0);
    const Reduction r = reductionOf(n);
    if (x.getType() != DataType::kBOOL) return {reduced(n, x, op, r)};
    ITensor& result = reduced(n, n.net().cast(x, DataType::kINT32), op, r);
    // The greatest of nothing is the least INT32, which would read as true.
    ITensor& flag = n.net().binary(result, n.net().splat(result, 0), Bin::kMAX);
    return {n.net().cast(flag, DataType::kBOOL)};
}

Outputs importReduceL1(Node& n) {
    return {reduced(n, n.net().unary(n.in(0), Un::kABS), Red::kSUM, reductionOf(n))};
}

ITensor& sumOfSquares(Node& n) {
    return reduced(n, n.net().binary(n.value(0), n.value(0), Bin::kPROD), Red::kSUM,
                   reductionOf(n));
}

Outputs importReduceSumSquare(Node& n) { return {sumOfSquares(n)}; }

Outputs importReduceL2(Node& n) { return {n.net().unary(sumOfSquares(n), Un::kSQRT)}; }

Outputs importReduceLogSum(Node& n) {
    return {n.net().unary(reduced(n, n.in(0), Red::kSUM, reductionOf(n)), Un::kLOG)};
}

// log(sum(exp(x))) = m + log(sum(exp(x - m))) with m = max(x), which cannot overflow
Outputs importReduceLogSumExp(Node& n) {
    Net& net = n.net();
    ITensor& x = n.in(0);
    const Reduction r = reductionOf(n);
    if (r.mask == 0) return {net.identity(x)};
    ITensor& most = net.reduce(x, Red::kMAX, r.mask, true);
    ITensor& powers = net.unary(net.binary(x, most, Bin::kSUB), Un::kEXP);
    ITensor& logs = net.unary(net.reduce(powers, Red::kSUM, r.mask, r.keep), Un::kLOG);
    ITensor& shift = r.keep ? most : net.reduce(x, Red::kMAX, r.mask, false);
    return {net.binary(logs, shift, Bin::kSUM)};
}

/// `x` read backwards along `axis`.
ITensor& reversed(Node& n, ITensor& x, int axis) {
    Net& net = n.net();
    const Extent d = net.extent(x, axis);
    return net.slice(x, {axis}, {net.sub(d, 1)}, {d}, {-1});
}

template <TopKOperation op>
Outputs importArg(Node& n) {
    Net& net = n.net();
    ITensor& x = n.in(0);
    const int axis = n.axis(n.integer("axis", 0), n.rank(0));
    const bool last = n.flag("select_last_index");
    ITensor& searched = last ? reversed(n, x, axis) : x;
    ITopKLayer& layer = net.made(net.raw().addTopK(searched, op, 1, 1U << axis, DataType::kINT64));
    ITensor* index = &Net::out(layer, 1);
    if (last) {
        const Extent top = net.sub(net.extent(x, axis), 1);
        index = &net.binary(net.shapeTensor({top}), *index, Bin::kSUB);
    }
    return {n.flag("keepdims", true) ? *index : net.squeeze(*index, {axis})};
}

Outputs importTopK(Node& n) {
    Net& net = n.net();
    ITensor& x = n.in(0);
    const int axis = n.axis(n.integer("axis", -1), n.rank(0));
    const TopKOperation op = n.flag("largest", true) ? TopKOperation::kMAX : TopKOperation::kMIN;
    const Extent k = n.opset() < 10 ? Extent(n.integer("k", 0)) : net.element(n.value(1), 0);
    n.require(!k.known() || (k.value > 0 && k.value <= std::numeric_limits<int32_t>::max()),
              "k must be positive");
    ITopKLayer& layer = net.made(net.raw().addTopK(
        x, op, k.known() ? static_cast<int32_t>(k.value) : 1, 1U << axis, DataType::kINT64));
    if (!k.known()) layer.setInput(1, net.squeeze(*k.tensor, {0}));
    return {Net::out(layer, 0), Net::out(layer, 1)};
}

Outputs importCumSum(Node& n) {
    Net& net = n.net();
    const std::vector<int64_t> list = n.integersOf(1, "axis");
    n.require(list.size() == 1, "axis must be one number");
    const int axis = n.axis(list[0], n.rank(0));
    return {Net::out(
        net.made(net.raw().addCumulative(n.in(0), net.integer(axis), CumulativeOperation::kSUM,
                                         n.flag("exclusive"), n.flag("reverse"))))};
}

}  // namespace

void registerImporters_reduce(ImporterTable& table) {
    table.add({
        {"ArgMax", importArg<TopKOperation::kMAX>},
        {"ArgMin", importArg<TopKOperation::kMIN>},
        {"CumSum", importCumSum, "", 11},
        {"ReduceL1", importReduceL1},
        {"ReduceL2", importReduceL2},
        {"ReduceLogSum", importReduceLogSum},
        {"ReduceLogSumExp", importReduceLogSumExp},
        {"ReduceMax", plain<Red::kMAX>},
        {"ReduceMean", plain<Red::kAVG>},
        {"ReduceMin", plain<Red::kMIN>},
        {"ReduceProd", plain<Red::kPROD>},
        {"ReduceSum", plain<Red::kSUM>},
        {"ReduceSumSquare", importReduceSumSquare},
        {"TopK", importTopK},
    });
}

}  // namespace bireme::onnx_import
