// SPDX-License-Identifier: Apache-2.0
// Products of byte matrices by oneDNN: raw bytes are multiplied, what the zero points add to a sum
// is taken off it afterwards, by the sums of rows and columns.
#include "backends/cpu/onednn/bytes.h"
#include "backends/cpu/support/lone_op.h"
#include "base/parallel_for.h"
#include "ops/support/batch_steps.h"

namespace bireme::cpu {

namespace {

using dnnl::memory;

memory::desc matrix(int64_t rows, int64_t columns, memory::data_type type) {
    return {{rows, columns}, type, memory::format_tag::ab};
}

// Sums of the rows of UINT8 bytes and of the columns of INT8 ones, [rows, columns].
void sumRows(const uint8_t* x, int64_t rows, int64_t columns, int32_t* y) {
    parallelFor(rows, 1 + 65536 / (columns + 1), [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) {
            int32_t sum = 0;
            for (int64_t i = 0; i < columns; ++i) sum += x[r * columns + i];
            y[r] = sum;
        }
    });
}
void sumColumns(const int8_t* x, int64_t rows, int64_t columns, int32_t* y) {
    std::fill_n(y, columns, 0);
    for (int64_t r = 0; r < rows; ++r)
        for (int64_t i = 0; i < columns; ++i) y[i] += x[r * columns + i];
}

class IntegerProduct final : public LoneBound {
public:
    explicit IntegerProduct(const LoneShapes& s)
        : LoneBound(s),
          steps_(s.in(0).dims, s.in(1).dims, s.out(0).dims),
          fixed_(s.isConstant(1)),
          matricesB_(product(s.in(1).dims) / std::max<int64_t>(1, steps_.inner * steps_.columns)) {
        rows_ = steps_.rows;
        calls_ = steps_.count();
        if (matricesB_ == 1) rows_ *= calls_, calls_ = 1;  // one right matrix: all rows at once
        if (rows_ == 0 || steps_.inner == 0 || steps_.columns == 0) return;
        pd_ = guarded("integer matrix product", [&] {
            return dnnl::matmul::primitive_desc(
                dnnlEngine(), matrix(rows_, steps_.inner, memory::data_type::u8),
                memory::desc({steps_.inner, steps_.columns}, memory::data_type::s8,
                             memory::format_tag::any),
                matrix(rows_, steps_.columns, memory::data_type::s32), scratchByUser());
        });
        primitive_ = BytePrimitive(dnnl::matmul(pd_), pd_);
    }
    std::string implementation() const override {
        return pd_ ? pd_.impl_info_str() : "no elements";
    }

private:
    // Matrices of b as the library wants them, and the sums of their columns.
    struct Right {
        std::vector<uint8_t> packed;
        std::vector<int32_t> sums;
    };

    void run() override {
        auto* y = reinterpret_cast<int32_t*>(result(0));
        if (count(0) == 0 || count(1) == 0) {
            if (y) std::fill_n(y, product(out(0).dims), 0);
            return;
        }
        guarded("integer matrix product", [&] {
            const uint8_t* a = left();
            if (right_.empty() || !fixed_) packRight();
            for (int64_t t = 0; t < calls_; ++t)
                multiply(a + (calls_ == 1 ? 0 : steps_.left(t)) * rows_ * steps_.inner,
                         right_[static_cast<size_t>(calls_ == 1 ? 0 : steps_.right(t))],
                         y + t * rows_ * steps_.columns);
        });
    }

    const uint8_t* left() {
        if (in(0).type == DataType::kUINT8) return reinterpret_cast<const uint8_t*>(data(0));
        left_.resize(static_cast<size_t>(count(0)));
        flipBytes(data(0), left_.data(), count(0));
        return left_.data();
    }

    void packRight() {
        const int64_t size = steps_.inner * steps_.columns;
        const memory::desc plain = matrix(steps_.inner, steps_.columns, memory::data_type::s8);
        right_.resize(static_cast<size_t>(matricesB_));
        std::vector<int8_t> flipped;
        for (size_t m = 0; m < right_.size(); ++m) {
            const auto* b =
                reinterpret_cast<const int8_t*>(data(1)) + static_cast<int64_t>(m) * size;
            if (in(1).type == DataType::kUINT8) {
                flipped.resize(static_cast<size_t>(size));
                flipBytes(b, flipped.data(), size);
                b = flipped.data();
            }
            Right& r = right_[m];
            r.packed.resize(pd_.weights_desc().get_size());
            memory from = memoryAt(plain, b), to = memoryAt(pd_.weights_desc(), r.packed.data());
            dnnl::reorder(from, to).execute(dnnlStream(), from, to);
            r.sums.resize(static_cast<size_t>(steps_.columns));
            sumColumns(b, steps_.inner, steps_.columns, r.sums.data());
        }
    }

    void multiply(const uint8_t* a, const Right& b, int32_t* y) {
        primitive_.run({{DNNL_ARG_SRC, memoryAt(pd_.src_desc(), a)},
                        {DNNL_ARG_WEIGHTS, memoryAt(pd_.weights_desc(), b.packed.data())},
                        {DNNL_ARG_DST, memoryAt(pd_.dst_desc(), y)}});
        const std::vector<int32_t> zeroA = zeros(2, in(0).type == DataType::kINT8 ? 128 : 0),
                                   zeroB = zeros(3, in(1).type == DataType::kUINT8 ? -128 : 0);
        const auto isZero = [](int32_t z) { return z == 0; };
        const bool noA = std::all_of(zeroA.begin(), zeroA.end(), isZero),
                   noB = std::all_of(zeroB.begin(), zeroB.end(), isZero);
        if (noA && noB) return;
        sums_.assign(static_cast<size_t>(rows_), 0);
        if (!noB) sumRows(a, rows_, steps_.inner, sums_.data());
        // sum (a - za)(b - zb) = sum ab - za sum b - zb (sum a - K za), modulo 2^32
        const auto n = static_cast<size_t>(steps_.columns);
        std::vector<uint32_t> right(n);
        for (size_t j = 0; j < n; ++j)
            right[j] = static_cast<uint32_t>(zeroB[zeroB.size() == 1 ? 0 : j]);
        parallelFor(rows_, 1 + 32768 / steps_.columns, [&](int64_t begin, int64_t end) {
            for (int64_t r = begin; r < end; ++r) {
                const auto za = static_cast<uint32_t>(
                    zeroA[zeroA.size() == 1 ? 0 : static_cast<size_t>(r % steps_.rows)]);
                const uint32_t row = static_cast<uint32_t>(sums_[static_cast<size_t>(r)]) -
                                     static_cast<uint32_t>(steps_.inner) * za;
                auto* line = reinterpret_cast<uint32_t*>(y + r * steps_.columns);
                for (size_t j = 0; j < n; ++j)
                    line[j] -= za * static_cast<uint32_t>(b.sums[j]) + right[j] * row;
            }
        });
    }

    // The zero points of operand k for bytes that were moved by `moved`.
    std::vector<int32_t> zeros(size_t k, int32_t moved) const {
        if (!has(k)) return {moved};
        const auto* z = reinterpret_cast<const int32_t*>(data(k));
        std::vector<int32_t> values(z, z + count(k));
        for (int32_t& v : values) v += moved;
        return values;
    }

    ops::BatchSteps steps_;
    bool fixed_;  // b is the same at every launch
    int64_t matricesB_, rows_, calls_;
    dnnl::matmul::primitive_desc pd_;
    BytePrimitive primitive_;
    std::vector<uint8_t> left_;
    std::vector<Right> right_;
    std::vector<int32_t> sums_;
};

}  // namespace

void registerKernel_integer_matmul_onednn(tactic::Catalog& catalog) {
    catalog.add(loneFactory({"cpu.integer_matrix_multiply.onednn", "integer_matrix_multiply",
                             [](const tactic::Query&, const ir::Node&) {
                                 return multipliesBytes()
                                            ? yes()
                                            : no("the machine has no exact products "
                                                 "of bytes (AVX-VNNI or AVX512-VNNI)");
                             },
                             bindLone<IntegerProduct>}));
}

}  // namespace bireme::cpu
