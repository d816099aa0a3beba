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

// Class indices [B, S] by logarithms of their probabilities [B, C]: the largest of x + g, where
// g = -log(-log u) with u uniform, falls on a class with its probability.
Outputs importMultinomial(Node& n) {
    Net& net = n.net();
    n.require(n.rank(0) == 2, "x must be [batch, classes]", ErrorCode::kUNSUPPORTED_NODE_SHAPE);
    const int64_t samples = n.integer("sample_size", 1);
    n.require(samples > 0, "sample_size must be positive");
    const DataType type = typeOf(n, DataType::kINT32);
    n.require(type == DataType::kINT32 || type == DataType::kINT64, "dtype must be INT32 or INT64",
              ErrorCode::kUNSUPPORTED_NODE_ATTR);
    const Extents shape{net.extent(n.value(0), 0), samples, net.extent(n.value(0), 1)};
    ITensor& u = drawn(n, shape, DataType::kFLOAT, "random_uniform", 0, 1);
    const auto minusLog = [&](ITensor& x) -> ITensor& {
        return net.unary(net.unary(x, UnaryOperation::kLOG), UnaryOperation::kNEG);
    };
    ITensor& gumbel = minusLog(minusLog(u));
    ITensor& x = net.unsqueeze(net.cast(n.in(0), DataType::kFLOAT), {1});
    ITopKLayer& best = net.made(
        net.raw().addTopK(net.binary(x, gumbel, Bin::kSUM), TopKOperation::kMAX, 1, 1U << 2));
    return {net.cast(net.squeeze(Net::out(best, 1), {2}), type)};
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
