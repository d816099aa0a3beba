// SPDX-License-Identifier: Apache-2.0
// Linear sequences of any rank, and random numbers from one generator: a seed gives the numbers of
// the declaration.
#include "backends/cpu/simd/convert.h"
#include "backends/cpu/simd/tile_functions.h"
#include "backends/cpu/typed/kernel.h"
#include "ops/fill.h"
#include "ops/support/uniform.h"

#include <algorithm>
#include <cmath>

namespace bireme::cpu {

namespace {

constexpr int64_t kChunk = 512;

struct FillTyped : TypedLoops<ops::Fill, Natives> {
    static constexpr const char* kName = "cpu.fill.typed";
    static constexpr bool kLeadIsOutput = true;

    static bool converts(bool, int, DataType, DataType) { return false; }
    static Support supports(const ops::Fill&, const tactic::Query& q) {
        if (q.out(0).rank() > TypedCall::kMaxRank) return no("rank above 16");
        return bits(q.out(0).type) < 8 ? no("elements below a byte") : yes();
    }

    static double alpha(const ops::Fill& op, const TypedCall& c) {
        if (c.has(1)) return c.real(1);
        return op.integral ? static_cast<double>(op.alphaInt) : op.alpha;
    }
    static double beta(const ops::Fill& op, const TypedCall& c, int64_t d) {
        if (c.has(2)) return c.real(2, c.count(2) == 1 ? 0 : d);
        return op.integral ? static_cast<double>(op.betaInt) : op.beta;
    }
    // Exact for integers, whose sums wrap.
    static uint64_t whole(double v) {
        return static_cast<uint64_t>(static_cast<int64_t>(std::clamp(v, -0x1p62, 0x1p62)));
    }
    static uint64_t alphaInt(const ops::Fill& op, const TypedCall& c) {
        if (c.has(1)) return static_cast<uint64_t>(c.integer(1));
        return op.integral ? static_cast<uint64_t>(op.alphaInt) : whole(op.alpha);
    }
    static uint64_t betaInt(const ops::Fill& op, const TypedCall& c, int64_t d) {
        if (c.has(2)) return static_cast<uint64_t>(c.integer(2, c.count(2) == 1 ? 0 : d));
        return op.integral ? static_cast<uint64_t>(op.betaInt) : whole(op.beta);
    }

    // alpha + sum(beta_d * index_d), chunk by chunk.
    template <typename S>
    static void sequence(const TypedCall& c, S start, const S* step, DataType from) {
        const auto& dims = c.outDims(0);
        const auto rank = static_cast<int>(dims.size());
        const DataType to = c.outStored(0);
        int64_t index[TypedCall::kMaxRank] = {};
        S chunk[kChunk];
        auto* y = c.out<char>(0);
        for (int64_t first = 0; first < c.outCount(0); first += kChunk) {
            const int64_t n = std::min(kChunk, c.outCount(0) - first);
            for (int64_t i = 0; i < n; ++i) {
                S sum = start;
                for (int d = 0; d < rank; ++d) sum += step[d] * static_cast<S>(index[d]);
                chunk[i] = sum;
                for (int d = rank; d-- > 0;) {
                    if (++index[d] < dims[static_cast<size_t>(d)]) break;
                    index[d] = 0;
                }
            }
            convertTile(from, chunk, to, y + first * bits(to) / 8, n);
        }
    }

    static void apply(ops::PointwiseFn fn, double* x, int64_t n) {
        TileArgs t;
        t.out = x, t.in[0] = x, t.n = n;
        vectorFunctionOfDoubles(fn)(t);
    }

    static void random(const ops::Fill& op, const TypedCall& c) {
        const double a = alpha(op, c), b = beta(op, c, 0);
        ops::Uniform uniform(op.seed);
        const bool real = isReal(op.type), even = op.operation == FillOperation::kRANDOM_UNIFORM;
        const DataType to = c.outStored(0);
        auto* y = c.out<char>(0);
        double chunk[kChunk], turn[kChunk];
        for (int64_t first = 0; first < c.outCount(0); first += kChunk) {
            const int64_t n = std::min(kChunk, c.outCount(0) - first);
            if (even) {
                for (int64_t i = 0; i < n; ++i) chunk[i] = a + (b - a) * uniform();
            } else {  // Box and Muller
                for (int64_t i = 0; i < n; ++i) {
                    chunk[i] = 1 - uniform();
                    turn[i] = 2 * M_PI * uniform();
                }
                apply(ops::PointwiseFn::log, chunk, n);
                apply(ops::PointwiseFn::cos, turn, n);
                for (int64_t i = 0; i < n; ++i)
                    chunk[i] = a + b * std::sqrt(-2 * chunk[i]) * turn[i];
            }
            for (int64_t i = 0; i < n && !real; ++i) chunk[i] = std::floor(chunk[i]);
            convertTile(DataType::kDOUBLE, chunk, to, y + first * bits(to) / 8, n);
        }
    }

    template <typename T>
    static Status run(const Plan& p, const TypedCall& c) noexcept {
        if (p.op.operation != FillOperation::kLINSPACE) {
            random(p.op, c);
            return Status::success();
        }
        const auto rank = static_cast<int64_t>(c.outDims(0).size());
        if constexpr (std::is_floating_point_v<T>) {
            double step[TypedCall::kMaxRank];
            for (int64_t d = 0; d < rank; ++d) step[d] = beta(p.op, c, d);
            sequence<double>(c, alpha(p.op, c), step, DataType::kDOUBLE);
        } else {
            uint64_t step[TypedCall::kMaxRank];
            for (int64_t d = 0; d < rank; ++d) step[d] = betaInt(p.op, c, d);
            sequence<uint64_t>(c, alphaInt(p.op, c), step, DataType::kINT64);
        }
        return Status::success();
    }
};

}  // namespace

void registerKernel_fill_typed(tactic::Catalog& catalog) { addTyped<FillTyped>(catalog); }

}  // namespace bireme::cpu
