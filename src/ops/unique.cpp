// SPDX-License-Identifier: Apache-2.0
#include "ops/unique.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/axis_view.h"
#include "ops/support/movement.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace bireme::ops {

static void infer(const Unique& op, ir::InferContext& c) {
    const TensorDesc& x = c.in(0);
    c.require(!op.alongAxis || x.rank() > 0, "a scalar has no axis");
    int axis = op.alongAxis ? c.axis(op.axis, x.rank()) : 0;
    Dim all = op.alongAxis ? x.dims[static_cast<size_t>(axis)] : volume(x.dims);
    Dim found = c.stepExtent(0, axis, all);
    c.out(0) = x;
    if (op.alongAxis)
        c.out(0).dims[static_cast<size_t>(axis)] = found;
    else
        c.out(0).dims = {found};
    for (int i = 1; i < c.outputs(); ++i)
        c.out(i) = {DataType::kINT64, {i == 2 ? all : found}, {}, {}};
}

namespace {

// Slices of a tensor along an axis, compared element by element.
template <typename T>
struct Slices {
    const T* x;
    AxisView view;
    bool before(int64_t a, int64_t b) const { return compare(a, b) < 0; }
    int compare(int64_t a, int64_t b) const {
        for (int64_t o = 0; o < view.outer; ++o)
            for (int64_t k = 0; k < view.inner; ++k) {
                T p = x[(o * view.extent + a) * view.inner + k];
                T q = x[(o * view.extent + b) * view.inner + k];
                if (p < q) return -1;
                if (q < p) return 1;
            }
        return 0;
    }
};

}  // namespace

static void eval(const Unique& op, ir::EvalContext& c) {
    std::vector<int64_t> dims = op.alongAxis ? c.dims(0) : std::vector<int64_t>{c.count(0)};
    int64_t axis = op.alongAxis ? (op.axis < 0 ? op.axis + c.rank(0) : op.axis) : 0;
    AxisView view(dims, axis);
    std::vector<int64_t> order(static_cast<size_t>(view.extent)), first, inverse(order.size()),
        counts;
    std::iota(order.begin(), order.end(), 0);
    ir::EvalContext::compute(c.type(0), [&](auto kind) {
        Slices<decltype(kind)> s{c.read<decltype(kind)>(0).data(), view};
        std::stable_sort(order.begin(), order.end(),
                         [&](int64_t a, int64_t b) { return s.before(a, b); });
        for (size_t i = 0; i < order.size(); ++i) {
            if (i == 0 || s.compare(order[i - 1], order[i]) != 0) {
                first.push_back(order[i]);
                counts.push_back(0);
            }
            ++counts.back();
            inverse[static_cast<size_t>(order[i])] = static_cast<int64_t>(first.size()) - 1;
        }
    });
    std::vector<int64_t> rank(first.size()), place(first.size());
    std::iota(rank.begin(), rank.end(), 0);
    if (!op.sorted)
        std::sort(rank.begin(), rank.end(), [&](int64_t a, int64_t b) {
            return first[static_cast<size_t>(a)] < first[static_cast<size_t>(b)];
        });
    for (size_t i = 0; i < rank.size(); ++i)
        place[static_cast<size_t>(rank[i])] = static_cast<int64_t>(i);
    auto n = static_cast<int64_t>(first.size());
    dims[static_cast<size_t>(axis)] = n;
    c.resize(0, dims);
    size_t size = elementBytes(c.type(0));
    auto* to = static_cast<uint8_t*>(c.outData(0));
    const auto* from = static_cast<const uint8_t*>(c.data(0));
    size_t row = size * static_cast<size_t>(view.inner);
    for (int64_t o = 0; o < view.outer; ++o)
        for (int64_t i = 0; i < n && row; ++i) {
            int64_t source = first[static_cast<size_t>(rank[static_cast<size_t>(i)])];
            std::memcpy(to + static_cast<size_t>(o * n + i) * row,
                        from + static_cast<size_t>(o * view.extent + source) * row, row);
        }
    for (int k = 1; k < c.outputs(); ++k) {
        c.resize(k, {k == 2 ? view.extent : n});
        auto y = c.write<int64_t>(k);
        for (size_t i = 0; i < y.size(); ++i)
            y[i] = k == 2   ? place[static_cast<size_t>(inverse[i])]
                   : k == 1 ? first[static_cast<size_t>(rank[i])]
                            : counts[static_cast<size_t>(rank[i])];
    }
}

BIREME_OP(unique, Unique,
          {.inputs = 1,
           .outputs = 1,
           .maxOutputs = 4,
           .traits = ir::kDataDependent,
           .infer = infer,
           .eval = eval,
           .doc = "Distinct elements or slices, where they stand and how often."})

}  // namespace bireme::ops
