// SPDX-License-Identifier: Apache-2.0
#include "ops/pad.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/arguments.h"
#include "ops/support/movement.h"
#include "ops/support/window.h"
#include "tensor/convert.h"

#include <cstdlib>

namespace bireme::ops {

static bool modeOf(const std::string& name, SampleMode& mode) {
    if (name == "constant")
        mode = SampleMode::kFILL;
    else if (name == "reflect")
        mode = SampleMode::kREFLECT;
    else if (name == "edge")
        mode = SampleMode::kCLAMP;
    else if (name == "wrap")
        mode = SampleMode::kWRAP;
    else
        return false;
    return true;
}

static void eval(const Pad& op, ir::EvalContext& c) {
    if (c.outCount(0) == 0) return;
    size_t rank = c.dims(0).size();
    auto pads = evalList(c, 1, op.pads), axes = evalList(c, 3, op.axes);
    std::vector<int64_t> start(rank, 0);
    size_t n = pads.size() / 2;
    for (size_t k = 0; k < n; ++k) {
        int64_t axis = axes.empty() ? static_cast<int64_t>(k) : axes[k];
        start[static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(rank) : axis)] = -pads[k];
    }
    SampleMode mode = SampleMode::kFILL;
    modeOf(op.mode, mode);
    std::vector<std::vector<int64_t>> tables;
    for (size_t d = 0; d < rank; ++d)
        tables.push_back(windowIndices(c.dims(0)[d], start[d], 1, c.outDims(0)[d], mode));
    uint8_t fill[8] = {};
    size_t size = elementBytes(c.type(0));
    if (c.has(2))
        copyElement(fill, c.data(2), size);
    else
        convertElements(DataType::kFLOAT, &op.value, c.type(0), fill, 1);
    copyByTables(c.outData(0), c.data(0), size, c.dims(0), tables, fill);
}

static void infer(const Pad& op, ir::InferContext& c) {
    const TensorDesc& x = c.in(0);
    SampleMode mode;
    c.require(modeOf(op.mode, mode), "mode of pad is constant, reflect, edge or wrap, not ",
              op.mode);
    DimVector pads = listArgument(c, 1, op.pads, "pads", {INT32_MIN, INT32_MAX});
    auto axes = distinctAxes(c, numberArgument(c, 3, op.axes, "padded axes"), x.rank());
    if (axes.empty() && !c.has(3))
        for (int i = 0; i < x.rank(); ++i) axes.push_back(i);
    c.require(pads.size() == 2 * axes.size(), pads.size(), " pads do not fit ", axes.size(),
              " axes: two each are needed");
    if (c.has(2)) {
        Dim n = volume(c.in(2).dims);
        c.requireSameType(0, 2);
        c.require(!n.isStatic() || n.is(1), "the padding value must be one number, not ",
                  c.in(2).text());
    }
    c.out(0) = x;
    for (const Dim& p : pads)
        c.require(!p.isStatic() || std::abs(p.value() / 2) < INT32_MAX, "cannot pad by ", p.text());
    for (size_t k = 0; k < axes.size(); ++k) {
        Dim& d = c.out(0).dims[axes[k]];
        d = d + pads[k] + pads[k + axes.size()];
        c.require(!d.isStatic() || d.value() >= 0, "pads ", pads[k].text(), " and ",
                  pads[k + axes.size()].text(), " leave nothing of axis ", axes[k], " of ",
                  x.text());
    }
    if (c.has(2) || op.value == 0) moveKnown(op, c, eval, {0, 2});
}

BIREME_OP(pad, Pad,
          {.inputs = 1,
           .maxInputs = 4,
           .traits = ir::kMoves,
           .infer = infer,
           .eval = eval,
           .doc = "Elements added around a tensor; negative pads crop."})

}  // namespace bireme::ops
