// SPDX-License-Identifier: Apache-2.0
// Operators of com.microsoft that exporters and optimizers of transformers write.
#include <algorithm>
#include <cmath>
#include <limits>

#include "parsers/onnx/element.h"
#include "parsers/onnx/importer_table.h"

namespace bireme::onnx_import {

namespace {

using Bin = ElementWiseOperation;
using Mat = MatrixOperation;

Outputs biased(Node& n, ActivationType type) {
    const Value x =
        n.has(1) ? Value(n.net().binary(n.value(0), n.value(1), Bin::kSUM)) : n.value(0);
    return {n.net().activation(n.net().tensor(x), type)};
}
Outputs importBiasGelu(Node& n) { return biased(n, ActivationType::kGELU_ERF); }
Outputs importFastGelu(Node& n) { return biased(n, ActivationType::kGELU_TANH); }

/// 0, 1, ... count - 1 as INT64 [count].
ITensor& counting(Net& net, const Extent& count) {
    ITensor& end = count.known() ? net.integer(count.value) : net.reshape(*count.tensor, Dims{});
    return Net::out(net.op("range", {}, {&net.integer(0), &end, &net.integer(1)}));
}

/// The sum of word, position and segment embeddings, normalised; output 1: valid words a row.
Outputs importEmbedLayerNormalization(Node& n) {
    Net& net = n.net();
    ITensor& ids = n.in(0);
    const Value positions = n.has(8) ? n.value(8) : Value(counting(net, net.extent(ids, 1)));
    ITensor* sum = &net.binary(net.gather(n.in(2), ids, 0),
                               net.gather(n.in(3), net.tensor(positions), 0), Bin::kSUM);
    if (n.has(1) && n.has(4)) sum = &net.binary(*sum, net.gather(n.in(4), n.in(1), 0), Bin::kSUM);
    INormalizationLayer& layer = net.made(net.raw().addNormalizationV2(
        *sum, net.ranked(n.value(5), 3), net.ranked(n.value(6), 3), 1U << 2));
    layer.setEpsilon(n.real("epsilon", 1e-12F));
    Outputs out{Net::out(layer), Value{}, *sum};
    if (n.has(7)) out[1] = net.reduce(n.in(7), ReduceOperation::kSUM, 2, false);
    return out;
}

struct Attended {
    ITensor* q;  ///< [B, heads, S, D], as k and v
    ITensor* k;
    ITensor* v;
};

/// What masks and biases add to the scores; null when nothing.
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
    /// [B, keys] of 0 and 1, or [B] of numbers of valid keys.
    ITensor& masked(int input) {
        const double never = n_.real("mask_filter_value", -10000.0F);
        ITensor& mask = n_.in(input);
        if (n_.rank(input) == 1) {
            ITensor& keys = counting(net_, net_.extent(*a_.k, 2));
            ITensor& wide = net_.unsqueeze(net_.cast(mask, DataType::kINT64), {1, 2, 3});
            return filled(net_.binary(net_.ranked(keys, 4), wide, Bin::kLESS), never);
        }
        n_.require(n_.rank(input) == 2, "a mask must be [batch, keys] or [batch]",
                   ErrorCode::kUNSUPPORTED_NODE_INPUT);
        ITensor& flags = net_.cast(mask, DataType::kBOOL);
        return filled(net_.unsqueeze(flags, {1, 2}), never);
    }
    ITensor& causal() {
        const Extent queries = net_.extent(*a_.q, 2);
        const Extent keys = net_.extent(*a_.k, 2);
        ITensor& rows = net_.binary(counting(net_, queries),
                                    net_.shapeTensor({net_.sub(keys, queries)}), Bin::kSUM);
        ITensor& columns = net_.ranked(counting(net_, keys), 4);
        ITensor& ahead = net_.binary(columns, net_.unsqueeze(rows, {0, 1, 3}), Bin::kGREATER);
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
    ITensor& y = net.matmul(Net::out(layer), Mat::kNONE, *a.v, Mat::kNONE);
    return net.reshape(net.transpose(y, {0, 2, 1, 3}), Dims{3, {0, 0, -1}});
}

ITensor& heads(Net& net, ITensor& x, int64_t count) {
    if (net.rank(x) == 4) return x;  // already apart
    return net.transpose(net.reshape(x, Dims{4, {0, 0, count, -1}}), {0, 2, 1, 3});
}

int64_t headCount(Node& n) {
    const int64_t count = n.integer("num_heads", 0);
    n.require(count > 0, "num_heads must be positive");
    return count;
}

Outputs importMultiHeadAttention(Node& n) {
    Net& net = n.net();
    const int64_t count = headCount(n);
    n.require(n.rank(0) == 3 && n.has(1) && n.has(2),
              "packed queries, keys and values are not supported",
              ErrorCode::kUNSUPPORTED_NODE_INPUT);
    std::vector<ITensor*> parts{&n.in(0), &n.in(1), &n.in(2)};
    int64_t from = 0;
    for (int i = 0; n.has(3) && i < 3; ++i) {
        ITensor*& x = parts[static_cast<size_t>(i)];
        const int64_t width = net.dims(*x).d[2];
        n.require(net.rank(*x) == 3 && width > 0, "a bias needs inputs of known width",
                  ErrorCode::kUNSUPPORTED_NODE_INPUT);
        x = &net.binary(*x, net.slice(n.in(3), {0}, {from}, {width}, {1}), Bin::kSUM);
        from += width;
    }
    Attended a{&heads(net, *parts[0], count), &heads(net, *parts[1], count),
               &heads(net, *parts[2], count)};
    if (n.has(6) && n.has(7)) {
        a.k = &net.concat({&n.in(6), a.k}, 2);
        a.v = &net.concat({&n.in(7), a.v}, 2);
    }
    return {attended(n, a, ScoreBias(n, a, 4, 5).total), *a.k, *a.v};
}

/// Input, weights and bias of the three projections in one; a past [2, B, heads, P, D].
Outputs importPackedAttention(Node& n) {
    Net& net = n.net();
    const int64_t count = headCount(n);
    ITensor& weights = net.ranked(n.value(1), 3);
    ITensor* all = &net.matmul(n.in(0), Mat::kNONE, weights, Mat::kNONE);
    if (n.has(2)) all = &net.binary(*all, n.value(2), Bin::kSUM);
    const int64_t width = net.dims(*all).d[2];
    n.require(width > 0 && width % 3 == 0, "the projections must have a known width");
    std::vector<int64_t> widths = n.integers("qkv_hidden_sizes");
    if (widths.empty()) widths.assign(3, width / 3);
    n.require(widths.size() == 3, "qkv_hidden_sizes needs three values");
    std::vector<ITensor*> parts;
    int64_t from = 0;
    for (const int64_t w : widths) {
        parts.push_back(&heads(net, net.slice(*all, {2}, {from}, {w}, {1}), count));
        from += w;
    }
    Attended a{parts[0], parts[1], parts[2]};
    Outputs out{Value{}, Value{}};
    if (n.has(4)) {
        const auto past = [&](int64_t i) -> ITensor& {
            return net.squeeze(net.slice(n.in(4), {0}, {i}, {int64_t{1}}, {1}), {0});
        };
        a.k = &net.concat({&past(0), a.k}, 2);
        a.v = &net.concat({&past(1), a.v}, 2);
    }
    if (n.wants(1)) out[1] = net.concat({&net.unsqueeze(*a.k, {0}), &net.unsqueeze(*a.v, {0})}, 0);
    out[0] = attended(n, a, ScoreBias(n, a, 3, 5).total);
    return out;
}

/// Weights of 4 or 8 bits in blocks along K, read back to real numbers: B [N, K] of the model.
const Constant* unpacked(Node& n, int64_t rows, int64_t columns) {
    const int64_t bits = n.integer("bits", 4);
    const int64_t block = n.integer("block_size", 0);
    const Constant* packed = n.constant(1);
    const Constant* scales = n.constant(2);
    n.require(packed != nullptr && scales != nullptr && (!n.has(3) || n.constant(3) != nullptr),
              "weights, scales and zero points must be constants",
              ErrorCode::kUNSUPPORTED_NODE_INPUT);
    n.require((bits == 4 || bits == 8) && block >= 16 && rows > 0 && columns > 0,
              "bits must be 4 or 8, block_size at least 16", ErrorCode::kUNSUPPORTED_NODE_ATTR);
    const int64_t blocks = (columns + block - 1) / block;
    n.require(packed->count == rows * blocks * block * bits / 8 && scales->count == rows * blocks,
              "weights or scales do not fit K, N and block_size");
    const auto* bytes = static_cast<const uint8_t*>(packed->values);
    const Constant* zeros = n.constant(3);
    const bool packedZeros = zeros != nullptr && zeros->type == DataType::kUINT8;
    const int64_t zeroRow = bits == 4 && packedZeros ? (blocks + 1) / 2 : blocks;
    n.require(zeros == nullptr || zeros->count == rows * zeroRow, "zero points do not fit");
    const auto zeroOf = [&](int64_t row, int64_t b) -> double {
        if (zeros == nullptr) return bits == 4 ? 8 : 128;
        if (!packedZeros || bits == 8)
            return loadReal(zeros->values, zeros->type, static_cast<size_t>(row * blocks + b));
        const int64_t v =
            loadInteger(zeros->values, zeros->type, static_cast<size_t>(row * zeroRow + b / 2));
        return static_cast<double>(b % 2 != 0 ? v >> 4 : v & 15);
    };
    const ConstantPool::Writable out = n.net().pool().make({}, n.type(0), Dims{2, {rows, columns}});
    for (int64_t r = 0; r < rows; ++r)
        for (int64_t b = 0; b < blocks; ++b) {
            const double scale =
                loadReal(scales->values, scales->type, static_cast<size_t>(r * blocks + b));
            const double zero = zeroOf(r, b);
            for (int64_t i = b * block; i < std::min(columns, (b + 1) * block); ++i) {
                const int64_t at = r * blocks * block + i;
                const int v = bits == 8 ? bytes[at] : (bytes[at / 2] >> (at % 2 * 4)) & 15;
                storeElement(out.values, n.type(0), static_cast<size_t>(r * columns + i),
                             (v - zero) * scale);
            }
        }
    return out.constant;
}

Outputs importMatMulNBits(Node& n) {
    Net& net = n.net();
    n.require(!n.has(4), "g_idx is not supported", ErrorCode::kUNSUPPORTED_NODE_INPUT);
    ITensor& weights = net.tensor(unpacked(n, n.integer("N", 0), n.integer("K", 0)));
    const int rank = n.rank(0);
    ITensor* y = &net.matmul(n.in(0), rank == 1 ? Mat::kVECTOR : Mat::kNONE,
                             net.ranked(weights, std::max(rank, 2)), Mat::kTRANSPOSE);
    if (n.has(5)) y = &net.binary(*y, n.value(5), Bin::kSUM);
    return {*y};
}

}  // namespace

void registerImporters_contrib(ImporterTable& table) {
    constexpr const char* kDomain = "com.microsoft";
    table.add({
        {"Attention", importPackedAttention, kDomain},
        {"BiasGelu", importBiasGelu, kDomain},
        {"EmbedLayerNormalization", importEmbedLayerNormalization, kDomain},
        {"FastGelu", importFastGelu, kDomain},
        {"MatMulNBits", importMatMulNBits, kDomain},
        {"MultiHeadAttention", importMultiHeadAttention, kDomain},
    });
}

}  // namespace bireme::onnx_import
