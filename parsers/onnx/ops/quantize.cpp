// SPDX-License-Identifier: Apache-2.0
// QuantizeLinear, DequantizeLinear and operators made of them.
#include <algorithm>

#include "parsers/onnx/element.h"
#include "parsers/onnx/importer_table.h"
#include "parsers/onnx/quantized.h"

namespace bireme::onnx_import {

namespace {

using Bin = ElementWiseOperation;

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

/// A scale or zero point of one value per block, repeated to the extent of x.
ITensor& spread(Node& n, int input, DataType type) {
    Net& net = n.net();
    const int rank = n.rank(0);
    const int axis = n.axis(n.integer("axis", 1), rank);
    const int64_t block = n.integer("block_size", 0);
    ITensor& part = net.unsqueeze(net.cast(n.in(input), type), {axis + 1});
    Extents wide = net.extents(n.value(input));
    Extents flat = wide;
    flat[static_cast<size_t>(axis)] = net.mul(flat[static_cast<size_t>(axis)], block);
    wide.insert(wide.begin() + axis + 1, Extent(block));
    ITensor& repeated = Net::out(net.op("expand", {}, {&part, &net.shapeTensor(wide)}));
    ITensor& all = net.reshape(repeated, flat);
    const Extent extent = net.extent(n.value(0), axis);
    return net.slice(all, {axis}, {Extent(0)}, {extent}, {1});
}

bool byBlocks(Node& n) { return n.integer("block_size", 0) > 0 && n.rank(1) == n.rank(0); }

// (x - zero) * scale
Outputs dequantizeBlocks(Node& n, DataType type) {
    Net& net = n.net();
    ITensor* x = &net.cast(n.in(0), type);
    if (n.has(2)) x = &net.binary(*x, spread(n, 2, type), Bin::kSUB);
    return {net.binary(*x, spread(n, 1, type), Bin::kPROD)};
}

// saturate(round(x / scale) + zero)
Outputs quantizeBlocks(Node& n, DataType to) {
    Net& net = n.net();
    float low = 0;
    float high = 0;
    switch (to) {
        case DataType::kUINT8: high = 255; break;
        case DataType::kINT8: low = -128, high = 127; break;
        case DataType::kUINT16: high = 65535; break;
        case DataType::kINT16: low = -32768, high = 32767; break;
        case DataType::kINT4: low = -8, high = 7; break;
        case DataType::kUINT4: high = 15; break;
        case DataType::kINT2: low = -2, high = 1; break;
        case DataType::kUINT2: high = 3; break;
        default: n.refuse("quantisation by blocks to this type is not supported");
    }
    ITensor& x = net.cast(n.in(0), DataType::kFLOAT);
    ITensor& steps = net.binary(x, spread(n, 1, DataType::kFLOAT), Bin::kDIV);
    ITensor* y = &net.unary(steps, UnaryOperation::kROUND);
    if (n.has(2)) y = &net.binary(*y, spread(n, 2, DataType::kFLOAT), Bin::kSUM);
    return {net.cast(net.activation(*y, ActivationType::kCLIP, low, high), to)};
}

Outputs quantizeTo(Node& n, DataType type) {
    if (byBlocks(n)) return quantizeBlocks(n, type);
    IQuantizeLayer& layer =
        n.net().made(n.net().raw().addQuantize(n.in(0), perTensorOrAxis(n, 1), type));
    configure(n, layer, 1, 2);
    return {Net::out(layer)};
}

Outputs importQuantizeLinear(Node& n) {
    DataType type = DataType::kUINT8;
    if (n.has(2))
        type = n.type(2);
    else if (const int64_t to = n.integer("output_dtype", 0); to != 0)
        type = dataTypeOf(static_cast<ElementType>(to), "output_dtype");
    n.require(n.integer("saturate", 1) != 0 || isInteger(type) || elementBits(type) < 8,
              "only saturate = 1 is supported", ErrorCode::kUNSUPPORTED_NODE_ATTR);
    return quantizeTo(n, type);
}

// TensorRT's domain: the type is in the name.
template <DataType type>
Outputs importTypedQuantize(Node& n) {
    return quantizeTo(n, type);
}

Outputs importDequantizeLinear(Node& n) {
    DataType type = n.type(1);
    if (const int64_t to = n.integer("output_dtype", 0); to != 0)
        type = dataTypeOf(static_cast<ElementType>(to), "output_dtype");
    if (byBlocks(n)) return dequantizeBlocks(n, type);
    IDequantizeLayer& layer =
        n.net().made(n.net().raw().addDequantize(n.in(0), perTensorOrAxis(n, 1), type));
    configure(n, layer, 1, 2);
    return {Net::out(layer)};
}

// TensorRT's domain: weights of FP8 may be stored as bytes.
Outputs importTypedDequantize(Node& n) {
    const Constant* c = n.constant(0);
    if (n.op() != "TRT_FP8DequantizeLinear" || c == nullptr || elementBits(c->type) != 8 ||
        !isInteger(c->type))
        return importDequantizeLinear(n);
    std::vector<Value> inputs{
        n.net().pool().borrow({DataType::kFP8, c->values, c->count}, c->dims)};
    for (int i = 1; i < n.inputs(); ++i) inputs.push_back(n.has(i) ? n.value(i) : Value{});
    Node typed(n.proto(), std::move(inputs), 1, n.opset(), n.net());
    return importDequantizeLinear(typed);
}

// scale = (max(x, 0) - min(x, 0)) / 255 (1 where that is 0), zero = round(-min / scale),
// y = saturate(round(x / scale) + zero)
Outputs importDynamicQuantizeLinear(Node& n) {
    Net& net = n.net();
    ITensor& x = n.in(0);
    const uint32_t all = (1U << n.rank(0)) - 1;
    const auto extreme = [&](ReduceOperation reduce, Bin with) -> ITensor& {
        ITensor& m = all != 0 ? net.reduce(x, reduce, all, false) : x;
        return net.binary(m, net.splat(m, 0), with);
    };
    ITensor& low = extreme(ReduceOperation::kMIN, Bin::kMIN);
    ITensor& range = net.binary(extreme(ReduceOperation::kMAX, Bin::kMAX), low, Bin::kSUB);
    ITensor& flat = net.binary(range, net.splat(range, 0), Bin::kEQUAL);
    ITensor& scale =
        net.select(flat, net.splat(range, 1), net.binary(range, net.splat(range, 255), Bin::kDIV));
    ITensor& exact = net.binary(net.unary(low, UnaryOperation::kNEG), scale, Bin::kDIV);
    ITensor& steps =
        net.activation(net.unary(exact, UnaryOperation::kROUND), ActivationType::kCLIP, 0, 255);
    ITensor& zero = net.cast(steps, DataType::kUINT8);
    IQuantizeLayer& layer = net.made(net.raw().addQuantize(x, scale, DataType::kUINT8));
    layer.setInput(2, zero);
    return {Net::out(layer), scale, zero};
}

/// Whether bytes are multiplied, with one scale for a and y and one or a list for b.
bool multipliesBytes(Node& n) {
    const auto one = [&](int i) {
        return n.rank(i) == 0 || (n.rank(i) == 1 && n.dims(i).d[0] == 1);
    };
    bool fits = one(1) && one(2) && n.rank(4) <= 1 && n.rank(5) <= 1 && one(6) && one(7);
    for (int i : {0, 3})
        fits = fits && n.rank(i) >= 2 && elementBits(n.type(i)) == 8 && isInteger(n.type(i));
    return fits;
}

// Of bytes as sums of integers, else as quantize(dequantize(a) dequantize(b)).
Outputs importQLinearMatMul(Node& n) {
    Net& net = n.net();
    if (multipliesBytes(n))
        return {requantized(n, integerProduct(n, 0, 3, 2, 5), n.in(1), n.in(4), 6, 7)};
    ITensor& a = dequantized(n, 0, 1, 2);
    ITensor& b = dequantized(n, 3, 4, 5);
    const int rank = std::max(net.rank(a), net.rank(b));
    n.require(std::min(net.rank(a), net.rank(b)) >= 2, "A and B must be matrices");
    ITensor& y = net.matmul(net.ranked(a, rank), MatrixOperation::kNONE, net.ranked(b, rank),
                            MatrixOperation::kNONE);
    return {quantized(n, y, 6, 7)};
}

}  // namespace

void registerImporters_quantize(ImporterTable& table) {
    table.add({
        {"DequantizeLinear", importDequantizeLinear, "", 10},
        {"DequantizeLinear", importDequantizeLinear, "com.microsoft"},
        {"DynamicQuantizeLinear", importDynamicQuantizeLinear, "", 11},
        {"QLinearMatMul", importQLinearMatMul, "", 10},
        {"QuantizeLinear", importQuantizeLinear, "", 10},
        {"QuantizeLinear", importQuantizeLinear, "com.microsoft"},
        {"TRT_FP8DequantizeLinear", importTypedDequantize, "trt"},
        {"TRT_FP8QuantizeLinear", importTypedQuantize<DataType::kFP8>, "trt"},
        {"TRT_INT4DequantizeLinear", importTypedDequantize, "trt"},
        {"TRT_INT4QuantizeLinear", importTypedQuantize<DataType::kINT4>, "trt"},
    });
}

}  // namespace bireme::onnx_import
