// SPDX-License-Identifier: Apache-2.0
// Product of bf16 with a constant matrix by tile registers; what follows it is done while a panel
// of results is in the cache.
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/matmul_query.h"
#include "backends/cpu/support/row_epilogue.h"
#include "backends/cpu/support/tile_gemm.h"
#include "base/parallel_for.h"

namespace bireme::cpu {

using device::Shapes;

namespace {

constexpr const char* kName = "cpu.matmul.tiles";

class TilesBound final : public device::Bound {
public:
    TilesBound(const ConstantProduct& r, const Shapes& s)
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
    ConstantProduct r_;
    RowEpilogue epilogue_;
    bool swish_;  // follows all else
    int64_t rows_;
    int threads_;
};

class TilesKernel final : public device::Kernel {
public:
    explicit TilesKernel(ConstantProduct r) : r_(std::move(r)) {}
    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override { return 0; }
    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState&) const override {
        return std::make_unique<TilesBound>(r_, shapes);
    }
    void save(ByteWriter& out) const override { r_.save(out); }

private:
    ConstantProduct r_;
};

class TilesFactory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return kName; }

    Support supports(const tactic::Query& q) const override {
        ConstantProduct r;
        ConstantOperand operand;
        std::vector<int> consumed;
        return read(q, r, operand, consumed);
    }

    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        ConstantProduct r;
        ConstantOperand operand;
        tactic::Created made;
        if (Support s = read(q, r, operand, made.consumed); !s.ok)
            fail(ErrorCode::kUNSUPPORTED_STATE, s.why);
        std::vector<uint8_t> bytes(packedBrains(r.k, r.n) * sizeof(BFloat16));
        const auto* b = q.constant(operand.input)->as<BFloat16>();
        auto* to = reinterpret_cast<BFloat16*>(bytes.data());
        if (operand.transposed)
            packBrainColumns(b, r.k, r.k, r.n, to);
        else
            packBrainRows(b, r.n, r.k, r.n, to);
        made.constants.push_back(
            {Blob::own(std::move(bytes)), cat("bf16 ", r.k, "x", r.n, " panels of ", kBrainWidth)});
        made.consumed.push_back(operand.input);
        made.kernel = std::make_unique<TilesKernel>(std::move(r));
        return made;
    }

    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device&) const override {
        if (!multipliesTiles) in.corrupt("a product by tiles, which this processor has not");
        return std::make_unique<TilesKernel>(ConstantProduct::load(in));
    }

private:
    static Support read(const tactic::Query& q, ConstantProduct& r, ConstantOperand& operand,
                        std::vector<int>& consumed) {
        if (!multipliesTiles) return no("the processor has no tiles");
        if (Support s = readConstantProduct(q, r, operand, consumed); !s.ok) return s;
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
