// SPDX-License-Identifier: Apache-2.0
#include "ops/rotary_embedding.h"

#include "ir/decompose.h"
#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/concat.h"
#include "ops/pointwise.h"
#include "ops/reshape.h"
#include "ops/slice.h"

#include <algorithm>

namespace bireme::ops {

static void infer(const RotaryEmbedding& op, ir::InferContext& c) {
    const TensorDesc& x = c.in(0);
    c.requireReal(0);
    c.require(x.rank() >= 1 && x.dims.back().isStatic(),
              "rotary_embedding turns a known number of features, not those of ", x.text());
    const int64_t size = op.turned(x.dims.back().value());
    c.require(size % 2 == 0 && size >= 0 && size <= x.dims.back().value(),
              "rotary_embedding turns an even number of features, not ", size, " of those of ",
              x.text());
    for (int i : {1, 2}) {
        const TensorDesc& t = c.in(i);
        c.requireSameType(0, i);
        c.require(t.rank() >= 1 && t.rank() <= x.rank() &&
                      (t.dims.back().is(size) || t.dims.back().is(size / 2)),
                  "the angles ", t.text(), " do not fit ", x.text());
        for (int d = 0; d + 1 < t.rank(); ++d) {
            const Dim &have = t.dims[static_cast<size_t>(d)],
                      &want = x.dims[static_cast<size_t>(x.rank() - t.rank() + d)];
            c.require(!have.isStatic() || !want.isStatic() || have.is(1) || have == want,
                      "the angles ", t.text(), " cannot be broadcast to ", x.text());
        }
    }
    c.require(c.in(1).dims.back() == c.in(2).dims.back(), "cosines ", c.in(1).text(), " and sines ",
              c.in(2).text(), " differ in their number");
    c.out(0) = x;
}

static void eval(const RotaryEmbedding& op, ir::EvalContext& c) {
    const auto& dims = c.dims(0);
    const int64_t all = dims.back(), size = op.turned(all), pairs = size / 2;
    const int64_t angles = c.dims(1).back();
    const std::vector<int64_t> rows(dims.begin(), dims.end() - 1);
    auto steps = [&](int i) {
        const auto& d = c.dims(i);
        auto s = ir::broadcastStrides({d.begin(), d.end() - 1}, rows);
        for (int64_t& x : s) x *= d.back();
        return s;
    };
    const auto cosSteps = steps(1), sinSteps = steps(2);
    c.computeReal(c.type(0), [&](auto zero) {
        using T = decltype(zero);
        const T* x = c.read<T>(0).data();
        const T *cosines = c.read<T>(1).data(), *sines = c.read<T>(2).data();
        T* y = c.write<T>(0).data();
        std::vector<int64_t> index(rows.size(), 0);
        for (int64_t n = ir::elementCount(rows); n > 0; --n, x += all, y += all) {
            const T *cosRow = cosines, *sinRow = sines;
            for (size_t d = 0; d < rows.size(); ++d)
                cosRow += index[d] * cosSteps[d], sinRow += index[d] * sinSteps[d];
            for (int64_t k = 0; k < pairs; ++k) {
                const int64_t i = op.interleaved ? 2 * k : k,
                              j = op.interleaved ? i + 1 : k + pairs;
                const int64_t a = angles == size ? i : k, b = angles == size ? j : k;
                y[i] = x[i] * cosRow[a] - x[j] * sinRow[a];
                y[j] = x[j] * cosRow[b] + x[i] * sinRow[b];
            }
            std::copy(x + size, x + all, y + size);
            ir::nextIndex(index, rows);
        }
    });
}

namespace {

// As exporters write it: with angles per feature x * cos + rotated(x) * sin, with angles per pair
// its members one by one.
class Writer {
public:
    Writer(ir::DecomposeContext& c, bool interleaved) : c_(c), interleaved_(interleaved) {
        const TensorDesc& x = c.desc(0);
        size_ = x.dims.back().value(), axis_ = x.rank() - 1;
    }

    void write() {
        const ir::ValueId p = member(0), q = member(1), x = c_.in(0);
        const ir::ValueId cosine = c_.in(1), sine = c_.in(2);
        using Fn = PointwiseFn;
        if (c_.desc(1).dims.back().is(size_)) {
            Pointwise negate;
            negate.fn = Fn::neg;
            const ir::ValueId turned = joined(c_.add(ir::Op::of(negate), {q}), p);
            return c_.replace(
                0, binary(Fn::sum, binary(Fn::prod, x, cosine), binary(Fn::prod, turned, sine)));
        }
        const ir::ValueId first =
            binary(Fn::sub, binary(Fn::prod, p, cosine), binary(Fn::prod, q, sine));
        const ir::ValueId second =
            binary(Fn::sum, binary(Fn::prod, q, cosine), binary(Fn::prod, p, sine));
        c_.replace(0, joined(first, second));
    }

private:
    ir::ValueId binary(PointwiseFn fn, ir::ValueId a, ir::ValueId b) {
        Pointwise op;
        op.fn = fn;
        return c_.add(ir::Op::of(op), {a, b});
    }
    // The first or second of all pairs.
    ir::ValueId member(int64_t which) {
        Slice s;
        s.axes = {axis_};
        s.size = {size_ / 2};
        s.start = {interleaved_ ? which : which * size_ / 2};
        s.stride = {interleaved_ ? 2 : 1};
        return c_.add(ir::Op::of(s), {c_.in(0)});
    }
    ir::ValueId joined(ir::ValueId first, ir::ValueId second) {
        Concat join;
        join.axis = axis_;
        if (!interleaved_) return c_.add(ir::Op::of(join), {first, second});
        Reshape split, flat;
        split.shape.assign(static_cast<size_t>(axis_), 0);
        flat.shape = split.shape;
        split.shape.insert(split.shape.end(), {size_ / 2, 1});
        flat.shape.push_back(size_);
        join.axis = axis_ + 1;
        first = c_.add(ir::Op::of(split), {first});
        second = c_.add(ir::Op::of(split), {second});
        return c_.add(ir::Op::of(flat), {c_.add(ir::Op::of(join), {first, second})});
    }

    ir::DecomposeContext& c_;
    bool interleaved_;
    int64_t size_ = 0;
    int axis_ = 0;
};

}  // namespace

// The turned features beside the others.
static void decomposePart(RotaryEmbedding op, ir::DecomposeContext& c) {
    const TensorDesc x = c.desc(0);
    const int64_t size = x.dims.back().value(), axis = x.rank() - 1;
    Slice turned, rest;
    turned.axes = rest.axes = {axis};
    turned.start = {0}, turned.size = {op.features};
    rest.start = {op.features}, rest.size = {size - op.features};
    op.features = 0;
    const ir::ValueId first = c.add(ir::Op::of(turned), {c.in(0)});
    const ir::ValueId y = c.add(ir::Op::of(op), {first, c.in(1), c.in(2)});
    Concat join;
    join.axis = axis;
    c.replace(0, c.add(ir::Op::of(join), {y, c.add(ir::Op::of(rest), {c.in(0)})}));
}

static bool decompose(const RotaryEmbedding& op, ir::DecomposeContext& c) {
    if (op.features != 0 && !c.desc(0).dims.back().is(op.features)) {
        decomposePart(op, c);
        return true;
    }
    Writer(c, op.interleaved).write();
    return true;
}

BIREME_OP(rotary_embedding, RotaryEmbedding,
          {.inputs = 3,
           .outputs = 1,
           .infer = infer,
           .eval = eval,
           .decompose = decompose,
           .doc = "Pairs of features turned by the angle of their position."})

}  // namespace bireme::ops
