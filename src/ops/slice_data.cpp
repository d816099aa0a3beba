// SPDX-License-Identifier: Apache-2.0
#include "ops/slice_data.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/arguments.h"
#include "ops/support/movement.h"
#include "ops/support/slice_extent.h"
#include "ops/support/window.h"

namespace bireme::ops {

static void infer(const SliceData&, ir::InferContext& c) {
    const TensorDesc& x = c.in(0);
    int n = listLength(c, 1, "starts");
    c.require(n <= x.rank() && listLength(c, 2, "ends") == n &&
                  (!c.has(3) || listLength(c, 3, "axes") == n) &&
                  (!c.has(4) || listLength(c, 4, "steps") == n),
              "starts, ends, axes and steps of slicing ", x.text(), " have different lengths");
    c.out(0) = x;
    for (int i = 0; i < x.rank(); ++i) {
        Dim& d = c.out(0).dims[static_cast<size_t>(i)];
        d = c.stepExtent(0, i, d);
    }
}

static void eval(const SliceData&, ir::EvalContext& c) {
    auto starts = c.ints(1), ends = c.ints(2), axes = evalList(c, 3, {}),
         steps = evalList(c, 4, {});
    int64_t rank = c.rank(0);
    std::vector<std::vector<int64_t>> tables;
    for (int64_t d : c.dims(0)) tables.push_back(windowIndices(d, 0, 1, d, SampleMode::kCLAMP));
    for (size_t k = 0; k < starts.size(); ++k) {
        int64_t axis = axes.empty() ? static_cast<int64_t>(k) : axes[k];
        int64_t step = steps.empty() ? 1 : steps[k];
        c.require(axis >= -rank && axis < rank, "axis ", axis, " is outside the ", rank,
                  " dimensions of the input");
        c.require(step != 0, "a step is 0");
        auto d = static_cast<size_t>(axis < 0 ? axis + rank : axis);
        SliceBounds b = sliceBounds(c.dims(0)[d], starts[k], ends[k], step);
        tables[d] = windowIndices(c.dims(0)[d], b.start, step, b.count, SampleMode::kCLAMP);
    }
    std::vector<int64_t> dims;
    for (const auto& t : tables) dims.push_back(static_cast<int64_t>(t.size()));
    c.resize(0, dims);
    if (c.outCount(0))
        copyByTables(c.outData(0), c.data(0), elementBytes(c.type(0)), c.dims(0), tables);
}

BIREME_OP(slice_data, SliceData,
          {.inputs = 3,
           .maxInputs = 5,
           .traits = ir::kDataDependent | ir::kMoves,
           .infer = infer,
           .eval = eval,
           .doc = "A slice whose axes or steps are data."})

}  // namespace bireme::ops
