// SPDX-License-Identifier: Apache-2.0
// Products of few rows with constant weights, the whole chain inside: fully connected layers and
// convolutions of one pixel, bound by the weights' way from memory.
#include "backends/cuda/support/jit_kernel.h"
#include "backends/cuda/support/packed_product.h"

#include <algorithm>

namespace bireme::cuda {

using device::Shapes;

namespace {

constexpr int64_t kRows = 16, kRegisters = 64;

// As Shape of cu/matvec.cuh.
struct Shape {
    int32_t m = 0, n = 0, k = 0;
};
struct Parameters {
    const void* input = nullptr;
    const void* weights = nullptr;
    void* output = nullptr;
    const void* operands[kVectorOperands] = {};
    Shape shape;
};

struct Record {
    PackedProduct product;

    void save(ByteWriter& out) const { product.save(out); }
    static Record load(ByteReader& in) { return {PackedProduct::load(in)}; }

    std::unique_ptr<device::Bound> bind(const Code& code, const Shapes& s) const {
        Parameters p;
        p.shape.m = static_cast<int32_t>(product.rows(s));
        p.shape.n = static_cast<int32_t>(product.columns());
        p.shape.k = static_cast<int32_t>(product.depth());
        Grid grid;
        grid.threads = 128;
        grid.x = p.shape.m == 0 ? 0 : divideUp(p.shape.n, 4);
        grid.y = static_cast<unsigned>(std::clamp(p.shape.m, 1, 4096));
        auto place = [product = product](Parameters& to, const device::Launch& l) {
            to.input = l.inputs[product.input];
            to.weights = l.constants[0];
            to.output = l.outputs[0];
            for (size_t i = 0; i < product.operands.size(); ++i)
                to.operands[i] = l.inputs[product.operands[i]];
        };
        return launchBound(code.function("matvec_rows"), grid, p, place, "a warp a result");
    }
};

class Factory final : public JitFactory<Record> {
public:
    Factory() : JitFactory("cuda.matvec.jit") {}
    Support read(const tactic::Query& q, Record& r, JitText& text) const override {
        VectorEpilogue chain;
        PackedProduct& p = r.product;
        if (Support s = readPackedProduct(q, p, chain, text.consumed); !s.ok) return s;
        if (p.windows) return no("windows of several pixels");
        for (size_t d = 2; p.convolution && d < q.out(0).dims.size(); ++d)
            if (!q.out(0).dims[d].is(1)) return no("images of several pixels");
        int64_t rows = 1;
        for (int64_t d : q.dimsAt(q.out(0), ir::GroupShape::opt)) rows *= d;
        if (rows / p.columns() > kRows) return no("more than 16 rows");
        int64_t width = 128 / bits(q.in(p.input).type);
        while (p.depth() % width != 0) width /= 2;
        int64_t per = (p.depth() + 32 * width - 1) / (32 * width);
        if (per * width > kRegisters) return no("rows that a warp's registers do not hold");
        text.program = {"matvec",
                        cat("#define WIDTH ", width, "\n#define PER ", per,
                            "\n#include \"math.cuh\"\nconst int V = 1;\ntypedef ",
                            typeText(q.in(p.input).type), " T;\ntypedef ", typeText(q.out(0).type),
                            " TY;\n#include \"matvec.cuh\"\n", chain.functions,
                            "struct Parameters { const void *input, *weights; void* output; const "
                            "void* operands[",
                            kVectorOperands, "]; Shape shape; };\n", chain.finish,
                            "extern \"C\" __global__ void __launch_bounds__(128) matvec_rows(const "
                            "__grid_constant__ Parameters p) { matvec(p); }\n"),
                        {}};
        text.consumed.push_back(p.weights);
        return yes();
    }
    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        Record r;
        JitText text;
        read(q, r, text);
        out.push_back(packedCombination(q, r.product));
    }
    tactic::Created create(const tactic::Query& q, const tactic::Tactic& t) const override {
        tactic::Created made = JitFactory::create(q, t);
        Record r;
        JitText text;
        read(q, r, text);
        made.constants.push_back(packWeights(q, r.product));
        return made;
    }
};

}  // namespace

void registerKernel_matvec_jit(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<Factory>());
}

}  // namespace bireme::cuda
