// SPDX-License-Identifier: Apache-2.0
// Layers that move data: joins, cuts, other dimensions for the same elements.
#include <algorithm>
#include <numeric>

#include "parsers/caffe/importer_table.h"

namespace bireme::caffe_import {

namespace {

/// Copies under the names of the tops; in place there is nothing to do.
Tops importSame(Layer& l) {
    l.require(l.count() == 1, "it has " + std::to_string(l.count()) + " bottoms, not 1");
    Tops out;
    for (size_t i = 0; i < std::max<size_t>(1, l.tops()); ++i)
        out.push_back(&l.net().identity(l.in()));
    return out;
}

Tops importConcat(Layer& l) {
    const Message& p = l.params("concat_param");
    l.require(l.count() >= 1, "it has no bottom");
    const int axis =
        l.axis(p.has("concat_dim") ? p.integer("concat_dim", 1) : p.integer("axis", 1), l.rank());
    std::vector<ITensor*> inputs;
    for (size_t i = 0; i < l.count(); ++i) inputs.push_back(&l.in(i));
    return {&l.net().concat(inputs, axis)};
}

Tops importSlice(Layer& l) {
    const Message& p = l.params("slice_param");
    l.require(l.count() == 1 && l.tops() >= 1, "it needs one bottom and a top");
    const Shape x = l.dims();
    const auto axis = static_cast<size_t>(
        l.axis(p.has("slice_dim") ? p.integer("slice_dim", 1) : p.integer("axis", 1), x.size()));
    const int64_t extent = l.extent(x, axis);
    const auto tops = static_cast<int64_t>(l.tops());
    Shape points = p.integers("slice_point");
    if (points.empty()) {
        l.require(extent % tops == 0, "its " + std::to_string(tops) + " tops do not divide the " +
                                          std::to_string(extent) + " of axis " +
                                          std::to_string(axis));
        for (int64_t i = 1; i < tops; ++i) points.push_back(i * (extent / tops));
    }
    l.require(static_cast<int64_t>(points.size()) == tops - 1,
              "it has " + std::to_string(points.size()) + " slice_point for " +
                  std::to_string(tops) + " tops");
    points.insert(points.begin(), 0);
    points.push_back(extent);
    Tops out;
    for (size_t i = 0; i + 1 < points.size(); ++i) {
        l.require(points[i] < points[i + 1],
                  "slice_point must rise and stay below " + std::to_string(extent));
        out.push_back(&l.net().slice(l.in(), {static_cast<int64_t>(axis)}, {points[i]},
                                     {points[i + 1] - points[i]}));
    }
    return out;
}

/// Dimensions for a reshape of `x`: unknown extents stay by position, or one is what is left.
Shape reshapeTo(Layer& l, const Shape& x, Shape to) {
    int open = 0;
    for (size_t i = 0; i < to.size(); ++i) {
        if (to[i] >= 0) continue;
        if (i < x.size() && x[i] < 0 && open == 0 && i == 0)
            to[i] = 0;  // the batch
        else
            ++open;
    }
    l.require(open <= 1,
              "its bottom " + toText(x) + " has too many extents known only at run time");
    return to;
}

Tops importReshape(Layer& l) {
    const Message& p = l.params("reshape_param");
    l.expect(1, 1);
    const Shape x = l.dims();
    const auto rank = static_cast<int64_t>(x.size());
    int64_t axis = p.integer("axis", 0), axes = p.integer("num_axes", -1);
    if (axis < 0) axis += rank + 1;
    l.require(axis >= 0 && axis <= rank, "axis is outside of its bottom " + toText(x));
    const int64_t end = axes == -1 ? rank : axis + axes;
    l.require(axes >= -1 && end <= rank, "num_axes reaches beyond its bottom " + toText(x));
    const Shape given = p.message("shape").integers("dim");
    Shape to(x.begin(), x.begin() + static_cast<long>(axis));
    long inferred = -1;
    bool keepsBatch = axis > 0;
    for (size_t i = 0; i < given.size(); ++i) {
        const auto at = static_cast<size_t>(axis) + i;
        l.require(given[i] >= -1, "a dim of its shape is " + std::to_string(given[i]));
        if (given[i] == -1) {
            l.require(inferred < 0, "its shape has several dims of -1");
            inferred = static_cast<long>(at);
        }
        l.require(given[i] != 0 || at < x.size(),
                  "dim 0 at position " + std::to_string(i) + " has no axis of the bottom to copy");
        if (given[i] == 0 && at == 0) keepsBatch = true;
        to.push_back(given[i] == 0 ? x[at] : given[i]);
    }
    to.insert(to.end(), x.begin() + static_cast<long>(end), x.end());
    if (inferred >= 0) {
        const int64_t all = Layer::volume(x, 0, x.size());
        Shape others = to;
        others[static_cast<size_t>(inferred)] = 1;
        int64_t rest = Layer::volume(others, 0, others.size()), whole = all;
        if (all < 0 && keepsBatch && x[0] < 0) {
            whole = Layer::volume(x, 1, x.size());
            rest = Layer::volume(others, 1, others.size());
        }
        l.require(rest < 0 || whole < 0 || (rest > 0 && whole % rest == 0),
                  "its bottom " + toText(x) + " cannot take the shape " + toText(to));
        to[static_cast<size_t>(inferred)] = rest > 0 && whole >= 0 ? whole / rest : -1;
    }
    return {&l.net().reshape(l.in(), reshapeTo(l, x, to))};
}

Tops importFlatten(Layer& l) {
    const Message& p = l.params("flatten_param");
    l.expect(1, 1);
    const Shape x = l.dims();
    const auto first = static_cast<size_t>(l.axis(p.integer("axis", 1), x.size()));
    const auto last = static_cast<size_t>(l.axis(p.integer("end_axis", -1), x.size()));
    l.require(first <= last, "axis stands behind end_axis");
    Shape to(x.begin(), x.begin() + static_cast<long>(first));
    to.push_back(Layer::volume(x, first, last + 1));
    to.insert(to.end(), x.begin() + static_cast<long>(last) + 1, x.end());
    return {&l.net().reshape(l.in(), reshapeTo(l, x, to))};
}

Tops importPermute(Layer& l) {
    l.expect(1, 1);
    Shape order = l.params("permute_param").integers("order");
    const auto rank = static_cast<int64_t>(l.rank());
    for (size_t i = 0; i < order.size(); ++i)
        l.require(order[i] >= 0 && order[i] < rank &&
                      std::count(order.begin(), order.end(), order[i]) == 1,
                  "order is no order of the " + std::to_string(rank) + " axes of its bottom");
    for (int64_t i = 0; i < rank; ++i)
        if (std::find(order.begin(), order.end(), i) == order.end()) order.push_back(i);
    return {&l.net().transpose(l.in(), order)};
}

Tops importCrop(Layer& l) {
    const Message& p = l.params("crop_param");
    l.expect(2, 1);
    const Shape x = l.dims(), like = l.dims(1);
    l.require(x.size() == like.size(),
              "its bottoms " + toText(x) + " and " + toText(like) + " differ in rank");
    const auto first = static_cast<size_t>(l.axis(p.integer("axis", 2), x.size()));
    const Shape offsets = p.integers("offset");
    const size_t cropped = x.size() - first;
    l.require(offsets.size() <= 1 || offsets.size() == cropped,
              "it has " + std::to_string(offsets.size()) + " offsets for " +
                  std::to_string(cropped) + " axes");
    Shape axes, start, size;
    for (size_t i = 0; i < cropped; ++i) {
        const size_t a = first + i;
        axes.push_back(static_cast<int64_t>(a));
        start.push_back(offsets.empty() ? 0 : offsets[offsets.size() == 1 ? 0 : i]);
        size.push_back(l.extent(like, a));
        l.require(start.back() >= 0 && start.back() + size.back() <= l.extent(x, a),
                  "offset " + std::to_string(start.back()) + " and size " +
                      std::to_string(size.back()) + " reach beyond axis " + std::to_string(a) +
                      " of its bottom " + toText(x));
    }
    return {&l.net().slice(l.in(), axes, start, size)};
}

Tops importTile(Layer& l) {
    const Message& p = l.params("tile_param");
    l.expect(1, 1);
    const int64_t tiles = p.integer("tiles", 0);
    l.require(tiles >= 1, "tiles must be positive");
    Shape repeats(l.rank(), 1);
    repeats[static_cast<size_t>(l.axis(p.integer("axis", 1), l.rank()))] = tiles;
    return {&Net::out(l.net().op("tile", {}, {&l.in(), &l.net().integers(repeats)}))};
}

Tops importShuffleChannel(Layer& l) {
    l.expect(1, 1);
    const int64_t groups = l.params("shuffle_channel_param").integer("group", 1);
    const Shape x = l.dims();
    l.require(x.size() == 4, "its bottom " + toText(x) + " needs 4 dimensions");
    const int64_t channels = l.extent(x, 1);
    l.require(
        groups > 0 && channels % groups == 0,
        std::to_string(groups) + " groups do not divide " + std::to_string(channels) + " channels");
    const int64_t plane = l.extent(x, 2) * l.extent(x, 3);
    ITensor& split = l.net().reshape(l.in(), {0, groups, channels / groups, plane});
    return {&l.net().reshape(l.net().transpose(split, {0, 2, 1, 3}), {0, channels, x[2], x[3]})};
}

Tops importParameter(Layer& l) {
    l.expect(0, 1);
    const Shape dims = l.params("parameter_param").message("shape").integers("dim");
    return {
        &l.net().identity(l.net().constant(dims, l.weights(0, dims, "its values", Random::kBIAS)))};
}

Tops importDummyData(Layer& l) {
    const Message& p = l.params("dummy_data_param");
    const auto shapes = p.messages("shape"), fillers = p.messages("data_filler");
    l.require(l.count() == 0, "it has bottoms");
    Tops out;
    for (size_t i = 0; i < l.tops(); ++i) {
        Shape dims;
        if (!shapes.empty()) {
            dims = shapes[shapes.size() > i ? i : 0]->integers("dim");
        } else {
            for (const char* field : {"num", "channels", "height", "width"}) {
                const Shape values = p.integers(field);
                l.require(!values.empty(), "it has no shape");
                dims.push_back(values[values.size() > i ? i : 0]);
            }
        }
        float value = 0;
        if (!fillers.empty()) {
            const Message& filler = *fillers[fillers.size() > i ? i : 0];
            l.require(filler.text("type", "constant") == "constant",
                      "only a constant filler has a meaning at inference");
            value = static_cast<float>(filler.real("value", 0));
        }
        const int64_t count = checkedVolume(dims);
        l.require(count > 0 && count <= (int64_t{1} << 28),
                  "its shape " + toText(dims) + " is empty or too large");
        out.push_back(&l.net().identity(l.net().constant(
            dims, l.net().pool().copy(std::vector<float>(static_cast<size_t>(count), value)))));
    }
    return out;
}

}  // namespace

void registerImporters_movement(ImporterTable& table) {
    table.add({
        {"Concat", importConcat, "axis, concat_dim"},
        {"Crop", importCrop, "extents known before the network runs"},
        {"Dropout", importSame, "the identity"},
        {"DummyData", importDummyData, "constant fillers"},
        {"Flatten", importFlatten, "axis, end_axis"},
        {"Parameter", importParameter, "its trained blob"},
        {"Permute", importPermute, "of SSD"},
        {"Reshape", importReshape, "axis, num_axes, 0 and -1"},
        {"ShuffleChannel", importShuffleChannel, "of forks"},
        {"Slice", importSlice, "axis, slice_dim, slice_point"},
        {"Split", importSame},
        {"Tile", importTile, ""},
    });
}

}  // namespace bireme::caffe_import
