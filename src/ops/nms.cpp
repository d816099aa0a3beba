// SPDX-License-Identifier: Apache-2.0
#include "ops/nms.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/arguments.h"
#include "ops/support/boxes.h"

#include <algorithm>

namespace bireme::ops {

namespace {

struct Selected {
    int64_t batch, kind, box;
    float score;
};

// Extents and strides of boxes [N,B,4] or [N,B,C,4] and of scores in either order.
struct BoxLayout {
    int64_t batches, boxes, classes;
    bool boxPerClass, byClass;
    const float* boxData;
    const float* scoreData;

    const float* box(int64_t n, int64_t b, int64_t k) const {
        return boxData + (boxPerClass ? (n * boxes + b) * classes + k : n * boxes + b) * 4;
    }
    float score(int64_t n, int64_t b, int64_t k) const {
        return scoreData[byClass ? (n * classes + k) * boxes + b : (n * boxes + b) * classes + k];
    }
};

Box corners(const float* p, BoundingBoxFormat format) {
    if (format == BoundingBoxFormat::kCENTER_SIZES)
        return {p[0] - p[2] / 2, p[1] - p[3] / 2, p[0] + p[2] / 2, p[1] + p[3] / 2};
    return {std::min(p[0], p[2]), std::min(p[1], p[3]), std::max(p[0], p[2]), std::max(p[1], p[3])};
}

struct Limits {
    int64_t perClass;
    float iou, score;
    bool filterScores;
};

// Greedy choice among the boxes of one batch and class, best score first, ties by index.
void choose(const Nms& op, const BoxLayout& l, const Limits& limits, int64_t n, int64_t k,
            std::vector<Selected>& out) {
    std::vector<Selected> candidates;
    for (int64_t b = 0; b < l.boxes; ++b) {
        float s = l.score(n, b, k);
        if (!limits.filterScores || s > limits.score) candidates.push_back({n, k, b, s});
    }
    auto behind = [](const Selected& a, const Selected& b) {
        return a.score != b.score ? a.score < b.score : a.box > b.box;
    };
    std::make_heap(candidates.begin(), candidates.end(), behind);
    std::vector<Box> kept;
    for (int64_t taken = 0; !candidates.empty(); ++taken) {
        if (static_cast<int64_t>(kept.size()) >= limits.perClass) break;
        if (op.topKBoxLimit > 0 && taken >= op.topKBoxLimit) break;
        std::pop_heap(candidates.begin(), candidates.end(), behind);
        const Selected s = candidates.back();
        candidates.pop_back();
        Box box = corners(l.box(n, s.box, k), op.boxFormat);
        if (std::any_of(kept.begin(), kept.end(),
                        [&](const Box& o) { return overlap(box, o) > limits.iou; }))
            continue;
        kept.push_back(box);
        out.push_back(s);
    }
}

}  // namespace

static void infer(const Nms& op, ir::InferContext& c) {
    const TensorDesc &boxes = c.in(0), &scores = c.in(1);
    c.require(scores.rank() == 3, "scores must have 3 dimensions, not ", scores.text());
    Dim count = scores.dims[op.scoresByClass ? 2 : 1],
        classes = scores.dims[op.scoresByClass ? 1 : 2];
    c.require((boxes.rank() == 3 || boxes.rank() == 4) &&
                  (!boxes.dims.back().isStatic() || boxes.dims.back().is(4)),
              "boxes must be [N,B,4] or [N,B,C,4], not ", boxes.text());
    agree(c, boxes.dims[0], scores.dims[0], "batches of boxes and scores");
    agree(c, boxes.dims[1], count, "boxes and scores");
    if (boxes.rank() == 4) agree(c, boxes.dims[2], classes, "classes of boxes and scores");
    c.requireReal(0), c.requireReal(1);
    c.require(op.indicesType == DataType::kINT32 || op.indicesType == DataType::kINT64,
              "indices are i32 or i64, not ", name(op.indicesType));
    Dim most = count;
    if (const DimVector* limit = c.known(2); limit && limit->size() == 1)
        most = min(count, max(limit->front(), Dim(0)));
    c.out(0) = {
        op.indicesType, {c.stepExtent(0, 0, scores.dims[0] * classes * most), Dim(3)}, {}, {}};
    if (c.outputs() > 1) c.out(1) = {DataType::kINT32, {}, {}, {}};
}

static void eval(const Nms& op, ir::EvalContext& c) {
    const auto& s = c.dims(1);
    auto boxes = c.read<float>(0), scores = c.read<float>(1);
    BoxLayout l{s[0],
                s[op.scoresByClass ? 2 : 1],
                s[op.scoresByClass ? 1 : 2],
                c.rank(0) == 4,
                op.scoresByClass,
                boxes.data(),
                scores.data()};
    // ONNX filters no score unless a threshold is given; the public layer's threshold is 0.
    Limits limits{c.ints(2).at(0), c.has(3) ? c.read<float>(3)[0] : 0,
                  c.has(4) ? c.read<float>(4)[0] : 0, c.has(4) || !op.scoresByClass};
    std::vector<Selected> all;
    for (int64_t n = 0; n < l.batches; ++n) {
        size_t first = all.size();
        for (int64_t k = 0; k < l.classes; ++k) choose(op, l, limits, n, k, all);
        // ONNX orders by class, then score; the public layer by score alone.
        if (!op.scoresByClass)
            std::stable_sort(
                all.begin() + static_cast<std::ptrdiff_t>(first), all.end(),
                [](const Selected& a, const Selected& b) { return a.score > b.score; });
    }
    c.resize(0, {static_cast<int64_t>(all.size()), 3});
    auto y = c.write<int64_t>(0);
    for (size_t i = 0; i < all.size(); ++i)
        y[3 * i] = all[i].batch, y[3 * i + 1] = all[i].kind, y[3 * i + 2] = all[i].box;
    if (c.outputs() > 1) c.write<int64_t>(1)[0] = static_cast<int64_t>(all.size());
}

BIREME_OP(
    nms, Nms,
    {.inputs = 3,
     .maxInputs = 5,
     .outputs = 1,
     .maxOutputs = 2,
     .traits = ir::kDataDependent,
     .infer = infer,
     .eval = eval,
     .doc = "Non-maximum suppression: (batch, class, box) of the boxes kept, and their number."})

}  // namespace bireme::ops
