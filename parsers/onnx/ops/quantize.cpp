// SPDX-License-Identifier: Apache-2.0
// QuantizeLinear, DequantizeLinear and operators made of them.
#include <algorithm>

#include "parsers/onnx/importer_table.h"

namespace bireme::onnx_import {

namespace {

using Bin = ElementWiseOperation;

bool allZero(const Constant& c) {
    const std::vector<int64_t> values = toIntegers(c);
    return std::all_of(values.begin(), values.end(), [](int64_t v) { return v == 0; });
}

/// A list of one value stands for the whole tensor.
ITensor& perTensorOrAxis(Node& n, int i) {
    const Dims d = n.dims(i);
    return d.nbDims == 1 && d.d[0] == 1 ? n.net().reshape(n.in(i), Dims{}) : n.in(i);
}

template <class Layer>
void configure(Node& n, Layer& layer, int scale, int zero) {
    const int rank = n.rank(0);
    const Dims scaleDims = n.dims(scale);
    if (n.has(zero)) {
        const Constant* c = n.constant(zero);
        // Types below a byte have no readable zero point here, and none in practice.
        const bool skip = c != nullptr && isInteger(c->type) && allZero(*c);
        if (!skip) layer.setInput(2, perTensorOrAxis(n, zero));
    }
    if (scaleDims.nbDims == 0 || rank == 0) return;
    const int axis = n.axis(n.integer("axis", 1), std::max(rank, 2));
    n.require(scaleDims.nbDims == 1 && n.integer("block_size", 0) == 0,
              "quantisation by blocks is not supported", ErrorCode::kUNSUPPORTED_NODE_ATTR);
    layer.setAxis(std::min(axis, rank - 1));
}

Outputs importQuantizeLinear(Node& n) {
    DataType type = DataType::kUINT8;
    if (n.has(2))
        type = n.type(2);
    else if (const int64_t to = n.integer("output_dtype", 0); to != 0)
        type = dataTypeOf(static_cast<ElementType>(to), "output_dtype");
    IQuantizeLayer& layer =
        n.net().made(n.net().raw().addQuantize(n.in(0), perTensorOrAxis(n, 1), type));
    configure(n, layer, 1, 2);
    return {Net::out(layer)};
}

Outputs importDequantizeLinear(Node& n) {
    IDequantizeLayer& layer =
        n.net().made(n.net().raw().addDequantize(n.in(0), perTensorOrAxis(n, 1), n.type(1)));
    configure(n, layer, 1, 2);
    return {Net::out(layer)};
}

// scale = (max(x, 0) - min(x, 0)) / 255, zero = round(-min / scale), y = round(x / scale) + zero
Outputs importDynamicQuantizeLinear(Node& n) {
    Net& net = n.net();
    ITensor& x = n.in(0);
    const uint32_t all = (1U << n.rank(0)) - 1;
    const auto extreme = [&](ReduceOperation reduce, Bin with) -> ITensor& {
        ITensor& m = all != 0 ? net.reduce(x, reduce, all, false) : x;
        return net.binary(m, net.splat(m, 0), with);
    };
    ITensor& low = extreme(ReduceOperation::kMIN, Bin::kMIN);
    ITensor& high = extreme(ReduceOperation::kMAX, Bin::kMAX);
    ITensor& range = net.binary(high, low, Bin::kSUB);
    ITensor& scale = net.binary(range, net.splat(range, 255), Bin::kDIV);
    const auto toByte = [&](ITensor& v) -> ITensor& {
        return net.activation(v, ActivationType::kCLIP, 0, 255);
    };
    ITensor& exact = net.binary(net.unary(low, UnaryOperation::kNEG), scale, Bin::kDIV);
    ITensor& zero = toByte(net.unary(exact, UnaryOperation::kROUND));
    ITensor& steps = net.unary(net.binary(x, scale, Bin::kDIV), UnaryOperation::kROUND);
    ITensor& y = toByte(net.binary(steps, zero, Bin::kSUM));
    return {net.cast(y, DataType::kUINT8), scale, net.cast(zero, DataType::kUINT8)};
}

ITensor& dequantized(Node& n, int x, int scale, int zero) {
    Net& net = n.net();
    IDequantizeLayer& layer =
        net.made(net.raw().addDequantize(n.in(x), perTensorOrAxis(n, scale), n.type(scale)));
    if (const Constant* c = n.constant(zero); n.has(zero) && (c == nullptr || !allZero(*c)))
        layer.setInput(2, perTensorOrAxis(n, zero));
    if (n.dims(scale).nbDims == 1) layer.setAxis(n.rank(x) - 1);
    return Net::out(layer);
}

// quantize(dequantize(a) dequantize(b)): the optimizer may compute it in integers
Outputs importQLinearMatMul(Node& n) {
    Net& net = n.net();
    ITensor& a = dequantized(n, 0, 1, 2);
    ITensor& b = dequantized(n, 3, 4, 5);
    const int rank = std::max(net.rank(a), net.rank(b));
    n.require(std::min(net.rank(a), net.rank(b)) >= 2, "A and B must be matrices");
    ITensor& y = net.matmul(net.ranked(a, rank), MatrixOperation::kNONE, net.ranked(b, rank),
                            MatrixOperation::kNONE);
    IQuantizeLayer& layer = net.made(net.raw().addQuantize(y, perTensorOrAxis(n, 6), n.type(7)));
    if (const Constant* c = n.constant(7); c == nullptr || !allZero(*c))
        layer.setInput(2, perTensorOrAxis(n, 7));
    return {Net::out(layer)};
}

}  // namespace

void registerImporters_quantize(ImporterTable& table) {
    table.add({
        {"DequantizeLinear", importDequantizeLinear, "", 10},
        {"DynamicQuantizeLinear", importDynamicQuantizeLinear, "", 11},
        {"QLinearMatMul", importQLinearMatMul, "", 10},
        {"QuantizeLinear", importQuantizeLinear, "", 10},
    });
}

}  // namespace bireme::onnx_import
