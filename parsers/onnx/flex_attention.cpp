// SPDX-License-Identifier: Apache-2.0
// FlexAttention: attention whose scores and probabilities pass through graphs of the model's own,
// which become part of the graph around it.
#include <cmath>

#include "parsers/onnx/graph_import.h"

namespace bireme::onnx_import {

namespace {

using Bin = ElementWiseOperation;
using Mat = MatrixOperation;

/// Every head `times` times, one after the other: [B, H, S, D] to [B, H * times, S, D].
ITensor& repeatedHeads(Net& net, ITensor& x, int64_t times) {
    if (times == 1) return x;
    Extents wide = net.extents(x);
    Extents flat = wide;
    flat[1] = net.mul(flat[1], times);
    wide.insert(wide.begin() + 2, Extent(times));
    ITensor& apart = net.unsqueeze(x, {2});
    return net.reshape(Net::out(net.op("expand", {}, {&apart, &net.shapeTensor(wide)})), flat);
}

ITensor& scaled(Net& net, ITensor& x, double factor) {
    return net.binary(x, net.splat(x, factor), Bin::kPROD);
}

}  // namespace

ITensor* GraphImport::modified(Node& n, std::string_view attribute, ITensor& x, Scope& scope) {
    const AttributeProto* a = n.find(attribute);
    if (a == nullptr) return &x;
    n.require(a->g != nullptr && a->g->inputs.size() == 1 && a->g->outputs.size() == 1,
              "a modifier is no graph of one input and one output");
    const Outputs out = inlined(*a->g, n.proto(), scope, {Value(x)});
    return out.empty() ? nullptr : &net_->cast(net_->tensor(out[0]), x.getType());
}

Outputs GraphImport::importFlexAttention(Node& n, Scope& scope) {
    Net& net = *net_;
    for (int i = 0; i < 3; ++i) n.require(n.rank(i) == 4, "Q, K and V must have four dimensions");
    const int64_t heads = n.dims(0).d[1];
    const int64_t shared = n.dims(1).d[1];
    const int64_t size = n.dims(0).d[3];
    n.require(heads > 0 && shared > 0 && heads % shared == 0 && n.dims(2).d[1] == shared,
              "the heads of K and V must divide those of Q");
    n.require(n.hasAttribute("scale") || size > 0, "without scale the head size must be known",
              ErrorCode::kUNSUPPORTED_NODE_DYNAMIC);
    const double scale =
        n.real("scale", static_cast<float>(1 / std::sqrt(static_cast<double>(size))));
    DataType type = n.type(0) == DataType::kDOUBLE ? DataType::kDOUBLE : DataType::kFLOAT;
    if (const int64_t to = n.integer("softmax_precision", 0); to != 0)
        type = dataTypeOf(static_cast<ElementType>(to), "softmax_precision");
    // Half of the scale on either side, so that narrow types do not overflow.
    ITensor& q = scaled(net, n.in(0), std::sqrt(scale));
    ITensor& k = scaled(net, repeatedHeads(net, n.in(1), heads / shared), std::sqrt(scale));
    ITensor* x = &net.cast(net.matmul(q, Mat::kNONE, k, Mat::kTRANSPOSE), type);
    x = modified(n, "score_mod", *x, scope);
    if (x == nullptr) return {};
    ISoftMaxLayer& softmax = net.made(net.raw().addSoftMax(*x));
    softmax.setAxes(1U << 3);
    x = modified(n, "prob_mod", Net::out(softmax), scope);
    if (x == nullptr) return {};
    ITensor& v = net.cast(repeatedHeads(net, n.in(2), heads / shared), type);
    return {net.cast(net.matmul(*x, Mat::kNONE, v, Mat::kNONE), n.type(2))};
}

}  // namespace bireme::onnx_import
