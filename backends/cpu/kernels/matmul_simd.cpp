// SPDX-License-Identifier: Apache-2.0
// Product with a constant matrix by our own blocks; the epilogue runs on them while they are in the
// cache.
#include "backends/cpu/onednn/post_ops.h"
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/matmul_query.h"
#include "backends/cpu/support/row_epilogue.h"
#include "base/parallel_for.h"
#include "tensor/dim_likely.h"

namespace bireme::cpu {

using device::Shapes;

namespace {

constexpr const char* kName = "cpu.matmul.simd";

class GemmBound final : public device::Bound {
public:
    GemmBound(const ConstantProduct& r, int width, const Shapes& s)
        : r_(r), epilogue_(r.epilogue, r.bias, r.n, s), threads_(maxThreads()) {
        problem_.m = product(s.inputs[static_cast<size_t>(r.input)].dims) / r.k;
        problem_.n = problem_.ldc = r.n;
        problem_.k = problem_.lda = r.k;
        if (width != gemmShape().width)
            repacked_ = repackPanels(static_cast<const float*>(s.constants.at(0)), r.k, r.n, width);
    }

    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        GemmProblem p = problem_;
        p.a = static_cast<const float*>(launch.inputs[r_.input]);
        p.packed =
            repacked_.empty() ? static_cast<const float*>(launch.constants[0]) : repacked_.data();
        p.c = static_cast<float*>(launch.outputs[0]);
        epilogue_.begin(launch, p);
        gemm(p, threads_);
        return Status::success();
    }
    std::string implementation() const override {
        return cat("blocks of ", gemmShape().height, " x ", gemmShape().width);
    }

private:
    ConstantProduct r_;
    RowEpilogue epilogue_;
    int threads_;
    GemmProblem problem_;
    std::vector<float> repacked_;
};

class GemmKernel final : public device::Kernel {
public:
    GemmKernel(ConstantProduct r, int width) : r_(std::move(r)), width_(width) {}
    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override { return 0; }
    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState&) const override {
        return std::make_unique<GemmBound>(r_, width_, shapes);
    }
    void save(ByteWriter& out) const override {
        r_.save(out);
        out.varint(static_cast<uint64_t>(width_));
    }

private:
    ConstantProduct r_;
    int width_;
};

class GemmFactory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return kName; }

    Support supports(const tactic::Query& q) const override {
        ConstantProduct r;
        ConstantOperand operand;
        std::vector<int> consumed;
        if (Support s = readConstantProduct(q, r, operand, consumed); !s.ok) return s;
        if (r.type != DataType::kFLOAT) return no("operands are not f32");
        Dim rows = volume(q.out(0).dims);
        if (evalLikely(rows, q.opt).value_or(0) < 4 * r.n &&
            postOpsSupport(q, r.epilogue, columnDim(q)).ok)
            return no("fewer than four rows");
        return rowEpilogueSupport(r.epilogue);
    }

    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        ConstantProduct r;
        ConstantOperand operand;
        tactic::Created made;
        Support s = readConstantProduct(q, r, operand, made.consumed);
        if (!s.ok) fail(ErrorCode::kUNSUPPORTED_STATE, s.why);
        int width = gemmShape().width;
        std::vector<uint8_t> bytes(packedElements(r.k, r.n, width) * sizeof(float));
        const float* b = q.constant(operand.input)->as<float>();
        packPanels(b, operand.transposed ? 1 : r.n, operand.transposed ? r.k : 1, r.k, r.n, width,
                   reinterpret_cast<float*>(bytes.data()));
        made.constants.push_back(
            {Blob::own(std::move(bytes)), cat("f32 ", r.k, "x", r.n, " Ba", width, "b")});
        made.consumed.push_back(operand.input);
        made.kernel = std::make_unique<GemmKernel>(std::move(r), width);
        return made;
    }

    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device&) const override {
        auto r = ConstantProduct::load(in);
        auto width = static_cast<int>(in.varint());
        if (width < 1 || width > 1024) in.corrupt("a panel has one to 1024 columns");
        return std::make_unique<GemmKernel>(std::move(r), width);
    }
};

}  // namespace

void registerKernel_matmul_simd(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<GemmFactory>());
}

}  // namespace bireme::cpu
