// SPDX-License-Identifier: Apache-2.0
// Quantised operators of com.microsoft: the real operator between dequantising and quantising,
// which the optimizer may compute in integers.
#include "parsers/onnx/importer_table.h"
#include "parsers/onnx/quantized.h"

namespace bireme::onnx_import {

namespace {

using Bin = ElementWiseOperation;
using Mat = MatrixOperation;

/// What ONNX's own operator `op` of opset 13 makes of `inputs` under the attributes of `n`.
ITensor& plainOperator(Node& n, const char* op, std::vector<Value> inputs, int64_t opset = 13) {
    Node real(n.proto(), std::move(inputs), 1, opset, n.net());
    return n.net().tensor(ImporterTable::instance().find("", op)->import(real)[0]);
}

/// x, its scale and zero point, then those of y.
ITensor& oneInput(Node& n, const char* op, int64_t opset = 13) {
    return quantized(n, plainOperator(n, op, {dequantized(n, 0, 1, 2)}, opset), 3, 4, n.type(0));
}

template <int op>
Outputs importUnary(Node& n) {
    constexpr const char* kNames[] = {"LeakyRelu", "Sigmoid", "ReduceMean"};
    return {oneInput(n, kNames[op])};
}

Outputs importQLinearSoftmax(Node& n) { return {oneInput(n, "Softmax", n.integer("opset", 13))}; }

template <Bin op>
Outputs importBinary(Node& n) {
    ITensor& y = n.net().binary(dequantized(n, 0, 1, 2), dequantized(n, 3, 4, 5), op);
    return {quantized(n, y, 6, 7, n.type(0))};
}

Outputs importQLinearConcat(Node& n) {
    n.require(n.inputs() >= 5 && (n.inputs() - 2) % 3 == 0,
              "the inputs must be scale and zero point of y, then three for every operand");
    std::vector<Value> parts;
    for (int i = 2; i < n.inputs(); i += 3) parts.emplace_back(dequantized(n, i, i + 1, i + 2));
    ITensor& y = plainOperator(n, "Concat", std::move(parts));
    return {quantized(n, y, 0, 1, n.type(2))};
}

Outputs importQLinearWhere(Node& n) {
    ITensor& y = n.net().select(n.value(0), dequantized(n, 1, 2, 3), dequantized(n, 4, 5, 6));
    return {quantized(n, y, 7, 8, n.type(1))};
}

/// Channels behind the spatial extents or before them, from one to the other.
ITensor& channelsMoved(Net& net, ITensor& x, bool first) {
    const int rank = net.rank(x);
    std::vector<int64_t> perm{0};
    if (first) perm.push_back(rank - 1);
    for (int i = first ? 1 : 2; i < (first ? rank - 1 : rank); ++i) perm.push_back(i);
    if (!first) perm.push_back(1);
    return net.transpose(x, perm);
}

template <bool global>
Outputs importQLinearPool(Node& n) {
    Net& net = n.net();
    const bool last = n.flag("channels_last");
    ITensor* x = &dequantized(n, 0, 1, 2);
    if (last) x = &channelsMoved(net, *x, true);
    ITensor* y = &plainOperator(n, global ? "GlobalAveragePool" : "AveragePool", {*x});
    if (last) y = &channelsMoved(net, *y, false);
    return {quantized(n, *y, 3, 4, n.type(0))};
}

// alpha A B + C; C is INT32 in steps of both scales. Without a scale of y the result stays real.
Outputs importQGemm(Node& n) {
    Net& net = n.net();
    ITensor& a = dequantized(n, 0, 1, 2);
    ITensor& b = n.flag("transB") ? net.transpose(n.in(3), {1, 0}) : n.in(3);
    IDequantizeLayer& layer =
        net.made(net.raw().addDequantize(b, perTensorOrAxis(n, 4), n.type(4)));
    if (const Constant* c = n.constant(5); n.has(5) && (c == nullptr || !allZero(*c)))
        layer.setInput(2, perTensorOrAxis(n, 5));
    if (n.dims(4).nbDims == 1) layer.setAxis(1);
    ITensor* y = &net.matmul(a, n.flag("transA") ? Mat::kTRANSPOSE : Mat::kNONE, Net::out(layer),
                             Mat::kNONE);
    if (n.has(6)) {
        ITensor& steps = net.binary(n.value(1), n.value(4), Bin::kPROD);
        y = &net.binary(*y, net.binary(net.cast(n.in(6), n.type(1)), steps, Bin::kPROD), Bin::kSUM);
    }
    if (const float alpha = n.real("alpha", 1); alpha != 1)
        y = &net.binary(*y, net.splat(*y, static_cast<double>(alpha)), Bin::kPROD);
    if (!n.has(7)) return {*y};
    return {quantized(n, *y, 7, 8, n.type(0))};
}

Outputs importMatMulIntegerToFloat(Node& n) {
    ITensor& a = dequantized(n, 0, 2, 4);
    ITensor* y = &plainOperator(n, "MatMul", {a, dequantized(n, 1, 3, 5)});
    if (n.has(6)) y = &n.net().binary(*y, n.value(6), Bin::kSUM);
    return {*y};
}

// A is quantised by its own range, as DynamicQuantizeLinear does it.
Outputs importDynamicQuantizeMatMul(Node& n) {
    Net& net = n.net();
    Node real(n.proto(), {n.value(0)}, 7, 11, net);
    const Outputs q = ImporterTable::instance().find("", "DynamicQuantizeLinear")->import(real);
    IDequantizeLayer& layer =
        net.made(net.raw().addDequantize(net.tensor(q[0]), net.tensor(q[1]), DataType::kFLOAT));
    layer.setInput(2, net.tensor(q[2]));
    ITensor* y = &plainOperator(n, "MatMul", {Net::out(layer), dequantized(n, 1, 2, 3)});
    if (n.has(4)) y = &net.binary(*y, n.value(4), Bin::kSUM);
    return {*y};
}

// The convolution of ONNX; channels_last concerns x and y.
Outputs importQLinearConvolution(Node& n) {
    Net& net = n.net();
    std::vector<Value> inputs;
    for (int i = 0; i < n.inputs(); ++i) inputs.push_back(n.has(i) ? n.value(i) : Value{});
    const bool last = n.flag("channels_last");
    if (last) inputs[0] = channelsMoved(net, n.in(0), true);
    ITensor& y = plainOperator(n, "QLinearConv", std::move(inputs));
    return {last ? channelsMoved(net, y, false) : y};
}

}  // namespace

void registerImporters_contrib_quantize(ImporterTable& table) {
    constexpr const char* kDomain = "com.microsoft";
    table.add({
        {"DynamicQuantizeMatMul", importDynamicQuantizeMatMul, kDomain},
        {"MatMulIntegerToFloat", importMatMulIntegerToFloat, kDomain},
        {"QGemm", importQGemm, kDomain},
        {"QLinearAdd", importBinary<Bin::kSUM>, kDomain},
        {"QLinearAveragePool", importQLinearPool<false>, kDomain},
        {"QLinearConcat", importQLinearConcat, kDomain},
        {"QLinearConv", importQLinearConvolution, kDomain},
        {"QLinearGlobalAveragePool", importQLinearPool<true>, kDomain},
        {"QLinearLeakyRelu", importUnary<0>, kDomain},
        {"QLinearMul", importBinary<Bin::kPROD>, kDomain},
        {"QLinearReduceMean", importUnary<2>, kDomain},
        {"QLinearSigmoid", importUnary<1>, kDomain},
        {"QLinearSoftmax", importQLinearSoftmax, kDomain},
        {"QLinearWhere", importQLinearWhere, kDomain},
    });
}

}  // namespace bireme::onnx_import
