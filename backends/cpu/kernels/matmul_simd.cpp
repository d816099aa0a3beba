// SPDX-License-Identifier: Apache-2.0
// Product with a constant matrix by our own blocks; the epilogue runs on them while they are in the
// cache.
#include "backends/cpu/onednn/post_ops.h"
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/matmul_query.h"
#include "backends/cpu/support/packing_factory.h"
#include "backends/cpu/support/row_epilogue.h"
#include "base/parallel_for.h"
#include "tensor/dim_likely.h"

namespace bireme::cpu {

using device::Shapes;

namespace {

constexpr const char* kName = "cpu.matmul.simd";

struct Record : ConstantProduct {
    int width = 16;  // of the packed panels

    size_t workspace(const Shapes&, const Shapes&) const { return 0; }
    void save(ByteWriter& out) const {
        ConstantProduct::save(out);
        out.varint(static_cast<uint64_t>(width));
    }
    static Record load(ByteReader& in) {
        Record r{ConstantProduct::load(in)};
        r.width = static_cast<int>(in.varint());
        if (r.width < 1 || r.width > 1024) in.corrupt("a panel has one to 1024 columns");
        return r;
    }
};

class GemmBound final : public device::Bound {
public:
    GemmBound(const Record& r, const Shapes& s)
        : r_(r), epilogue_(r.epilogue, r.bias, r.n, s), threads_(maxThreads()) {
        problem_.m = product(s.inputs[static_cast<size_t>(r.input)].dims) / r.k;
        problem_.n = problem_.ldc = r.n;
        problem_.k = problem_.lda = r.k;
        if (r.width != gemmShape().width)
            repacked_ =
                repackPanels(static_cast<const float*>(s.constants.at(0)), r.k, r.n, r.width);
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
    Record r_;
    RowEpilogue epilogue_;
    int threads_;
    GemmProblem problem_;
    std::vector<float> repacked_;
};

class GemmFactory final : public PackingFactory<Record, RecordKernel<Record, GemmBound>> {
public:
    std::string_view name() const override { return kName; }

private:
    tactic::PackedConstant pack(const tactic::Query& q, const tactic::Tactic&, int operand,
                                Record& r) const override {
        r.width = gemmShape().width;
        std::vector<uint8_t> bytes(packedElements(r.k, r.n, r.width) * sizeof(float));
        const bool transposed = secondIsTransposed(q);
        packPanels(q.constant(operand)->as<float>(), transposed ? 1 : r.n, transposed ? r.k : 1,
                   r.k, r.n, r.width, reinterpret_cast<float*>(bytes.data()));
        return {Blob::own(std::move(bytes)), cat("f32 ", r.k, "x", r.n, " Ba", r.width, "b")};
    }

    Support read(const tactic::Query& q, Record& r, std::vector<int>& consumed) const override {
        if (Support s = readConstantProduct(q, r, consumed); !s.ok) return s;
        if (r.type != DataType::kFLOAT) return no("operands are not f32");
        Dim rows = volume(q.out(0).dims);
        if (evalLikely(rows, q.opt).value_or(0) < 4 * r.n &&
            postOpsSupport(q, r.epilogue, columnDim(q)).ok)
            return no("fewer than four rows");
        return rowEpilogueSupport(r.epilogue);
    }
};

}  // namespace

void registerKernel_matmul_simd(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<GemmFactory>());
}

}  // namespace bireme::cpu
