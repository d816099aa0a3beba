// SPDX-License-Identifier: Apache-2.0
#include "ops/attention.h"

#include "ir/decompose.h"
#include "ir/eval.h"
#include "ir/infer.h"
#include "ir/work.h"
#include "ops/matrix_multiply.h"
#include "ops/pointwise.h"
#include "ops/softmax.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bireme::ops {

static void infer(const Attention&, ir::InferContext& c) {
    const DimVector &q = c.in(0).dims, &k = c.in(1).dims, &v = c.in(2).dims;
    size_t rank = q.size();
    c.requireReal(0);
    c.require(rank >= 2 && k.size() == rank && v.size() == rank, "attention of ", c.in(0).text(),
              ", ", c.in(1).text(), " and ", c.in(2).text(), ": equal ranks of at least 2");
    c.requireSameType(0, 1);
    c.requireSameType(0, 2);
    auto clash = [](const Dim& a, const Dim& b) {
        return a.isStatic() && b.isStatic() && !(a == b);
    };
    c.require(!clash(q[rank - 1], k[rank - 1]), "queries have ", q[rank - 1].text(),
              " features, keys have ", k[rank - 1].text());
    c.require(!clash(k[rank - 2], v[rank - 2]), "there are ", k[rank - 2].text(), " keys and ",
              v[rank - 2].text(), " values");
    for (const DimVector* d : {&k, &v})
        for (size_t i = 0; i + 2 < rank; ++i)
            c.require(!clash((*d)[i], q[i]) || (*d)[i].is(1), "dimension ", i, " is ",
                      (*d)[i].text(), ", that of the queries is ", q[i].text());
    if (c.has(3)) {
        c.requireSameType(0, 3);
        DimVector scores(q.begin(), q.end() - 1);
        scores.push_back(k[rank - 2]);
        c.require(c.in(3).dims.size() == rank, "the mask has ", c.in(3).rank(),
                  " dimensions, the queries have ", rank);
        for (size_t i = 0; i < rank; ++i)
            c.require(!clash(c.in(3).dims[i], scores[i]) || c.in(3).dims[i].is(1),
                      "the mask's dimension ", i, " is ", c.in(3).dims[i].text(), ", not ",
                      scores[i].text());
    }
    c.out(0) = c.in(0);
    c.out(0).dims[rank - 1] = v[rank - 1];
}

namespace {

template <typename T>
struct Head {
    const T *q, *k, *v, *mask;
    T* y;
    int64_t rows, columns, depth, width;
    int64_t maskRow = 0, maskColumn = 0;
};

template <typename T>
void attend(const Attention& op, const Head<T>& h, std::vector<T>& scores) {
    for (int64_t s = 0; s < h.rows; ++s) {
        T top = -std::numeric_limits<T>::infinity(), total = 0;
        for (int64_t t = 0; t < h.columns; ++t) {
            T dot = 0;
            for (int64_t d = 0; d < h.depth; ++d)
                dot += h.q[s * h.depth + d] * h.k[t * h.depth + d];
            dot *= static_cast<T>(op.scale);
            if (h.mask) dot += h.mask[s * h.maskRow + t * h.maskColumn];
            if (op.causal && t > s + h.columns - h.rows) dot = -std::numeric_limits<T>::infinity();
            scores[static_cast<size_t>(t)] = dot;
            top = std::max(top, dot);
        }
        T* out = h.y + s * h.width;
        std::fill(out, out + h.width, T(0));
        if (op.zeroHidden && top == -std::numeric_limits<T>::infinity()) continue;
        for (T& x : scores) total += x = std::exp(x - top);
        for (int64_t t = 0; t < h.columns; ++t)
            for (int64_t e = 0; e < h.width; ++e)
                out[e] += scores[static_cast<size_t>(t)] / total * h.v[t * h.width + e];
    }
}

}  // namespace

static void eval(const Attention& op, ir::EvalContext& c) {
    const auto& q = c.dims(0);
    size_t rank = q.size();
    std::vector<int64_t> batch(q.begin(), q.end() - 2);
    auto steps = [&](int i, int64_t matrix) {
        const auto& d = c.dims(i);
        auto s = ir::broadcastStrides({d.begin(), d.end() - 2}, batch);
        for (int64_t& x : s) x *= matrix;
        return s;
    };
    const auto& k = c.dims(1);
    int64_t rows = q[rank - 2], depth = q[rank - 1], columns = k[rank - 2],
            width = c.dims(2)[rank - 1];
    auto ks = steps(1, columns * depth), vs = steps(2, columns * width);
    std::vector<int64_t> ms;
    int64_t maskRows = 0, maskColumns = 0;
    if (c.has(3)) {
        maskRows = c.dims(3)[rank - 2], maskColumns = c.dims(3)[rank - 1];
        ms = steps(3, maskRows * maskColumns);
    }
    c.computeReal(c.type(0), [&](auto zero) {
        using T = decltype(zero);
        std::vector<T> scores(static_cast<size_t>(columns));
        Head<T> h{c.read<T>(0).data(),
                  nullptr,
                  nullptr,
                  nullptr,
                  c.write<T>(0).data(),
                  rows,
                  columns,
                  depth,
                  width};
        const T *kData = c.read<T>(1).data(), *vData = c.read<T>(2).data(),
                *mData = c.has(3) ? c.read<T>(3).data() : nullptr;
        h.maskRow = maskRows > 1 ? maskColumns : 0, h.maskColumn = maskColumns > 1;
        std::vector<int64_t> index(batch.size(), 0);
        for (int64_t n = ir::elementCount(batch); n > 0; --n) {
            h.k = kData, h.v = vData, h.mask = mData;
            for (size_t d = 0; d < batch.size(); ++d) {
                h.k += index[d] * ks[d], h.v += index[d] * vs[d];
                if (mData) h.mask += index[d] * ms[d];
            }
            attend(op, h, scores);
            h.q += rows * depth, h.y += rows * width;
            ir::nextIndex(index, batch);
        }
    });
}

static bool decompose(const Attention& op, ir::DecomposeContext& c) {
    if (op.causal) return false;
    int rank = c.desc(0).rank();
    MatrixMultiply transposed;
    transposed.opB = MatrixOperation::kTRANSPOSE;
    ir::ValueId scores = c.add(ir::Op::of(transposed), {c.in(0), c.in(1)});
    auto pointwise = [&](PointwiseFn fn, ir::ValueId other) {
        Pointwise p;
        p.fn = fn;
        scores = c.add(ir::Op::of(p), {scores, other});
    };
    if (op.scale != 1) pointwise(PointwiseFn::prod, c.scalar(op.scale, c.desc(0).type, rank));
    if (c.in(3) != ir::kNoValue) pointwise(PointwiseFn::sum, c.in(3));
    Softmax softmax;
    softmax.axis = rank - 1;
    scores = c.add(ir::Op::of(softmax), {scores});
    if (op.zeroHidden) {
        Pointwise isNan, select;
        isNan.fn = PointwiseFn::isnan;
        select.fn = PointwiseFn::select;
        const ir::ValueId zero = c.scalar(0, c.desc(0).type, rank);
        scores = c.add(ir::Op::of(select), {c.add(ir::Op::of(isNan), {scores}), zero, scores});
    }
    c.replace(0, c.add(ir::Op::of(MatrixMultiply{}), {scores, c.in(2)}));
    return true;
}

// Of both products; a causal one counts whole.
static Dim operations(const Attention&, const ir::Work& w) {
    DimVector scores = w.in(0);
    const DimVector k = w.in(1), v = w.in(2);
    const Dim depth = scores.back();
    scores.back() = k[k.size() - 2];
    return Dim(2) * volume(scores) * (depth + v.back());
}

BIREME_OP(attention, Attention,
          {.inputs = 3,
           .maxInputs = 4,
           .outputs = 1,
           .infer = infer,
           .eval = eval,
           .decompose = decompose,
           .operations = operations,
           .doc = "softmax(scale * q k^T + mask) v over the last two dims."})

}  // namespace bireme::ops
