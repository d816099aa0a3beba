// SPDX-License-Identifier: Apache-2.0
// BatchNorm, LRN and Softmax.
#include <cmath>

#include "parsers/uff/importer_table.h"

namespace bireme::uff_import {

namespace {

/// [C] as [1, C, 1, ...] of `rank`.
ITensor& perChannel(Node& n, ITensor& v, size_t rank) {
    Shape dims(rank, 1);
    dims[1] = -1;
    return n.net().reshape(v, dims);
}

Value importBatchNorm(Node& n) {
    Net& net = n.net();
    n.require(n.count() == 5, "it has " + std::to_string(n.count()) + " inputs, not 5");
    const size_t rank = n.rank(0);
    n.require(rank >= 2, "its input has the shape " + toText(n.dims(0)) + " without channels");
    const double epsilon = n.real("epsilon", 1e-3);
    Axes order = n.order(0, rank).value_or(rank == 2 ? identityAxes(2) : channelsFirst(rank));
    ITensor& x = net.arranged(n.in(0), order);
    const int64_t channels = net.dims({x})[1];
    std::vector<double> p[4];
    bool constant = true;
    for (size_t i = 0; i < 4; ++i) {
        const Shape have = n.dims(i + 1);
        n.require(have.size() == 1 && (channels < 0 || have[0] == channels),
                  "input " + std::to_string(i + 1) + " has the shape " + toText(have) +
                      ", its data has " + std::to_string(channels) + " channels");
        const Constant* c = net.known(n.in(i + 1));
        constant = constant && c != nullptr;
        if (c != nullptr) p[i] = toReals(*c);
    }
    if (!constant) {
        ITensor& variance = net.logical(n.in(4));
        ITensor& deviation = net.unary(
            net.binary(variance, net.splat(variance, epsilon), ElementWiseOperation::kSUM),
            UnaryOperation::kSQRT);
        ITensor& scale = net.binary(net.logical(n.in(1)), deviation, ElementWiseOperation::kDIV);
        ITensor& shift =
            net.binary(net.logical(n.in(2)),
                       net.binary(net.logical(n.in(3)), scale, ElementWiseOperation::kPROD),
                       ElementWiseOperation::kSUB);
        ITensor& scaled = net.binary(x, perChannel(n, scale, rank), ElementWiseOperation::kPROD);
        return {net.binary(scaled, perChannel(n, shift, rank), ElementWiseOperation::kSUM), order};
    }
    const size_t count = p[0].size();
    std::vector<double> scale(count);
    std::vector<double> shift(count);
    for (size_t c = 0; c < count; ++c) {
        scale[c] = p[0][c] / std::sqrt(p[3][c] + epsilon);
        shift[c] = p[1][c] - p[2][c] * scale[c];
    }
    const DataType type = x.getType();
    Shape dims(rank, 1);
    dims[1] = static_cast<int64_t>(count);
    if (rank < 4) {
        ITensor& a = net.tensor(Value(net.pool().reals(type, dims, scale)));
        ITensor& b = net.tensor(Value(net.pool().reals(type, dims, shift)));
        return {net.binary(net.binary(x, a, ElementWiseOperation::kPROD), b,
                           ElementWiseOperation::kSUM),
                order};
    }
    const Constant* a = net.pool().reals(type, {dims[1]}, scale);
    const Constant* b = net.pool().reals(type, {dims[1]}, shift);
    return {net.out(net.made(net.raw().addScaleNd(x, ScaleMode::kCHANNEL, b->weights(),
                                                  a->weights(), Weights{type, nullptr, 0}, 1))),
            order};
}

Value importLrn(Node& n) {
    Net& net = n.net();
    const size_t rank = n.rank(0);
    n.require(rank == 4, "its input has the shape " + toText(n.dims(0)) + ", not four dimensions");
    // TensorFlow's LRN runs over the last dimension, whatever order the file declares.
    n.has("inputs_orders");
    const Axes where = channelsFirst(rank);
    const int64_t radius = n.integer("window_size", 5);
    n.require(radius >= 0 && radius < (1 << 20), "window_size is " + std::to_string(radius));
    const int64_t window = 2 * radius + 1;
    const double alpha = n.real("alpha", 1) * static_cast<double>(window);
    ILRNLayer* layer = net.raw().addLRN(
        net.arranged(n.in(0), where), window, static_cast<float>(alpha),
        static_cast<float>(n.real("beta", 0.5)), static_cast<float>(n.real("k", 1)));
    return {net.out(net.made(layer)), where};
}

Value importSoftmax(Node& n) {
    Net& net = n.net();
    const size_t rank = n.rank(0);
    n.require(rank >= 1, "its input is a scalar");
    n.has("axis");  // written as 0 whatever the graph had: TensorFlow's runs over the last axis
    n.has("inputs_orders");
    ISoftMaxLayer& layer = net.made(net.raw().addSoftMax(net.tensor(n.in(0))));
    layer.setAxes(1U << Net::axisOf(n.in(0), static_cast<int>(rank) - 1));
    return {net.out(layer), n.in(0).where};
}

}  // namespace

void registerImporters_normalization(ImporterTable& table) {
    table.add({
        {"BatchNorm", importBatchNorm, "per channel, with stored mean and variance",
         OrderRole::kTells},
        {"LRN", importLrn,
         "x / (k + alpha sum of squares over 2 window_size + 1 channels) ^ beta; the channels are "
         "the last dimension",
         OrderRole::kKeeps},
        {"Softmax", importSoftmax, "over the last dimension; the field axis is not used",
         OrderRole::kKeeps},
    });
}

}  // namespace bireme::uff_import
