// SPDX-License-Identifier: Apache-2.0
// Matrix products of any layout and broadcast, by tiles on the ordinary cores: where no library is.
#include "backends/cuda/support/epilogue_text.h"
#include "backends/cuda/support/jit_kernel.h"
#include "ops/matrix_multiply.h"

#include <algorithm>

namespace bireme::cuda {

using device::Shapes;
using Ints = std::vector<int64_t>;

namespace {

struct Parameters {
    const void* a = nullptr;
    const void* b = nullptr;
    int32_t m = 1, n = 1, k = 1, am = 0, ak = 0, bk = 0, bn = 0;
    Loops<2> batches;
    FastDiv tilesN;
    EpilogueParameters epilogue;
};

// A factor's dims and steps with its matrix last: rows and columns as the product reads them.
struct Factor {
    Ints dims, steps;
    Factor(const device::TensorShape& s, MatrixOperation op, bool left)
        : dims(s.dims), steps(s.format.stridesFor(s.dims)) {
        if (op == MatrixOperation::kVECTOR) {
            auto at = left ? dims.size() - 1 : dims.size();
            dims.insert(dims.begin() + static_cast<std::ptrdiff_t>(at), 1);
            steps.insert(steps.begin() + static_cast<std::ptrdiff_t>(at), 0);
        }
        if (op != MatrixOperation::kTRANSPOSE) return;
        std::swap(dims[dims.size() - 1], dims[dims.size() - 2]);
        std::swap(steps[steps.size() - 1], steps[steps.size() - 2]);
    }
    int64_t row() const { return steps[steps.size() - 2]; }
    int64_t column() const { return steps.back(); }
    int64_t rows() const { return dims[dims.size() - 2]; }
    int64_t columns() const { return dims.back(); }
    // Steps along the batch dims `to`.
    Ints batch(const Ints& to) const {
        Ints out(to.size(), 0);
        size_t own = dims.size() - 2, lead = to.size() - own;
        for (size_t d = 0; d < own; ++d)
            if (dims[d] != 1) out[lead + d] = steps[d];
        return out;
    }
};

struct Record {
    ops::MatrixMultiply op;
    int a = 0, b = 1;
    std::vector<int> operands;

    void save(ByteWriter& out) const {
        putAttributes(out, op);
        putInts(out, Ints{a, b});
        putInts(out, operands);
    }
    static Record load(ByteReader& in) {
        Record r;
        r.op = getAttributes<ops::MatrixMultiply>(in);
        auto v = getInts(in), o = getInts(in);
        if (v.size() != 2 || o.size() >= kEpilogueOperands) in.corrupt("a product's operands");
        r.a = static_cast<int>(v[0]), r.b = static_cast<int>(v[1]);
        r.operands.assign(o.begin(), o.end());
        return r;
    }

    std::unique_ptr<device::Bound> bind(const Code& code, const Shapes& s) const {
        const auto &sa = s.inputs[static_cast<size_t>(a)], &sb = s.inputs[static_cast<size_t>(b)];
        Factor fa(sa, op.opA, true), fb(sb, op.opB, false);
        Parameters p;
        p.m = static_cast<int32_t>(fa.rows()), p.k = static_cast<int32_t>(fa.columns());
        p.n = static_cast<int32_t>(fb.columns());
        p.am = static_cast<int32_t>(fa.row()), p.ak = static_cast<int32_t>(fa.column());
        p.bk = static_cast<int32_t>(fb.row()), p.bn = static_cast<int32_t>(fb.column());
        const auto& y = s.outputs[0].dims;
        size_t matrix = (op.opA == MatrixOperation::kVECTOR ? 0u : 1u) +
                        (op.opB == MatrixOperation::kVECTOR ? 0u : 1u);
        Ints batch(y.begin(), y.end() - static_cast<std::ptrdiff_t>(matrix));
        Walk w{batch, {fa.batch(batch), fb.batch(batch)}};
        if (batch.empty()) w = {{1}, {{0}, {0}}};
        if (!fillLoops(w, 1, p.batches)) failInvalid("a product has too many batch dimensions");
        placeEpilogue(s, operands, -1, p.epilogue);
        Grid grid;
        grid.threads = 256;
        p.tilesN = fastDiv(divideUp(p.n, 64));
        grid.x = divideUp(p.m, 64) * divideUp(p.n, 64);
        grid.y = p.batches.count;
        if (product(y) == 0) grid.x = 0;
        if (grid.y > 65535) failInvalid("more than 65535 products");
        auto place = [*this, s](Parameters& parameters, const device::Launch& l) {
            parameters.a = start(l.inputs[a], s.inputs[static_cast<size_t>(a)]);
            parameters.b = start(l.inputs[b], s.inputs[static_cast<size_t>(b)]);
            pointEpilogue(s, operands, -1, l, parameters.epilogue);
        };
        return launchBound(code.function("matmul"), grid, p, place, "64x64x16");
    }
};

class Factory final : public JitFactory<Record> {
public:
    Factory() : JitFactory("cuda.matrix_multiply.tiled") {}
    bool lastResort() const override { return true; }
    Support read(const tactic::Query& q, Record& r, JitText& text) const override {
        const auto* op = q.group().anchorAs<ops::MatrixMultiply>();
        if (!op) return no("not a product of matrices");
        if (Support s = operandsFit(q); !s.ok) return s;
        r.op = *op;
        r.a = q.group().anchorInput(0);
        r.b = q.group().anchorInput(1);
        if (r.a < 0 || r.b < 0) return no("something happens before the product");
        if (!isFloat(q.in(r.a).type) || !isFloat(q.in(r.b).type))
            return no("factors are not f32, f16 or bf16");
        EpilogueText epilogue;
        if (Support s = writeEpilogue(q, -1, epilogue, text.consumed); !s.ok) return s;
        r.operands = epilogue.inputs;
        text.program = programOf("matmul.cu", {cat("-DTA=", typeText(q.in(r.a).type)),
                                               cat("-DTB=", typeText(q.in(r.b).type))});
        text.program.source = epilogue.text + text.program.source;
        return yes();
    }
};

}  // namespace

void registerKernel_matmul_tiled(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<Factory>());
}

}  // namespace bireme::cuda
