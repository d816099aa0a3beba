// SPDX-License-Identifier: Apache-2.0
#include "ops/pad_data.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/arguments.h"
#include "ops/support/movement.h"
#include "ops/support/window.h"

namespace bireme::ops {

static bool padModeOf(const std::string& name, SampleMode& mode) {
    mode = name == "reflect" ? SampleMode::kREFLECT
           : name == "edge"  ? SampleMode::kCLAMP
           : name == "wrap"  ? SampleMode::kWRAP
                             : SampleMode::kFILL;
    return mode != SampleMode::kFILL || name == "constant";
}

static void infer(const PadData& op, ir::InferContext& c) {
    const TensorDesc& x = c.in(0);
    SampleMode mode;
    c.require(padModeOf(op.mode, mode), "mode of pad is constant, reflect, edge or wrap, not ",
              op.mode);
    int pads = listLength(c, 1, "pads"), axes = listLength(c, 3, "padded axes");
    c.require(pads == 2 * axes && axes <= x.rank(), pads, " pads do not fit ", axes, " axes of ",
              x.text());
    if (c.has(2)) c.requireSameType(0, 2);
    c.out(0) = x;
    for (int i = 0; i < x.rank(); ++i)
        c.out(0).dims[static_cast<size_t>(i)] = c.stepExtent(0, i, Dim(INT64_MAX));
}

static void eval(const PadData& op, ir::EvalContext& c) {
    auto pads = c.ints(1), axes = c.ints(3);
    auto rank = static_cast<int64_t>(c.dims(0).size());
    std::vector<int64_t> start(c.dims(0).size(), 0), dims = c.dims(0);
    for (size_t k = 0; k < axes.size(); ++k) {
        c.require(axes[k] >= -rank && axes[k] < rank, "axis ", axes[k], " is outside the ", rank,
                  " dimensions of the input");
        auto d = static_cast<size_t>(axes[k] < 0 ? axes[k] + rank : axes[k]);
        start[d] = -pads[k];
        dims[d] += pads[k] + pads[k + axes.size()];
        c.require(dims[d] >= 0 && dims[d] <= INT32_MAX, "pads ", pads[k], " and ",
                  pads[k + axes.size()], " leave ", dims[d], " elements of axis ", d);
    }
    SampleMode mode;
    padModeOf(op.mode, mode);
    std::vector<std::vector<int64_t>> tables;
    for (size_t d = 0; d < dims.size(); ++d)
        tables.push_back(windowIndices(c.dims(0)[d], start[d], 1, dims[d], mode));
    c.resize(0, dims);
    if (c.outCount(0))
        copyByTables(c.outData(0), c.data(0), elementBytes(c.type(0)), c.dims(0), tables,
                     c.has(2) ? c.data(2) : nullptr);
}

BIREME_OP(pad_data, PadData,
          {.inputs = 4,
           .traits = ir::kDataDependent | ir::kMoves,
           .infer = infer,
           .eval = eval,
           .doc = "Elements added around a tensor along axes that are data."})

}  // namespace bireme::ops
