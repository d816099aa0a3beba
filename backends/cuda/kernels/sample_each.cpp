// SPDX-License-Identifier: Apache-2.0
// Pictures sampled at points: by a grid, in regions, for a deformable convolution; and the grid of
// an affine map.
#include "backends/cuda/support/each.h"
#include "ops/affine_grid.h"
#include "ops/deformable_convolution.h"
#include "ops/grid_sample.h"
#include "ops/roi_align.h"

namespace bireme::cuda {

static const char* const kFile = "sample.cu";

struct SampleOptions {
    DataType type, indices = DataType::kINT64;
    int mode = 0, outside = 0;
    int align = 0, maximum = 0, half = 0;

    std::vector<std::string> text() const {
        return {typeOption("TX", type),     typeOption("TI", indices), cat("-DMODE=", mode),
                cat("-DOUTSIDE=", outside), cat("-DALIGN=", align),    cat("-DMAXIMUM=", maximum),
                cat("-DHALF=", half)};
    }
};

static Support sameTypes(const tactic::Query& q, const ir::Node& node, size_t operands) {
    DataType t = operandType(q, node, 0);
    if (!isReal(t)) return no("elements are not real");
    for (size_t k = 1; k < operands; ++k)
        if (operandType(q, node, k) != t) return no("operands of several types");
    return yes();
}

static Support readGridSample(const tactic::Query& q, const ir::Node& node,
                              std::vector<std::string>& out) {
    const auto& op = *node.op.as<ops::GridSample>();
    SampleOptions o{operandType(q, node, 0)};
    o.mode = op.mode == InterpolationMode::kNEAREST  ? 0
             : op.mode == InterpolationMode::kLINEAR ? 1
                                                     : 2;
    o.outside = op.outside == SampleMode::kFILL ? 0 : op.outside == SampleMode::kCLAMP ? 1 : 2;
    o.align = op.alignCorners ? 1 : 0;
    out = o.text();
    return sameTypes(q, node, 2);
}

static void layGridSample(const ir::Op&, const EachShapes& s, size_t, Each& e) {
    const auto& x = s.in(0);
    size_t axes = x.size() - 2;
    if (product(s.out(0)) > 0 && product({x.begin() + 2, x.end()}) == 0)
        failInvalid("the input has no pixels to sample");
    e.count = static_cast<uint32_t>(product(s.out(0)));
    e.n[0] = static_cast<int64_t>(axes), e.n[1] = x[1];
    e.n[2] = product({s.out(0).begin() + 2, s.out(0).end()});
    e.n[8] = axes == 3 ? x[2] : 1;
    e.n[9] = x[axes], e.n[10] = x[axes + 1];
}

static Support readRoiAlign(const tactic::Query& q, const ir::Node& node,
                            std::vector<std::string>& out) {
    const auto& op = *node.op.as<ops::RoiAlign>();
    SampleOptions o{operandType(q, node, 0), operandType(q, node, 2)};
    o.maximum = op.maximum ? 1 : 0, o.half = op.halfPixel ? 1 : 0;
    out = o.text();
    return sameTypes(q, node, 2);
}

static void layRoiAlign(const ir::Op& op, const EachShapes& s, size_t, Each& e) {
    const auto& r = *op.as<ops::RoiAlign>();
    const auto& x = s.in(0);
    if (s.in(2)[0] != s.in(1)[0])
        failInvalid(cat("there are ", s.in(1)[0], " boxes and ", s.in(2)[0], " batch indices"));
    e.count = static_cast<uint32_t>(product(s.out(0)));
    putSteps(e, 0, {x[1], x[2], x[3], r.height, r.width, r.samples, x[0]});
    e.f[0] = r.scale;
}

static Support readAffineGrid(const tactic::Query& q, const ir::Node& node,
                              std::vector<std::string>& out) {
    SampleOptions o{operandType(q, node, 0)};
    o.align = node.op.as<ops::AffineGrid>()->alignCorners ? 1 : 0;
    out = o.text();
    return sameTypes(q, node, 1);
}

static void layAffineGrid(const ir::Op&, const EachShapes& s, size_t, Each& e) {
    const auto& y = s.out(0);
    e.count = static_cast<uint32_t>(product(y));
    e.n[0] = y.back();
    putSteps(e, 8, {y.begin() + 1, y.end() - 1});
}

static Support readDeformed(const tactic::Query& q, const ir::Node& node,
                            std::vector<std::string>& out) {
    out = SampleOptions{operandType(q, node, 0)}.text();
    for (size_t k = 3; k < 5; ++k)
        if (hasOperand(node, k) && operandType(q, node, k) != operandType(q, node, 0))
            return no("operands of several types");
    return sameTypes(q, node, 3);
}

static void layDeformed(const ir::Op& op, const EachShapes& s, size_t, Each& e) {
    const auto& d = *op.as<ops::DeformableConvolution>();
    const auto &x = s.in(0), &w = s.in(1), &y = s.out(0);
    const int64_t taps = w[2] * w[3];
    if (x[1] != w[1] * d.groups || w[0] % d.groups != 0 || x[1] % d.offsetGroups != 0)
        failInvalid("the channels do not fit the groups");
    if (s.in(2)[1] != d.offsetGroups * taps * 2 ||
        (s.has(4) && s.in(4)[1] != d.offsetGroups * taps))
        failInvalid("the offsets or the mask do not fit the kernel");
    e.count = static_cast<uint32_t>(product(y));
    putSteps(e, 0, {x[1], x[2], x[3], y[2], y[3], w[0], w[1], w[2], w[3]});
    putSteps(e, 9, {w[0] / d.groups, d.offsetGroups, x[1] / d.offsetGroups});
    putSteps(e, 12, {d.strides[0], d.strides[1], d.dilations[0], d.dilations[1]});
    putSteps(e, 16, {d.pads[0], d.pads[1]});
}

void registerKernel_sample_each(tactic::Catalog& catalog) {
    catalog.add(eachFactory({"cuda.grid_sample.each",
                             "grid_sample",
                             kFile,
                             readGridSample,
                             layGridSample,
                             {"grid_sample"}}));
    catalog.add(eachFactory(
        {"cuda.roi_align.each", "roi_align", kFile, readRoiAlign, layRoiAlign, {"roi_align"}}));
    catalog.add(eachFactory({"cuda.deformable_convolution.each",
                             "deformable_convolution",
                             kFile,
                             readDeformed,
                             layDeformed,
                             {"deformed"}}));
    catalog.add(eachFactory({"cuda.affine_grid.each",
                             "affine_grid",
                             kFile,
                             readAffineGrid,
                             layAffineGrid,
                             {"affine_grid"}}));
}

}  // namespace bireme::cuda
