// SPDX-License-Identifier: Apache-2.0
// Regions of R-CNN's kind: their proposal and their pooling.
#include "parsers/caffe/importer_table.h"

namespace bireme::caffe_import {

namespace {

/// Bottom `i` as rows of `columns`: [rows, columns, 1, 1] is as good as [rows, columns].
ITensor& rowsOf(Layer& l, size_t i, int64_t columns, const char* what) {
    const Shape x = l.dims(i);
    bool fits = x.size() >= 2 && (x[1] == columns || x[1] < 0);
    for (size_t a = 2; a < x.size(); ++a) fits = fits && x[a] == 1;
    l.require(fits, std::string("its ") + what + " " + toText(x) + " are not rows of " +
                        std::to_string(columns));
    return x.size() == 2 ? l.in(i) : l.net().reshape(l.in(i), {0, columns});
}

Tops importRoiPooling(Layer& l) {
    const Message& p = l.params("roi_pooling_param");
    l.expect(2, 1);
    l.require(l.rank() == 4, "its bottom " + toText(l.dims()) + " needs 4 dimensions");
    const int64_t height = p.integer("pooled_h", 0), width = p.integer("pooled_w", 0);
    l.require(height > 0 && width > 0, "pooled_h and pooled_w must be positive");
    Attributes attributes;
    attributes.add("height", height)
        .add("width", width)
        .add("scale", static_cast<float>(p.real("spatial_scale", 1)));
    return {
        &Net::out(l.net().op("roi_pooling", attributes, {&l.in(), &rowsOf(l, 1, 5, "regions")}))};
}

Tops importProposal(Layer& l) {
    const Message& p = l.params("proposal_param");
    l.require(l.count() == 3 && (l.tops() == 1 || l.tops() == 2),
              "it needs scores, deltas and the image's extents, and one top or two");
    const auto list = [&](const char* field, const std::vector<float>& missing) {
        const std::vector<double> v = p.reals(field);
        return v.empty() ? missing : std::vector<float>(v.begin(), v.end());
    };
    Attributes attributes;
    attributes.add("stride", p.integer("feat_stride", 16))
        .add("baseSize", p.integer("base_size", 16))
        .add("minSize", static_cast<float>(p.integer("min_size", 16)))
        .add("ratios", list("ratio", {0.5f, 1, 2}))
        .add("scales", list("scale", {8, 16, 32}))
        .add("preNmsTopN", p.integer("pre_nms_topn", 6000))
        .add("postNmsTopN", p.integer("post_nms_topn", 300))
        .add("nmsThreshold", static_cast<float>(p.real("nms_thresh", 0.7)));
    ILayer& layer = l.net().op("proposal", attributes,
                               {&l.in(0), &l.in(1), &rowsOf(l, 2, 3, "image's extents")},
                               static_cast<int>(l.tops()));
    Tops out;
    for (size_t i = 0; i < l.tops(); ++i) out.push_back(&Net::out(layer, static_cast<int>(i)));
    return out;
}

}  // namespace

void registerImporters_region(ImporterTable& table) {
    table.add({
        {"Proposal", importProposal, "of Faster R-CNN; regions [R, 5], second top: scores [R, 1]"},
        {"ROIPooling", importRoiPooling, "of Fast R-CNN"},
    });
}

}  // namespace bireme::caffe_import
