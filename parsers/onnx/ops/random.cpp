// SPDX-License-Identifier: Apache-2.0
// Random tensors: with a seed the same in every execution, else new ones.
#include "parsers/onnx/random.h"

#include "parsers/onnx/importer_table.h"

namespace bireme::onnx_import {

namespace {

using Bin = ElementWiseOperation;

DataType typeOf(Node& n, DataType missing) {
    const AttributeProto* dtype = n.find("dtype");
    return dtype != nullptr ? dataTypeOf(static_cast<ElementType>(dtype->i), "dtype") : missing;
}

template <bool normal, bool like>
Outputs importRandom(Node& n) {
    Extents shape;
    if (like)
        shape = n.net().extents(n.value(0));
    else
        for (const int64_t d : n.integers("shape")) shape.emplace_back(d);
    const DataType type = typeOf(n, like ? n.type(0) : DataType::kFLOAT);
    if (normal)
        return {drawn(n, shape, type, "random_normal", n.real("mean", 0), n.real("scale", 1))};
    return {drawn(n, shape, type, "random_uniform", n.real("low", 0), n.real("high", 1))};
}

// 1 with the probability that x gives
Outputs importBernoulli(Node& n) {
    Net& net = n.net();
    const DataType type = typeOf(n, n.type(0));
    ITensor& p = net.cast(n.in(0), DataType::kFLOAT);
    ITensor& draw = drawn(n, net.extents(n.value(0)), DataType::kFLOAT, "random_uniform", 0, 1);
    return {net.cast(net.binary(draw, p, Bin::kLESS), type)};
}

// Class indices [B, S] of logarithms of probabilities [B, C]: how many of the running sums of the
// probabilities a uniform draw below their total has passed.
Outputs importMultinomial(Node& n) {
    Net& net = n.net();
    n.require(n.rank(0) == 2, "x must be [batch, classes]", ErrorCode::kUNSUPPORTED_NODE_SHAPE);
    const int64_t samples = n.integer("sample_size", 1);
    n.require(samples > 0, "sample_size must be positive");
    const DataType type = typeOf(n, DataType::kINT32);
    n.require(type == DataType::kINT32 || type == DataType::kINT64, "dtype must be INT32 or INT64",
              ErrorCode::kUNSUPPORTED_NODE_ATTR);
    ITensor& x = net.cast(n.in(0), DataType::kFLOAT);
    ITensor& most = net.reduce(x, ReduceOperation::kMAX, 1U << 1, true);
    ITensor& weights = net.unary(net.binary(x, most, Bin::kSUB), UnaryOperation::kEXP);
    ITensor& sums = Net::out(net.op("cumulative", {}, {&weights, &net.integer(1)}));
    ITensor& total =
        net.slice(sums, {1}, {net.sub(net.extent(n.value(0), 1), 1)}, {Extent(1)}, {1});
    // So far below 1 that no product with the total rounds up to it.
    constexpr float kBelowOne = 1 - 0x1p-22F;
    const Extents shape{net.extent(n.value(0), 0), samples};
    ITensor& u = drawn(n, shape, DataType::kFLOAT, "random_uniform", 0, kBelowOne);
    ITensor& draw = net.unsqueeze(net.binary(u, total, Bin::kPROD), {2});
    ITensor& above = net.binary(net.unsqueeze(sums, {1}), draw, Bin::kGREATER);
    ITensor& passed = net.cast(net.unary(above, UnaryOperation::kNOT), DataType::kINT32);
    return {net.cast(net.reduce(passed, ReduceOperation::kSUM, 1U << 2, false), type)};
}

}  // namespace

void registerImporters_random(ImporterTable& table) {
    table.add({
        {"Bernoulli", importBernoulli, "", 15},
        {"Multinomial", importMultinomial},
        {"RandomNormal", importRandom<true, false>},
        {"RandomNormalLike", importRandom<true, true>},
        {"RandomUniform", importRandom<false, false>},
        {"RandomUniformLike", importRandom<false, true>},
    });
}

}  // namespace bireme::onnx_import
