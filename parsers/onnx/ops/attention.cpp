// SPDX-License-Identifier: Apache-2.0
// Attention in its forms, rotary positions and what stands around them in language models.
#include <algorithm>
#include <cmath>
#include <limits>

#include "parsers/onnx/heads.h"
#include "parsers/onnx/importer_table.h"

namespace bireme::onnx_import {

namespace {

using Bin = ElementWiseOperation;
using Mat = MatrixOperation;

constexpr double kNever = -std::numeric_limits<double>::infinity();

struct Heads {
    ITensor* q;
    ITensor* k;
    ITensor* v;
    bool flat;
};

/// What is added to the scores: 0 where a query may look, -inf where not, or the model's own bias.
class Bias {
public:
    Bias(Node& n, const Heads& h) : n_(n), net_(n.net()), h_(h), type_(h.q->getType()) {}

    ITensor* total() {
        if (n_.has(3)) add(mask());
        const int64_t left = n_.integer("left_window_size", -1);
        int64_t right = n_.integer("right_window_size", -1);
        if (n_.flag("is_causal")) right = right < 0 ? 0 : std::min<int64_t>(right, 0);
        ITensor* allowed = nullptr;
        if (left >= 0 || right >= 0) {
            ITensor& ahead = distance();
            if (right >= 0)
                allowed =
                    &both(allowed, net_.binary(ahead, net_.splat(ahead, right + 1.0), Bin::kLESS));
            if (left >= 0)
                allowed = &both(allowed,
                                net_.binary(ahead, net_.splat(ahead, -1.0 - left), Bin::kGREATER));
        }
        if (n_.has(6)) {
            ITensor& keys = counting(net_, net_.extent(*h_.k, 2));
            ITensor& valid = net_.unsqueeze(n_.in(6), {1, 2, 3});
            allowed = &both(allowed, net_.binary(net_.ranked(keys, 4), valid, Bin::kLESS));
        }
        if (allowed != nullptr) add(asBias(*allowed));
        return total_;
    }

private:
    void add(ITensor& term) {
        total_ = total_ == nullptr ? &term : &net_.binary(*total_, term, Bin::kSUM);
    }
    ITensor& both(ITensor* a, ITensor& b) { return a ? net_.binary(*a, b, Bin::kAND) : b; }
    ITensor& asBias(ITensor& allowed) {
        const int rank = net_.rank(allowed);
        return net_.select(allowed, net_.splat(type_, rank, 0), net_.splat(type_, rank, kNever));
    }

    /// Keys that the mask does not reach are masked.
    ITensor& mask() {
        ITensor& given = n_.in(3);
        ITensor& bias = n_.type(3) == DataType::kBOOL ? asBias(given) : given;
        const int rank = net_.rank(bias);
        const int64_t have = net_.dims(bias).d[rank - 1];
        const int64_t all = net_.dims(*h_.k).d[2];
        if (have < 0 || all < 0 || have >= all || have == 1) return bias;
        std::vector<int64_t> pads(static_cast<size_t>(2 * rank), 0);
        pads.back() = all - have;
        OperatorAttributes attributes;
        attributes.add("pads", pads);
        return Net::out(
            net_.op("pad", attributes, {&bias, nullptr, &net_.splat(type_, 0, kNever)}));
    }

    /// How far key j lies ahead of query i: j - (i + the keys before the queries).
    ITensor& distance() {
        const Extent queries = net_.extent(*h_.q, 2);
        ITensor* rows = &net_.unsqueeze(counting(net_, queries), {1});
        if (n_.has(4)) {
            rows = &net_.binary(*rows, net_.shapeTensor({net_.extent(n_.value(4), 2)}), Bin::kSUM);
        } else if (n_.has(6)) {
            ITensor& before = net_.binary(n_.in(6), net_.shapeTensor({queries}), Bin::kSUB);
            rows = &net_.binary(*rows, net_.unsqueeze(before, {1, 2, 3}), Bin::kSUM);
        }
        return net_.binary(counting(net_, net_.extent(*h_.k, 2)), *rows, Bin::kSUB);
    }

    Node& n_;
    Net& net_;
    Heads h_;
    DataType type_;
    ITensor* total_ = nullptr;
};

ITensor& scaledScores(Node& n, const Heads& h) {
    Net& net = n.net();
    const int64_t size = net.dims(*h.q).d[3];
    n.require(n.hasAttribute("scale") || size > 0, "without scale the head size must be known",
              ErrorCode::kUNSUPPORTED_NODE_DYNAMIC);
    const double scale =
        n.real("scale", static_cast<float>(1 / std::sqrt(static_cast<double>(size))));
    const DataType type = h.q->getType();
    if (type == DataType::kFLOAT || type == DataType::kDOUBLE) {
        ITensor& q = net.binary(*h.q, net.splat(*h.q, scale), Bin::kPROD);
        return net.matmul(q, Mat::kNONE, *h.k, Mat::kTRANSPOSE);
    }
    // Half of the scale on either side, so that narrow types do not overflow.
    const double root = std::sqrt(scale);
    return net.matmul(net.binary(*h.q, net.splat(*h.q, root), Bin::kPROD), Mat::kNONE,
                      net.binary(*h.k, net.splat(*h.k, root), Bin::kPROD), Mat::kTRANSPOSE);
}

/// Softmax over the keys; a query that may look nowhere gets zeros.
ITensor& probabilities(Node& n, ITensor& scores, ITensor* bias) {
    Net& net = n.net();
    ITensor* x = &scores;
    if (n.hasAttribute("softmax_precision"))
        x = &net.cast(*x, dataTypeOf(static_cast<ElementType>(n.integer("softmax_precision", 1)),
                                     "softmax_precision"));
    ISoftMaxLayer& layer = net.made(net.raw().addSoftMax(*x));
    layer.setAxes(1U << 3);
    ITensor& p = Net::out(layer);
    if (bias == nullptr) return p;
    ITensor& most = net.reduce(*bias, ReduceOperation::kMAX, 1U << (net.rank(*bias) - 1), true);
    ITensor& masked = net.binary(most, net.splat(most, kNever), Bin::kEQUAL);
    return net.select(masked, net.splat(p, 0), p);
}

Heads headsOf(Node& n) {
    Net& net = n.net();
    Heads h{&n.in(0), &n.in(1), &n.in(2), n.rank(0) == 3};
    n.require(h.flat || n.rank(0) == 4, "Q must have three or four dimensions");
    if (!h.flat) return h;
    const int64_t heads = n.integer("q_num_heads", 0);
    const int64_t shared = n.integer("kv_num_heads", 0);
    n.require(heads > 0 && shared > 0, "inputs of rank 3 need q_num_heads and kv_num_heads");
    h.q = &splitHeads(net, *h.q, heads);
    h.k = &splitHeads(net, *h.k, shared);
    h.v = &splitHeads(net, *h.v, shared);
    return h;
}

Outputs importAttention(Node& n) {
    Net& net = n.net();
    Heads h = headsOf(n);
    n.require(n.has(4) == n.has(5), "past_key and past_value go together");
    n.require(!n.has(4) || !n.has(6), "nonpad_kv_seqlen and a past exclude each other");
    if (n.has(4)) {
        h.k = &net.concat({&n.in(4), h.k}, 2);
        h.v = &net.concat({&n.in(5), h.v}, 2);
    }
    Outputs out{Value{}, *h.k, *h.v, Value{}};
    const int64_t heads = net.dims(*h.q).d[1];
    const int64_t shared = net.dims(*h.k).d[1];
    n.require(heads > 0 && shared > 0 && heads % shared == 0,
              "the heads of K and V must divide those of Q");
    ITensor* bias = Bias(n, h).total();
    h.k = &repeatHeads(net, *h.k, heads / shared);
    h.v = &repeatHeads(net, *h.v, heads / shared);
    const int64_t mode = n.integer("qk_matmul_output_mode", 0);
    ITensor* scores = &scaledScores(n, h);
    if (mode == 0) out[3] = *scores;
    if (const double cap = n.real("softcap", 0); cap > 0) {
        ITensor& part = net.binary(*scores, net.splat(*scores, cap), Bin::kDIV);
        ITensor& bounded = net.activation(part, ActivationType::kTANH);
        scores = &net.binary(bounded, net.splat(bounded, cap), Bin::kPROD);
    }
    if (mode == 1) out[3] = *scores;
    if (bias != nullptr) scores = &net.binary(*scores, *bias, Bin::kSUM);
    if (mode == 2) out[3] = *scores;
    ITensor& p = net.cast(probabilities(n, *scores, bias), h.q->getType());
    if (mode == 3) out[3] = p;
    ITensor& y = net.matmul(net.cast(p, h.v->getType()), Mat::kNONE, *h.v, Mat::kNONE);
    out[0] = h.flat ? joinHeads(net, y) : y;
    return out;
}

Outputs rotary(Node& n, int position, int cosineInput, int sineInput) {
    Net& net = n.net();
    const bool flat = n.rank(0) == 3;
    const int64_t heads = n.integer("num_heads", 0);
    int64_t turned = n.integer("rotary_embedding_dim", 0);
    ITensor* places = n.optional(position);
    if (places != nullptr && n.rank(position) == 1) {  // of the first token alone
        const Extent length = net.extent(n.value(0), flat ? 1 : 2);
        places = &net.binary(counting(net, length), net.cast(*places, DataType::kINT64), Bin::kSUM);
        places = &net.unsqueeze(*places, {0});
    }
    const auto table = [&](int input) -> ITensor& {
        ITensor& t = places != nullptr ? net.gather(n.in(input), *places, 0) : n.in(input);
        n.require(net.rank(t) == 3, "the angles must be [batch, sequence, pairs]");
        return net.unsqueeze(t, {1});
    };
    ITensor& cosine = table(cosineInput);
    ITensor& sine = table(sineInput);
    const int64_t pairs = net.dims(cosine).d[3];
    n.require(pairs > 0, "the number of pairs must be known", ErrorCode::kUNSUPPORTED_NODE_DYNAMIC);
    ITensor* x = &n.in(0);
    if (flat) {
        if (heads > 0) {
            x = &splitHeads(net, *x, heads);
        } else {  // the head size follows from the tables
            x = &net.transpose(net.reshape(*x, Dims{4, {0, 0, -1, 2 * pairs}}), {0, 2, 1, 3});
        }
    }
    const int64_t size = net.dims(*x).d[3];
    if (turned == 0) turned = size;
    n.require(turned == 2 * pairs, "the tables do not fit the head size");
    ITensor& y = rotated(net, *x, cosine, sine, pairs, n.flag("interleaved"));
    return {flat ? joinHeads(net, y) : y};
}

Outputs importRotaryEmbedding(Node& n) { return rotary(n, 3, 1, 2); }
Outputs importMicrosoftRotaryEmbedding(Node& n) { return rotary(n, 1, 2, 3); }

Outputs importLinearAttention(Node& n) {
    OperatorAttributes attributes;
    attributes.add("queryHeads", n.integer("q_num_heads", 0))
        .add("heads", n.integer("kv_num_heads", 0))
        .add("scale", n.real("scale", 0))
        .add("rule", n.text("update_rule", "gated_delta"));
    std::vector<ITensor*> inputs;
    for (int i = 0; i < 6; ++i) inputs.push_back(n.optional(i));
    ILayer& layer = n.net().op("linear_attention", attributes, inputs, 2);
    return {Net::out(layer, 0), Net::out(layer, 1)};
}

// Depthwise convolution of the state and the input; the new state is their end.
Outputs importCausalConvWithState(Node& n) {
    Net& net = n.net();
    n.require(n.rank(0) == 3 && n.rank(1) == 3, "x and the weights must have three dimensions");
    const Dims w = n.dims(1);
    n.require(w.d[0] > 0 && w.d[2] > 0, "the extents of the weights must be known",
              ErrorCode::kUNSUPPORTED_NODE_DYNAMIC);
    ITensor* x = &n.in(0);
    if (n.has(3)) {
        x = &net.concat({&n.in(3), x}, 2);
    } else {
        OperatorAttributes attributes;
        attributes.add("pads", std::vector<int64_t>{0, 0, w.d[2] - 1, 0, 0, 0});
        x = &Net::out(net.op("pad", attributes, {x}));
    }
    const Weights none{DataType::kFLOAT, nullptr, 0};
    const Constant* weights = n.constant(1);
    IConvolutionLayer& layer = net.made(net.raw().addConvolutionNd(
        *x, w.d[0], Dims{1, {w.d[2]}}, weights != nullptr ? weights->weights() : none, none));
    layer.setNbGroups(w.d[0]);
    if (weights == nullptr) layer.setInput(1, n.in(1));
    if (n.has(2)) layer.setInput(2, n.in(2));
    ITensor* y = &Net::out(layer);
    const std::string activation = n.text("activation", "none");
    if (activation == "silu" || activation == "swish")
        y = &net.activation(*y, ActivationType::kSWISH, 1);
    else if (activation != "none")
        n.refuse("activation \"" + activation + "\" is unknown", ErrorCode::kUNSUPPORTED_NODE_ATTR);
    const Extent start = net.sub(net.extent(*x, 2), w.d[2] - 1);
    return {*y, net.slice(*x, {2}, {start}, {w.d[2] - 1}, {1})};
}

Outputs importSwiGlu(Node& n) {
    ITensor& gate = n.net().activation(n.in(0), ActivationType::kSWISH, n.real("alpha", 1));
    return {n.net().binary(gate, n.value(1), Bin::kPROD)};
}

Outputs importTensorScatter(Node& n) {
    OperatorAttributes attributes;
    attributes.add("axis", n.integer("axis", -2))
        .add("circular", int64_t{n.text("mode", "linear") == "circular"});
    std::vector<ITensor*> inputs{&n.in(0), &n.in(1)};
    if (n.has(2)) inputs.push_back(&n.in(2));
    return {Net::out(n.net().op("tensor_scatter", attributes, inputs))};
}

}  // namespace

void registerImporters_attention(ImporterTable& table) {
    table.add({
        {"Attention", importAttention, "", 23},
        {"CausalConvWithState", importCausalConvWithState, "", 27},
        {"LinearAttention", importLinearAttention, "", 27},
        {"RotaryEmbedding", importRotaryEmbedding, "", 23},
        {"RotaryEmbedding", importMicrosoftRotaryEmbedding, "com.microsoft"},
        {"SwiGLU", importSwiGlu, "", 28},
        {"TensorScatter", importTensorScatter, "", 24},
    });
}

}  // namespace bireme::onnx_import
