// SPDX-License-Identifier: Apache-2.0
// Ranges, dims put in or taken out, slices and padding by operands that are data.
#include "backends/cuda/support/late.h"
#include "backends/cuda/support/movement.h"
#include "ops/axes_data.h"
#include "ops/pad_data.h"
#include "ops/slice_data.h"
#include "ops/support/slice_extent.h"
#include "ops/support/window.h"

#include <cmath>

namespace bireme::cuda {

using device::Shapes;
using Tables = std::vector<std::vector<int64_t>>;

static DeviceProgram lateProgram(DataType t) {
    return programOf("late.cu",
                     {typeOption("TX", t), cat("-DRANGE_TYPE=", isReal(t) ? "double" : "i64")});
}

static Support readElements(const tactic::Query& q, const ir::Node& node, DeviceProgram& program) {
    program = lateProgram(operandType(q, node, 0));
    return yes();
}

static std::vector<int64_t> rangeExtents(const ir::Op&, const EachShapes& s) {
    int64_t n = 0;
    if (isReal(s.type(0))) {
        double start = s.reals(0).at(0), limit = s.reals(1).at(0), step = s.reals(2).at(0);
        if (step == 0 || !std::isfinite(start) || !std::isfinite(limit) || !std::isfinite(step))
            failInvalid(cat("range from ", start, " to ", limit, " by ", step, " has no end"));
        double count = std::ceil((limit - start) / step);
        n = count < 1 ? 0 : count < 0x1p31 ? static_cast<int64_t>(count) : INT64_MAX;
    } else {
        int64_t start = s.list(0).at(0), limit = s.list(1).at(0), step = s.list(2).at(0);
        if (step == 0) failInvalid("the step of range is 0");
        int64_t way = step > 0 ? limit - start : start - limit, size = std::abs(step);
        n = way <= 0 ? 0 : (way - 1) / size + 1;
    }
    return {n};
}

static std::unique_ptr<device::Bound> bindRange(const ir::Op&, const EachShapes& s,
                                                const Shapes& shapes, const Code& code) {
    Each e;
    e.count = static_cast<uint32_t>(product(shapes.outputs[0].dims));
    return eachBound(code, "range", e, {s.inputOf(0), s.inputOf(1), s.inputOf(2)});
}

static std::vector<int64_t> axesExtents(const ir::Op& op, const EachShapes& s) {
    bool insert = op.as<ops::AxesData>()->insert;
    std::vector<int64_t> axes = s.list(1), in = s.in(0), dims;
    size_t rank = insert ? in.size() + axes.size() : in.size();
    std::vector<bool> named(rank);
    for (int64_t a : axes) {
        auto signedRank = static_cast<int64_t>(rank);
        if (a < -signedRank || a >= signedRank)
            failInvalid(cat("axis ", a, " is outside of rank ", rank));
        auto axis = static_cast<size_t>(a < 0 ? a + signedRank : a);
        if (named[axis]) failInvalid(cat("axis ", a, " is given twice"));
        if (!insert && in[axis] != 1)
            failInvalid(cat("dimension ", axis, " to squeeze has extent ", in[axis], ", not 1"));
        named[axis] = true;
    }
    size_t from = 0;
    for (size_t d = 0; d < rank; ++d) {
        if (!insert && named[d]) continue;
        dims.push_back(insert && named[d] ? 1 : in[insert ? from++ : d]);
    }
    return dims;
}

static std::unique_ptr<device::Bound> bindCopy(const ir::Op&, const EachShapes& s,
                                               const Shapes& shapes, const Code& code) {
    Each e;
    e.count = static_cast<uint32_t>(product(shapes.outputs[0].dims));
    return eachBound(code, "copy_data", e, {s.inputOf(0)});
}

static Support readMove(const tactic::Query& q, const ir::Node& node, DeviceProgram& program) {
    DataType t = operandType(q, node, 0);
    program = copyProgram(t, t);
    return yes();
}

static size_t checkedAxis(int64_t axis, const std::vector<int64_t>& dims) {
    auto rank = static_cast<int64_t>(dims.size());
    if (axis < -rank || axis >= rank)
        failInvalid(cat("axis ", axis, " is outside the ", rank, " dimensions of the input"));
    return static_cast<size_t>(axis < 0 ? axis + rank : axis);
}

static Tables wholeTables(const std::vector<int64_t>& dims) {
    Tables tables;
    for (int64_t d : dims) tables.push_back(ops::windowIndices(d, 0, 1, d, SampleMode::kFILL));
    return tables;
}

static std::vector<int64_t> sizesOf(const Tables& tables) {
    std::vector<int64_t> dims;
    for (const auto& t : tables) dims.push_back(static_cast<int64_t>(t.size()));
    return dims;
}

static Tables sliceTables(const EachShapes& s) {
    Tables tables = wholeTables(s.in(0));
    auto starts = s.list(1), ends = s.list(2);
    std::vector<int64_t> axes, steps;
    if (s.has(3)) axes = s.list(3);
    if (s.has(4)) steps = s.list(4);
    for (size_t k = 0; k < starts.size(); ++k) {
        size_t d = checkedAxis(axes.empty() ? static_cast<int64_t>(k) : axes[k], s.in(0));
        int64_t step = steps.empty() ? 1 : steps[k];
        if (step == 0) failInvalid("a step is 0");
        ops::SliceBounds b = ops::sliceBounds(s.in(0)[d], starts[k], ends[k], step);
        tables[d] = ops::windowIndices(s.in(0)[d], b.start, step, b.count, SampleMode::kCLAMP);
    }
    return tables;
}

static Tables padTables(const ops::PadData& op, const EachShapes& s) {
    SampleMode mode = op.mode == "reflect" ? SampleMode::kREFLECT
                      : op.mode == "edge"  ? SampleMode::kCLAMP
                      : op.mode == "wrap"  ? SampleMode::kWRAP
                                           : SampleMode::kFILL;
    Tables tables = wholeTables(s.in(0));
    auto pads = s.list(1), axes = s.list(3);
    for (size_t k = 0; k < axes.size(); ++k) {
        size_t d = checkedAxis(axes[k], s.in(0));
        int64_t count = s.in(0)[d] + pads[k] + pads[k + axes.size()];
        if (count < 0 || count > INT32_MAX)
            failInvalid(cat("pads ", pads[k], " and ", pads[k + axes.size()], " leave ", count,
                            " elements of axis ", d));
        tables[d] = ops::windowIndices(s.in(0)[d], -pads[k], 1, count, mode);
    }
    return tables;
}

static std::vector<int64_t> sliceExtents(const ir::Op&, const EachShapes& s) {
    return sizesOf(sliceTables(s));
}
static std::vector<int64_t> padExtents(const ir::Op& op, const EachShapes& s) {
    return sizesOf(padTables(*op.as<ops::PadData>(), s));
}

static std::unique_ptr<device::Bound> bindTables(const EachShapes& s, const Tables& tables,
                                                 int fill, const Shapes& shapes, const Code& code) {
    static const std::map<int, std::vector<int64_t>> none;
    MoveContext c(none, shapes);
    c.copyByTables(s.inputOf(0), tables, fill);
    return moveBound(code, shapes, c);
}

static std::unique_ptr<device::Bound> bindSlice(const ir::Op&, const EachShapes& s,
                                                const Shapes& shapes, const Code& code) {
    return bindTables(s, sliceTables(s), -1, shapes, code);
}
static std::unique_ptr<device::Bound> bindPad(const ir::Op& op, const EachShapes& s,
                                              const Shapes& shapes, const Code& code) {
    return bindTables(s, padTables(*op.as<ops::PadData>(), s), s.inputOf(2), shapes, code);
}

void registerKernel_extents_late(tactic::Catalog& catalog) {
    for (const LateOp& op : std::initializer_list<LateOp>{
             {"cuda.range.late", "range", {0, 1, 2}, readElements, rangeExtents, bindRange},
             {"cuda.axes_data.late", "axes_data", {1}, readElements, axesExtents, bindCopy},
             {"cuda.slice_data.late",
              "slice_data",
              {1, 2, 3, 4},
              readMove,
              sliceExtents,
              bindSlice},
             {"cuda.pad_data.late", "pad_data", {1, 3}, readMove, padExtents, bindPad}})
        catalog.add(lateFactory(op));
}

}  // namespace bireme::cuda
