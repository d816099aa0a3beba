// SPDX-License-Identifier: Apache-2.0
// Ranges, dims put in or taken out, slices and padding by operands that are data.
#include "backends/cuda/support/factory.h"
#include "backends/cuda/support/late.h"
#include "backends/cuda/support/movement.h"
#include "backends/cuda/support/strided_copy.h"
#include "moves/windows.h"
#include "ops/axes_data.h"
#include "ops/pad_data.h"
#include "ops/slice_data.h"

#include <cmath>

namespace bireme::cuda {

using device::Shapes;

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
    return op.as<ops::AxesData>()->insert ? moves::dimsWith(s.in(0), s.list(1))
                                          : moves::dimsWithout(s.in(0), s.list(1));
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

static moves::Tables sliceTables(const EachShapes& s) {
    std::vector<int64_t> axes, steps;
    if (s.has(3)) axes = s.list(3);
    if (s.has(4)) steps = s.list(4);
    return moves::sliceTables(s.in(0), s.list(1), s.list(2), axes, steps);
}

static moves::Tables padTables(const ops::PadData& op, const EachShapes& s) {
    return moves::padTables(s.in(0), s.list(1), s.list(3), op.mode);
}

static std::vector<int64_t> sliceExtents(const ir::Op&, const EachShapes& s) {
    return moves::extentsOf(sliceTables(s));
}
static std::vector<int64_t> padExtents(const ir::Op& op, const EachShapes& s) {
    return moves::extentsOf(padTables(*op.as<ops::PadData>(), s));
}

static std::unique_ptr<device::Bound> bindTables(const EachShapes& s, const moves::Tables& tables,
                                                 int fill, const Shapes& shapes, const Code& code) {
    static const std::map<int, std::vector<int64_t>> none;
    moves::Layout layout(none, shapes);
    layout.copyByTables(s.inputOf(0), tables, fill);
    return moveBound(code, shapes, layout);
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
