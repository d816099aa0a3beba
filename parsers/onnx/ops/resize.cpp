// SPDX-License-Identifier: Apache-2.0
// Resampling, and the moves between depth and space.
#include <algorithm>
#include <cmath>

#include "parsers/onnx/importer_table.h"

namespace bireme::onnx_import {

namespace {

using Coordinates = ResizeCoordinateTransformation;

InterpolationMode interpolation(Node& n) {
    const std::string mode = n.text("mode", "nearest");
    if (mode == "nearest") return InterpolationMode::kNEAREST;
    if (mode == "linear" || mode == "bilinear") return InterpolationMode::kLINEAR;
    if (mode == "cubic") return InterpolationMode::kCUBIC;
    n.refuse("mode \"" + mode + "\" is unknown", ErrorCode::kUNSUPPORTED_NODE_ATTR);
}

/// True when the input is there and not the empty list that stands for «absent».
bool holds(Node& n, int input) {
    if (!n.has(input)) return false;
    const Dims d = n.dims(input);
    return !(d.nbDims == 1 && d.d[0] == 0);
}

/// Do the scales give whole extents, so that rounding plays no part?
bool exact(Node& n, int scales) {
    const Constant* c = n.known(scales);
    if (c == nullptr || n.hasAttribute("axes")) return false;
    const std::vector<double> values = toReals(*c);
    const Dims d = n.dims(0);
    for (int i = 0; i < d.nbDims && i < static_cast<int>(values.size()); ++i) {
        const double factor = values[static_cast<size_t>(i)];
        const double extent = d.d[i] < 0 ? factor : factor * static_cast<double>(d.d[i]);
        if (extent != std::floor(extent)) return false;
    }
    return true;
}

void setCoordinates(Node& n, IResizeLayer& layer) {
    const std::string mode = n.text("coordinate_transformation_mode", "half_pixel");
    const bool whole = holds(n, 3) || exact(n, 2);
    if ((mode == "half_pixel_symmetric" || mode == "align_corners") && !whole)
        n.refuse("coordinate_transformation_mode " + mode + " needs scales that give whole extents",
                 ErrorCode::kUNSUPPORTED_NODE_ATTR);
    if (mode == "half_pixel" || mode == "half_pixel_symmetric") {
        layer.setCoordinateTransformation(Coordinates::kHALF_PIXEL);
    } else if (mode == "pytorch_half_pixel") {
        layer.setCoordinateTransformation(Coordinates::kHALF_PIXEL);
        layer.setSelectorForSinglePixel(ResizeSelector::kUPPER);
    } else if (mode == "align_corners") {
        layer.setCoordinateTransformation(Coordinates::kALIGN_CORNERS);
        layer.setSelectorForSinglePixel(ResizeSelector::kUPPER);
    } else if (mode == "asymmetric") {
        layer.setCoordinateTransformation(Coordinates::kASYMMETRIC);
    } else {
        n.refuse("coordinate_transformation_mode \"" + mode + "\" is not supported",
                 ErrorCode::kUNSUPPORTED_NODE_ATTR);
    }
}

void setRounding(Node& n, IResizeLayer& layer) {
    const std::string mode = n.text("nearest_mode", "round_prefer_floor");
    if (mode == "round_prefer_floor")
        layer.setNearestRounding(ResizeRoundMode::kHALF_DOWN);
    else if (mode == "round_prefer_ceil")
        layer.setNearestRounding(ResizeRoundMode::kHALF_UP);
    else if (mode == "floor")
        layer.setNearestRounding(ResizeRoundMode::kFLOOR);
    else if (mode == "ceil")
        layer.setNearestRounding(ResizeRoundMode::kCEIL);
    else
        n.refuse("nearest_mode \"" + mode + "\" is unknown", ErrorCode::kUNSUPPORTED_NODE_ATTR);
}

void setScales(Node& n, IResizeLayer& layer, const std::vector<double>& given,
               const std::vector<int64_t>& axes) {
    std::vector<float> scales(static_cast<size_t>(n.rank(0)), 1.0F);
    n.require(given.size() == axes.size(), "scales needs one value per dimension");
    for (size_t i = 0; i < given.size(); ++i) {
        n.require(given[i] > 0 && std::isfinite(given[i]), "a scale is not positive");
        scales[static_cast<size_t>(axes[i])] = static_cast<float>(given[i]);
    }
    layer.setScales(scales.data(), static_cast<int32_t>(scales.size()));
}

void setSizes(Node& n, IResizeLayer& layer, int input, const std::vector<int64_t>& axes) {
    Net& net = n.net();
    Extents sizes = net.extents(n.value(0));
    for (size_t i = 0; i < axes.size(); ++i)
        sizes[static_cast<size_t>(axes[i])] = net.element(n.value(input), static_cast<int64_t>(i));
    if (Net::allKnown(sizes))
        layer.setOutputDimensions(Net::known(sizes));
    else
        layer.setInput(1, net.shapeTensor(sizes));
}

/// What the layer `resize` cannot do.
bool needsResample(Node& n, int scales) {
    const std::string mode = n.text("coordinate_transformation_mode", "half_pixel");
    const bool bySizes = scales == 2 && holds(n, 3);
    if (!bySizes && n.known(scales) == nullptr) return true;
    if (n.opset() < 11) return false;
    if (n.flag("antialias") || n.text("keep_aspect_ratio_policy", "stretch") != "stretch")
        return true;
    if (mode == "tf_crop_and_resize") return true;
    return (mode == "half_pixel_symmetric" || mode == "align_corners") && !bySizes &&
           !exact(n, scales);
}

Outputs resample(Node& n, int scales) {
    std::string mode = n.text("mode", "nearest");
    if (mode == "bilinear") mode = "linear";
    const bool old = n.opset() < 11;
    OperatorAttributes attributes;
    attributes.add("mode", mode)
        .add("coordinates", old ? std::string("asymmetric")
                                : n.text("coordinate_transformation_mode", "half_pixel"))
        .add("rounding", old ? std::string("floor") : n.text("nearest_mode", "round_prefer_floor"))
        .add("aspect", n.text("keep_aspect_ratio_policy", "stretch"))
        .add("cubicCoefficient", n.real("cubic_coeff_a", -0.75F))
        .add("outside", n.real("extrapolation_value", 0))
        .add("excludeOutside", int64_t{n.flag("exclude_outside")})
        .add("antialias", int64_t{n.flag("antialias")})
        .add("axes", n.axes(n.integers("axes"), n.rank(0)));
    std::vector<ITensor*> inputs{&n.in(0), nullptr, nullptr, nullptr};
    if (!old && holds(n, 1)) inputs[1] = &n.in(1);
    if (!old && holds(n, 3)) {
        inputs[3] = &n.in(3);
    } else {
        n.require(holds(n, scales), "neither scales nor sizes are given");
        inputs[2] = &n.in(scales);
    }
    while (inputs.back() == nullptr) inputs.pop_back();
    return {Net::out(n.net().op("resample", attributes, inputs))};
}

Outputs importResize(Node& n) {
    const int rank = n.rank(0);
    if (needsResample(n, n.opset() < 11 ? 1 : 2)) return resample(n, n.opset() < 11 ? 1 : 2);
    IResizeLayer& layer = n.net().made(n.net().raw().addResize(n.in(0)));
    layer.setResizeMode(interpolation(n));
    std::vector<int64_t> axes = n.axes(n.integers("axes"), rank);
    if (axes.empty())
        for (int i = 0; i < rank; ++i) axes.push_back(i);
    int scales = 1;
    if (n.opset() >= 11) {
        setCoordinates(n, layer);
        setRounding(n, layer);
        layer.setCubicCoeff(n.real("cubic_coeff_a", -0.75F));
        layer.setExcludeOutside(n.flag("exclude_outside"));
        scales = 2;
    }
    if (scales == 2 && holds(n, 3)) {
        setSizes(n, layer, 3, axes);
    } else {
        setScales(n, layer, toReals(*n.known(scales)), axes);
    }
    return {Net::out(layer)};
}

Outputs importUpsample(Node& n) {
    if (n.opset() >= 9 && n.known(1) == nullptr) return resample(n, 1);
    IResizeLayer& layer = n.net().made(n.net().raw().addResize(n.in(0)));
    layer.setResizeMode(interpolation(n));
    std::vector<int64_t> axes;
    for (int i = 0; i < n.rank(0); ++i) axes.push_back(i);
    if (n.opset() < 9) {
        const std::vector<float> given = n.reals("scales");
        setScales(n, layer, {given.begin(), given.end()}, axes);
    } else {
        setScales(n, layer, toReals(*n.known(1)), axes);
    }
    return {Net::out(layer)};
}

Outputs importGridSample(Node& n) {
    IGridSampleLayer& layer = n.net().made(n.net().raw().addGridSample(n.in(0), n.in(1)));
    const std::string mode = n.text("mode", "linear");
    if (mode == "nearest")
        layer.setInterpolationMode(InterpolationMode::kNEAREST);
    else if (mode == "cubic" || mode == "bicubic")
        layer.setInterpolationMode(InterpolationMode::kCUBIC);
    else if (mode == "linear" || mode == "bilinear")
        layer.setInterpolationMode(InterpolationMode::kLINEAR);
    else
        n.refuse("mode \"" + mode + "\" is unknown", ErrorCode::kUNSUPPORTED_NODE_ATTR);
    const std::string outside = n.text("padding_mode", "zeros");
    if (outside == "zeros")
        layer.setSampleMode(SampleMode::kFILL);
    else if (outside == "border")
        layer.setSampleMode(SampleMode::kCLAMP);
    else if (outside == "reflection")
        layer.setSampleMode(SampleMode::kREFLECT);
    else
        n.refuse("padding_mode \"" + outside + "\" is unknown", ErrorCode::kUNSUPPORTED_NODE_ATTR);
    layer.setAlignCorners(n.flag("align_corners"));
    return {Net::out(layer)};
}

Outputs importDepthToSpace(Node& n) {
    OperatorAttributes attributes;
    attributes.add("blockSize", n.integer("blocksize", 0)).add("mode", n.text("mode", "DCR"));
    return {Net::out(n.net().op("depth_to_space", attributes, {&n.in(0)}))};
}

// [N, C, H, W] to [N, C b b, H / b, W / b]; in mode CRD the channel is the outermost factor.
Outputs importSpaceToDepth(Node& n) {
    Net& net = n.net();
    const int64_t b = n.integer("blocksize", 0);
    n.require(b > 0, "blocksize must be positive");
    if (n.text("mode", "DCR") == "DCR") {
        OperatorAttributes attributes;
        attributes.add("blockSize", b);
        return {Net::out(net.op("space_to_depth", attributes, {&n.in(0)}))};
    }
    n.require(n.rank(0) == 4, "x must be [N, C, H, W]");
    const Extents d = net.extents(n.value(0));
    const Extent h = net.ceilDiv(d[2], b);
    const Extent w = net.ceilDiv(d[3], b);
    ITensor& blocks = net.reshape(n.in(0), Extents{d[0], d[1], h, b, w, b});
    ITensor& moved = net.transpose(blocks, {0, 1, 3, 5, 2, 4});
    return {net.reshape(moved, Extents{d[0], net.mul(d[1], b * b), h, w})};
}

}  // namespace

void registerImporters_resize(ImporterTable& table) {
    table.add({
        {"DepthToSpace", importDepthToSpace},
        {"GridSample", importGridSample, "", 16},
        {"Resize", importResize, "", 10},
        {"SpaceToDepth", importSpaceToDepth},
        {"Upsample", importUpsample, "", 7, 9},
    });
}

}  // namespace bireme::onnx_import
