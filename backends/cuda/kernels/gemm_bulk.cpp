// SPDX-License-Identifier: Apache-2.0
// Large products of rows with constant weights on compute capability 9.0, the whole chain inside:
// what libraries do with a bias and few functions alone, and leave to a second kernel else.
#include "backends/cuda/device.h"
#include "backends/cuda/support/product_factory.h"
#include "backends/cuda/support/walk.h"
#include "backends/cuda/support/warpgroup_text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace bireme::cuda {

using device::Shapes;

namespace {

constexpr int kDepth = 64, kVector = 8, kThreads = 384;
constexpr size_t kTactics = 8;
constexpr int kSharedBytes = 227 * 1024, kPartBytes = 8 * 16 * 36 * 4;
constexpr int64_t kLeastRows = 128;

// As Shape of cu/gemm_bulk.cuh.
struct Shape {
    FastDiv pixels, columns;
    int32_t m = 0, n = 0, k = 0, tiles = 0;
};
using Parameters = ChainParameters<Shape, CUtensorMap>;

// Rows of a warpgroup and columns. Two warpgroups have a tile each, or share one and hand its
// results on to three warps (relay); then `cluster` blocks, whose tiles lie one below the other,
// may bring weights for each other.
struct Tile {
    int rows = 64, columns = 128, relay = 0, cluster = 1;
    int height() const { return rows * (relay ? 2 : 1); }
    int stageBytes() const { return (height() + columns) * kDepth * 2; }
    int otherBytes() const { return (relay ? height() * columns * 2 : kPartBytes) + 2048; }
    int stages() const { return std::min(8, (kSharedBytes - otherBytes()) / stageBytes()); }
    int sharedBytes() const { return stages() * stageBytes() + otherBytes(); }
    bool valid() const {
        return (rows == 64 || rows == 128) && columns >= 32 && columns <= 256 &&
               columns % (relay ? 64 : 32) == 0 && rows * columns <= 64 * 256 &&
               (relay == 0 || relay == 1) && (cluster == 1 || (cluster == 2 && relay));
    }
    std::string text() const { return cat(rows, "x", columns, relay ? "r" : "t", cluster); }
    // No tile where the text is none.
    static Tile of(const std::string& text) {
        Tile t;
        char kind = 0;
        if (std::sscanf(text.c_str(), "%dx%d%c%d", &t.rows, &t.columns, &kind, &t.cluster) != 4)
            t.rows = 0;
        t.relay = kind == 'r';
        if (kind != 'r' && kind != 't') t.rows = 0;
        return t;
    }
};

std::vector<Tile> allTiles() {
    std::vector<Tile> out;
    for (int rows : {64, 128})
        for (int columns : {32, 64, 96, 128, 192, 256})
            for (int relay : {0, 1})
                for (int cluster : {1, 2}) {
                    Tile t{rows, columns, relay, cluster};
                    // Small tiles have little to share.
                    if (t.valid() && (cluster == 1 || rows * columns >= 64 * 192)) out.push_back(t);
                }
    return out;
}

// Cycles that a product takes, roughly: turns of tiles, each bound by products, by what it loads,
// and by the chain behind, which runs beside other products but for the last tile's.
double estimate(const Tile& t, int64_t m, int64_t n, int64_t k, int cores) {
    auto up = [](int64_t a, int64_t b) { return static_cast<double>((a + b - 1) / b); };
    double steps = up(k, kDepth), area = double(t.height()) * t.columns;
    // Shared memory gives or takes 128 bytes a cycle: products read it, the copy engine fills it.
    double step = area * kDepth / 2048, fill = t.stageBytes() / 128.0;
    double multiply = steps * std::max(step, fill + step * (0.5 + 32.0 / t.columns));
    double load = steps * (t.height() + double(t.columns) / t.cluster) * kDepth * 2 / 32;
    double chain = t.relay ? 500 + area / 6 : 300 + area / 4, start = 1200;
    double tiles = up(up(m, t.height()), t.cluster) * up(n, t.columns);
    double turns = std::ceil(tiles / std::max(1, cores / t.cluster));
    double work = std::max(multiply, load);
    return start + turns * std::max(work, t.relay ? chain : chain / 2) + chain;
}

class GemmBound final : public device::Bound {
public:
    GemmBound(CUfunction f, const Grid& grid, const Parameters& p, const Tile& tile,
              const PackedProduct& product, CUtensorMapDataType type)
        : function_(f), grid_(grid), parameters_(p), tile_(tile), product_(product), type_(type) {}

    Status enqueue(device::Stream& stream, const device::Launch& l) noexcept override {
        if (grid_.x == 0) return Status::success();
        Parameters& p = parameters_;
        const Shape& s = p.shape;
        if (Status r = describe(p.input, l.inputs[product_.input], s.m, tile_.height()); !r.ok())
            return r;
        if (Status r = describe(p.weights, l.constants[0], s.n, tile_.columns / tile_.cluster);
            !r.ok())
            return r;
        placeChain(p, product_.operands, l);
        return launch(stream, function_, grid_, &p);
    }
    std::string implementation() const override { return cat("tile ", tile_.text()); }

private:
    // A matrix of k columns, brought in tiles of kDepth; zeros behind its ends.
    Status describe(CUtensorMap& map, const void* at, int32_t rows, int tileRows) const noexcept {
        cuuint64_t dims[] = {static_cast<cuuint64_t>(parameters_.shape.k),
                             static_cast<cuuint64_t>(rows)};
        cuuint64_t strides[] = {dims[0] * 2};
        cuuint32_t box[] = {kDepth, static_cast<cuuint32_t>(tileRows)}, steps[] = {1, 1};
        return BIREME_CU(cuTensorMapEncodeTiled, &map, type_, 2, const_cast<void*>(at), dims,
                         strides, box, steps, CU_TENSOR_MAP_INTERLEAVE_NONE,
                         CU_TENSOR_MAP_SWIZZLE_128B, CU_TENSOR_MAP_L2_PROMOTION_L2_256B,
                         CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
    }

    CUfunction function_;
    Grid grid_;
    Parameters parameters_;
    Tile tile_;
    PackedProduct product_;
    CUtensorMapDataType type_;
};

struct Record {
    PackedProduct product;
    Tile tile;
    bool bfloat = false;

    void save(ByteWriter& out) const {
        product.save(out);
        putInts<int64_t>(out, {tile.rows, tile.columns, tile.relay, tile.cluster, bfloat});
    }
    static Record load(ByteReader& in) {
        Record r;
        r.product = PackedProduct::load(in);
        auto v = getInts(in);
        if (v.size() != 5) in.corrupt("a product's tile");
        r.tile = {static_cast<int>(v[0]), static_cast<int>(v[1]), static_cast<int>(v[2]),
                  static_cast<int>(v[3])};
        if (!r.tile.valid()) in.corrupt("a product's tile");
        r.bfloat = v[4] != 0;
        return r;
    }

    std::unique_ptr<device::Bound> bind(const Code& code, const Shapes& s) const {
        Parameters p{};
        int64_t m = product.rows(s), n = product.columns();
        int64_t lines = divideUp(divideUp(m, tile.height()), tile.cluster),
                columns = divideUp(n, tile.columns);
        if (lines * columns >= int64_t{1} << 31) failInvalid("a product of too many tiles");
        p.shape.m = static_cast<int32_t>(m), p.shape.n = static_cast<int32_t>(n);
        p.shape.k = static_cast<int32_t>(product.depth());
        p.shape.tiles = static_cast<int32_t>(lines * columns);
        p.shape.columns = fastDiv(columns);
        p.shape.pixels = fastDiv(std::max<int64_t>(1, m));
        if (product.convolution) {
            const auto& y = s.outputs[0].dims;
            p.shape.pixels = fastDiv(std::max<int64_t>(1, m / std::max<int64_t>(1, y[0])));
        }
        Grid grid;
        grid.threads = kThreads;
        grid.sharedBytes = static_cast<unsigned>(tile.sharedBytes());
        int64_t cores = code.device().properties().cores;
        grid.cluster = static_cast<unsigned>(tile.cluster);
        grid.x = static_cast<unsigned>(std::min<int64_t>(p.shape.tiles, cores / tile.cluster)) *
                 grid.cluster;
        return std::make_unique<GemmBound>(
            code.function("gemm_tiles", grid.sharedBytes), grid, p, tile, product,
            bfloat ? CU_TENSOR_MAP_DATA_TYPE_BFLOAT16 : CU_TENSOR_MAP_DATA_TYPE_FLOAT16);
    }
};

class Factory final : public ProductFactory<Record> {
public:
    Factory() : ProductFactory("cuda.gemm.bulk") {}

    void tactics(const tactic::Query& q, tactic::TacticList& out) const override {
        Record r = recordOf(q);
        int64_t m = r.product.rows(q.shapes(ir::GroupShape::opt)), n = r.product.columns(),
                k = r.product.depth();
        int cores = std::max(1, q.device().properties().cores);
        std::vector<std::pair<double, Tile>> all;
        for (const Tile& t : allTiles())
            if (!t.relay || handsOn(q)) all.push_back({estimate(t, m, n, k, cores), t});
        addBest(name(), std::move(all), q.flags.level >= 5 ? SIZE_MAX : kTactics, out);
    }

    bool take(Record& r, const std::string& parameters) const override {
        r.tile = Tile::of(parameters);
        return r.tile.valid();
    }

    Support read(const tactic::Query& q, Record& r, VectorEpilogue& chain,
                 std::vector<int>& consumed) const override {
        if (!fitsGpu(q)) return no("its instructions are of compute capability 9.0 alone");
        if (Support s = readPackedProduct(q, r.product, chain, consumed); !s.ok) return s;
        DataType type = q.in(r.product.input).type;
        if (!isSmallReal(type)) return no("elements are neither f16 nor bf16");
        r.bfloat = type == DataType::kBF16;
        if (r.product.windows) return no("windows of more than one pixel");
        if (r.product.columns() % kVector != 0 || r.product.depth() % kVector != 0)
            return no("columns or depth are no multiple of 8");
        if (r.product.rows(q.shapes(ir::GroupShape::opt)) < kLeastRows)
            return no("too few rows for its tiles");
        return yes();
    }

    std::string source(const tactic::Query& q, const Record& r,
                       const VectorEpilogue& chain) const override {
        const Tile& t = r.tile;
        return cat(
            "#define ROWS ", t.rows, "\n#define BN ", t.columns, "\n#define STAGES ", t.stages(),
            "\n#define CLUSTER ", t.cluster, "\n#include \"math.cuh\"\nconst int V = ", kVector,
            ";\ntypedef ", typeText(q.in(r.product.input).type), " T;\ntypedef ",
            typeText(q.out(0).type), " TY;\n", productText("multiply", t.columns, r.bfloat),
            t.relay ? "#include \"gemm_relay.cuh\"\n" : "#include \"gemm_teams.cuh\"\n",
            chain.functions, chainParametersText("TensorMap"), chain.finish,
            "extern \"C\" __global__ void __launch_bounds__(", kThreads,
            ", 1) gemm_tiles(const __grid_constant__ Parameters p) { gemm<Operands>(p); }\n");
    }

private:
    // Sums may be rounded before the chain, as the graph does.
    static bool handsOn(const tactic::Query& q) {
        const ir::Node& anchor = *q.group().anchor();
        return q.body().value(anchor.outputs[0]).desc.type == q.in(q.group().anchorInput(0)).type;
    }

    static bool fitsGpu(const tactic::Query& q) {
        const auto* device = dynamic_cast<const CudaDevice*>(&q.device());
        return architectureOf(q) == 90 && (!device || device->capability() == 90);
    }
};

}  // namespace

void registerKernel_gemm_bulk(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<Factory>());
}

}  // namespace bireme::cuda
