// SPDX-License-Identifier: Apache-2.0
// Products with constant weights on tensor cores, for problems that are too small for the
// libraries' tiles: the depth is shared out among a cluster of blocks, weights are fetched while
// the kernel before still runs, and the whole chain is inside.
#include "backends/cuda/device.h"
#include "backends/cuda/support/product_factory.h"
#include "backends/cuda/support/walk.h"
#include "ops/support/sliding_window.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace bireme::cuda {

using device::Shapes;

namespace {

constexpr int kDepth = 64, kVector = 8;
constexpr size_t kTactics = 14;
// Of a block. Every GPU lends so much; two such blocks fit an H100, so that the next kernel's find
// room beside those that still run.
constexpr int kSharedBytes = 98 * 1024;

// As Shape of cu/gemm.cuh.
struct Shape {
    FastDiv chunks, window, pixels, columns;
    int32_t m = 0, n = 0, k = 0, slice = 0, splits = 1;
    int32_t height = 1, width = 1, channels = 1, strideY = 1, strideX = 1, top = 0, left = 0,
            dilationY = 1, dilationX = 1;
};
using Parameters = ChainParameters<Shape>;

// Of a block: rows and columns, warps along both and along the depth, stages of the pipeline, and
// how many blocks share the depth.
struct Tile {
    int m = 64, n = 64, warpsM = 2, warpsN = 2, warpsK = 1, stages = 4, splits = 1;
    std::string text() const {
        return cat(m, "x", n, "x", warpsM, "x", warpsN, "x", warpsK, "x", stages, "/", splits);
    }
    int threads() const { return warpsM * warpsN * warpsK * 32; }
    int stageBytes() const { return (m + n) * kDepth * 2; }
    int sharedBytes() const { return std::max(stages * stageBytes(), warpsK * m * (n + 4) * 4); }
};

// Warps that share a small tile's depth have more products of their own under way.
constexpr Tile kTiles[] = {{16, 64, 1, 2, 2},  {32, 32, 1, 1, 4},  {32, 32, 1, 2, 4},
                           {32, 64, 1, 2, 2},  {64, 32, 2, 1, 2},  {64, 64, 2, 2, 1},
                           {64, 64, 2, 2, 2},  {128, 64, 4, 2, 1}, {64, 128, 2, 4, 1},
                           {128, 128, 4, 2, 1}};

// All of a short depth is under way at once.
int stagesFor(const Tile& t, int64_t steps) {
    int most = kSharedBytes / t.stageBytes();
    for (int stages : {3, 4, 6, 8, 12})
        if (stages >= steps && stages <= most) return stages;
    return std::min(most, 12);
}

// Microseconds that a product takes, roughly: waves of blocks, each bound by what it loads.
double estimate(const Tile& t, int64_t m, int64_t n, int64_t k, int cores) {
    auto up = [](int64_t a, int64_t b) { return static_cast<double>((a + b - 1) / b); };
    double blocks = up(m, t.m) * up(n, t.n) * t.splits;
    double steps = std::ceil(up(k, kDepth) / t.splits);
    double load = steps * t.stageBytes() / 6e4, all = blocks * steps * t.stageBytes() / 4e6;
    double multiply = steps * t.m * t.n * kDepth * 2 / 4e6;
    double together = t.splits > 1 ? 0.5 + 0.05 * t.splits : 0;
    return std::ceil(blocks / cores) * (0.3 + std::max(load, multiply)) + 0.3 * all + together;
}

struct Record {
    PackedProduct product;
    Tile tile;

    void save(ByteWriter& out) const {
        product.save(out);
        putInts<int64_t>(
            out, {tile.m, tile.n, tile.warpsM, tile.warpsN, tile.warpsK, tile.stages, tile.splits});
    }
    static Record load(ByteReader& in) {
        Record r;
        r.product = PackedProduct::load(in);
        auto v = getInts(in);
        if (v.size() != 7 || std::any_of(v.begin(), v.end(), [](int64_t x) { return x < 1; }) ||
            v[6] > 8)
            in.corrupt("a product's tile");
        r.tile = {static_cast<int>(v[0]), static_cast<int>(v[1]), static_cast<int>(v[2]),
                  static_cast<int>(v[3]), static_cast<int>(v[4]), static_cast<int>(v[5]),
                  static_cast<int>(v[6])};
        return r;
    }

    void placeWindows(const Shapes& s, Shape& shape) const {
        const auto& x = s.inputs[static_cast<size_t>(product.input)].dims;
        ops::WindowGrid g(ops::convolutionAxes(ops::WindowAttributes::of(product.op),
                                               ops::spatialDims(toDims(x)),
                                               ops::spatialDims(toDims(product.kernel))));
        auto i32 = [](int64_t v) { return static_cast<int32_t>(v); };
        shape.height = i32(g.input[1]), shape.width = i32(g.input[2]);
        shape.channels = i32(product.kernel[1]);
        shape.strideY = i32(g.stride[1]), shape.strideX = i32(g.stride[2]);
        shape.top = i32(g.before[1]), shape.left = i32(g.before[2]);
        shape.dilationY = i32(g.dilation[1]), shape.dilationX = i32(g.dilation[2]);
        shape.chunks = fastDiv(std::max<int64_t>(1, product.kernel[1] / 8));
        shape.window = fastDiv(g.window[2]);
        if (product.pairs) {
            shape.width /= 2, shape.channels = 8, shape.strideX /= 2;
            shape.left = i32((g.before[2] + product.lead) / 2);
            shape.window = fastDiv(product.windowWidth() / 2);
        }
        shape.pixels = fastDiv(std::max<int64_t>(1, g.outputSize()));
        shape.columns = fastDiv(std::max<int64_t>(1, g.output[2]));
    }

    std::unique_ptr<device::Bound> bind(const Code& code, const Shapes& s) const {
        Parameters p;
        int64_t m = product.rows(s), n = product.columns(), k = product.depth();
        p.shape.m = static_cast<int32_t>(m), p.shape.n = static_cast<int32_t>(n);
        p.shape.k = static_cast<int32_t>(k), p.shape.splits = tile.splits;
        int64_t steps = divideUp(k, kDepth);
        p.shape.slice = static_cast<int32_t>(divideUp(steps, tile.splits) * kDepth);
        p.shape.pixels = fastDiv(std::max<int64_t>(1, m));
        if (product.convolution) placeWindows(s, p.shape);
        Grid grid;
        grid.threads = static_cast<unsigned>(tile.threads());
        grid.sharedBytes = static_cast<unsigned>(tile.sharedBytes());
        grid.cluster = static_cast<unsigned>(tile.splits);
        grid.x = divideUp(n, tile.n) * grid.cluster;
        grid.y = divideUp(m, tile.m);
        if (grid.y > 65535) failInvalid("a product of too many rows for its kernel");
        if (m == 0) grid.x = 0;
        auto place = chainPlacer<Shape>(product.input, product.operands);
        return launchBound(code.function("gemm_tile", grid.sharedBytes), grid, p, place,
                           cat("tile ", tile.text()));
    }
};

class Factory final : public ProductFactory<Record> {
public:
    Factory() : ProductFactory("cuda.gemm.mma") {}

    // The best by estimate; few where the libraries are good.
    void tactics(const tactic::Query& q, tactic::TacticList& out) const override {
        Record r = recordOf(q);
        int64_t m = std::max<int64_t>(1, r.product.rows(q.shapes(ir::GroupShape::opt))),
                n = r.product.columns(), k = r.product.depth();
        int cores = std::max(1, q.device().properties().cores);
        std::vector<std::pair<double, Tile>> all;
        for (Tile t : kTiles)
            for (t.splits = 1; t.splits <= (clusters(q) ? 8 : 1); t.splits *= 2) {
                int64_t steps = divideUp(k, kDepth), each = divideUp(steps, t.splits);
                if ((t.splits - 1) * each >= steps && t.splits > 1) continue;
                t.stages = stagesFor(t, each);
                all.push_back({estimate(t, m, n, k, cores), t});
            }
        bool large = divideUp(m, 64) * divideUp(n, 64) > 8u * static_cast<unsigned>(cores);
        size_t most = q.flags.level >= 5 ? SIZE_MAX : large ? 2 : kTactics;
        addBest(name(), std::move(all), most, out);
    }

    bool take(Record& r, const std::string& parameters) const override {
        Tile& t = r.tile;
        return std::sscanf(parameters.c_str(), "%dx%dx%dx%dx%dx%d/%d", &t.m, &t.n, &t.warpsM,
                           &t.warpsN, &t.warpsK, &t.stages, &t.splits) == 7;
    }

    Support read(const tactic::Query& q, Record& r, VectorEpilogue& chain,
                 std::vector<int>& consumed) const override {
        if (Support s = readPackedProduct(q, r.product, chain, consumed); !s.ok) return s;
        if (!isSmallReal(q.in(r.product.input).type))
            return no("elements are neither f16 nor bf16");
        if (r.product.columns() % kVector != 0) return no("columns are no multiple of 8");
        int64_t run = r.product.convolution ? r.product.kernel[1] : r.product.depth();
        if (run % 8 == 0) return yes();
        if (int64_t piece = patchPiece(q, r.product)) {
            takePatches(r.product, piece);
            return yes();
        }
        if (!fitsPairs(q, r.product)) return no("channels are no multiple of 8");
        takePairs(r.product);
        return yes();
    }

    std::string source(const tactic::Query& q, const Record& r,
                       const VectorEpilogue& chain) const override {
        const Tile& t = r.tile;
        const bool patches = r.product.piece > 0;
        return cat("#define CONVOLUTION ", r.product.windows ? 1 : 0, "\n#define PATCHES ",
                   patches ? 1 : 0, "\n#define BM ", t.m, "\n#define BN ", t.n,
                   "\n#define WARPS_M ", t.warpsM, "\n#define WARPS_N ", t.warpsN,
                   "\n#define WARPS_K ", t.warpsK, "\n#define STAGES ", t.stages,
                   "\n#include \"math.cuh\"\nconst int V = ", kVector, ";\ntypedef ",
                   typeText(q.in(r.product.input).type), " T;\ntypedef ", typeText(q.out(0).type),
                   " TY;\n", patches ? patchText(r.product) : std::string(),
                   "#include \"gemm.cuh\"\n", chain.functions, chainParametersText(), chain.finish,
                   "extern \"C\" __global__ void __launch_bounds__(", t.threads(),
                   ") gemm_tile(const __grid_constant__ Parameters p) { gemm(p); }\n");
    }

private:
    static bool clusters(const tactic::Query& q) {
        const auto* device = dynamic_cast<const CudaDevice*>(&q.device());
        return (device ? device->capability() : architectureOf(q)) >= 90;
    }
};

}  // namespace

void registerKernel_gemm_mma(tactic::Catalog& catalog) { catalog.add(std::make_unique<Factory>()); }

}  // namespace bireme::cuda
