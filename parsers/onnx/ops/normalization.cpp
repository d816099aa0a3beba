// SPDX-License-Identifier: Apache-2.0
// Batch, instance, group, layer and other normalisations.
#include <cmath>

#include "parsers/onnx/importer_table.h"

namespace bireme::onnx_import {

namespace {

using Bin = ElementWiseOperation;
using Red = ReduceOperation;
using Un = UnaryOperation;

/// [C] as [1, C, 1, ...] of `rank`.
ITensor& perChannel(Node& n, const Value& v, int rank) {
    Net& net = n.net();
    const Dims have = net.dims(v);
    n.require(have.nbDims == 1, "scale and bias must be lists of one value per channel");
    if (rank == 1) return net.tensor(v);
    if (v.constant != nullptr) {
        Dims dims = filled(rank, 1);
        dims.d[1] = have.d[0];
        return net.tensor(net.pool().reshaped(*v.constant, dims));
    }
    std::vector<int64_t> axes{0};
    for (int i = 2; i < rank; ++i) axes.push_back(i);
    return net.unsqueeze(*v.tensor, axes);
}

/// Constant parameters become one scale and one shift per channel.
Outputs foldedBatchNorm(Node& n, ITensor& x, double epsilon) {
    ConstantPool& pool = n.net().pool();
    const std::vector<double> gamma = toReals(*n.constant(1));
    const std::vector<double> beta = toReals(*n.constant(2));
    const std::vector<double> mean = toReals(*n.constant(3));
    const std::vector<double> variance = toReals(*n.constant(4));
    const size_t channels = gamma.size();
    n.require(beta.size() == channels && mean.size() == channels && variance.size() == channels,
              "scale, bias, mean and variance have different lengths");
    std::vector<double> scale(channels);
    std::vector<double> shift(channels);
    for (size_t c = 0; c < channels; ++c) {
        scale[c] = gamma[c] / std::sqrt(variance[c] + epsilon);
        shift[c] = beta[c] - mean[c] * scale[c];
    }
    const Dims dims{1, {static_cast<int64_t>(channels)}};
    const DataType type = x.getType();
    const Constant* a = pool.makeReals({}, type, dims, scale);
    const Constant* b = pool.makeReals({}, type, dims, shift);
    return {Net::out(n.net().made(n.net().raw().addScaleNd(
        x, ScaleMode::kCHANNEL, b->weights(), a->weights(), Weights{type, nullptr, 0}, 1)))};
}

/// With the batch's own statistics; outputs 1 and 2 are the running ones.
Outputs trainingBatchNorm(Node& n, double epsilon) {
    Net& net = n.net();
    ITensor& x = n.in(0);
    const int rank = n.rank(0);
    const uint32_t axes = ((1U << rank) - 1) & ~2U;
    ITensor& mean = net.reduce(x, Red::kAVG, axes, false);
    ITensor& centred = net.binary(x, perChannel(n, mean, rank), Bin::kSUB);
    ITensor& variance =
        net.reduce(net.binary(centred, centred, Bin::kPROD), Red::kAVG, axes, false);
    ITensor& deviation =
        net.unary(net.binary(variance, net.splat(variance, epsilon), Bin::kSUM), Un::kSQRT);
    ITensor& scale = net.binary(net.cast(n.in(1), x.getType()), deviation, Bin::kDIV);
    ITensor& scaled = net.binary(centred, perChannel(n, scale, rank), Bin::kPROD);
    ITensor& bias = net.cast(n.in(2), x.getType());
    const double momentum = n.real("momentum", 0.9F);
    const auto running = [&](int input, ITensor& now) -> ITensor& {
        ITensor& old = n.in(input);
        ITensor& fresh = net.cast(now, old.getType());
        return net.binary(net.binary(old, net.splat(old, momentum), Bin::kPROD),
                          net.binary(fresh, net.splat(fresh, 1 - momentum), Bin::kPROD), Bin::kSUM);
    };
    return {net.binary(scaled, perChannel(n, bias, rank), Bin::kSUM), running(3, mean),
            running(4, variance)};
}

Outputs importBatchNormalization(Node& n) {
    Net& net = n.net();
    const double epsilon = n.real("epsilon", 1e-5F);
    if (n.flag("training_mode")) return trainingBatchNorm(n, epsilon);
    n.require(n.opset() >= 9 || n.flag("spatial", true), "spatial = 0 is not supported",
              ErrorCode::kUNSUPPORTED_NODE_ATTR);
    ITensor& x = n.in(0);
    const int rank = n.rank(0);
    n.require(rank >= 2, "x needs a batch and a channel dimension");
    bool constant = true;
    for (int i = 1; i < 5; ++i) constant = constant && n.constant(i) != nullptr;
    if (constant) return foldedBatchNorm(n, x, epsilon);
    ITensor& variance = n.in(4);
    ITensor& deviation =
        net.unary(net.binary(variance, net.splat(variance, epsilon), Bin::kSUM), Un::kSQRT);
    ITensor& scale = net.binary(n.value(1), deviation, Bin::kDIV);
    ITensor& shift = net.binary(n.value(2), net.binary(n.value(3), scale, Bin::kPROD), Bin::kSUB);
    ITensor& scaled = net.binary(x, perChannel(n, scale, rank), Bin::kPROD);
    return {net.binary(scaled, perChannel(n, shift, rank), Bin::kSUM)};
}

ITensor& normalize(Node& n, ITensor& x, ITensor& scale, ITensor& bias, uint32_t axes, float epsilon,
                   int64_t groups = 1) {
    INormalizationLayer& layer =
        n.net().made(n.net().raw().addNormalizationV2(x, scale, bias, axes));
    layer.setEpsilon(epsilon);
    layer.setNbGroups(groups);
    return Net::out(layer);
}

Outputs importInstanceNormalization(Node& n) {
    const int rank = n.rank(0);
    n.require(rank >= 3, "x has no spatial extents");
    return {normalize(n, n.in(0), perChannel(n, n.value(1), rank), perChannel(n, n.value(2), rank),
                      ((1U << rank) - 1) & ~3U, n.real("epsilon", 1e-5F))};
}

/// Up to opset 20 one value per group: repeated for each channel of its group.
Value spreadOverChannels(Node& n, int input, int64_t channels, int64_t groups) {
    const Value& v = n.value(input);
    const int64_t have = n.dims(input).d[0];
    if (have == channels || n.opset() >= 21) return v;
    n.require(have == groups && channels % groups == 0, "scale and bias need one value per group");
    ITensor& column = n.net().unsqueeze(n.in(input), {1});
    ITensor& shape = n.net().integers({groups, channels / groups});
    ITensor& wide = Net::out(n.net().op("expand", {}, {&column, &shape}));
    return n.net().reshape(wide, Extents{channels});
}

Outputs importGroupNormalization(Node& n) {
    const int rank = n.rank(0);
    const int64_t channels = n.dims(0).d[1];
    const int64_t groups = n.integer("num_groups", 0);
    n.require(rank >= 3 && channels > 0, "the number of channels must be known");
    n.require(groups > 0 && channels % groups == 0, "num_groups must divide the channels");
    const Value scale = spreadOverChannels(n, 1, channels, groups);
    const Value bias = spreadOverChannels(n, 2, channels, groups);
    return {normalize(n, n.in(0), perChannel(n, scale, rank), perChannel(n, bias, rank),
                      ((1U << rank) - 1) & ~3U, n.real("epsilon", 1e-5F), groups)};
}

uint32_t trailing(int axis, int rank) { return ((1U << rank) - 1) & ~((1U << axis) - 1); }

Outputs importLayerNormalization(Node& n) {
    Net& net = n.net();
    ITensor& x = n.in(0);
    const int rank = n.rank(0);
    const int axis = n.axis(n.integer("axis", -1), rank);
    ITensor& scale = net.ranked(n.value(1), rank);
    ITensor& bias = n.has(2) ? net.ranked(n.value(2), rank) : net.splat(x, 0);
    const float epsilon = n.real("epsilon", 1e-5F);
    const uint32_t axes = trailing(axis, rank);
    Outputs out{normalize(n, x, scale, bias, axes, epsilon)};
    if (!n.wants(1) && !n.wants(2)) return out;
    ITensor& wide = net.cast(x, DataType::kFLOAT);
    ITensor& mean = net.reduce(wide, Red::kAVG, axes, true);
    ITensor& centred = net.binary(wide, mean, Bin::kSUB);
    ITensor& variance = net.reduce(net.binary(centred, centred, Bin::kPROD), Red::kAVG, axes, true);
    ITensor& deviation =
        net.unary(net.binary(variance, net.splat(variance, epsilon), Bin::kSUM), Un::kSQRT);
    out.emplace_back(mean);
    out.emplace_back(net.unary(deviation, Un::kRECIP));
    return out;
}

ITensor& rootMeanSquareNorm(Node& n, ITensor& x, int axis, float epsilon, const Value& scale) {
    Net& net = n.net();
    ITensor& wide = net.cast(x, DataType::kFLOAT);
    ITensor& mean = net.reduce(net.binary(wide, wide, Bin::kPROD), Red::kAVG,
                               trailing(axis, net.rank(x)), true);
    ITensor& root = net.unary(net.binary(mean, net.splat(mean, epsilon), Bin::kSUM), Un::kSQRT);
    ITensor& unit = net.cast(net.binary(wide, root, Bin::kDIV), x.getType());
    return net.binary(unit, scale, Bin::kPROD);
}

Outputs importRmsNormalization(Node& n) {
    const int axis = n.axis(n.integer("axis", -1), n.rank(0));
    return {rootMeanSquareNorm(n, n.in(0), axis, n.real("epsilon", 1e-5F), n.value(1))};
}

// com.microsoft: the same of the sum of two tensors; output 3 is the sum.
Outputs importSkipSimplifiedLayerNormalization(Node& n) {
    Net& net = n.net();
    ITensor* sum = &net.binary(n.value(0), n.value(1), Bin::kSUM);
    if (n.has(3)) sum = &net.binary(*sum, n.value(3), Bin::kSUM);
    const int rank = net.rank(*sum);
    ITensor& y = rootMeanSquareNorm(n, *sum, rank - 1, n.real("epsilon", 1e-12F), n.value(2));
    return {y, {}, {}, *sum};
}

// com.microsoft: layer normalisation of the sum of two tensors; output 3 is the sum.
Outputs importSkipLayerNormalization(Node& n) {
    Net& net = n.net();
    ITensor* sum = &net.binary(n.value(0), n.value(1), Bin::kSUM);
    if (n.has(4)) sum = &net.binary(*sum, n.value(4), Bin::kSUM);
    const int rank = net.rank(*sum);
    ITensor& scale = net.ranked(n.value(2), rank);
    ITensor& bias = n.has(3) ? net.ranked(n.value(3), rank) : net.splat(*sum, 0);
    ITensor& y = normalize(n, *sum, scale, bias, 1U << (rank - 1), n.real("epsilon", 1e-12F));
    return {y, {}, {}, *sum};
}

// x / |x|, and 0 where the norm is 0
Outputs importLpNormalization(Node& n) {
    Net& net = n.net();
    ITensor& x = n.in(0);
    const uint32_t axis = 1U << n.axis(n.integer("axis", -1), n.rank(0));
    const int64_t p = n.integer("p", 2);
    n.require(p == 1 || p == 2, "p must be 1 or 2");
    ITensor* norm = nullptr;
    if (p == 1) {
        norm = &net.reduce(net.unary(x, Un::kABS), Red::kSUM, axis, true);
    } else {
        norm =
            &net.unary(net.reduce(net.binary(x, x, Bin::kPROD), Red::kSUM, axis, true), Un::kSQRT);
    }
    ITensor& isZero = net.binary(*norm, net.splat(*norm, 0), Bin::kEQUAL);
    return {net.binary(x, net.select(isZero, net.splat(*norm, 1), *norm), Bin::kDIV)};
}

// (x - mean) / (sqrt(variance) + 1e-9), as ONNX defines it
Outputs importMeanVarianceNormalization(Node& n) {
    Net& net = n.net();
    ITensor& x = n.in(0);
    std::vector<int64_t> axes = n.integers("axes");
    if (axes.empty()) axes = {0, 2, 3};
    const uint32_t mask = Node::mask(n.axes(axes, n.rank(0)));
    ITensor& centred = net.binary(x, net.reduce(x, Red::kAVG, mask, true), Bin::kSUB);
    ITensor& variance = net.reduce(net.binary(centred, centred, Bin::kPROD), Red::kAVG, mask, true);
    ITensor& deviation = net.unary(variance, Un::kSQRT);
    return {net.binary(centred, net.binary(deviation, net.splat(x, 1e-9), Bin::kSUM), Bin::kDIV)};
}

Outputs importLrn(Node& n) {
    const int64_t size = n.integer("size", 0);
    n.require(size > 0, "size must be positive");
    return {Net::out(n.net().made(n.net().raw().addLRN(n.in(0), size, n.real("alpha", 1e-4F),
                                                       n.real("beta", 0.75F), n.real("bias", 1))))};
}

}  // namespace

void registerImporters_normalization(ImporterTable& table) {
    table.add({
        {"BatchNormalization", importBatchNormalization},
        {"GroupNormalization", importGroupNormalization, "", 18},
        {"InstanceNormalization", importInstanceNormalization},
        {"LRN", importLrn},
        {"LayerNormalization", importLayerNormalization, "", 1},
        {"LpNormalization", importLpNormalization},
        {"MeanVarianceNormalization", importMeanVarianceNormalization, "", 9},
        {"RMSNormalization", importRmsNormalization, "", 23},
        {"SimplifiedLayerNormalization", importRmsNormalization},
        {"SimplifiedLayerNormalization", importRmsNormalization, "com.microsoft"},
        {"SkipSimplifiedLayerNormalization", importSkipSimplifiedLayerNormalization,
         "com.microsoft"},
        {"SkipLayerNormalization", importSkipLayerNormalization, "com.microsoft"},
    });
}

}  // namespace bireme::onnx_import
