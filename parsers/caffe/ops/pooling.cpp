// SPDX-License-Identifier: Apache-2.0
// Pooling and spatial pyramids of it.
#include <algorithm>

#include "parsers/caffe/importer_table.h"

namespace bireme::caffe_import {

namespace {

constexpr int64_t kMax = 0, kStochastic = 2;

struct PoolingWindow {
    bool max = true;
    bool up = true;  ///< the last window may reach beyond the padding
    Shape size, stride, pad;
};

void checkKind(Layer& l, const Message& p) {
    l.require(p.integer("pool", kMax) != kStochastic, "STOCHASTIC pooling is for training");
}

/// True when rounding down gives the same windows: other layers then have the same form.
bool roundsAlike(const PoolingWindow& w, const Shape& x) {
    for (size_t i = 0; i < w.size.size(); ++i)
        if (x[i + 2] < 0 || (x[i + 2] + 2 * w.pad[i] - w.size[i]) % w.stride[i] != 0) return false;
    return true;
}

/// Without padding Caffe does not drop a last window that starts behind the bottom: it holds
/// nothing, so its value has no meaning.
void requireWindowsInside(Layer& l, const PoolingWindow& w, const Shape& x) {
    if (!w.up || std::any_of(w.pad.begin(), w.pad.end(), [](int64_t p) { return p > 0; })) return;
    for (size_t i = 0; i < w.size.size(); ++i) {
        const int64_t steps = (x[i + 2] - w.size[i] + w.stride[i] - 1) / w.stride[i];
        l.require(x[i + 2] < 0 || steps * w.stride[i] < x[i + 2],
                  "its last window lies outside of its bottom " + toText(x));
    }
}

Tops pool(Layer& l, ITensor& x, PoolingWindow w, size_t tops) {
    const Shape dims = l.net().dims(x);
    for (size_t i = 0; i < w.size.size(); ++i) {
        l.require(w.pad[i] < w.size[i], "its padding is not smaller than its kernel");
        l.require(dims[i + 2] < 0 || dims[i + 2] + 2 * w.pad[i] >= w.size[i],
                  "its kernel is larger than its padded bottom " + toText(dims));
    }
    requireWindowsInside(l, w, dims);
    const bool up = w.up && !roundsAlike(w, dims);
    const PaddingMode mode =
        up ? PaddingMode::kEXPLICIT_ROUND_UP : PaddingMode::kEXPLICIT_ROUND_DOWN;
    if (tops == 1) {
        IPoolingLayer& layer = l.net().made(l.net().raw().addPoolingNd(
            x, w.max ? PoolingType::kMAX : PoolingType::kAVERAGE, toDims(w.size)));
        layer.setStrideNd(toDims(w.stride));
        layer.setPaddingNd(toDims(w.pad));
        layer.setPaddingMode(mode);
        if (!w.max) layer.setAverageCountExcludesPadding(false);
        return {&Net::out(layer)};
    }
    // The second top: where in its plane each maximum stands.
    Attributes attributes;
    attributes.add("window", w.size)
        .add("stride", w.stride)
        .add("prePadding", w.pad)
        .add("postPadding", w.pad)
        .add("paddingMode", static_cast<int64_t>(mode))
        .add("indices", int64_t{1});
    ILayer& layer = l.net().op("pooling", attributes, {&x}, 2);
    const int64_t plane = Layer::volume(dims, 2, dims.size());
    l.require(plane > 0, "its second top needs known spatial extents");
    ITensor& size = l.net().reshape(l.net().integers({plane}), Shape(dims.size(), 1));
    ITensor& whole = l.net().binary(Net::out(layer, 1), size, ElementWiseOperation::kFLOOR_DIV);
    ITensor& first = l.net().binary(whole, size, ElementWiseOperation::kPROD);
    ITensor& inPlane = l.net().binary(Net::out(layer, 1), first, ElementWiseOperation::kSUB);
    return {&Net::out(layer), &l.net().cast(inPlane, DataType::kFLOAT)};
}

Tops importPooling(Layer& l) {
    const Message& p = l.params("pooling_param");
    const Shape x = l.dims();
    l.expect(1, l.tops() == 2 ? 2 : 1);
    l.require(x.size() >= 3 && x.size() <= 5,
              "its bottom " + toText(x) + " needs batch, channels and 1 to 3 spatial axes");
    checkKind(l, p);
    PoolingWindow w;
    w.max = p.integer("pool", kMax) == kMax;
    l.require(w.max || l.tops() == 1, "only MAX pooling has a second top");
    if (p.flag("global_pooling", false)) {
        l.require(l.tops() == 1, "global pooling has one top here");
        return {&l.net().reduce(l.in(), w.max ? ReduceOperation::kMAX : ReduceOperation::kAVG,
                                ((1U << x.size()) - 1) & ~3U, true)};
    }
    const size_t axes = x.size() - 2;
    w.size = spatialOf(l, p, "kernel_size", "kernel_h", "kernel_w", axes, -1);
    w.stride = spatialOf(l, p, "stride", "stride_h", "stride_w", axes, 1);
    w.pad = spatialOf(l, p, "pad", "pad_h", "pad_w", axes, 0);
    w.up = p.integer("round_mode", 0) == 0 && !p.flag("torch_pooling", false);
    return pool(l, l.in(), w, l.tops());
}

/// Level i: 2^i by 2^i bins, each level flattened, all joined.
Tops importSpp(Layer& l) {
    const Message& p = l.params("spp_param");
    const Shape x = l.dims();
    l.expect(1, 1);
    l.require(x.size() == 4, "its bottom " + toText(x) + " needs 4 dimensions");
    checkKind(l, p);
    const int64_t height = p.integer("pyramid_height", 0);
    l.require(height >= 1 && height <= 16, "pyramid_height must be 1 to 16");
    std::vector<ITensor*> levels;
    for (int64_t level = 0; level < height; ++level) {
        const int64_t bins = int64_t{1} << level;
        PoolingWindow w;
        w.max = p.integer("pool", kMax) == kMax;
        for (size_t a = 2; a < 4; ++a) {
            const int64_t size = (l.extent(x, a) + bins - 1) / bins;
            w.size.push_back(size);
            w.stride.push_back(size);
            w.pad.push_back((size * bins - x[a] + 1) / 2);
        }
        levels.push_back(
            &l.net().reshape(*pool(l, l.in(), w, 1)[0], {0, l.extent(x, 1) * bins * bins}));
    }
    return {levels.size() == 1 ? levels[0] : &l.net().concat(levels, 1)};
}

}  // namespace

void registerImporters_pooling(ImporterTable& table) {
    table.add({
        {"Pooling", importPooling,
         "MAX, AVE; rounds up and clips as Caffe; global; second top: the mask of the maxima"},
        {"SPP", importSpp, "MAX, AVE"},
    });
}

}  // namespace bireme::caffe_import
