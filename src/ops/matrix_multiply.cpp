// SPDX-License-Identifier: Apache-2.0
#include "ops/matrix_multiply.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ir/work.h"

#include <algorithm>

namespace bireme::ops {

static int matrixRank(MatrixOperation op) { return op == MatrixOperation::kVECTOR ? 1 : 2; }

static void infer(const MatrixMultiply& op, ir::InferContext& c) {
    const DimVector &a = c.in(0).dims, &b = c.in(1).dims;
    c.requireSameType(0, 1);
    c.require(c.in(0).type != DataType::kBOOL, "a matrix product of bool");
    int ra = matrixRank(op.opA), rb = matrixRank(op.opB);
    c.require(c.in(0).rank() >= ra && c.in(1).rank() >= rb, "operands ", c.in(0).text(), " and ",
              c.in(1).text(), " need at least ", ra, " and ", rb, " dimensions");
    c.require(c.in(0).rank() - ra == c.in(1).rank() - rb, "operands ", c.in(0).text(), " and ",
              c.in(1).text(), " have different numbers of batch dimensions");
    // Row count and inner extent of a, inner extent and column count of b.
    Dim rows = op.opA == MatrixOperation::kTRANSPOSE ? a.back()
               : op.opA == MatrixOperation::kNONE    ? a[a.size() - 2]
                                                     : Dim(1);
    Dim innerA = op.opA == MatrixOperation::kTRANSPOSE ? a[a.size() - 2] : a.back();
    Dim innerB = op.opB == MatrixOperation::kNONE ? b[b.size() - 2] : b.back();
    Dim columns = op.opB == MatrixOperation::kTRANSPOSE ? b[b.size() - 2]
                  : op.opB == MatrixOperation::kNONE    ? b.back()
                                                        : Dim(1);
    c.require(!innerA.isStatic() || !innerB.isStatic() || innerA == innerB,
              "the first operand has ", innerA.text(), " columns, the second has ", innerB.text(),
              " rows");
    c.out(0).type = c.in(0).type;
    c.out(0).dims = c.broadcastDims({a.begin(), a.end() - ra}, {b.begin(), b.end() - rb});
    if (ra == 2) c.out(0).dims.push_back(rows);
    if (rb == 2) c.out(0).dims.push_back(columns);
}

namespace {

// One matrix of an operand: strides of its rows and columns, in elements.
struct Layout {
    int64_t rows = 1, columns = 1, rowStep = 0, columnStep = 0;
    std::vector<int64_t> batch;  // strides over the output's batch dims
};

Layout layoutOf(const std::vector<int64_t>& dims, MatrixOperation op, bool first,
                const std::vector<int64_t>& batch) {
    Layout l;
    int64_t last = dims.back();
    size_t own = static_cast<size_t>(matrixRank(op));
    if (op == MatrixOperation::kVECTOR) {
        (first ? l.columns : l.rows) = last;
        (first ? l.columnStep : l.rowStep) = 1;
    } else {
        l.rows = dims[dims.size() - 2], l.columns = last, l.rowStep = last, l.columnStep = 1;
    }
    if (op == MatrixOperation::kTRANSPOSE)
        std::swap(l.rows, l.columns), std::swap(l.rowStep, l.columnStep);
    l.batch = ir::broadcastStrides({dims.begin(), dims.end() - static_cast<int64_t>(own)}, batch);
    for (int64_t& s : l.batch) s *= l.rows * l.columns;
    return l;
}

template <typename T>
void multiply(const Layout& a, const Layout& b, const T* x, const T* w, T* y) {
    std::fill(y, y + a.rows * b.columns, T(0));
    for (int64_t i = 0; i < a.rows; ++i)
        for (int64_t k = 0; k < a.columns; ++k) {
            T v = x[i * a.rowStep + k * a.columnStep];
            const T* row = w + k * b.rowStep;
            T* out = y + i * b.columns;
            for (int64_t j = 0; j < b.columns; ++j) out[j] += v * row[j * b.columnStep];
        }
}

}  // namespace

static void eval(const MatrixMultiply& op, ir::EvalContext& c) {
    const auto& dims = c.outDims(0);
    std::vector<int64_t> batch(dims.begin(), dims.begin() + (c.rank(0) - matrixRank(op.opA)));
    Layout a = layoutOf(c.dims(0), op.opA, true, batch),
           b = layoutOf(c.dims(1), op.opB, false, batch);
    c.compute(c.type(0), [&](auto t) {
        using T = decltype(t);
        const T* x = c.read<T>(0).data();
        const T* w = c.read<T>(1).data();
        T* y = c.write<T>(0).data();
        std::vector<int64_t> index(batch.size(), 0);
        for (int64_t n = ir::elementCount(batch); n > 0; --n, y += a.rows * b.columns) {
            int64_t atA = 0, atB = 0;
            for (size_t d = 0; d < batch.size(); ++d)
                atA += index[d] * a.batch[d], atB += index[d] * b.batch[d];
            multiply(a, b, x + atA, w + atB, y);
            ir::nextIndex(index, batch);
        }
    });
}

static Dim operations(const MatrixMultiply& op, const ir::Work& w) {
    const DimVector a = w.in(0);
    const bool last = op.opA != MatrixOperation::kTRANSPOSE || a.size() < 2;
    return Dim(2) * volume(w.out()) * a[a.size() - (last ? 1 : 2)];
}

BIREME_OP(matrix_multiply, MatrixMultiply,
          {.inputs = 2,
           .outputs = 1,
           .infer = infer,
           .eval = eval,
           .operations = operations,
           .doc = "Product of matrices or vectors over broadcast batch dims."})

}  // namespace bireme::ops
