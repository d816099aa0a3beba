// SPDX-License-Identifier: Apache-2.0
// Shape, StridedSlice, Gather and GatherV2.
#include <algorithm>
#include <cstdlib>

#include "parsers/uff/importer_table.h"

namespace bireme::uff_import {

namespace {

Value importShape(Node& n) {
    Net& net = n.net();
    const Shape dims = n.dims(0);
    if (std::none_of(dims.begin(), dims.end(), [](int64_t d) { return d < 0; }))
        return Value(
            net.pool().integers(DataType::kINT32, {static_cast<int64_t>(dims.size())}, dims));
    ITensor* shape = &net.out(net.made(net.raw().addShape(net.tensor(n.in(0)))));
    const Axes& where = n.in(0).where;
    if (!where.empty())
        shape = &net.out(
            net.made(net.raw().addGather(*shape, net.integers({where.begin(), where.end()}), 0)));
    return {net.cast(*shape, DataType::kINT32)};
}

/// One dimension of TensorFlow's strided slice.
struct Cut {
    int64_t start = 0, size = 0, stride = 1;
    bool whole = false, shrink = false;
};

Cut cutOf(Node& n, int64_t extent, int64_t begin, int64_t end, int64_t stride, bool fromStart,
          bool toEnd, bool shrink) {
    n.require(stride != 0 && std::abs(stride) < (int64_t{1} << 31),
              "a stride is " + std::to_string(stride));
    Cut c;
    c.stride = shrink ? 1 : stride;
    c.shrink = shrink;
    c.whole = !shrink && stride == 1 && (fromStart || begin == 0) && toEnd;
    if (c.whole) return c;
    n.require(extent >= 0, "it slices an extent that is known only at run time");
    if (shrink) {
        c.start = begin < 0 ? begin + extent : begin;
        n.require(c.start >= 0 && c.start < extent,
                  "index " + std::to_string(begin) + " of an extent of " + std::to_string(extent));
        c.size = 1;
        return c;
    }
    const auto bounded = [&](int64_t v) {
        if (v < 0) v += extent;
        return stride > 0 ? std::clamp<int64_t>(v, 0, extent)
                          : std::clamp<int64_t>(v, -1, extent - 1);
    };
    c.start = fromStart ? (stride > 0 ? 0 : extent - 1) : bounded(begin);
    const int64_t stop = toEnd ? (stride > 0 ? extent : -1) : bounded(end);
    const int64_t span = stride > 0 ? stop - c.start : c.start - stop;
    const int64_t step = stride > 0 ? stride : -stride;
    c.size = span <= 0 ? 0 : (span - 1) / step + 1;
    return c;
}

Value importStridedSlice(Node& n) {
    Net& net = n.net();
    const Shape dims = n.dims(0);
    const Shape begin = n.integersOf(1, "begin");
    const Shape end = n.integersOf(2, "end");
    const Shape strides = n.count() > 3 ? n.integersOf(3, "strides") : Shape(begin.size(), 1);
    n.require(
        begin.size() == end.size() && begin.size() == strides.size() && begin.size() <= dims.size(),
        "begin, end and strides have " + std::to_string(begin.size()) + ", " +
            std::to_string(end.size()) + " and " + std::to_string(strides.size()) +
            " values for a rank of " + std::to_string(dims.size()));
    for (const char* mask : {"ellipsis_mask", "new_axis_mask"})
        n.require(n.integer(mask, 0) == 0, std::string(mask) + " is not supported");
    const int64_t fromStart = n.integer("begin_mask", 0);
    const int64_t toEnd = n.integer("end_mask", 0);
    const int64_t shrink = n.integer("shrink_axis_mask", 0);
    const auto bit = [](int64_t mask, size_t i) { return ((mask >> i) & 1) != 0; };

    Shape axes, start, size, stride, gone;
    uint32_t shrunk = 0;
    for (size_t i = 0; i < begin.size(); ++i) {
        const Cut c = cutOf(n, dims[i], begin[i], end[i], strides[i], bit(fromStart, i),
                            bit(toEnd, i), bit(shrink, i));
        if (c.whole) continue;
        const int at = Net::axisOf(n.in(0), static_cast<int>(i));
        axes.push_back(at);
        start.push_back(c.start);
        size.push_back(c.size);
        stride.push_back(c.stride);
        if (!c.shrink) continue;
        gone.push_back(at);
        shrunk |= 1U << i;
    }
    if (axes.empty()) return n.in(0);
    ISliceLayer& layer = net.made(
        net.raw().addSlice(net.tensor(n.in(0)), toDims(start), toDims(size), toDims(stride)));
    layer.setAxes(toDims(axes));
    return {net.squeeze(net.out(layer), gone), without(n.in(0).where, shrunk)};
}

Value gathered(Node& n, int axis) {
    Net& net = n.net();
    const DataType type = net.type(n.in(1));
    n.require(type == DataType::kINT32 || type == DataType::kINT64,
              std::string("its indices are ") + typeName(type));
    return {
        net.out(net.made(net.raw().addGather(net.logical(n.in(0)), net.logical(n.in(1)), axis)))};
}

void ignoreTypes(Node& n) {
    for (const char* field : {"indices_dtype", "params_dtype", "validate_indices"}) n.has(field);
}

Value importGather(Node& n) {
    ignoreTypes(n);
    n.require(n.rank(0) >= 1, "its input is a scalar");
    return gathered(n, 0);
}

Value importGatherV2(Node& n) {
    ignoreTypes(n);
    return gathered(n, n.axis("axis", 0, n.rank(0)));
}

}  // namespace

void registerImporters_index(ImporterTable& table) {
    table.add({
        {"Gather", importGather, "along axis 0"},
        {"GatherV2", importGatherV2, "the axis counts the batch"},
        {"Shape", importShape, "int32, the batch in front"},
        {"StridedSlice", importStridedSlice,
         "begin, end and strides are constant; begin_mask, end_mask, shrink_axis_mask"},
    });
}

}  // namespace bireme::uff_import
