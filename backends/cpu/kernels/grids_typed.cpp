// SPDX-License-Identifier: Apache-2.0
// Sampling grids of affine maps, and the weights of mel bands.
#include "backends/cpu/typed/kernel.h"
#include "base/parallel_for.h"
#include "ops/affine_grid.h"
#include "ops/mel_weight_matrix.h"

#include <algorithm>
#include <cmath>

namespace bireme::cpu {

namespace {

struct AffineGridTyped : TypedLoops<ops::AffineGrid, Reals> {
    static constexpr const char* kName = "cpu.affine_grid.typed";

    static bool converts(bool output, int i, DataType, DataType) { return output || i == 0; }

    static double place(int64_t i, int64_t extent, bool corners) {
        const auto n = static_cast<double>(extent), at = static_cast<double>(i);
        if (corners) return extent > 1 ? 2 * at / (n - 1) - 1 : -1;
        return (2 * at + 1) / n - 1;
    }

    template <typename T>
    static Status run(const Plan& p, const TypedCall& c) noexcept {
        const auto& dims = c.outDims(0);
        const auto axes = static_cast<int64_t>(dims.size()) - 2;  // 2 or 3
        const int64_t depth = axes == 3 ? dims[1] : 1, height = dims[dims.size() - 3],
                      width = dims[dims.size() - 2];
        const T* theta = c.in<T>(0);
        T* y = c.out<T>(0);
        parallelFor(dims[0] * depth * height, std::max<int64_t>(1, 8192 / (width + 1)),
                    [&](int64_t begin, int64_t end) {
                        for (int64_t r = begin; r < end; ++r) {
                            const T* map = theta + r / (depth * height) * axes * (axes + 1);
                            // The constant part of a row: all but the innermost coordinate.
                            double base[3];
                            const double v = place(r % height, height, p.op.alignCorners),
                                         z = place(r / height % depth, depth, p.op.alignCorners);
                            for (int64_t k = 0; k < axes; ++k) {
                                const T* m = map + k * (axes + 1);
                                base[k] = static_cast<double>(m[1]) * v +
                                          (axes == 3 ? static_cast<double>(m[2]) * z : 0) +
                                          static_cast<double>(m[axes]);
                            }
                            T* to = y + r * width * axes;
                            for (int64_t i = 0; i < width; ++i) {
                                const double u = place(i, width, p.op.alignCorners);
                                for (int64_t k = 0; k < axes; ++k)
                                    *to++ = static_cast<T>(
                                        static_cast<double>(map[k * (axes + 1)]) * u + base[k]);
                            }
                        }
                    });
        return Status::success();
    }
};

struct MelWeightMatrixTyped : TypedLoops<ops::MelWeightMatrix, Natives> {
    static constexpr const char* kName = "cpu.mel_weight_matrix.typed";
    static constexpr bool kLeadIsOutput = true;

    static bool converts(bool output, int, DataType, DataType) { return output; }

    // The row of a band's edge.
    static int64_t bin(const TypedCall& c, int64_t i, int64_t bands) {
        auto mel = [](double hertz) { return 2595 * std::log10(1 + hertz / 700); };
        const double low = mel(c.real(3)), high = mel(c.real(4)),
                     step = (high - low) / static_cast<double>(bands + 2),
                     hertz = 700 * (std::pow(10, (static_cast<double>(i) * step + low) / 2595) - 1);
        return static_cast<int64_t>(std::floor(static_cast<double>(c.integer(1) + 1) * hertz /
                                               static_cast<double>(c.integer(2))));
    }

    template <typename T>
    static Status run(const Plan&, const TypedCall& c) noexcept {
        const int64_t bands = c.outDims(0)[1], rows = c.outDims(0)[0];
        T* y = c.out<T>(0);
        std::fill_n(y, rows * bands, T(0));
        if (c.integer(2) < 1)
            return Status::failure(ErrorCode::kFAILED_EXECUTION, "the sample rate is below 1");
        for (int64_t b = 0; b < bands; ++b) {
            const int64_t low = bin(c, b, bands), middle = bin(c, b + 1, bands),
                          high = bin(c, b + 2, bands);
            if (std::min({low, middle, high}) < 0 || std::max({low, middle, high}) >= rows)
                return Status::failure(ErrorCode::kFAILED_EXECUTION,
                                       "a band lies outside the spectrum");
            const auto up = static_cast<double>(middle - low),
                       down = static_cast<double>(high - middle);
            if (up == 0) y[middle * bands + b] = 1;
            for (int64_t j = low; up > 0 && j <= middle; ++j)
                y[j * bands + b] = static_cast<T>(static_cast<double>(j - low) / up);
            for (int64_t j = middle; down > 0 && j < high; ++j)
                y[j * bands + b] = static_cast<T>(static_cast<double>(high - j) / down);
        }
        return Status::success();
    }
};

}  // namespace

void registerKernel_grids_typed(tactic::Catalog& catalog) {
    addTyped<AffineGridTyped>(catalog);
    addTyped<MelWeightMatrixTyped>(catalog);
}

}  // namespace bireme::cpu
