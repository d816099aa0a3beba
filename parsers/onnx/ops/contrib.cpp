// SPDX-License-Identifier: Apache-2.0
// Operators of com.microsoft that exporters and optimizers of transformers write.
#include "parsers/onnx/heads.h"
#include "parsers/onnx/importer_table.h"

namespace bireme::onnx_import {

namespace {

using Bin = ElementWiseOperation;
using Mat = MatrixOperation;

Outputs biased(Node& n, ActivationType type) {
    const Value x =
        n.has(1) ? Value(n.net().binary(n.value(0), n.value(1), Bin::kSUM)) : n.value(0);
    return {n.net().activation(n.net().tensor(x), type)};
}
Outputs importBiasGelu(Node& n) { return biased(n, ActivationType::kGELU_ERF); }
Outputs importFastGelu(Node& n) { return biased(n, ActivationType::kGELU_TANH); }

/// The sum of word, position and segment embeddings, normalised; output 1: valid words a row.
Outputs importEmbedLayerNormalization(Node& n) {
    Net& net = n.net();
    ITensor& ids = n.in(0);
    const Value positions = n.has(8) ? n.value(8) : Value(counting(net, net.extent(ids, 1)));
    ITensor* sum = &net.binary(net.gather(n.in(2), ids, 0),
                               net.gather(n.in(3), net.tensor(positions), 0), Bin::kSUM);
    if (n.has(1) && n.has(4)) sum = &net.binary(*sum, net.gather(n.in(4), n.in(1), 0), Bin::kSUM);
    INormalizationLayer& layer = net.made(net.raw().addNormalizationV2(
        *sum, net.ranked(n.value(5), 3), net.ranked(n.value(6), 3), 1U << 2));
    layer.setEpsilon(n.real("epsilon", 1e-12F));
    Outputs out{Net::out(layer), Value{}, *sum};
    if (n.has(7) || n.wants(1)) {  // without a mask the counts are 0, as onnxruntime's
        ITensor& counted = n.has(7) ? n.in(7) : net.binary(ids, net.splat(ids, 0), Bin::kPROD);
        out[1] = net.reduce(counted, ReduceOperation::kSUM, 2, false);
    }
    return out;
}

Outputs importInverse(Node& n) { return {Net::out(n.net().op("inverse", {}, {&n.in(0)}))}; }

// Distances of all rows of A [m, k] to all rows of B [n, k].
Outputs importCDist(Node& n) {
    Net& net = n.net();
    const std::string metric = n.text("metric", "sqeuclidean");
    n.require(metric == "euclidean" || metric == "sqeuclidean",
              "metric must be euclidean or sqeuclidean", ErrorCode::kUNSUPPORTED_NODE_ATTR);
    ITensor& apart =
        net.binary(net.unsqueeze(n.in(0), {1}), net.unsqueeze(n.in(1), {0}), Bin::kSUB);
    ITensor& squares =
        net.reduce(net.binary(apart, apart, Bin::kPROD), ReduceOperation::kSUM, 1U << 2, false);
    return {metric == "euclidean" ? net.unary(squares, UnaryOperation::kSQRT) : squares};
}

Outputs importExpandDims(Node& n) {
    const std::vector<int64_t> axes = n.integersOf(1, "axis");
    n.require(axes.size() == 1, "axis must be one number");
    return {n.net().unsqueeze(n.in(0), {n.axis(axes[0], n.rank(0) + 1)})};
}

// BiasSplitGelu: the first half of x + bias times GELU of the second.
Outputs importBiasSplitGelu(Node& n) {
    Net& net = n.net();
    ITensor& x = net.binary(n.value(0), n.value(1), Bin::kSUM);
    const int last = net.rank(x) - 1;
    const int64_t half = net.dims(x).d[last] / 2;
    n.require(half > 0, "the last extent must be known", ErrorCode::kUNSUPPORTED_NODE_DYNAMIC);
    ITensor& gate = net.slice(x, {last}, {half}, {half}, {1});
    return {net.binary(net.slice(x, {last}, {int64_t{0}}, {half}, {1}),
                       net.activation(gate, ActivationType::kGELU_ERF), Bin::kPROD)};
}

// x + bias + skip
Outputs importBiasAdd(Node& n) {
    Net& net = n.net();
    return {net.binary(net.binary(n.value(0), n.value(1), Bin::kSUM), n.value(2), Bin::kSUM)};
}

// The product of two matrices, C added, then an activation.
Outputs importFusedGemm(Node& n) {
    ITensor& y = n.net().tensor(ImporterTable::instance().find("", "Gemm")->import(n)[0]);
    const std::string kind = n.text("activation", "");
    const auto parameter = [&](const char* name, float missing) { return n.real(name, missing); };
    using Act = ActivationType;
    if (kind == "Relu") return {n.net().activation(y, Act::kRELU)};
    if (kind == "Tanh") return {n.net().activation(y, Act::kTANH)};
    if (kind == "Sigmoid") return {n.net().activation(y, Act::kSIGMOID)};
    if (kind == "LeakyRelu")
        return {n.net().activation(y, Act::kLEAKY_RELU, parameter("activation_alpha", 0.01F))};
    if (!kind.empty())
        n.refuse("activation \"" + kind + "\" is unknown", ErrorCode::kUNSUPPORTED_NODE_ATTR);
    return {y};
}

// Operators that ONNX took over unchanged, in the opset that did.
template <int op>
Outputs importAdopted(Node& n) {
    struct Adopted {
        const char* name;
        int64_t opset;
    };
    constexpr Adopted kAdopted[] = {{"Trilu", 14},    {"GridSample", 16}, {"Pad", 11},
                                    {"GatherND", 11}, {"Unique", 11},     {"Range", 11}};
    std::vector<Value> inputs;
    for (int i = 0; i < n.inputs(); ++i) inputs.push_back(n.has(i) ? n.value(i) : Value{});
    uint64_t wanted = 0;
    for (int i = 0; i < n.outputs(); ++i) wanted |= static_cast<uint64_t>(n.wants(i)) << i;
    Node same(n.proto(), std::move(inputs), wanted, kAdopted[op].opset, n.net());
    return ImporterTable::instance().find("", kAdopted[op].name)->import(same);
}

}  // namespace

void registerImporters_contrib(ImporterTable& table) {
    constexpr const char* kDomain = "com.microsoft";
    table.add({
        {"BiasAdd", importBiasAdd, kDomain},
        {"BiasGelu", importBiasGelu, kDomain},
        {"BiasSplitGelu", importBiasSplitGelu, kDomain},
        {"CDist", importCDist, kDomain},
        {"EmbedLayerNormalization", importEmbedLayerNormalization, kDomain},
        {"ExpandDims", importExpandDims, kDomain},
        {"FastGelu", importFastGelu, kDomain},
        {"FusedGemm", importFusedGemm, kDomain},
        {"GatherND", importAdopted<3>, kDomain},
        {"GridSample", importAdopted<1>, kDomain},
        {"Inverse", importInverse, kDomain},
        {"Pad", importAdopted<2>, kDomain},
        {"Range", importAdopted<5>, kDomain},
        {"Trilu", importAdopted<0>, kDomain},
        {"Unique", importAdopted<4>, kDomain},
    });
}

}  // namespace bireme::onnx_import
