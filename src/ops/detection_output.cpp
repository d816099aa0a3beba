// SPDX-License-Identifier: Apache-2.0
#include "ops/detection_output.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/arguments.h"
#include "ops/support/boxes.h"

#include <algorithm>
#include <cmath>

namespace bireme::ops {

static int64_t boxClasses(const DetectionOutput& op) { return op.shareLocation ? 1 : op.classes; }

static void infer(const DetectionOutput& op, ir::InferContext& c) {
    const TensorDesc &locations = c.in(0), &scores = c.in(1), &priors = c.in(2);
    for (int i = 0; i < 3; ++i) c.requireReal(i);
    c.require(op.classes > 0, "the number of classes is ", op.classes);
    c.require(op.code == "corner" || op.code == "center_size" || op.code == "corner_size",
              "code is corner, center_size or corner_size, not \"", op.code, "\"");
    c.require(locations.rank() == 2 && scores.rank() == 2 && priors.rank() == 3 &&
                  priors.dims[1].valueOr(2) == 2,
              "locations are [N,P*4], scores [N,P*C] and priors [1,2,P*4]; got ", locations.text(),
              ", ", scores.text(), ", ", priors.text());
    Dim boxes = floorDiv(priors.dims[2], 4);
    agree(c, locations.dims[0], scores.dims[0], "images of locations and scores");
    if (!priors.dims[0].is(1))
        agree(c, priors.dims[0], locations.dims[0], "images of priors and locations");
    agree(c, locations.dims[1], boxes * Dim(4 * boxClasses(op)), "locations and priors");
    agree(c, scores.dims[1], boxes * Dim(op.classes), "scores and priors");
    bool hasBackground = op.background >= 0 && op.background < op.classes;
    Dim most = op.topK >= 0 ? min(boxes, Dim(op.topK)) : boxes;
    most = most * Dim(op.classes - (hasBackground ? 1 : 0));
    if (op.keepTopK >= 0) most = min(most, Dim(op.keepTopK));
    Dim rows = locations.dims[0] * max(most, Dim(1));
    c.out(0) = {DataType::kFLOAT, {Dim(1), Dim(1), c.stepExtent(0, 2, rows), Dim(7)}, {}, {}};
}

namespace {

struct Detection {
    int64_t kind;
    ScoredBox box;
    Box corners;
};

// The box that `loc` tells, relative to `prior`.
Box decode(const DetectionOutput& op, const float* loc, const float* prior, const float* variance) {
    float v[4];
    for (int i = 0; i < 4; ++i) v[i] = loc[i] * (op.varianceInTarget ? 1 : variance[i]);
    float w = prior[2] - prior[0], h = prior[3] - prior[1];
    if (op.code == "corner")
        return {prior[0] + v[0], prior[1] + v[1], prior[2] + v[2], prior[3] + v[3]};
    if (op.code == "corner_size")
        return {prior[0] + v[0] * w, prior[1] + v[1] * h, prior[2] + v[2] * w, prior[3] + v[3] * h};
    float x = v[0] * w + (prior[0] + prior[2]) / 2, y = v[1] * h + (prior[1] + prior[3]) / 2;
    w *= std::exp(v[2]), h *= std::exp(v[3]);
    return {x - w / 2, y - h / 2, x + w / 2, y + h / 2};
}

// One image's tensors.
struct ImageInput {
    const float* locations;
    const float* scores;
    const float* priors;
    int64_t boxes;
};

std::vector<Detection> detect(const DetectionOutput& op, const ImageInput& image) {
    std::vector<Detection> found;
    std::vector<Box> boxes(static_cast<size_t>(image.boxes));
    int64_t perBox = boxClasses(op);
    for (int64_t k = 0; k < op.classes; ++k) {
        if (k == op.background) continue;
        std::vector<ScoredBox> ranked;
        for (int64_t b = 0; b < image.boxes; ++b)
            if (float s = image.scores[b * op.classes + k]; s > op.scoreThreshold)
                ranked.push_back({b, s});
        rank(ranked, op.topK);
        for (const ScoredBox& s : ranked)
            boxes[static_cast<size_t>(s.index)] =
                decode(op, image.locations + (s.index * perBox + (perBox > 1 ? k : 0)) * 4,
                       image.priors + s.index * 4, image.priors + (image.boxes + s.index) * 4);
        for (const ScoredBox& s : suppress(ranked, boxes, {op.nmsThreshold, op.eta}))
            found.push_back({k, s, boxes[static_cast<size_t>(s.index)]});
    }
    if (op.keepTopK >= 0 && static_cast<int64_t>(found.size()) > op.keepTopK) {
        std::stable_sort(found.begin(), found.end(), [](const Detection& a, const Detection& b) {
            return a.box.score > b.box.score;
        });
        found.resize(static_cast<size_t>(op.keepTopK));
        std::stable_sort(found.begin(), found.end(),
                         [](const Detection& a, const Detection& b) { return a.kind < b.kind; });
    }
    return found;
}

}  // namespace

static void eval(const DetectionOutput& op, ir::EvalContext& c) {
    int64_t images = c.dims(0)[0], boxes = c.dims(2)[2] / 4;
    c.require(c.dims(2)[1] == 2 && c.dims(1)[0] == images &&
                  (c.dims(2)[0] == 1 || c.dims(2)[0] == images) &&
                  c.dims(0)[1] == boxes * 4 * boxClasses(op) && c.dims(1)[1] == boxes * op.classes,
              "locations, scores and priors do not fit one another");
    auto locations = c.read<float>(0), scores = c.read<float>(1), priors = c.read<float>(2);
    std::vector<float> rows;
    for (int64_t n = 0; n < images; ++n) {
        ImageInput image{locations.data() + n * c.dims(0)[1], scores.data() + n * c.dims(1)[1],
                         priors.data() + (c.dims(2)[0] == 1 ? 0 : n * 8 * boxes), boxes};
        for (const Detection& d : detect(op, image))
            rows.insert(rows.end(), {static_cast<float>(n), static_cast<float>(d.kind), d.box.score,
                                     d.corners.x1, d.corners.y1, d.corners.x2, d.corners.y2});
    }
    if (rows.empty())
        for (int64_t n = 0; n < images; ++n)
            rows.insert(rows.end(), {static_cast<float>(n), -1, -1, -1, -1, -1, -1});
    c.resize(0, {1, 1, static_cast<int64_t>(rows.size() / 7), 7});
    std::copy(rows.begin(), rows.end(), c.write<float>(0).begin());
}

BIREME_OP(detection_output, DetectionOutput,
          {.inputs = 3,
           .traits = ir::kDataDependent,
           .infer = infer,
           .eval = eval,
           .doc = "SSD's detections: locations decoded against priors, suppressed class by class; "
                  "rows of image, class, score and corners."})

}  // namespace bireme::ops
