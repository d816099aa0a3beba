// SPDX-License-Identifier: Apache-2.0
// Products of many rows with few constant weights, as 1x1 convolutions of few channels are: bound
// by memory, which tiles made for depth are far from.
#include "backends/cuda/device.h"
#include "backends/cuda/support/product_factory.h"
#include "backends/cuda/support/walk.h"

#include <algorithm>

namespace bireme::cuda {

using device::Shapes;

namespace {

constexpr int kVector = 8, kRows = 16, kSharedBytes = 98 * 1024;
constexpr int64_t kMostDepth = 64, kMostColumns = 384, kLeastRows = 4096;

// As Shape of cu/gemm_stream.cuh.
struct Shape {
    FastDiv pixels;
    int32_t m = 0, tiles = 0;
};
using Parameters = ChainParameters<Shape>;

struct Record {
    PackedProduct product;
    int warps = 8;

    // Weights in rows that begin in different banks, then 16 rows of results for each warp.
    int sharedBytes() const {
        auto columns = static_cast<int>(product.columns()),
             depth = static_cast<int>(product.depth());
        int pitch = (depth + 15) / 16 * 16 + 8;
        return (columns + 15) / 16 * 16 * pitch * 2 + warps * kRows * columns * 2;
    }

    void save(ByteWriter& out) const {
        product.save(out);
        putInts(out, std::vector<int>{warps});
    }
    static Record load(ByteReader& in) {
        Record r;
        r.product = PackedProduct::load(in);
        auto v = getInts(in);
        if (v.size() != 1 || v[0] < 1 || v[0] > 16) in.corrupt("a product's warps");
        r.warps = static_cast<int>(v[0]);
        return r;
    }

    std::unique_ptr<device::Bound> bind(const Code& code, const Shapes& s) const {
        Parameters p;
        int64_t m = product.rows(s), tiles = divideUp(m, kRows);
        if (m >= int64_t{1} << 31) failInvalid("a product of too many rows");
        p.shape.m = static_cast<int32_t>(m), p.shape.tiles = static_cast<int32_t>(tiles);
        p.shape.pixels = fastDiv(std::max<int64_t>(1, m));
        if (product.convolution) {
            const auto& y = s.outputs[0].dims;
            p.shape.pixels = fastDiv(std::max<int64_t>(1, m / std::max<int64_t>(1, y[0])));
        }
        Grid grid;
        grid.threads = static_cast<unsigned>(warps) * 32;
        grid.sharedBytes = static_cast<unsigned>(sharedBytes());
        // As many blocks as are there at once, by their threads and memory.
        int64_t each = std::min<int64_t>(2048 / grid.threads, 220 * 1024 / (sharedBytes() + 1024));
        int64_t most = std::max<int64_t>(1, each) * code.device().properties().cores;
        grid.x = static_cast<unsigned>(std::min<int64_t>(divideUp(tiles, warps), most));
        auto place = chainPlacer<Shape>(product.input, product.operands);
        return launchBound(code.function("gemm_rows", grid.sharedBytes), grid, p, place,
                           cat(warps, " warps of 16 rows"));
    }
};

class Factory final : public ProductFactory<Record> {
public:
    Factory() : ProductFactory("cuda.gemm.stream") {}

    void tactics(const tactic::Query& q, tactic::TacticList& out) const override {
        Record r = recordOf(q);
        for (int warps : {4, 8}) {
            r.warps = warps;
            if (r.sharedBytes() <= kSharedBytes) out.push_back({std::string(name()), cat(warps)});
        }
    }

    bool take(Record& r, const std::string& parameters) const override {
        r.warps = std::atoi(parameters.c_str());
        return r.warps >= 1 && r.warps <= 16;
    }

    Support read(const tactic::Query& q, Record& r, VectorEpilogue& chain,
                 std::vector<int>& consumed) const override {
        if (Support s = readPackedProduct(q, r.product, chain, consumed); !s.ok) return s;
        DataType type = q.in(r.product.input).type;
        if (!isSmallReal(type)) return no("elements are neither f16 nor bf16");
        // Sums are rounded before the chain.
        const ir::Node& anchor = *q.group().anchor();
        if (q.body().value(anchor.outputs[0]).desc.type != type)
            return no("the product is of another type than its operands");
        if (r.product.windows) return no("windows of more than one pixel");
        int64_t n = r.product.columns(), k = r.product.depth();
        if (n % kVector != 0 || k % kVector != 0)
            return no("columns or depth are no multiple of 8");
        if (n > kMostColumns || k > kMostDepth) return no("too many weights for each block");
        r.warps = 4;
        if (r.sharedBytes() > kSharedBytes) return no("too many weights for each block");
        if (r.product.rows(q.shapes(ir::GroupShape::opt)) < kLeastRows) return no("too few rows");
        return yes();
    }

    std::string source(const tactic::Query& q, const Record& r,
                       const VectorEpilogue& chain) const override {
        return cat("#define K ", r.product.depth(), "\n#define N ", r.product.columns(),
                   "\n#define WARPS ", r.warps, "\n#include \"math.cuh\"\nconst int V = ", kVector,
                   ";\ntypedef ", typeText(q.in(r.product.input).type), " T;\ntypedef ",
                   typeText(q.out(0).type), " TY;\n#include \"gemm_stream.cuh\"\n", chain.functions,
                   chainParametersText(), chain.finish,
                   "extern \"C\" __global__ void __launch_bounds__(", r.warps * 32,
                   ") gemm_rows(const __grid_constant__ Parameters p) { gemm(p); }\n");
    }
};

}  // namespace

void registerKernel_gemm_stream(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<Factory>());
}

}  // namespace bireme::cuda
