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
    ITensor* axes = nullptr;  ///< where they are data: the mask says nothing then
    bool noneIsAll = true;
};

Reduction reductionOf(Node& n) {
    const int rank = n.rank(0);
    Reduction r;
    r.keep = n.flag("keepdims", true);
    r.noneIsAll = !n.flag("noop_with_empty_axes");
    const bool empty = n.has(1) && n.rank(1) == 1 && n.dims(1).d[0] == 0;
    if (n.has(1) && n.known(1) == nullptr && !empty) {
        r.axes = &n.in(1);
        return r;
    }
    const std::vector<int64_t> axes =
        empty ? std::vector<int64_t>{} : n.axes(n.listOf("axes", 1), rank);
    r.mask = Node::mask(axes);
    if (axes.empty() && r.noneIsAll) r.mask = (1U << rank) - 1;
    return r;
}

ITensor& reduced(Node& n, ITensor& x, Red op, const Reduction& r) {
    if (r.axes != nullptr) {
        OperatorAttributes attributes;
        attributes.add("operation", static_cast<int64_t>(op))
            .add("keepDims", int64_t{r.keep})
            .add("noneIsAll", int64_t{r.noneIsAll});
        return Net::out(n.net().op("reduce_axes", attributes, {&x, r.axes}));
    }
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
    if (r.mask == 0 && r.axes == nullptr) return {net.identity(x)};
    Reduction kept = r;
    kept.keep = true;
    ITensor& most = reduced(n, x, Red::kMAX, kept);
    // Where all are -inf, -inf - -inf would be no number.
    ITensor& safe = net.select(net.unary(most, Un::kISINF), net.splat(most, 0), most);
    ITensor& powers = net.unary(net.binary(x, safe, Bin::kSUB), Un::kEXP);
    ITensor& logs = net.unary(reduced(n, powers, Red::kSUM, r), Un::kLOG);
    if (r.keep) return {net.binary(logs, safe, Bin::kSUM)};
    ITensor& flat = reduced(n, x, Red::kMAX, r);
    ITensor& shift = net.select(net.unary(flat, Un::kISINF), net.splat(flat, 0), flat);
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
    if (k.known() && k.value == 0) {
        ITensor& none = net.slice(x, {axis}, {Extent(0)}, {Extent(0)}, {1});
        return {none, net.cast(none, DataType::kINT64)};
    }
    n.require(!k.known() || (k.value > 0 && k.value <= std::numeric_limits<int32_t>::max()),
              "k must be positive");
    ITopKLayer& layer = net.made(net.raw().addTopK(
        x, op, k.known() ? static_cast<int32_t>(k.value) : 1, 1U << axis, DataType::kINT64));
    if (!k.known()) layer.setInput(1, net.squeeze(*k.tensor, {0}));
    return {Net::out(layer, 0), Net::out(layer, 1)};
}

template <bool product>
Outputs importCumulative(Node& n) {
    Net& net = n.net();
    ITensor* axis = nullptr;
    if (n.known(1) != nullptr) {
        const std::vector<int64_t> list = n.integersOf(1, "axis");
        n.require(list.size() == 1, "axis must be one number");
        axis = &net.integer(n.axis(list[0], n.rank(0)));
    } else {
        axis = n.rank(1) == 0 ? &n.in(1) : &net.reshape(n.in(1), Dims{});
    }
    OperatorAttributes attributes;
    attributes.add("exclusive", int64_t{n.flag("exclusive")})
        .add("reverse", int64_t{n.flag("reverse")})
        .add("product", int64_t{product});
    return {Net::out(net.op("cumulative", attributes, {&n.in(0), axis}))};
}

}  // namespace

void registerImporters_reduce(ImporterTable& table) {
    table.add({
        {"ArgMax", importArg<TopKOperation::kMAX>},
        {"ArgMin", importArg<TopKOperation::kMIN>},
        {"CumProd", importCumulative<true>, "", 26},
        {"CumSum", importCumulative<false>, "", 11},
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
