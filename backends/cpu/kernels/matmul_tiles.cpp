// SPDX-License-Identifier: Apache-2.0
// Product of bf16 with a constant matrix by tile registers; what follows it is done while a panel
// of results is in the cache.
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/matmul_query.h"
#include "backends/cpu/support/packing_factory.h"
#include "backends/cpu/support/row_epilogue.h"
#include "backends/cpu/support/tile_gemm.h"
#include "base/parallel_for.h"

namespace bireme::cpu {

using device::Shapes;

namespace {

constexpr const char* kName = "cpu.matmul.tiles";

struct Record : ConstantProduct {
    size_t workspace(const Shapes&, const Shapes&) const { return 0; }
    static Record load(ByteReader& in) {
        if (!multipliesTiles) in.corrupt("a product by tiles, which this processor has not");
        return {ConstantProduct::load(in)};
    }
};

class TilesBound final : public device::Bound {
public:
    TilesBound(const Record& r, const Shapes& s)
        : r_(r),
          epilogue_(r.epilogue, r.bias, r.n, s),
          swish_(epilogue_.takeSwish()),
          rows_(product(s.inputs[static_cast<size_t>(r.input)].dims) / r.k),
          threads_(maxThreads()) {}

    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        GemmProblem g;
        epilogue_.begin(launch, g);
        TileGemm p;
        p.m = rows_, p.n = p.ldy = r_.n;
        p.a.a = static_cast<const BFloat16*>(launch.inputs[r_.input]);
        p.a.k = p.a.lda = r_.k;
        p.packed = static_cast<const BFloat16*>(launch.constants[0]);
        p.end = {g.end.bias, static_cast<const BFloat16*>(epilogue_.residual(launch)),
                 r_.n,       g.end.clip,
                 g.end.low,  g.end.high,
                 swish_};
        p.epilogue = g.epilogue;
        p.y = static_cast<BFloat16*>(launch.outputs[0]);
        tileGemm(p, threads_);
        return Status::success();
    }
    std::string implementation() const override { return "tiles of bf16"; }

private:
    Record r_;
    RowEpilogue epilogue_;
    bool swish_;  // follows all else
    int64_t rows_;
    int threads_;
};

class TilesFactory final : public PackingFactory<Record, RecordKernel<Record, TilesBound>> {
public:
    std::string_view name() const override { return kName; }

private:
    tactic::PackedConstant pack(const tactic::Query& q, const tactic::Tactic&, int operand,
                                Record& r) const override {
        std::vector<uint8_t> bytes(packedBrains(r.k, r.n) * sizeof(BFloat16));
        const auto* b = q.constant(operand)->as<BFloat16>();
        auto* to = reinterpret_cast<BFloat16*>(bytes.data());
        if (secondIsTransposed(q))
            packBrainColumns(b, r.k, r.k, r.n, to);
        else
            packBrainRows(b, r.n, r.k, r.n, to);
        return {Blob::own(std::move(bytes)),
                cat("bf16 ", r.k, "x", r.n, " panels of ", kBrainWidth)};
    }

    Support read(const tactic::Query& q, Record& r, std::vector<int>& consumed) const override {
        if (!multipliesTiles) return no("the processor has no tiles");
        if (Support s = readConstantProduct(q, r, consumed); !s.ok) return s;
        if (r.type != DataType::kBF16 || onlyType(q) != DataType::kBF16)
            return no("operands are not all bf16");
        if (r.k % 2) return no("rows of an odd length");
        for (size_t i = 0; i < r.epilogue.steps.size(); ++i) {
            const EpilogueStep& s = r.epilogue.steps[i];
            if (s.other < 0 || !(q.in(s.other).dims == q.out(0).dims)) continue;
            if (i > 0 || s.fn != ops::PointwiseFn::sum)
                return no("a full-sized operand that is not just added");
        }
        return rowEpilogueSupport(r.epilogue);
    }
};

}  // namespace

void registerKernel_matmul_tiles(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<TilesFactory>());
}

}  // namespace bireme::cpu
