// SPDX-License-Identifier: Apache-2.0
// Products of few rows with constant weights, the whole chain inside: fully connected layers and
// convolutions of one pixel, bound by the weights' way from memory.
#include "backends/cuda/support/product_factory.h"

#include <algorithm>

namespace bireme::cuda {

using device::Shapes;

namespace {

constexpr int64_t kRows = 16, kRegisters = 64;

// As Shape of cu/matvec.cuh.
struct Shape {
    int32_t m = 0, n = 0, k = 0;
};
using Parameters = ChainParameters<Shape>;

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
        auto place = chainPlacer<Shape>(product.input, product.operands);
        return launchBound(code.function("matvec_rows"), grid, p, place, "a warp a result");
    }
};

// Elements loaded at once, and how often a thread loads them.
struct Loads {
    int64_t width = 1, per = 1;
};
Loads loadsOf(const tactic::Query& q, const PackedProduct& p) {
    Loads l{128 / bits(q.in(p.input).type), 1};
    while (p.depth() % l.width != 0) l.width /= 2;
    l.per = (p.depth() + 32 * l.width - 1) / (32 * l.width);
    return l;
}

class Factory final : public ProductFactory<Record> {
public:
    Factory() : ProductFactory("cuda.matvec.jit") {}

    bool take(Record&, const std::string&) const override { return true; }

    Support read(const tactic::Query& q, Record& r, VectorEpilogue& chain,
                 std::vector<int>& consumed) const override {
        PackedProduct& p = r.product;
        if (Support s = readPackedProduct(q, p, chain, consumed); !s.ok) return s;
        if (p.windows) return no("windows of several pixels");
        for (size_t d = 2; p.convolution && d < q.out(0).dims.size(); ++d)
            if (!q.out(0).dims[d].is(1)) return no("images of several pixels");
        int64_t rows = 1;
        for (int64_t d : q.dimsAt(q.out(0), ir::GroupShape::opt)) rows *= d;
        if (rows / p.columns() > kRows) return no("more than 16 rows");
        const Loads l = loadsOf(q, p);
        if (l.per * l.width > kRegisters) return no("rows that a warp's registers do not hold");
        return yes();
    }

    std::string source(const tactic::Query& q, const Record& r,
                       const VectorEpilogue& chain) const override {
        const Loads l = loadsOf(q, r.product);
        return cat("#define WIDTH ", l.width, "\n#define PER ", l.per,
                   "\n#include \"math.cuh\"\nconst int V = 1;\ntypedef ",
                   typeText(q.in(r.product.input).type), " T;\ntypedef ", typeText(q.out(0).type),
                   " TY;\n#include \"matvec.cuh\"\n", chain.functions, chainParametersText(),
                   chain.finish,
                   "extern \"C\" __global__ void __launch_bounds__(128) matvec_rows(const "
                   "__grid_constant__ Parameters p) { matvec(p); }\n");
    }
};

}  // namespace

void registerKernel_matvec_jit(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<Factory>());
}

}  // namespace bireme::cuda
