// SPDX-License-Identifier: Apache-2.0
#include "ops/proposal.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/arguments.h"
#include "ops/support/boxes.h"

#include <algorithm>
#include <cmath>

namespace bireme::ops {

static int64_t anchorCount(const Proposal& op) {
    return static_cast<int64_t>(op.ratios.size() * op.scales.size());
}

static void infer(const Proposal& op, ir::InferContext& c) {
    const TensorDesc &scores = c.in(0), &deltas = c.in(1), &image = c.in(2);
    for (int i = 0; i < 3; ++i) c.requireReal(i);
    int64_t anchors = anchorCount(op);
    c.require(anchors > 0 && op.stride > 0 && op.baseSize > 0,
              "ratios, scales, stride and base size must be given and positive");
    auto positive = [](float v) { return v > 0 && v < 1e6f; };
    c.require(std::all_of(op.ratios.begin(), op.ratios.end(), positive) &&
                  std::all_of(op.scales.begin(), op.scales.end(), positive),
              "ratios and scales must be positive");
    c.require(op.preNmsTopN > 0 && op.postNmsTopN > 0, "the numbers of boxes must be positive");
    c.require(scores.rank() == 4 && deltas.rank() == 4 && image.rank() == 2 &&
                  image.dims[1].valueOr(3) == 3,
              "scores and deltas have 4 dimensions, the image is [1,3]; got ", scores.text(), ", ",
              deltas.text(), ", ", image.text());
    agree(c, scores.dims[0], deltas.dims[0], "images of scores and deltas");
    if (!image.dims[0].is(1))
        agree(c, image.dims[0], scores.dims[0], "images described and images of scores");
    agree(c, scores.dims[1], Dim(2 * anchors), "channels of scores and twice the anchors");
    agree(c, deltas.dims[1], Dim(4 * anchors), "channels of deltas and four times the anchors");
    for (size_t a = 2; a < 4; ++a)
        agree(c, scores.dims[a], deltas.dims[a], "extents of scores and deltas");
    Dim most = min(scores.dims[2] * scores.dims[3] * Dim(anchors),
                   Dim(std::min(op.preNmsTopN, op.postNmsTopN)));
    Dim rows = c.stepExtent(0, 0, scores.dims[0] * most);
    c.out(0) = {DataType::kFLOAT, {rows, Dim(5)}, {}, {}};
    if (c.outputs() > 1) c.out(1) = {DataType::kFLOAT, {rows, Dim(1)}, {}, {}};
}

namespace {

// Around the centre of one cell: every scale of every ratio, its extents rounded to pixels.
std::vector<Box> anchorsOf(const Proposal& op) {
    std::vector<Box> out;
    auto base = static_cast<float>(op.baseSize);
    float centre = (base - 1) / 2;
    for (float ratio : op.ratios) {
        float w = std::nearbyint(std::sqrt(base * base / ratio)), h = std::nearbyint(w * ratio);
        for (float scale : op.scales) {
            float dx = (w * scale - 1) / 2, dy = (h * scale - 1) / 2;
            out.push_back({centre - dx, centre - dy, centre + dx, centre + dy});
        }
    }
    return out;
}

struct ImageMaps {
    const float* scores;  // of the foreground
    const float* deltas;
    float height, width, scale;
    int64_t rows, columns;
};

// A box moved and stretched by its deltas, `plane` elements apart, and cut off at the image.
Box moved(const Box& anchor, const float* delta, int64_t plane, const ImageMaps& image) {
    float w = anchor.x2 - anchor.x1 + 1, h = anchor.y2 - anchor.y1 + 1;
    float x = anchor.x1 + w / 2 + delta[0] * w, y = anchor.y1 + h / 2 + delta[plane] * h;
    w *= std::exp(delta[2 * plane]), h *= std::exp(delta[3 * plane]);
    auto cut = [](float v, float extent) { return std::max(std::min(v, extent - 1), 0.f); };
    return {cut(x - w / 2, image.width), cut(y - h / 2, image.height), cut(x + w / 2, image.width),
            cut(y + h / 2, image.height)};
}

std::vector<ScoredBox> propose(const Proposal& op, const ImageMaps& image,
                               std::vector<Box>& boxes) {
    const std::vector<Box> anchors = anchorsOf(op);
    const int64_t plane = image.rows * image.columns;
    const auto count = static_cast<int64_t>(anchors.size());
    const float least = op.minSize * image.scale;
    std::vector<ScoredBox> ranked;
    for (int64_t cell = 0; cell < plane; ++cell)
        for (int64_t a = 0; a < count; ++a) {
            const int64_t column = cell % image.columns, row = cell / image.columns;
            auto dx = static_cast<float>(column * op.stride),
                 dy = static_cast<float>(row * op.stride);
            Box anchor = anchors[static_cast<size_t>(a)];
            anchor = {anchor.x1 + dx, anchor.y1 + dy, anchor.x2 + dx, anchor.y2 + dy};
            Box box = moved(anchor, image.deltas + 4 * a * plane + cell, plane, image);
            float score = image.scores[a * plane + cell];
            boxes.push_back(box);
            if (box.x2 - box.x1 + 1 >= least && box.y2 - box.y1 + 1 >= least && !std::isnan(score))
                ranked.push_back({static_cast<int64_t>(boxes.size()) - 1, score});
        }
    rank(ranked, op.preNmsTopN);
    return suppress(ranked, boxes, {op.nmsThreshold, 1, 1, op.postNmsTopN});
}

}  // namespace

static void eval(const Proposal& op, ir::EvalContext& c) {
    const auto& s = c.dims(0);
    const int64_t anchors = anchorCount(op), plane = s[2] * s[3];
    auto scores = c.read<float>(0), deltas = c.read<float>(1), about = c.read<float>(2);
    std::vector<float> rows, kept;
    for (int64_t n = 0; n < s[0]; ++n) {
        const float* info = about.data() + (c.dims(2)[0] == 1 ? 0 : 3 * n);
        ImageMaps image{scores.data() + (2 * n + 1) * anchors * plane,
                        deltas.data() + 4 * n * anchors * plane,
                        info[0],
                        info[1],
                        info[2],
                        s[2],
                        s[3]};
        std::vector<Box> boxes;
        for (const ScoredBox& b : propose(op, image, boxes)) {
            const Box& box = boxes[static_cast<size_t>(b.index)];
            rows.insert(rows.end(), {static_cast<float>(n), box.x1, box.y1, box.x2, box.y2});
            kept.push_back(b.score);
        }
    }
    const auto count = static_cast<int64_t>(kept.size());
    c.resize(0, {count, 5});
    std::copy(rows.begin(), rows.end(), c.write<float>(0).begin());
    if (c.outputs() < 2) return;
    c.resize(1, {count, 1});
    std::copy(kept.begin(), kept.end(), c.write<float>(1).begin());
}

BIREME_OP(proposal, Proposal,
          {.inputs = 3,
           .outputs = 1,
           .maxOutputs = 2,
           .traits = ir::kDataDependent,
           .infer = infer,
           .eval = eval,
           .doc = "Faster R-CNN's region proposals: anchors moved by deltas, cut off at the image, "
                  "the best of them after suppression."})

}  // namespace bireme::ops
