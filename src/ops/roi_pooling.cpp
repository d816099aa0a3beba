// SPDX-License-Identifier: Apache-2.0
#include "ops/roi_pooling.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/region_bins.h"

#include <algorithm>

namespace bireme::ops {

static void infer(const RoiPooling& op, ir::InferContext& c) {
    const TensorDesc &x = c.in(0), &regions = c.in(1);
    c.requireReal(0);
    c.requireReal(1);
    c.require(x.rank() == 4 && regions.rank() == 2 && regions.dims[1].valueOr(5) == 5,
              "x is [N,C,H,W] and regions are [R,5]; got ", x.text(), ", ", regions.text());
    c.require(op.height > 0 && op.width > 0, "the output is ", op.height, " by ", op.width);
    c.out(0).type = x.type;
    c.out(0).dims = {regions.dims[0], x.dims[1], Dim(op.height), Dim(op.width)};
}

namespace {

template <typename T>
T largest(const T* plane, int64_t width, const RegionBin& rows, const RegionBin& columns) {
    bool begun = false;
    T most{};
    for (int64_t y = rows.from; y < rows.to; ++y)
        for (int64_t x = columns.from; x < columns.to; ++x) {
            T v = plane[y * width + x];
            most = begun ? std::max(most, v) : v;
            begun = true;
        }
    return most;
}

}  // namespace

static void eval(const RoiPooling& op, ir::EvalContext& c) {
    int64_t images = c.dims(0)[0], channels = c.dims(0)[1], height = c.dims(0)[2],
            width = c.dims(0)[3];
    auto regions = c.read<float>(1);
    ir::EvalContext::computeReal(c.type(0), [&](auto kind) {
        using T = decltype(kind);
        auto x = c.read<T>(0);
        auto y = c.write<T>(0);
        size_t to = 0;
        for (int64_t r = 0; r < c.dims(1)[0]; ++r) {
            const float* region = regions.data() + 5 * r;
            const size_t values = static_cast<size_t>(channels * op.height * op.width);
            if (!(region[0] >= 0 && region[0] < static_cast<float>(images))) {
                std::fill_n(y.begin() + static_cast<std::ptrdiff_t>(to), values, T{});
                to += values;
                continue;
            }
            auto image = static_cast<int64_t>(region[0]);
            auto columns = regionBins(region[1], region[3], op.scale, op.width, width);
            auto rows = regionBins(region[2], region[4], op.scale, op.height, height);
            for (int64_t k = 0; k < channels; ++k)
                for (const RegionBin& row : rows)
                    for (const RegionBin& column : columns)
                        y[to++] = largest(x.data() + (image * channels + k) * height * width, width,
                                          row, column);
        }
    });
}

BIREME_OP(roi_pooling, RoiPooling,
          {.inputs = 2,
           .infer = infer,
           .eval = eval,
           .doc = "Maxima of regions in a fixed number of bins, as Fast R-CNN."})

}  // namespace bireme::ops
