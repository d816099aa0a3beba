// SPDX-License-Identifier: Apache-2.0
// Regions, grids and blocks of pictures.
#include "parsers/onnx/importer_table.h"
#include "parsers/onnx/window.h"

namespace bireme::onnx_import {

namespace {

using Bin = ElementWiseOperation;

Outputs importRoiAlign(Node& n) {
    const std::string mode = n.text("mode", "avg");
    n.require(mode == "avg" || mode == "max", "mode must be avg or max",
              ErrorCode::kUNSUPPORTED_NODE_ATTR);
    const std::string coordinates = n.text("coordinate_transformation_mode",
                                           n.opset() < 16 ? "output_half_pixel" : "half_pixel");
    OperatorAttributes attributes;
    attributes.add("height", n.integer("output_height", 1))
        .add("width", n.integer("output_width", 1))
        .add("samples", n.integer("sampling_ratio", 0))
        .add("scale", n.real("spatial_scale", 1))
        .add("maximum", int64_t{mode == "max"})
        .add("halfPixel", int64_t{coordinates == "half_pixel"});
    return {Net::out(n.net().op("roi_align", attributes, {&n.in(0), &n.in(1), &n.in(2)}))};
}

Outputs importMaxRoiPool(Node& n) {
    const std::vector<int64_t> size = n.integers("pooled_shape");
    n.require(size.size() == 2, "pooled_shape must have two extents");
    OperatorAttributes attributes;
    attributes.add("height", size[0])
        .add("width", size[1])
        .add("scale", n.real("spatial_scale", 1));
    return {Net::out(n.net().op("roi_pooling", attributes, {&n.in(0), &n.in(1)}))};
}

Outputs importAffineGrid(Node& n) {
    OperatorAttributes attributes;
    attributes.add("alignCorners", int64_t{n.flag("align_corners")});
    return {Net::out(n.net().op("affine_grid", attributes, {&n.in(0), &n.in(1)}))};
}

Outputs importColumnToImage(Node& n) {
    OperatorAttributes attributes;
    attributes.add("dilations", n.integers("dilations"))
        .add("pads", n.integers("pads"))
        .add("strides", n.integers("strides"));
    return {Net::out(n.net().op("column_to_image", attributes, {&n.in(0), &n.in(1), &n.in(2)}))};
}

Outputs importDeformConv(Node& n) {
    n.require(n.rank(0) == 4, "x must be [N, C, H, W]", ErrorCode::kUNSUPPORTED_NODE_SHAPE);
    const auto list = [&](const char* name, size_t count, int64_t missing) {
        std::vector<int64_t> v = n.integers(name);
        if (v.empty()) v.assign(count, missing);
        return v;
    };
    OperatorAttributes attributes;
    attributes.add("dilations", list("dilations", 2, 1))
        .add("pads", list("pads", 4, 0))
        .add("strides", list("strides", 2, 1))
        .add("groups", n.integer("group", 1))
        .add("offsetGroups", n.integer("offset_group", 1));
    std::vector<ITensor*> inputs;
    for (int i = 0; i < n.inputs(); ++i) inputs.push_back(n.optional(i));
    return {Net::out(n.net().op("deformable_convolution", attributes, inputs))};
}

// Crops in the middle what is too long, then pads around what is too short.
Outputs importCenterCropPad(Node& n) {
    Net& net = n.net();
    ITensor& x = n.in(0);
    const int rank = n.rank(0);
    std::vector<int64_t> axes = n.axes(n.integers("axes"), rank);
    if (!n.hasAttribute("axes"))
        for (int i = 0; i < rank; ++i) axes.push_back(i);
    Extents start;
    Extents size;
    Extents pads(2 * static_cast<size_t>(rank), Extent(0));
    for (size_t i = 0; i < axes.size(); ++i) {
        const auto axis = static_cast<size_t>(axes[i]);
        const Extent have = net.extent(x, static_cast<int>(axis));
        const Extent want = net.element(n.value(1), static_cast<int64_t>(i));
        const Extent over = net.max(net.sub(have, want), 0);
        const Extent lack = net.max(net.sub(want, have), 0);
        start.push_back(net.ceilDiv(net.sub(over, 1), 2));  // half, rounded down
        size.push_back(net.min(have, want));
        pads[axis] = net.ceilDiv(net.sub(lack, 1), 2);
        pads[axis + static_cast<size_t>(rank)] = net.sub(lack, pads[axis]);
    }
    ITensor& cropped = net.slice(x, axes, start, size, std::vector<int64_t>(axes.size(), 1));
    return {Net::out(net.op("pad", {}, {&cropped, &net.shapeTensor(pads)}))};
}

// The values put back at their places in a flat picture of zeros.
Outputs importMaxUnpool(Node& n) {
    Net& net = n.net();
    const std::vector<int64_t> kernel = n.integers("kernel_shape");
    const int rank = n.rank(0);
    n.require(static_cast<int>(kernel.size()) == rank - 2, "kernel_shape does not fit x");
    Window w = windowOf(n, toDims(kernel));
    Extents shape = net.extents(n.value(0));
    Extent total = net.mul(shape[0], shape[1]);
    for (size_t i = 0; i < kernel.size(); ++i) {
        Extent& e = shape[i + 2];
        e = net.add(net.mul(net.sub(e, 1), w.strides[i]), kernel[i] - w.before[i] - w.after[i]);
        total = net.mul(total, e);
    }
    ITensor& zero = net.splat(n.type(0), 0, 0);
    ITensor& canvas = Net::out(net.op("expand", {}, {&zero, &net.shapeTensor({total})}));
    const Dims flat{1, {-1}};
    IScatterLayer& layer = net.made(net.raw().addScatter(
        canvas, net.reshape(n.in(1), flat), net.reshape(n.in(0), flat), ScatterMode::kELEMENT));
    ITensor& y = net.reshape(Net::out(layer), shape);
    if (!n.has(2)) return {y};
    Extents pads(2 * static_cast<size_t>(rank), Extent(0));
    for (int i = 0; i < rank; ++i)
        pads[static_cast<size_t>(rank) + static_cast<size_t>(i)] =
            net.sub(net.element(n.value(2), i), shape[static_cast<size_t>(i)]);
    return {Net::out(net.op("pad", {}, {&y, &net.shapeTensor(pads)}))};
}

}  // namespace

void registerImporters_region(ImporterTable& table) {
    table.add({
        {"AffineGrid", importAffineGrid, "", 20},
        {"CenterCropPad", importCenterCropPad, "", 18},
        {"Col2Im", importColumnToImage, "", 18},
        {"DeformConv", importDeformConv, "", 19},
        {"MaxRoiPool", importMaxRoiPool},
        {"MaxUnpool", importMaxUnpool, "", 9},
        {"RoiAlign", importRoiAlign, "", 10},
    });
}

}  // namespace bireme::onnx_import
