// SPDX-License-Identifier: Apache-2.0
// Determinants and inverses of square matrices, in double whatever the type.
#include "ops/support/elimination.h"
#include "backends/cpu/support/lone_op.h"
#include "base/parallel_for.h"
#include "base/status.h"

namespace bireme::cpu {

namespace {

template <bool inverse>
class Elimination final : public LoneBound {
public:
    explicit Elimination(const LoneShapes& s) : LoneBound(s) {
        const auto& dims = s.in(0).dims;
        n_ = dims.back();
        if (dims[dims.size() - 2] != n_)
            fail(ErrorCode::kINVALID_ARGUMENT,
                 cat("matrices of ", dimsText(dims), " are not square"));
    }

private:
    void run() override {
        const int64_t size = n_ * n_, results = product(out(0).dims);
        if (results == 0) return;
        matrices_.resize(static_cast<size_t>(count(0)));
        std::vector<double> buffer;
        const double* x = elements<double>(0, buffer);
        std::copy(x, x + count(0), matrices_.begin());
        results_.resize(static_cast<size_t>(results));
        const int64_t matrices = inverse ? results / size : results;
        parallelFor(matrices, 1 + 4096 / (size * n_ + 1), [&](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i) {
                double* a = matrices_.data() + i * size;
                if constexpr (inverse)
                    ops::invert(a, results_.data() + i * size, static_cast<size_t>(n_));
                else
                    results_[static_cast<size_t>(i)] =
                        ops::determinantOf(a, static_cast<size_t>(n_));
            }
        });
        store(0, results_.data(), result(0), results);
    }

    int64_t n_;
    std::vector<double> matrices_, results_;
};

}  // namespace

void registerKernel_elimination(tactic::Catalog& catalog) {
    catalog.add(loneFactory(
        {"cpu.determinant.elimination", "determinant", nullptr, bindLone<Elimination<false>>}));
    catalog.add(
        loneFactory({"cpu.inverse.elimination", "inverse", nullptr, bindLone<Elimination<true>>}));
}

}  // namespace bireme::cpu
