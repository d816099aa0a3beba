// SPDX-License-Identifier: Apache-2.0
#include "ops/slice.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/arguments.h"
#include "ops/support/movement.h"
#include "ops/support/slice_extent.h"
#include "ops/support/window.h"

namespace bireme::ops {

static void eval(const Slice& op, ir::EvalContext& c) {
    auto start = evalList(c, 1, op.start), size = evalList(c, 2, op.size),
         stride = evalList(c, 3, op.stride);
    auto axes = evalList(c, 5, op.axes);
    stride.resize(start.size(), 1);
    if (c.outCount(0) == 0 && !op.useEnds) return;
    std::vector<std::vector<int64_t>> tables;
    int64_t rank = c.rank(0);
    for (int64_t d = 0; d < rank; ++d)
        tables.push_back(windowIndices(c.dims(0)[d], 0, 1, c.outDims(0)[d], SampleMode::kCLAMP));
    for (size_t k = 0; k < start.size(); ++k) {
        int64_t d = axes.empty() ? static_cast<int64_t>(k) : axes[k] < 0 ? axes[k] + rank : axes[k];
        int64_t extent = c.dims(0)[d], count = c.outDims(0)[d], first = start[k];
        if (op.useEnds) {
            SliceBounds b = sliceBounds(extent, start[k], size[k], stride[k]);
            c.require(b.count == count, "slicing axis ", d, " of ", extent, " elements from ",
                      start[k], " to ", size[k], " gives ", b.count, " elements, ", count,
                      " were expected from the shapes");
            first = b.start;
        }
        tables[d] = windowIndices(extent, first, stride[k], count,
                                  op.useEnds ? SampleMode::kSTRICT_BOUNDS : op.mode);
    }
    copyByTables(c.outData(0), c.data(0), elementBytes(c.type(0)), c.dims(0), tables,
                 c.has(4) ? c.data(4) : nullptr);
}

static void checkStrict(const ir::InferContext& c, int axis, const Dim& extent, const Dim& start,
                        const Dim& size, const Dim& stride) {
    if (!extent.isStatic() || !start.isStatic() || !size.isStatic() || !stride.isStatic() ||
        size.value() == 0)
        return;
    int64_t last;
    bool inside = !__builtin_mul_overflow(size.value() - 1, stride.value(), &last) &&
                  !__builtin_add_overflow(start.value(), last, &last);
    c.require(inside && start.value() >= 0 && start.value() < extent.value() && last >= 0 &&
                  last < extent.value(),
              "slice from ", start.text(), " to ", last, " is outside axis ", axis, " of ",
              extent.text(), " elements");
}

static void infer(const Slice& op, ir::InferContext& c) {
    const TensorDesc& x = c.in(0);
    DimRange any{INT32_MIN, INT32_MAX};
    DimVector start = listArgument(c, 1, op.start, "starts", any);
    DimVector size = listArgument(c, 2, op.size, op.useEnds ? "ends" : "sizes",
                                  op.useEnds ? any : DimRange{0, INT32_MAX});
    DimVector stride = listArgument(c, 3, op.stride, "strides", any);
    if (stride.empty()) stride.assign(start.size(), Dim(1));
    auto axes = distinctAxes(c, numberArgument(c, 5, op.axes, "sliced axes"), x.rank());
    if (axes.empty() && !c.has(5))
        for (int i = 0; i < (op.useEnds ? static_cast<int>(start.size()) : x.rank()); ++i)
            axes.push_back(i);
    size_t n = axes.size();
    c.require(start.size() == n && size.size() == n && stride.size() == n, "slice of ", n,
              " axes has ", start.size(), " starts, ", size.size(),
              op.useEnds ? " ends and " : " sizes and ", stride.size(), " strides");
    c.require(static_cast<int>(n) <= x.rank(), "slice of ", n, " axes does not fit ", x.text());
    if (c.has(4)) {
        Dim count = volume(c.in(4).dims);
        c.requireSameType(0, 4);
        c.require(!count.isStatic() || count.is(1), "the fill value must be one number, not ",
                  c.in(4).text());
    }
    c.out(0) = x;
    for (size_t k = 0; k < n; ++k) {
        Dim& d = c.out(0).dims[axes[k]];
        if (op.useEnds) {
            c.require(stride[k].isStatic() && !stride[k].is(0), "the stride along axis ", axes[k],
                      " must be a number other than 0 known at build time, it is ",
                      stride[k].text());
            d = sliceExtent(d, start[k], size[k], stride[k].value());
            continue;
        }
        c.require(!size[k].isStatic() || size[k].value() >= 0, "size of the slice along axis ",
                  axes[k], " is ", size[k].text());
        if (op.mode == SampleMode::kSTRICT_BOUNDS)
            checkStrict(c, axes[k], d, start[k], size[k], stride[k]);
        d = size[k];
    }
    moveKnown(op, c, eval, {0, 4});
}

BIREME_OP(slice, Slice,
          {.inputs = 1,
           .maxInputs = 6,
           .traits = ir::kMoves,
           .infer = infer,
           .eval = eval,
           .doc = "out[i] = in[start + i * stride] per axis."})

}  // namespace bireme::ops
