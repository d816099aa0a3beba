// SPDX-License-Identifier: Apache-2.0
// Matrix products, Einsum and Softmax.
#include <algorithm>

#include "parsers/onnx/importer_table.h"
#include "parsers/onnx/quantized.h"

namespace bireme::onnx_import {

namespace {

using Bin = ElementWiseOperation;
using Mat = MatrixOperation;

/// numpy's matmul: leading dimensions broadcast, lists are rows on the left and columns on the
/// right.
ITensor& product(Node& n, const Value& a, const Value& b, Mat opA = Mat::kNONE,
                 Mat opB = Mat::kNONE) {
    Net& net = n.net();
    const int rankA = net.rank(a);
    const int rankB = net.rank(b);
    n.require(rankA > 0 && rankB > 0, "scalars cannot be multiplied as matrices");
    if (rankA == 1) opA = Mat::kVECTOR;
    if (rankB == 1) opB = Mat::kVECTOR;
    const int leading = std::max({rankA - 2, rankB - 2, 0});
    ITensor& x = net.ranked(a, leading + (rankA == 1 ? 1 : 2));
    ITensor& y = net.ranked(b, leading + (rankB == 1 ? 1 : 2));
    return net.matmul(x, opA, y, opB);
}

ITensor& scaled(Node& n, ITensor& x, double factor) {
    return factor == 1.0 ? x : n.net().binary(x, n.net().splat(x, factor), Bin::kPROD);
}

Outputs importMatMul(Node& n) { return {product(n, n.value(0), n.value(1))}; }

Outputs importGemm(Node& n) {
    Net& net = n.net();
    n.require(n.rank(0) == 2 && n.rank(1) == 2, "A and B must be matrices");
    ITensor& y = scaled(n,
                        net.matmul(n.in(0), n.flag("transA") ? Mat::kTRANSPOSE : Mat::kNONE,
                                   n.in(1), n.flag("transB") ? Mat::kTRANSPOSE : Mat::kNONE),
                        n.real("alpha", 1));
    const float beta = n.real("beta", 1);
    if (!n.has(2) || beta == 0) return {y};
    n.require(n.rank(2) <= 2, "C must have at most two dimensions");
    if (beta == 1) return {net.binary(y, n.value(2), Bin::kSUM)};
    return {net.binary(y, scaled(n, n.in(2), beta), Bin::kSUM)};
}

/// transBatch: the matrices' first extent stands before the leading dims instead of behind them.
Value batchesFirst(Node& n, int input, const char* flag) {
    const int rank = n.rank(input);
    if (!n.flag(flag) || rank < 3) return n.value(input);
    std::vector<int64_t> perm;
    for (int i = 1; i < rank - 1; ++i) perm.push_back(i);
    perm.push_back(0);
    perm.push_back(rank - 1);
    return n.net().transpose(n.in(input), perm);
}

Outputs importFusedMatMul(Node& n) {
    ITensor& y = product(n, batchesFirst(n, 0, "transBatchA"), batchesFirst(n, 1, "transBatchB"),
                         n.flag("transA") ? Mat::kTRANSPOSE : Mat::kNONE,
                         n.flag("transB") ? Mat::kTRANSPOSE : Mat::kNONE);
    return {scaled(n, y, n.real("alpha", 1))};
}

Outputs importEinsum(Node& n) {
    std::vector<ITensor*> inputs;
    for (int i = 0; i < n.inputs(); ++i) inputs.push_back(&n.in(i));
    const std::string equation = n.text("equation", "");
    return {Net::out(n.net().made(n.net().raw().addEinsum(
        inputs.data(), static_cast<int32_t>(inputs.size()), equation.c_str())))};
}

ITensor& softmax(Node& n, ITensor& x, int axis, bool log) {
    Net& net = n.net();
    if (log) {
        OperatorAttributes attributes;
        attributes.add("axis", int64_t{axis}).add("log", int64_t{1});
        return Net::out(net.op("softmax", attributes, {&x}));
    }
    ISoftMaxLayer& layer = net.made(net.raw().addSoftMax(x));
    layer.setAxes(1U << axis);
    return Net::out(layer);
}

/// Before opset 13 all dimensions from the axis on are one.
template <bool log>
Outputs importSoftmax(Node& n) {
    Net& net = n.net();
    ITensor& x = n.in(0);
    const int rank = n.rank(0);
    const int64_t given = n.integer("axis", n.opset() < 13 ? 1 : -1);
    if (n.opset() >= 13) return {softmax(n, x, n.axis(given, rank), log)};
    const int axis = given == rank ? rank : n.axis(given, rank);
    const Dims dims = net.dims(x);
    bool single = axis < rank;
    for (int i = axis + 1; i < rank; ++i) single = single && dims.d[i] == 1;
    if (single) return {softmax(n, x, axis, log)};
    Dims flat = filled(axis + 1, 0);
    flat.d[axis] = axis == rank ? 1 : -1;
    return {net.reshape(softmax(n, net.reshape(x, flat), axis, log), net.extents(x))};
}

/// A zero point as the op of bytes takes it, where it is one value or a list.
bool zeroFits(Node& n, int i) { return !n.has(i) || n.rank(i) <= 1; }

/// All in FLOAT, which is exact up to sums of 2^24; zero points broadcast.
Outputs centredProduct(Node& n) {
    Net& net = n.net();
    const auto centred = [&](int input, int zero, bool rows) -> ITensor& {
        ITensor& x = net.cast(n.in(input), DataType::kFLOAT);
        if (!n.has(zero)) return x;
        ITensor* z = &net.cast(n.in(zero), DataType::kFLOAT);
        if (rows && net.rank(*z) == 1) z = &net.unsqueeze(*z, {1});
        return net.binary(x, *z, Bin::kSUB);
    };
    ITensor& y = product(n, centred(0, 2, true), centred(1, 3, false));
    return {net.cast(y, DataType::kINT32)};
}

Outputs importMatMulInteger(Node& n) {
    if (!zeroFits(n, 2) || !zeroFits(n, 3) || n.rank(0) < 2 || n.rank(1) < 2)
        return centredProduct(n);
    return {integerProduct(n, 0, 1, 2, 3)};
}

}  // namespace

void registerImporters_linear(ImporterTable& table) {
    table.add({
        {"Einsum", importEinsum, "", 12},
        {"FusedMatMul", importFusedMatMul, "com.microsoft"},
        {"TransposeMatMul", importFusedMatMul, "com.microsoft"},
        {"Gemm", importGemm},
        {"LogSoftmax", importSoftmax<true>},
        {"MatMul", importMatMul},
        {"MatMulInteger", importMatMulInteger, "", 10},
        {"Softmax", importSoftmax<false>},
    });
}

}  // namespace bireme::onnx_import
