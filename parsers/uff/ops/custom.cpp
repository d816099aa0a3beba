// SPDX-License-Identifier: Apache-2.0
// Operations of TensorFlow that UFF lacks, as the converters write them: custom nodes with
// TensorFlow's attributes.
#include <algorithm>

#include "parsers/uff/importer_table.h"

namespace bireme::uff_import {

namespace {

using Bin = ElementWiseOperation;
using Un = UnaryOperation;

template <Un op>
Value unary(Node& n) {
    return {n.net().unary(n.net().tensor(n.in(0)), op), n.in(0).where};
}

Value alias(Node& n) { return n.in(0); }

Value combined(Node& n, const Value& a, const Value& b, Bin op) {
    Net& net = n.net();
    const size_t rank = std::max(net.rank(a), net.rank(b));
    const Axes where = net.common({&a, &b}, rank);
    return {net.binary(net.arranged(a, where), net.arranged(b, where), op), where};
}

Value importAddN(Node& n) {
    Value sum = n.in(0);
    for (size_t i = 1; i < n.count(); ++i) sum = combined(n, sum, n.in(i), Bin::kSUM);
    return sum;
}

Value importSquaredDifference(Node& n) {
    const Value d = combined(n, n.in(0), n.in(1), Bin::kSUB);
    return {n.net().binary(*d.tensor, *d.tensor, Bin::kPROD), d.where};
}

Value importClip(Node& n) {
    const Value low = combined(n, n.in(0), n.in(1), Bin::kMAX);
    return combined(n, low, n.in(2), Bin::kMIN);
}

Value importCast(Node& n) {
    const DataType type = dataTypeOf(n.type("DstT", 0));
    return {n.net().cast(n.net().tensor(n.in(0)), type), n.in(0).where};
}

Value importSlice(Node& n) {
    Net& net = n.net();
    const Shape dims = n.dims(0);
    const Shape begin = n.integersOf(1, "begin");
    Shape size = n.integersOf(2, "size");
    n.require(begin.size() == dims.size() && size.size() == dims.size(),
              "begin and size have " + std::to_string(begin.size()) + " and " +
                  std::to_string(size.size()) + " values for a rank of " +
                  std::to_string(dims.size()));
    Shape axes, start, extent;
    for (size_t i = 0; i < dims.size(); ++i) {
        if (begin[i] == 0 && (size[i] == -1 || size[i] == dims[i])) continue;
        n.require(dims[i] >= 0, "it slices an extent that is known only at run time");
        n.require(begin[i] >= 0 && begin[i] <= dims[i], "begin is " + toText(begin));
        if (size[i] == -1) size[i] = dims[i] - begin[i];
        n.require(size[i] >= 0 && size[i] <= dims[i] - begin[i], "size is " + toText(size));
        axes.push_back(Net::axisOf(n.in(0), static_cast<int>(i)));
        start.push_back(begin[i]);
        extent.push_back(size[i]);
    }
    if (axes.empty()) return n.in(0);
    ISliceLayer& layer = net.made(net.raw().addSlice(
        net.tensor(n.in(0)), toDims(start), toDims(extent), toDims(Shape(axes.size(), 1))));
    layer.setAxes(toDims(axes));
    return {net.out(layer), n.in(0).where};
}

template <InterpolationMode mode>
Value importResize(Node& n) {
    Net& net = n.net();
    const Shape dims = n.dims(0);
    const Shape size = n.integersOf(1, "the size");
    n.require(dims.size() == 4 && size.size() == 2,
              "it resizes " + toText(dims) + " to " + toText(size));
    n.require(dims[1] > 0 && dims[2] > 0 && size[0] > 0 && size[1] > 0,
              "its extents have to be known and positive");
    const bool corners = n.flag("align_corners", false);
    const bool centers = n.flag("half_pixel_centers", false);
    n.require(!(corners && centers), "align_corners and half_pixel_centers exclude each other");
    const Axes where = channelsFirst(4);
    IResizeLayer& layer = net.made(net.raw().addResize(net.arranged(n.in(0), where)));
    const float scales[] = {1, 1, static_cast<float>(size[0]) / static_cast<float>(dims[1]),
                            static_cast<float>(size[1]) / static_cast<float>(dims[2])};
    if (dims[0] > 0 && dims[3] > 0)
        layer.setOutputDimensions(toDims({dims[0], dims[3], size[0], size[1]}));
    else
        layer.setScales(scales, 4);
    layer.setResizeMode(mode);
    layer.setCoordinateTransformation(centers   ? ResizeCoordinateTransformation::kHALF_PIXEL
                                      : corners ? ResizeCoordinateTransformation::kALIGN_CORNERS
                                                : ResizeCoordinateTransformation::kASYMMETRIC);
    layer.setSelectorForSinglePixel(corners ? ResizeSelector::kUPPER : ResizeSelector::kFORMULA);
    layer.setNearestRounding(corners || centers ? ResizeRoundMode::kHALF_UP
                                                : ResizeRoundMode::kFLOOR);
    return {net.out(layer), where};
}

Value importBatchMatMul(Node& n) {
    Net& net = n.net();
    const size_t rank = std::max(n.rank(0), n.rank(1));
    n.require(n.rank(0) >= 2 && n.rank(1) >= 2, "its inputs are no matrices");
    const auto op = [&](const char* flag) {
        return n.flag(flag, false) ? MatrixOperation::kTRANSPOSE : MatrixOperation::kNONE;
    };
    ITensor& a = net.arranged(n.in(0), identityAxes(rank));
    ITensor& b = net.arranged(n.in(1), identityAxes(rank));
    return {net.out(net.made(net.raw().addMatrixMultiply(a, op("adj_x"), b, op("adj_y"))))};
}

}  // namespace

void registerImporters_custom(ImporterTable& table) {
    constexpr OrderRole keeps = OrderRole::kKeeps;
    table.add({
        {"_AddN", importAddN, "sum of all inputs", keeps},
        {"_BatchMatMul", importBatchMatMul, "products of matrices; adj_x, adj_y"},
        {"_BatchMatMulV2", importBatchMatMul, "as _BatchMatMul, leading extents broadcast"},
        {"_Cast", importCast, "to float32, float16, int32, int64", keeps},
        {"_CheckNumerics", alias, "another name of its input", keeps},
        {"_ClipByValue", importClip, "min(max(x, low), high)", keeps},
        {"_Erf", unary<Un::kERF>, "erf", keeps},
        {"_PreventGradient", alias, "another name of its input", keeps},
        {"_Reciprocal", unary<Un::kRECIP>, "1 / x", keeps},
        {"_ResizeBilinear", importResize<InterpolationMode::kLINEAR>,
         "constant size; align_corners, half_pixel_centers", keeps},
        {"_ResizeNearestNeighbor", importResize<InterpolationMode::kNEAREST>,
         "constant size; align_corners, half_pixel_centers", keeps},
        {"_Round", unary<Un::kROUND>, "to the nearest, half to even", keeps},
        {"_Sign", unary<Un::kSIGN>, "sign", keeps},
        {"_Slice", importSlice, "constant begin and size; size -1 is all that follows", keeps},
        {"_SquaredDifference", importSquaredDifference, "(a - b)^2", keeps},
        {"_StopGradient", alias, "another name of its input", keeps},
    });
}

}  // namespace bireme::uff_import
