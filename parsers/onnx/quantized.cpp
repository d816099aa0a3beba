// SPDX-License-Identifier: Apache-2.0
#include "parsers/onnx/quantized.h"

#include <algorithm>

namespace bireme::onnx_import {

bool allZero(const Constant& constant) {
    const std::vector<int64_t> values = toIntegers(constant);
    return std::all_of(values.begin(), values.end(), [](int64_t v) { return v == 0; });
}

ITensor& perTensorOrAxis(Node& n, int i) {
    const Dims d = n.dims(i);
    return d.nbDims == 1 && d.d[0] == 1 ? n.net().reshape(n.in(i), Dims{}) : n.in(i);
}

namespace {

bool needsZero(const Node& n, int zero) {
    const Constant* c = n.constant(zero);
    return n.has(zero) && (c == nullptr || !allZero(*c));
}

}  // namespace

ITensor& dequantized(Node& n, int x, int scale, int zero) {
    Net& net = n.net();
    IDequantizeLayer& layer =
        net.made(net.raw().addDequantize(n.in(x), perTensorOrAxis(n, scale), n.type(scale)));
    if (needsZero(n, zero)) layer.setInput(2, perTensorOrAxis(n, zero));
    if (n.dims(scale).nbDims == 1) layer.setAxis(n.rank(x) - 1);
    return Net::out(layer);
}

ITensor* zeroPoint(Node& n, int i) {
    return n.has(i) ? &n.net().cast(n.in(i), DataType::kINT32) : nullptr;
}

ITensor& integerProduct(Node& n, int a, int b, int zeroA, int zeroB) {
    Net& net = n.net();
    const int rank = std::max(n.rank(a), n.rank(b));
    return Net::out(net.op("integer_matrix_multiply", {},
                           {&net.ranked(n.value(a), rank), &net.ranked(n.value(b), rank),
                            zeroPoint(n, zeroA), zeroPoint(n, zeroB)}));
}

ITensor& requantized(Node& n, ITensor& sums, ITensor& scaleA, ITensor& scaleB, int scale,
                     int zero) {
    Net& net = n.net();
    using Bin = ElementWiseOperation;
    const auto real = [&](ITensor& x) -> ITensor& { return net.cast(x, DataType::kFLOAT); };
    ITensor& factor = net.binary(net.binary(real(scaleA), real(scaleB), Bin::kPROD),
                                 real(n.in(scale)), Bin::kDIV);
    ITensor& steps = net.unary(net.binary(real(sums), factor, Bin::kPROD), UnaryOperation::kROUND);
    ITensor& y = net.binary(steps, real(n.in(zero)), Bin::kSUM);
    const bool isSigned = n.type(zero) == DataType::kINT8;
    return net.cast(net.activation(y, ActivationType::kCLIP, isSigned ? -128.0F : 0.0F,
                                   isSigned ? 127.0F : 255.0F),
                    n.type(zero));
}

ITensor& quantized(Node& n, ITensor& y, int scale, int zero, DataType missing) {
    Net& net = n.net();
    const DataType type = n.has(zero) ? n.type(zero) : missing;
    IQuantizeLayer& layer = net.made(net.raw().addQuantize(y, perTensorOrAxis(n, scale), type));
    if (needsZero(n, zero)) layer.setInput(2, perTensorOrAxis(n, zero));
    return Net::out(layer);
}

}  // namespace bireme::onnx_import
