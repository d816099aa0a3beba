// SPDX-License-Identifier: Apache-2.0
// Attention of com.microsoft: packed, quantised and with separate projections.
#include <algorithm>
#include <cmath>
#include <limits>

#include "parsers/onnx/heads.h"
#include "parsers/onnx/importer_table.h"
#include "parsers/onnx/quantized.h"

namespace bireme::onnx_import {

namespace {

using Bin = ElementWiseOperation;
using Mat = MatrixOperation;

struct Attended {
    ITensor* q;  ///< [B, heads, S, D], as k and v
    ITensor* k;
    ITensor* v;
};

/// What masks and biases add to the scores; null when nothing. `mask` and `bias` are inputs.
class ScoreBias {
public:
    ScoreBias(Node& n, const Attended& a, int mask, int bias) : n_(n), net_(n.net()), a_(a) {
        if (n.has(mask)) add(masked(mask));
        if (n.has(bias)) add(n.in(bias));
        if (n.flag("unidirectional")) add(causal());
    }
    ITensor* total = nullptr;

private:
    void add(ITensor& term) {
        total = total == nullptr ? &term : &net_.binary(*total, term, Bin::kSUM);
    }
    ITensor& filled(ITensor& allowed, double never) {
        const DataType type = a_.q->getType();
        return net_.select(allowed, net_.splat(type, 4, 0), net_.splat(type, 4, never));
    }
    ITensor& keys() { return net_.ranked(counting(net_, net_.extent(*a_.k, 2)), 4); }
    /// [B, 1, 1, 1] of the values [first, first + B) of a list.
    ITensor& perBatch(ITensor& list, const Extent& first) {
        ITensor& part = net_.slice(list, {0}, {first}, {net_.extent(*a_.q, 0)}, {1});
        return net_.unsqueeze(net_.cast(part, DataType::kINT64), {1, 2, 3});
    }
    /// [B] ends of the valid keys, or [2 B] with their starts behind.
    ITensor& ranges(ITensor& list) {
        ITensor& before = net_.binary(keys(), perBatch(list, 0), Bin::kLESS);
        const int64_t count = net_.dims(list).d[0];
        const Extent batch = net_.extent(*a_.q, 0);
        if (count < 0 || !batch.known() || count == batch.value) return before;
        n_.require(count == 2 * batch.value,
                   "a mask of one dimension has one or two values for every batch",
                   ErrorCode::kUNSUPPORTED_NODE_INPUT);
        ITensor& early = net_.binary(keys(), perBatch(list, batch), Bin::kLESS);
        return net_.binary(before, net_.unary(early, UnaryOperation::kNOT), Bin::kAND);
    }
    /// 0 and 1 as [B, keys] or [B, queries, keys], or numbers of valid keys.
    ITensor& masked(int input) {
        const double never = n_.real("mask_filter_value", -10000.0F);
        ITensor& mask = n_.in(input);
        const int rank = n_.rank(input);
        if (rank == 1) return filled(ranges(mask), never);
        n_.require(rank == 2 || rank == 3, "a mask must have one to three dimensions",
                   ErrorCode::kUNSUPPORTED_NODE_INPUT);
        ITensor& flags = net_.cast(mask, DataType::kBOOL);
        const std::vector<int64_t> heads =
            rank == 2 ? std::vector<int64_t>{1, 2} : std::vector<int64_t>{1};
        return filled(net_.unsqueeze(flags, heads), never);
    }
    ITensor& causal() {
        const Extent queries = net_.extent(*a_.q, 2);
        const Extent all = net_.extent(*a_.k, 2);
        ITensor& rows = net_.binary(counting(net_, queries),
                                    net_.shapeTensor({net_.sub(all, queries)}), Bin::kSUM);
        ITensor& ahead = net_.binary(keys(), net_.unsqueeze(rows, {0, 1, 3}), Bin::kGREATER);
        ITensor& allowed = net_.unary(ahead, UnaryOperation::kNOT);
        return filled(allowed, static_cast<double>(std::numeric_limits<float>::lowest()));
    }

    Node& n_;
    Net& net_;
    const Attended& a_;
};

/// softmax(q k^T scale + bias) v as [B, S, heads * D].
ITensor& attended(Node& n, const Attended& a, ITensor* bias) {
    Net& net = n.net();
    const int64_t size = net.dims(*a.q).d[3];
    float scale = n.real("scale", 0);
    n.require(scale != 0 || size > 0, "without scale the head size must be known",
              ErrorCode::kUNSUPPORTED_NODE_DYNAMIC);
    if (scale == 0) scale = 1 / std::sqrt(static_cast<float>(size));
    ITensor& q = net.binary(*a.q, net.splat(*a.q, static_cast<double>(scale)), Bin::kPROD);
    ITensor* scores = &net.matmul(q, Mat::kNONE, *a.k, Mat::kTRANSPOSE);
    if (bias != nullptr) scores = &net.binary(*scores, *bias, Bin::kSUM);
    ISoftMaxLayer& layer = net.made(net.raw().addSoftMax(*scores));
    layer.setAxes(1U << 3);
    return joinHeads(net, net.matmul(Net::out(layer), Mat::kNONE, *a.v, Mat::kNONE));
}

int64_t headCount(Node& n) {
    const int64_t count = n.integer("num_heads", 0);
    n.require(count > 0, "num_heads must be positive");
    return count;
}

/// Part `index` of [B, S, heads, parts, D] as [B, heads, S, D].
ITensor& unpacked(Net& net, ITensor& x, int64_t index) {
    ITensor& part = net.slice(x, {3}, {index}, {int64_t{1}}, {1});
    return net.transpose(net.squeeze(part, {3}), {0, 2, 1, 3});
}

/// [B, S, heads * D] with its part of the bias, as [B, heads, S, D]; a cache [B, heads, S, D] as it
/// is. Moves `from` on by the width.
ITensor& projected(Node& n, int input, int64_t count, int64_t& from) {
    Net& net = n.net();
    ITensor* x = &n.in(input);
    if (net.rank(*x) == 4) return *x;
    n.require(net.rank(*x) == 3, "an input must have three or four dimensions",
              ErrorCode::kUNSUPPORTED_NODE_INPUT);
    if (n.has(3)) {
        const int64_t width = net.dims(*x).d[2];
        n.require(width > 0, "a bias needs inputs of known width",
                  ErrorCode::kUNSUPPORTED_NODE_INPUT);
        x = &net.binary(*x, net.slice(n.in(3), {0}, {from}, {width}, {1}), Bin::kSUM);
        from += width;
    }
    return splitHeads(net, *x, count);
}

Attended projections(Node& n, int64_t count) {
    Net& net = n.net();
    if (n.rank(0) == 5) {  // [B, S, heads, 3, D]
        n.require(!n.has(1) && !n.has(2) && !n.has(3), "packed projections stand alone",
                  ErrorCode::kUNSUPPORTED_NODE_INPUT);
        return {&unpacked(net, n.in(0), 0), &unpacked(net, n.in(0), 1), &unpacked(net, n.in(0), 2)};
    }
    n.require(n.has(1), "the keys are missing");
    int64_t from = 0;
    Attended a{&projected(n, 0, count, from), nullptr, nullptr};
    if (n.rank(1) == 5) {  // keys and values as [B, L, heads, 2, D]
        a.k = &unpacked(net, n.in(1), 0);
        a.v = &unpacked(net, n.in(1), 1);
        return a;
    }
    n.require(n.has(2), "the values are missing");
    a.k = &projected(n, 1, count, from);
    a.v = &projected(n, 2, count, from);
    return a;
}

Outputs importMultiHeadAttention(Node& n) {
    Net& net = n.net();
    Attended a = projections(n, headCount(n));
    if (n.has(6) && n.has(7)) {
        a.k = &net.concat({&n.in(6), a.k}, 2);
        a.v = &net.concat({&n.in(7), a.v}, 2);
    }
    return {attended(n, a, ScoreBias(n, a, 4, 5).total), *a.k, *a.v};
}

/// The attention of queries, keys and values side by side in `all` [B, S, 3 widths]; `mask`,
/// `bias` and `past` [2, B, heads, P, D] are inputs.
Outputs sideBySide(Node& n, ITensor& all, int mask, int past, int bias) {
    Net& net = n.net();
    const int64_t count = headCount(n);
    const int64_t width = net.dims(all).d[2];
    std::vector<int64_t> widths = n.integers("qkv_hidden_sizes");
    n.require(width > 0 && (!widths.empty() || width % 3 == 0),
              "the projections must have a known width");
    if (widths.empty()) widths.assign(3, width / 3);
    n.require(widths.size() == 3, "qkv_hidden_sizes needs three values");
    std::vector<ITensor*> parts;
    int64_t from = 0;
    for (const int64_t w : widths) {
        parts.push_back(&splitHeads(net, net.slice(all, {2}, {from}, {w}, {1}), count));
        from += w;
    }
    Attended a{parts[0], parts[1], parts[2]};
    if (n.has(past)) {
        const auto cached = [&](int64_t i) -> ITensor& {
            return net.squeeze(net.slice(n.in(past), {0}, {i}, {int64_t{1}}, {1}), {0});
        };
        a.k = &net.concat({&cached(0), a.k}, 2);
        a.v = &net.concat({&cached(1), a.v}, 2);
    }
    Outputs out{attended(n, a, ScoreBias(n, a, mask, bias).total)};
    if (n.wants(1))
        out.emplace_back(net.concat({&net.unsqueeze(*a.k, {0}), &net.unsqueeze(*a.v, {0})}, 0));
    return out;
}

/// Input, weights and bias of the three projections in one.
Outputs importPackedAttention(Node& n) {
    Net& net = n.net();
    n.require(!n.flag("do_rotary"), "do_rotary is not supported",
              ErrorCode::kUNSUPPORTED_NODE_ATTR);
    ITensor* all = &net.matmul(n.in(0), Mat::kNONE, net.ranked(n.value(1), 3), Mat::kNONE);
    if (n.has(2)) all = &net.binary(*all, n.value(2), Bin::kSUM);
    return sideBySide(n, *all, 3, 4, 5);
}

/// The same of quantised input and weights; the attention itself is real.
Outputs importQAttention(Node& n) {
    Net& net = n.net();
    ITensor& x = dequantized(n, 0, 3, 6);
    ITensor& weights = net.ranked(dequantized(n, 1, 4, 7), 3);
    ITensor& all =
        net.binary(net.matmul(x, Mat::kNONE, weights, Mat::kNONE), n.value(2), Bin::kSUM);
    return sideBySide(n, all, 5, 8, -1);
}

}  // namespace

void registerImporters_contrib_attention(ImporterTable& table) {
    constexpr const char* kDomain = "com.microsoft";
    table.add({
        {"Attention", importPackedAttention, kDomain},
        {"MultiHeadAttention", importMultiHeadAttention, kDomain},
        {"QAttention", importQAttention, kDomain},
    });
}

}  // namespace bireme::onnx_import
