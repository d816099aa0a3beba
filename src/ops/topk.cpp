// SPDX-License-Identifier: Apache-2.0
#include "ops/topk.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/arguments.h"
#include "ops/support/axis_view.h"
#include "ops/support/movement.h"

#include <algorithm>
#include <cmath>

namespace bireme::ops {

static void infer(const TopK& op, ir::InferContext& c) {
    const TensorDesc& x = c.in(0);
    c.require(x.rank() > 0, "topk needs at least one dimension");
    int axis = c.axis(op.axis, x.rank());
    c.require(op.indicesType == DataType::kINT32 || op.indicesType == DataType::kINT64,
              "indices are i32 or i64, not ", name(op.indicesType));
    Dim k = c.has(1) ? scalarArgument(c, 1, "k", {0, INT64_MAX}) : Dim(op.k);
    const Dim& extent = x.dims[axis];
    c.require(!k.isStatic() || k.value() >= 0, "k is ", k.text());
    c.require(!k.isStatic() || !extent.isStatic() || k.value() <= extent.value(), "k is ", k.text(),
              ", but axis ", axis, " has only ", extent.text(), " elements");
    c.out(0) = x;
    c.out(0).dims[axis] = k;
    if (c.outputs() < 2) return;
    c.out(1) = c.out(0);
    c.out(1).type = op.indicesType;
}

// A total order: NaN is above all numbers, equal elements keep the lower index first.
template <typename T>
static bool before(T a, T b, bool largest) {
    if constexpr (std::is_floating_point_v<T>) {
        if (std::isnan(a) || std::isnan(b))
            return largest ? std::isnan(a) && !std::isnan(b) : !std::isnan(a) && std::isnan(b);
    }
    return largest ? a > b : a < b;
}

static void eval(const TopK& op, ir::EvalContext& c) {
    AxisView in(c.dims(0), op.axis), out(c.outDims(0), op.axis);
    c.require(out.extent <= in.extent, "k is ", out.extent, ", but the axis has only ", in.extent,
              " elements");
    size_t size = elementBytes(c.type(0));
    auto* values = static_cast<uint8_t*>(c.outData(0));
    const auto* bytes = static_cast<const uint8_t*>(c.data(0));
    std::span<int64_t> indices = c.outputs() > 1 ? c.write<int64_t>(1) : std::span<int64_t>{};
    ir::EvalContext::compute(c.type(0), [&](auto kind) {
        auto x = c.read<decltype(kind)>(0);
        std::vector<int64_t> order(static_cast<size_t>(in.extent));
        for (int64_t o = 0; o < in.outer; ++o)
            for (int64_t k = 0; k < in.inner; ++k) {
                auto at = [&](int64_t i) {
                    return static_cast<size_t>((o * in.extent + i) * in.inner + k);
                };
                for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int64_t>(i);
                std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
                    return before(x[at(a)], x[at(b)], op.operation == TopKOperation::kMAX);
                });
                for (int64_t i = 0; i < out.extent; ++i) {
                    auto to = static_cast<size_t>((o * out.extent + i) * out.inner + k);
                    copyElement(values + to * size,
                                bytes + at(order[static_cast<size_t>(i)]) * size, size);
                    if (!indices.empty()) indices[to] = order[static_cast<size_t>(i)];
                }
            }
    });
}

BIREME_OP(topk, TopK,
          {.inputs = 1,
           .maxInputs = 2,
           .outputs = 1,
           .maxOutputs = 2,
           .infer = infer,
           .eval = eval,
           .doc = "The k largest or smallest elements along one axis, sorted, and their indices."})

}  // namespace bireme::ops
