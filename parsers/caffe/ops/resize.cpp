// SPDX-License-Identifier: Apache-2.0
// Interp and Upsample.
#include "parsers/caffe/importer_table.h"

namespace bireme::caffe_import {

namespace {

ITensor& resized(Layer& l, ITensor& x, const Shape& size, InterpolationMode mode,
                 ResizeCoordinateTransformation where) {
    IResizeLayer& layer = l.net().made(l.net().raw().addResize(x));
    layer.setResizeMode(mode);
    layer.setCoordinateTransformation(where);
    layer.setSelectorForSinglePixel(ResizeSelector::kUPPER);
    Shape dims = l.net().dims(x);
    if (dims[0] >= 0 && dims[1] >= 0) {
        layer.setOutputDimensions(toDims({dims[0], dims[1], size[0], size[1]}));
    } else {
        ITensor& shape = Net::out(l.net().made(l.net().raw().addShape(x)));
        ITensor& front = l.net().slice(shape, {0}, {0}, {2});
        layer.setInput(1, l.net().concat({&front, &l.net().integers(size)}, 0));
    }
    return Net::out(layer);
}

Tops importInterp(Layer& l) {
    const Message& p = l.params("interp_param");
    l.expect(1, 1);
    const Shape x = l.dims();
    l.require(x.size() == 4, "its bottom " + toText(x) + " needs 4 dimensions");
    const int64_t before = p.integer("pad_beg", 0), after = p.integer("pad_end", 0);
    l.require(before <= 0 && after <= 0, "pad_beg and pad_end may only crop");
    Shape size{l.extent(x, 2) + before + after, l.extent(x, 3) + before + after};
    l.require(size[0] > 0 && size[1] > 0, "pad_beg and pad_end crop all of " + toText(x));
    ITensor* in = &l.in();
    if (before != 0 || after != 0) in = &l.net().slice(*in, {2, 3}, {-before, -before}, size);
    const int64_t shrink = p.integer("shrink_factor", 1), zoom = p.integer("zoom_factor", 1);
    l.require(shrink >= 1 && zoom >= 1, "its factors must be positive");
    const bool fixed = p.has("height") && p.has("width");
    l.require(fixed || p.has("shrink_factor") || p.has("zoom_factor"),
              "it has neither height and width nor a factor");
    for (size_t i = 0; i < 2; ++i) {
        int64_t& s = size[i];
        if (p.has("shrink_factor")) s = (s - 1) / shrink + 1;
        if (p.has("zoom_factor")) s += (s - 1) * (zoom - 1);
        if (!p.has("shrink_factor") && !p.has("zoom_factor"))
            s = p.integer(i == 0 ? "height" : "width", 0);
        l.require(s > 0 && s <= INT32_MAX, "its output would have the extent " + std::to_string(s));
    }
    return {&resized(l, *in, size, InterpolationMode::kLINEAR,
                     ResizeCoordinateTransformation::kALIGN_CORNERS)};
}

Tops importUpsample(Layer& l) {
    const Message& p = l.params("upsample_param");
    l.require(l.count() == 1, "unpooling by a mask is not supported: forks disagree on the mask");
    const Shape x = l.dims();
    l.require(x.size() == 4, "its bottom " + toText(x) + " needs 4 dimensions");
    const int64_t scale = p.integer("scale", 2);
    Shape size{p.integer("upsample_h", l.extent(x, 2) * p.integer("scale_h", scale)),
               p.integer("upsample_w", l.extent(x, 3) * p.integer("scale_w", scale))};
    l.require(size[0] > 0 && size[1] > 0 && size[0] <= INT32_MAX && size[1] <= INT32_MAX,
              "its output would have the extents " + toText(size));
    return {&resized(l, l.in(), size, InterpolationMode::kNEAREST,
                     ResizeCoordinateTransformation::kASYMMETRIC)};
}

}  // namespace

void registerImporters_resize(ImporterTable& table) {
    table.add({
        {"Interp", importInterp, "of DeepLab and PSPNet: linear, aligned corners"},
        {"Upsample", importUpsample, "of forks: nearest, by scale; not by a mask"},
    });
}

}  // namespace bireme::caffe_import
