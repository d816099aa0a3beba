// SPDX-License-Identifier: Apache-2.0
// Losses, as exported evaluation graphs hold them.
#include "parsers/onnx/importer_table.h"

namespace bireme::onnx_import {

namespace {

using Bin = ElementWiseOperation;

ITensor& reducedLoss(Node& n, ITensor& loss, ITensor* weights) {
    Net& net = n.net();
    const std::string reduction = n.text("reduction", "mean");
    const uint32_t all = (1U << net.rank(loss)) - 1;
    const auto sum = [&](ITensor& x) -> ITensor& {
        return all == 0 ? x : net.reduce(x, ReduceOperation::kSUM, all, false);
    };
    if (reduction == "none") return loss;
    if (reduction == "sum") return sum(loss);
    if (reduction != "mean")
        n.refuse("reduction \"" + reduction + "\" is unknown", ErrorCode::kUNSUPPORTED_NODE_ATTR);
    if (weights == nullptr)
        return all == 0 ? loss : net.reduce(loss, ReduceOperation::kAVG, all, false);
    return net.binary(sum(loss), sum(*weights), Bin::kDIV);
}

// -w[target] * x[target] along axis 1; a target that is ignored weighs nothing
ITensor& negativeLogLikelihood(Node& n, ITensor& x) {
    Net& net = n.net();
    n.require(n.rank(0) >= 2 && n.rank(1) == n.rank(0) - 1,
              "the target must have the rank of x without the classes");
    ITensor* target = &n.in(1);
    ITensor* ignored = nullptr;
    if (n.hasAttribute("ignore_index")) {
        const auto index = static_cast<double>(n.integer("ignore_index", 0));
        ignored = &net.binary(*target, net.splat(*target, index), Bin::kEQUAL);
        target = &net.select(*ignored, net.splat(*target, 0), *target);
    }
    IGatherLayer& gather =
        net.made(net.raw().addGatherV2(x, net.unsqueeze(*target, {1}), GatherMode::kELEMENT));
    gather.setGatherAxis(1);
    ITensor& picked = net.squeeze(Net::out(gather), {1});
    ITensor* loss = &net.unary(picked, UnaryOperation::kNEG);
    ITensor* weights = n.has(2) ? &net.gather(n.in(2), *target, 0) : nullptr;
    if (ignored != nullptr) {
        const int rank = net.rank(*loss);
        const Value one = weights != nullptr ? Value(*weights) : net.splat(x.getType(), rank, 1);
        weights = &net.select(*ignored, net.splat(x.getType(), rank, 0), one);
        // No product with 0: the result there may be infinite.
        loss = &net.select(*ignored, net.splat(x.getType(), rank, 0), *loss);
    }
    if (weights != nullptr) loss = &net.binary(*loss, *weights, Bin::kPROD);
    return reducedLoss(n, *loss, weights);
}

Outputs importNegativeLogLikelihoodLoss(Node& n) { return {negativeLogLikelihood(n, n.in(0))}; }

Outputs importSoftmaxCrossEntropyLoss(Node& n) {
    OperatorAttributes attributes;
    attributes.add("axis", int64_t{1}).add("log", int64_t{1});
    ITensor& logs = Net::out(n.net().op("softmax", attributes, {&n.in(0)}));
    return {negativeLogLikelihood(n, logs), logs};
}

}  // namespace

void registerImporters_loss(ImporterTable& table) {
    table.add({
        {"NegativeLogLikelihoodLoss", importNegativeLogLikelihoodLoss, "", 12},
        {"SoftmaxCrossEntropyLoss", importSoftmaxCrossEntropyLoss, "", 12},
    });
}

}  // namespace bireme::onnx_import
