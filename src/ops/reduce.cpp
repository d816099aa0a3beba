// SPDX-License-Identifier: Apache-2.0
#include "ops/reduce.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ir/work.h"
#include "ops/support/axis_set.h"
#include "ops/support/not_a_number.h"

#include <limits>

namespace bireme::ops {

static Dim combine(ReduceOperation op, const Dim& a, const Dim& b) {
    switch (op) {
        case ReduceOperation::kPROD: return a * b;
        case ReduceOperation::kMAX: return max(a, b);
        case ReduceOperation::kMIN: return min(a, b);
        default: return a + b;
    }
}

static void inferElements(const Reduce& op, ir::InferContext& c, const std::vector<bool>& set) {
    const DimVector* known = c.known(0);
    if (!known || known->empty() || !allStatic(c.in(0).dims) ||
        op.operation == ReduceOperation::kAVG)
        return;
    DimVector out(static_cast<size_t>(volume(c.out(0).dims).value()));
    std::vector<bool> begun(out.size());
    forEachSlot(staticValues(c.in(0).dims), set, [&](int64_t e, int64_t s) {
        auto slot = static_cast<size_t>(s);
        const Dim& x = (*known)[static_cast<size_t>(e)];
        out[slot] = begun[slot] ? combine(op.operation, out[slot], x) : x;
        begun[slot] = true;
    });
    c.setKnown(0, std::move(out));
}

static void infer(const Reduce& op, ir::InferContext& c) {
    const TensorDesc& x = c.in(0);
    c.require(x.type != DataType::kBOOL, "bool cannot be reduced");
    c.require(op.operation != ReduceOperation::kNONE, "the reduction has no operation");
    auto set = axisSet(c, op.axes, x.rank());
    c.out(0).type = x.type;
    for (size_t d = 0; d < set.size(); ++d) {
        if (!set[d])
            c.out(0).dims.push_back(x.dims[d]);
        else if (op.keepDims)
            c.out(0).dims.push_back(Dim(1));
    }
    inferElements(op, c, set);
}

static int64_t bound(DataType t, bool highest) {
    int width = bits(t);
    bool isSigned = t == DataType::kINT2 || t == DataType::kINT4 || t == DataType::kINT8 ||
                    t == DataType::kINT16 || t == DataType::kINT32 || t == DataType::kINT64;
    if (!isSigned)
        return !highest      ? 0
               : width >= 64 ? std::numeric_limits<int64_t>::max()
                             : (int64_t{1} << width) - 1;
    int64_t low = width >= 64 ? std::numeric_limits<int64_t>::min() : -(int64_t{1} << (width - 1));
    return highest ? ~low : low;
}

// What a reduction of no elements gives.
template <typename A>
static A start(ReduceOperation op, DataType t) {
    bool highest = op == ReduceOperation::kMIN;
    if (op == ReduceOperation::kPROD) return A(1);
    if (op == ReduceOperation::kSUM || op == ReduceOperation::kAVG) return A(0);
    if constexpr (std::is_same_v<A, int64_t>)
        return bound(t, highest);
    else
        return highest ? std::numeric_limits<A>::infinity() : -std::numeric_limits<A>::infinity();
}

template <typename A>
static void accumulate(ReduceOperation op, A& sum, A x) {
    switch (op) {
        case ReduceOperation::kPROD: sum = sum * x; break;
        case ReduceOperation::kMAX: sum = x > sum || isNan(x) ? x : sum; break;
        case ReduceOperation::kMIN: sum = x < sum || isNan(x) ? x : sum; break;
        default: sum = sum + x;
    }
}

void evalReduction(ReduceOperation op, const std::vector<bool>& set, ir::EvalContext& c) {
    c.compute(c.type(0), [&](auto t) {
        using T = decltype(t);
        // Integers wrap; real numbers are summed in double, so that long sums keep their digits.
        using A = std::conditional_t<std::is_same_v<T, int64_t>, int64_t, double>;
        auto x = c.read<T>(0);
        auto y = c.write<T>(0);
        std::vector<A> sums(y.size(), start<A>(op, c.type(0)));
        forEachSlot(c.dims(0), set, [&](int64_t e, int64_t slot) {
            accumulate(op, sums[static_cast<size_t>(slot)],
                       static_cast<A>(x[static_cast<size_t>(e)]));
        });
        auto count = y.empty() ? 0 : static_cast<int64_t>(x.size() / y.size());
        for (size_t i = 0; i < y.size(); ++i) {
            if (op != ReduceOperation::kAVG)
                y[i] = static_cast<T>(sums[i]);
            else if (count)
                y[i] = static_cast<T>(sums[i] / static_cast<A>(count));
            else
                y[i] = std::is_same_v<T, int64_t> ? T(0) : std::numeric_limits<T>::quiet_NaN();
        }
    });
}

static void eval(const Reduce& op, ir::EvalContext& c) {
    evalReduction(op.operation, axisSet(op.axes, c.rank(0)), c);
}

static Dim operations(const Reduce&, const ir::Work& w) { return volume(w.in(0)); }

BIREME_OP(reduce, Reduce,
          {.inputs = 1,
           .outputs = 1,
           .infer = infer,
           .eval = eval,
           .operations = operations,
           .doc = "Sum, product, maximum, minimum or mean over axes."})

}  // namespace bireme::ops
