// SPDX-License-Identifier: Apache-2.0
#include "ops/integer_matrix_multiply.h"

#include "ops/matrix_multiply.h"
#include "ops/support/batch_steps.h"
#include "ops/support/integer_operands.h"

#include "ir/work.h"

namespace bireme::ops {

static void infer(const IntegerMatrixMultiply& /*op*/, ir::InferContext& c) {
    checkIntegerOperands(c);
    const DimVector &a = c.in(0).dims, &b = c.in(1).dims;
    c.require(a.size() == b.size() && a.size() >= 2, "operands ", c.in(0).text(), " and ",
              c.in(1).text(), " must be matrices with the same number of leading dimensions");
    const Dim &rows = a[a.size() - 2], &columns = b.back(), &inner = b[b.size() - 2];
    c.require(!a.back().isStatic() || !inner.isStatic() || a.back() == inner,
              "the first operand has ", a.back().text(), " columns, the second has ", inner.text(),
              " rows");
    checkZeroPoint(c, 2, rows);
    checkZeroPoint(c, 3, columns);
    c.out(0).type = DataType::kINT32;
    c.out(0).dims = c.broadcastDims({a.begin(), a.end() - 2}, {b.begin(), b.end() - 2});
    c.out(0).dims.push_back(rows);
    c.out(0).dims.push_back(columns);
}

static void eval(const IntegerMatrixMultiply& /*op*/, ir::EvalContext& c) {
    const int rank = c.rank(0);
    const std::vector<int32_t> a = centred(c, 0, rank - 2), b = centred(c, 1, rank - 1);
    const BatchSteps steps(c.dims(0), c.dims(1), c.outDims(0));
    const int64_t m = steps.rows, k = steps.inner, n = steps.columns;
    int32_t* y = c.write<int32_t>(0).data();
    for (int64_t t = 0; t < steps.count(); ++t) {
        const int32_t *left = a.data() + steps.left(t) * m * k,
                      *right = b.data() + steps.right(t) * k * n;
        for (int64_t e = 0; e < m * n; ++e) {
            uint32_t sum = 0;
            for (int64_t i = 0; i < k; ++i)
                sum += static_cast<uint32_t>(left[e / n * k + i]) *
                       static_cast<uint32_t>(right[i * n + e % n]);
            y[t * m * n + e] = static_cast<int32_t>(sum);
        }
    }
}

// All in FLOAT, which is exact up to sums of 2^24.
static bool decompose(const IntegerMatrixMultiply& /*op*/, ir::DecomposeContext& c) {
    const int rank = c.desc(0).rank();
    c.replace(0, asInteger(c, c.add(ir::Op::of(MatrixMultiply{}),
                                    {centredFloat(c, 0, rank - 2), centredFloat(c, 1, rank - 1)})));
    return true;
}

static Dim operations(const IntegerMatrixMultiply&, const ir::Work& w) {
    return Dim(2) * volume(w.out()) * w.in(0).back();
}

BIREME_OP(integer_matrix_multiply, IntegerMatrixMultiply,
          {.inputs = 2,
           .maxInputs = 4,
           .outputs = 1,
           .infer = infer,
           .eval = eval,
           .decompose = decompose,
           .operations = operations,
           .doc = "Product of matrices of bytes less their zero points, as INT32."})

}  // namespace bireme::ops
