// SPDX-License-Identifier: Apache-2.0
// GroupQueryAttention of com.microsoft: what decoders of language models are exported to.
#include <cmath>
#include <limits>

#include "parsers/onnx/heads.h"
#include "parsers/onnx/importer_table.h"

namespace bireme::onnx_import {

namespace {

using Bin = ElementWiseOperation;
using Mat = MatrixOperation;

// Inputs in their order.
enum Input {
    kQuery,
    kKey,
    kValue,
    kPastKey,
    kPastValue,
    kLastKey,
    kTotal,
    kCosine,
    kSine,
    kPlaces,
    kBias,
    kSink
};

class GroupedAttention {
public:
    explicit GroupedAttention(Node& n)
        : n_(n),
          net_(n.net()),
          heads_(n.integer("num_heads", 0)),
          shared_(n.integer("kv_num_heads", 0)) {
        n.require(heads_ > 0 && shared_ > 0 && heads_ % shared_ == 0,
                  "kv_num_heads must divide num_heads");
        n.require(n.rank(kQuery) == 3, "the queries must be [batch, sequence, width]",
                  ErrorCode::kUNSUPPORTED_NODE_INPUT);
        n.require(n.has(kPastKey) == n.has(kPastValue), "past_key and past_value go together");
    }

    Outputs outputs() {
        split();
        length_ = net_.extent(*q_, 2);
        // Keys of the past: as many as there are valid keys now, less the new ones.
        ITensor& valid = net_.cast(n_.in(kLastKey), DataType::kINT64);
        ITensor& list = net_.rank(valid) == 1 ? valid : net_.reshape(valid, Dims{1, {-1}});
        ITensor& before = net_.binary(list, net_.shapeTensor({net_.sub(length_, 1)}), Bin::kSUB);
        first_ = &net_.binary(before, net_.integers({0}), Bin::kMAX);
        places_ = &net_.binary(net_.unsqueeze(*first_, {1}),
                               net_.ranked(counting(net_, length_), 2), Bin::kSUM);
        if (n_.flag("do_rotary")) rotate();
        ITensor& keys = cached(kPastKey, *k_);
        ITensor& values = cached(kPastValue, *v_);
        ITensor& y = net_.matmul(probabilities(scores(keys)), Mat::kNONE,
                                 repeatHeads(net_, values, heads_ / shared_), Mat::kNONE);
        return {joinHeads(net_, y), keys, values};
    }

private:
    /// Queries, keys and values as [B, heads, S, D].
    void split() {
        if (n_.has(kKey)) {
            n_.require(n_.has(kValue), "the values are missing");
            q_ = &splitHeads(net_, n_.in(kQuery), heads_);
            k_ = &splitHeads(net_, n_.in(kKey), shared_);
            v_ = &splitHeads(net_, n_.in(kValue), shared_);
            return;
        }
        ITensor& all = splitHeads(net_, n_.in(kQuery), heads_ + 2 * shared_);
        const auto part = [&](int64_t from, int64_t count) {
            return &net_.slice(all, {1}, {from}, {count}, {1});
        };
        q_ = part(0, heads_);
        k_ = part(heads_, shared_);
        v_ = part(heads_ + shared_, shared_);
    }

    void rotate() {
        ITensor& at = n_.has(kPlaces) ? n_.in(kPlaces) : *places_;
        ITensor& cosine = net_.unsqueeze(net_.gather(n_.in(kCosine), at, 0), {1});
        ITensor& sine = net_.unsqueeze(net_.gather(n_.in(kSine), at, 0), {1});
        const int64_t pairs = net_.dims(cosine).d[3];
        n_.require(pairs > 0 && net_.dims(*q_).d[3] >= 2 * pairs,
                   "the tables of angles must have a known width that fits the heads");
        const bool neighbours = n_.flag("rotary_interleaved");
        q_ = &rotated(net_, *q_, cosine, sine, pairs, neighbours);
        k_ = &rotated(net_, *k_, cosine, sine, pairs, neighbours);
    }

    /// The past, as long as all keys need, with the new ones written behind each row's own.
    ITensor& cached(int input, ITensor& fresh) {
        if (!n_.has(input)) return fresh;
        const Extent past = net_.extent(n_.value(input), 2);
        if (past.known() && past.value == 0) return fresh;
        const Extent total = net_.max(past, net_.element(n_.value(kTotal), 0));
        ITensor& pads = net_.shapeTensor({0, 0, 0, 0, 0, 0, net_.sub(total, past), 0});
        ITensor& room = Net::out(net_.op("pad", {}, {&n_.in(input), &pads}));
        OperatorAttributes attributes;
        attributes.add("axis", int64_t{2});
        return Net::out(net_.op("tensor_scatter", attributes, {&room, &fresh, first_}));
    }

    ITensor& scores(ITensor& keys) {
        const int64_t size = net_.dims(*q_).d[3];
        float scale = n_.real("scale", 0);
        n_.require(scale != 0 || size > 0, "without scale the head size must be known",
                   ErrorCode::kUNSUPPORTED_NODE_DYNAMIC);
        if (scale == 0) scale = 1 / std::sqrt(static_cast<float>(size));
        ITensor& q = net_.binary(*q_, net_.splat(*q_, static_cast<double>(scale)), Bin::kPROD);
        ITensor* s =
            &net_.matmul(q, Mat::kNONE, repeatHeads(net_, keys, heads_ / shared_), Mat::kTRANSPOSE);
        if (const double cap = static_cast<double>(n_.real("softcap", 0)); cap > 0) {
            ITensor& part = net_.binary(*s, net_.splat(*s, cap), Bin::kDIV);
            ITensor& bounded = net_.activation(part, ActivationType::kTANH);
            s = &net_.binary(bounded, net_.splat(bounded, cap), Bin::kPROD);
        }
        if (n_.has(kBias)) s = &net_.binary(*s, n_.value(kBias), Bin::kSUM);
        return net_.binary(*s, allowed(net_.extent(keys, 2), s->getType()), Bin::kSUM);
    }

    /// 0 for keys that are not ahead of a query nor behind its window, which counts the query's
    /// own, else the least number.
    ITensor& allowed(const Extent& keys, DataType type) {
        ITensor& key = net_.ranked(counting(net_, keys), 4);
        ITensor& query = net_.unsqueeze(*places_, {1, 3});
        ITensor& ahead = net_.binary(key, query, Bin::kGREATER);
        ITensor* hidden = &ahead;
        if (const int64_t window = n_.integer("local_window_size", -1); window >= 0) {
            ITensor& oldest = net_.binary(
                query, net_.splat(DataType::kINT64, 4, static_cast<double>(window - 1)), Bin::kSUB);
            hidden = &net_.binary(ahead, net_.binary(key, oldest, Bin::kLESS), Bin::kOR);
        }
        const double least = type == DataType::kHALF
                                 ? -65504
                                 : static_cast<double>(std::numeric_limits<float>::lowest());
        return net_.select(*hidden, net_.splat(type, 4, least), net_.splat(type, 4, 0));
    }

    /// Softmax over the keys and, where the model has one, a sink that takes a share for nothing.
    ITensor& probabilities(ITensor& s) {
        const bool sink = n_.has(kSink) || n_.flag("smooth_softmax");
        ITensor* x = &s;
        const Extent keys = net_.extent(s, 3);
        if (sink) {
            Extents column = net_.extents(s);
            column[3] = 1;
            ITensor& value =
                n_.has(kSink) ? net_.unsqueeze(net_.reshape(n_.in(kSink), Dims{1, {-1}}), {0, 2, 3})
                              : net_.splat(s, 0);
            ITensor& wide = Net::out(net_.op("expand", {}, {&value, &net_.shapeTensor(column)}));
            x = &net_.concat({x, &wide}, 3);
        }
        ISoftMaxLayer& layer = net_.made(net_.raw().addSoftMax(*x));
        layer.setAxes(1U << 3);
        ITensor& p = Net::out(layer);
        return sink ? net_.slice(p, {3}, {0}, {keys}, {1}) : p;
    }

    Node& n_;
    Net& net_;
    int64_t heads_, shared_;
    ITensor *q_ = nullptr, *k_ = nullptr, *v_ = nullptr;
    ITensor* first_ = nullptr;   ///< [B] keys of the past
    ITensor* places_ = nullptr;  ///< [B, S] places of the queries among all keys
    Extent length_;
};

Outputs importGroupQueryAttention(Node& n) { return GroupedAttention(n).outputs(); }

}  // namespace

void registerImporters_contrib_grouped_attention(ImporterTable& table) {
    table.add({{"GroupQueryAttention", importGroupQueryAttention, "com.microsoft"}});
}

}  // namespace bireme::onnx_import
