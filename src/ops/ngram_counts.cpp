// SPDX-License-Identifier: Apache-2.0
#include "ops/ngram_counts.h"

#include "ir/eval.h"
#include "ir/infer.h"

#include <algorithm>
#include <map>

namespace bireme::ops {

static void infer(const NgramCounts& op, ir::InferContext& c) {
    const TensorDesc& x = c.in(0);
    c.require(isInteger(x.type) && (x.rank() == 1 || x.rank() == 2),
              "n-grams are counted in lists of integers, not in ", x.text());
    c.require(op.mode == "TF" || op.mode == "IDF" || op.mode == "TFIDF",
              "the mode is TF, IDF or TFIDF, not ", op.mode);
    c.require(op.least >= 1 && op.most >= op.least && op.skips >= 0, "n-grams of ", op.least,
              " to ", op.most, " elements with ", op.skips, " skips");
    c.require(op.starts.size() >= static_cast<size_t>(op.most), "the pool has no ", op.most,
              "-grams");
    c.require(op.weights.empty() || op.weights.size() == op.places.size(), "there are ",
              op.weights.size(), " weights for ", op.places.size(), " n-grams");
    int64_t width = 0;
    for (int64_t p : op.places) {
        c.require(p >= 0 && p < INT32_MAX, "an n-gram has the place ", p);
        width = std::max(width, p + 1);
    }
    c.out(0).type = DataType::kFLOAT;
    if (x.rank() == 2) c.out(0).dims.push_back(x.dims[0]);
    c.out(0).dims.push_back(Dim(width));
}

using Grams = std::map<std::vector<int64_t>, size_t>;

static Grams gramsOf(const NgramCounts& op, ir::EvalContext& c) {
    Grams grams;
    size_t id = 0;
    for (size_t k = 0; k < op.starts.size(); ++k) {
        auto begin = op.starts[k], size = static_cast<int64_t>(op.pool.size());
        int64_t end = k + 1 < op.starts.size() ? op.starts[k + 1] : size;
        auto n = static_cast<int64_t>(k) + 1;
        c.require(begin >= 0 && end <= size && begin <= end && (end - begin) % n == 0,
                  "the pool's ", n, "-grams are not whole");
        for (int64_t at = begin; at < end; at += n, ++id) {
            c.require(id < op.places.size(), "the pool has more n-grams than places");
            if (n >= op.least && n <= op.most)
                grams[{op.pool.begin() + at, op.pool.begin() + at + n}] = id;
        }
    }
    return grams;
}

static void eval(const NgramCounts& op, ir::EvalContext& c) {
    Grams grams = gramsOf(op, c);
    std::vector<int64_t> x = c.ints(0);
    auto y = c.write<float>(0);
    int64_t length = c.dims(0).back(), width = c.outDims(0).back();
    int64_t rows = c.rank(0) == 2 ? c.dims(0)[0] : 1;
    std::fill(y.begin(), y.end(), 0.0f);
    for (int64_t r = 0; r < rows; ++r) {
        std::vector<float> counts(op.places.size(), 0);
        for (int64_t step = 1; step <= op.skips + 1; ++step)
            for (int64_t n = op.least; n <= op.most; ++n) {
                if (n == 1 && step > 1) continue;  // single elements are counted once
                for (int64_t at = 0; at + (n - 1) * step < length; ++at) {
                    std::vector<int64_t> gram;
                    for (int64_t i = 0; i < n; ++i)
                        gram.push_back(x[static_cast<size_t>(r * length + at + i * step)]);
                    if (auto it = grams.find(gram); it != grams.end()) ++counts[it->second];
                }
            }
        for (size_t id = 0; id < counts.size(); ++id) {
            float weight = op.weights.empty() ? 1 : op.weights[id];
            float v = op.mode == "TF"    ? counts[id]
                      : op.mode == "IDF" ? (counts[id] > 0 ? weight : 0)
                                         : counts[id] * weight;
            y[static_cast<size_t>(r * width + op.places[id])] += v;
        }
    }
}

BIREME_OP(ngram_counts, NgramCounts,
          {.infer = infer, .eval = eval, .doc = "Counts of n-grams in lists of integers."})

}  // namespace bireme::ops
