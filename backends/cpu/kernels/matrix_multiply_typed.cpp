// SPDX-License-Identifier: Apache-2.0
// Matrix products of every type, panel by panel.
#include "backends/cpu/simd/panel_product.h"
#include "backends/cpu/typed/kernel.h"
#include "base/parallel_for.h"
#include "ir/eval.h"
#include "ops/matrix_multiply.h"

#include <algorithm>

namespace bireme::cpu {

namespace {

// One operand: strides of its rows and columns, and of the output's batch dims.
struct Side {
    int64_t rows = 1, columns = 1, rowStep = 0, columnStep = 0;
    std::vector<int64_t> batch;

    Side(const std::vector<int64_t>& dims, MatrixOperation op, bool first,
         const std::vector<int64_t>& to) {
        const bool vector = op == MatrixOperation::kVECTOR;
        const int64_t last = dims.back();
        if (vector) {
            (first ? columns : rows) = last;
            (first ? columnStep : rowStep) = 1;
        } else {
            rows = dims[dims.size() - 2], columns = last, rowStep = last, columnStep = 1;
        }
        if (op == MatrixOperation::kTRANSPOSE)
            std::swap(rows, columns), std::swap(rowStep, columnStep);
        batch = ir::broadcastStrides({dims.begin(), dims.end() - (vector ? 1 : 2)}, to);
        for (int64_t& s : batch) s *= rows * columns;
    }
};

struct MatrixMultiplyTyped : TypedLoops<ops::MatrixMultiply, Natives> {
    static constexpr const char* kName = "cpu.matrix_multiply.typed";

    struct Plan {
        std::vector<int64_t> batch;
        Side a, b;
        int64_t matrices = 1;

        Plan(const ops::MatrixMultiply& op, const TypedCall& c)
            : batch(c.outDims(0).begin(),
                    c.outDims(0).begin() + (static_cast<int64_t>(c.dims(0).size()) -
                                            (op.opA == MatrixOperation::kVECTOR ? 1 : 2))),
              a(c.dims(0), op.opA, true, batch),
              b(c.dims(1), op.opB, false, batch) {
            for (int64_t d : batch) matrices *= d;
        }
        void locate(int64_t matrix, int64_t& atA, int64_t& atB) const {
            atA = atB = 0;
            for (size_t d = batch.size(); d-- > 0; matrix /= batch[d]) {
                atA += matrix % batch[d] * a.batch[d];
                atB += matrix % batch[d] * b.batch[d];
            }
        }
    };

    // Rows [row, row + rows) by the columns of one panel.
    template <typename U>
    static void block(const Plan& p, const U* a, const U* b, U* y, int64_t row, int64_t rows,
                      int64_t column, int64_t n) {
        Panel<U> panel;
        for (int64_t r = 0; r < rows; ++r)
            std::fill_n(y + (row + r) * p.b.columns + column, n, U(0));
        for (int64_t k = 0; k < p.a.columns; k += Panel<U>::kDepth) {
            const int64_t depth = std::min(Panel<U>::kDepth, p.a.columns - k);
            if (p.b.columnStep == 1)
                for (int64_t i = 0; i < depth; ++i)
                    std::copy_n(b + (k + i) * p.b.rowStep + column, n, panel.row(i));
            else
                for (int64_t j = 0; j < n; ++j)
                    for (int64_t i = 0; i < depth; ++i)
                        panel.row(i)[j] = b[(k + i) * p.b.rowStep + (column + j) * p.b.columnStep];
            multiplyPanel<U>({rows, depth, n, a + row * p.a.rowStep + k * p.a.columnStep,
                              p.a.rowStep, p.a.columnStep, panel.data,
                              y + row * p.b.columns + column, p.b.columns});
        }
    }

    template <typename T>
    static Status run(const Plan& p, const TypedCall& c) noexcept {
        // Signed and unsigned integers wrap to the same bits.
        using U = typename std::conditional_t<std::is_integral_v<T>, std::make_unsigned<T>,
                                              std::common_type<T>>::type;
        constexpr int64_t kRows = 256, kWidth = Panel<U>::kWidth;
        const int64_t rowBlocks = (p.a.rows + kRows - 1) / kRows,
                      columnBlocks = (p.b.columns + kWidth - 1) / kWidth;
        const U *a = c.in<U>(0), *b = c.in<U>(1);
        U* y = c.out<U>(0);
        const int64_t work =
            std::min(kRows, p.a.rows) * std::min(kWidth, p.b.columns) * p.a.columns;
        parallelFor(p.matrices * rowBlocks * columnBlocks,
                    std::max<int64_t>(1, 32768 / std::max<int64_t>(1, work)),
                    [&](int64_t begin, int64_t end) {
                        for (int64_t t = begin; t < end; ++t) {
                            int64_t atA, atB;
                            const int64_t matrix = t / (rowBlocks * columnBlocks),
                                          column = t % columnBlocks * kWidth,
                                          row = t / columnBlocks % rowBlocks * kRows;
                            p.locate(matrix, atA, atB);
                            block<U>(p, a + atA, b + atB, y + matrix * p.a.rows * p.b.columns, row,
                                     std::min(kRows, p.a.rows - row), column,
                                     std::min(kWidth, p.b.columns - column));
                        }
                    });
        return Status::success();
    }
};

}  // namespace

void registerKernel_matrix_multiply_typed(tactic::Catalog& catalog) {
    addTyped<MatrixMultiplyTyped>(catalog);
}

}  // namespace bireme::cpu
