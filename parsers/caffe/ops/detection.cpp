// SPDX-License-Identifier: Apache-2.0
// SSD: its prior boxes, constants once the extents are known, and its detections.
#include <algorithm>
#include <cmath>
#include <limits>

#include "parsers/caffe/importer_table.h"

namespace bireme::caffe_import {

namespace {

struct Size {
    double width, height;
};

/// Ratios: 1, then each one given, once, with its inverse behind it.
std::vector<double> ratiosOf(const Message& p) {
    std::vector<double> out{1};
    const auto known = [&](double r) {
        return std::any_of(out.begin(), out.end(),
                           [r](double o) { return std::fabs(o - r) < 1e-6; });
    };
    for (const double r : p.reals("aspect_ratio")) {
        if (known(r)) continue;
        out.push_back(r);
        if (p.flag("flip", true)) out.push_back(1 / r);
    }
    return out;
}

/// The priors of one cell, in order, in pixels.
std::vector<Size> priorsOf(Layer& l, const Message& p) {
    const auto least = p.reals("min_size"), most = p.reals("max_size");
    l.require(!least.empty(), "min_size is missing");
    l.require(most.empty() || most.size() == least.size(),
              "it has " + std::to_string(most.size()) + " max_size for " +
                  std::to_string(least.size()) + " min_size");
    std::vector<Size> out;
    for (size_t i = 0; i < least.size(); ++i) {
        l.require(least[i] > 0, "min_size must be positive");
        out.push_back({least[i], least[i]});
        if (!most.empty()) {
            l.require(most[i] > least[i], "max_size must exceed min_size");
            const double mean = std::sqrt(least[i] * most[i]);
            out.push_back({mean, mean});
        }
        for (const double r : ratiosOf(p)) {
            l.require(r > 0, "aspect_ratio must be positive");
            if (std::fabs(r - 1) < 1e-6) continue;
            out.push_back({least[i] * std::sqrt(r), least[i] / std::sqrt(r)});
        }
    }
    return out;
}

/// Height and width that a field gives in one value or two; `missing` where it does not.
Shape imageOf(Layer& l, const Message& p, const Shape& image) {
    if (p.has("img_h") || p.has("img_w")) {
        l.require(p.has("img_h") && p.has("img_w"), "img_h and img_w must both be set");
        return {p.integer("img_h", 0), p.integer("img_w", 0)};
    }
    if (p.integer("img_size", 0) > 0) return Shape(2, p.integer("img_size", 0));
    return {l.extent(image, 2), l.extent(image, 3)};
}

Tops importPriorBox(Layer& l) {
    const Message& p = l.params("prior_box_param");
    l.expect(2, 1);
    const Shape map = l.dims(0), image = l.dims(1);
    l.require(map.size() == 4 && image.size() == 4, "its bottoms need 4 dimensions");
    const Shape pixels = imageOf(l, p, image);
    const int64_t rows = l.extent(map, 2), columns = l.extent(map, 3);
    l.require(pixels[0] > 0 && pixels[1] > 0, "the image's size must be positive");
    const auto height = static_cast<double>(pixels[0]), width = static_cast<double>(pixels[1]);
    const double step = p.real("step", 0);
    double stepH = p.real("step_h", step), stepW = p.real("step_w", step);
    if (stepH == 0 || stepW == 0) {
        stepH = height / static_cast<double>(rows);
        stepW = width / static_cast<double>(columns);
    }
    const std::vector<Size> priors = priorsOf(l, p);
    std::vector<double> variance = p.reals("variance");
    l.require(variance.size() <= 1 || variance.size() == 4, "variance takes one value or four");
    if (variance.empty()) variance = {0.1};
    variance.resize(4, variance[0]);
    const int64_t boxes = rows * columns * static_cast<int64_t>(priors.size());
    l.require(boxes > 0 && boxes <= (int64_t{1} << 24),
              "it would make " + std::to_string(boxes) + " boxes");
    std::vector<float> values;
    values.reserve(static_cast<size_t>(8 * boxes));
    const double offset = p.real("offset", 0.5);
    const bool clip = p.flag("clip", false);
    const auto push = [&](double v) {
        values.push_back(static_cast<float>(clip ? std::clamp(v, 0.0, 1.0) : v));
    };
    for (int64_t y = 0; y < rows; ++y)
        for (int64_t x = 0; x < columns; ++x)
            for (const Size& s : priors) {
                const double cx = (static_cast<double>(x) + offset) * stepW;
                const double cy = (static_cast<double>(y) + offset) * stepH;
                push((cx - s.width / 2) / width);
                push((cy - s.height / 2) / height);
                push((cx + s.width / 2) / width);
                push((cy + s.height / 2) / height);
            }
    for (int64_t i = 0; i < boxes; ++i)
        for (const double v : variance) values.push_back(static_cast<float>(v));
    return {&l.net().identity(l.net().constant({1, 2, 4 * boxes}, l.net().pool().copy(values)))};
}

/// Bottom `i`, its axes behind the first flattened.
ITensor& flattened(Layer& l, size_t i) {
    const Shape x = l.dims(i);
    l.require(x.size() >= 2, "its bottom " + toText(x) + " needs 2 dimensions or more");
    if (x.size() == 2) return l.in(i);
    const int64_t rest = Layer::volume(x, 1, x.size());
    l.require(rest >= 0, "its bottom " + toText(x) + " must be known but for the batch");
    return l.net().reshape(l.in(i), {0, rest});
}

Tops importDetectionOutput(Layer& l) {
    enum { kCORNER = 1, kCENTER_SIZE = 2, kCORNER_SIZE = 3 };
    const Message& p = l.params("detection_output_param");
    const Message& nms = p.message("nms_param");
    l.require(l.tops() <= 1, "it has one top; a second one belongs to TensorRT's plugin NMS_TRT");
    l.expect(3, 1);
    const int64_t classes = p.integer("num_classes", 0);
    l.require(classes > 0, "num_classes must be positive");
    const double threshold = nms.real("nms_threshold", 0.3), eta = nms.real("eta", 1);
    l.require(threshold >= 0, "nms_threshold must not be negative");
    l.require(eta > 0 && eta <= 1, "eta must lie in (0, 1]");
    const int64_t code = p.integer("code_type", kCORNER);
    const double missing = std::numeric_limits<float>::lowest();
    Attributes attributes;
    attributes.add("classes", classes)
        .add("shareLocation", int64_t{p.flag("share_location", true)})
        .add("background", p.integer("background_label_id", 0))
        .add("code", code == kCENTER_SIZE   ? "center_size"
                     : code == kCORNER_SIZE ? "corner_size"
                                            : "corner")
        .add("varianceInTarget", int64_t{p.flag("variance_encoded_in_target", false)})
        .add("scoreThreshold", static_cast<float>(p.real("confidence_threshold", missing)))
        .add("nmsThreshold", static_cast<float>(threshold))
        .add("eta", static_cast<float>(eta))
        .add("topK", nms.integer("top_k", -1))
        .add("keepTopK", p.integer("keep_top_k", -1));
    l.require(l.rank(2) == 3, "its priors " + toText(l.dims(2)) + " need 3 dimensions");
    return {&Net::out(l.net().op("detection_output", attributes,
                                 {&flattened(l, 0), &flattened(l, 1), &l.in(2)}))};
}

}  // namespace

void registerImporters_detection(ImporterTable& table) {
    table.add({
        {"DetectionOutput", importDetectionOutput, "of SSD; one row per detection, [1, 1, K, 7]"},
        {"PriorBox", importPriorBox, "of SSD; extents known before the network runs"},
    });
}

}  // namespace bireme::caffe_import
