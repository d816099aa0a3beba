// SPDX-License-Identifier: Apache-2.0
// Large products of rows with constant weights on compute capability 9.0, the whole chain inside:
// what libraries do with a bias and few functions alone, and leave to a second kernel else. Rows
// may be windows over pixels, which the copy engine walks, or patches of images: convolutions.
#include "backends/cuda/device.h"
#include "backends/cuda/support/product_factory.h"
#include "backends/cuda/support/tensor_map.h"
#include "backends/cuda/support/walk.h"
#include "backends/cuda/support/warpgroup_text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace bireme::cuda {

using device::Shapes;

namespace {

constexpr int kDepth = kMapDepth, kVector = 8, kThreads = 384;
constexpr size_t kTactics = 8, kTacticsOfWindows = 5;
constexpr int kSharedBytes = 227 * 1024, kPartBytes = 8 * 16 * 36 * 4;
constexpr int64_t kLeastRows = 128;

// As Shape of cu/gemm_bulk.cuh.
struct Shape {
    FastDiv pixels, columns;
    int32_t m = 0, n = 0, steps = 0, tiles = 0;
    FastDiv width;
    int32_t channels = 0, kernelX = 1, strideY = 1, strideX = 1, top = 0, left = 0, dilationY = 1,
            dilationX = 1;
    int32_t height = 1, imageWidth = 1;
    const void* images = nullptr;
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

// Steps of the depth; each pixel of a window begins a new one.
int64_t stepsOf(const PackedProduct& p) {
    if (!p.windows) return divideUp(p.depth(), kDepth);
    return p.kernel[2] * p.kernel[3] * divideUp(p.kernel[1], kDepth);
}

class GemmBound final : public device::Bound {
public:
    GemmBound(CUfunction f, const Grid& grid, const Parameters& p, const Tile& tile,
              const PackedProduct& product, CUtensorMapDataType type, const WindowMap& windows)
        : function_(f),
          grid_(grid),
          parameters_(p),
          tile_(tile),
          product_(product),
          type_(type),
          windows_(windows) {}

    Status enqueue(device::Stream& stream, const device::Launch& l) noexcept override {
        if (grid_.x == 0) return Status::success();
        Parameters& p = parameters_;
        const void* input = l.inputs[product_.input];
        const int64_t depth = product_.depth();
        if (product_.piece > 0) {
            p.shape.images = input;
        } else {
            Status rows =
                product_.windows
                    ? describeWindows(p.input, type_, input, windows_, tile_.height())
                    : describeMatrix(p.input, type_, input, p.shape.m, depth, tile_.height());
            if (!rows.ok()) return rows;
        }
        if (Status r = describeMatrix(p.weights, type_, l.constants[0], p.shape.n, depth,
                                      tile_.columns / tile_.cluster);
            !r.ok())
            return r;
        placeChain(p, product_.operands, l);
        return launch(stream, function_, grid_, &p);
    }
    std::string implementation() const override { return cat("tile ", tile_.text()); }

private:
    CUfunction function_;
    Grid grid_;
    Parameters parameters_;
    Tile tile_;
    PackedProduct product_;
    CUtensorMapDataType type_;
    WindowMap windows_;
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
        p.shape.steps = static_cast<int32_t>(stepsOf(product));
        p.shape.tiles = static_cast<int32_t>(lines * columns);
        p.shape.columns = fastDiv(columns);
        p.shape.pixels = fastDiv(std::max<int64_t>(1, m));
        if (product.convolution) {
            const auto& y = s.outputs[0].dims;
            p.shape.pixels = fastDiv(std::max<int64_t>(1, m / std::max<int64_t>(1, y[0])));
        }
        if (product.piece > 0) {
            const auto &x = s.inputs[static_cast<size_t>(product.input)].dims,
                       &y = s.outputs[0].dims;
            p.shape.height = static_cast<int32_t>(x[2]);
            p.shape.imageWidth = static_cast<int32_t>(x[3]);
            p.shape.width = fastDiv(std::max<int64_t>(1, y[3]));
        }
        WindowMap windows;
        if (product.windows) windows = placeWindows(s, p.shape);
        Grid grid;
        grid.threads = kThreads;
        grid.sharedBytes = static_cast<unsigned>(tile.sharedBytes());
        int64_t cores = code.device().properties().cores;
        grid.cluster = static_cast<unsigned>(tile.cluster);
        grid.x = static_cast<unsigned>(std::min<int64_t>(p.shape.tiles, cores / tile.cluster)) *
                 grid.cluster;
        return std::make_unique<GemmBound>(
            code.function("gemm_tiles", grid.sharedBytes), grid, p, tile, product,
            bfloat ? CU_TENSOR_MAP_DATA_TYPE_BFLOAT16 : CU_TENSOR_MAP_DATA_TYPE_FLOAT16, windows);
    }

    WindowMap placeWindows(const Shapes& s, Shape& shape) const {
        const auto& x = s.inputs[static_cast<size_t>(product.input)].dims;
        ops::WindowGrid g(ops::convolutionAxes(ops::WindowAttributes::of(product.op),
                                               ops::spatialDims(toDims(x)),
                                               ops::spatialDims(toDims(product.kernel))));
        auto i32 = [](int64_t v) { return static_cast<int32_t>(v); };
        shape.channels = i32(x[1]), shape.kernelX = i32(g.window[2]);
        shape.strideY = i32(g.stride[1]), shape.strideX = i32(g.stride[2]);
        shape.top = i32(g.before[1]), shape.left = i32(g.before[2]);
        shape.dilationY = i32(g.dilation[1]), shape.dilationX = i32(g.dilation[2]);
        shape.width = fastDiv(g.output[2]);
        return {x[0], x[1], g};
    }
};

class Factory final : public ProductFactory<Record> {
public:
    Factory() : ProductFactory("cuda.gemm.bulk") {}

    void tactics(const tactic::Query& q, tactic::TacticList& out) const override {
        Record r = recordOf(q);
        int64_t m = r.product.rows(q.shapes(ir::GroupShape::opt)), n = r.product.columns(),
                k = stepsOf(r.product) * kDepth;
        int cores = std::max(1, q.device().properties().cores);
        std::vector<std::pair<double, Tile>> all;
        for (const Tile& t : allTiles())
            if (!t.relay || handsOn(q)) all.push_back({estimate(t, m, n, k, cores), t});
        const size_t most = r.product.windows ? kTacticsOfWindows : kTactics;
        addBest(name(), std::move(all), q.flags.level >= 5 ? SIZE_MAX : most, out);
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
        if (int64_t piece = patchPiece(q, r.product)) takePatches(r.product, piece);
        if (r.product.windows)
            if (Support s = windowsFit(r.product); !s.ok) return s;
        const bool pixels = r.product.convolution && r.product.piece == 0;
        const int64_t run = pixels ? r.product.kernel[1] : r.product.depth();
        if (r.product.columns() % kVector != 0 || run % kVector != 0)
            return no("columns or depth are no multiple of 8");
        if (r.product.rows(q.shapes(ir::GroupShape::opt)) < kLeastRows)
            return no("too few rows for its tiles");
        return yes();
    }

    std::string source(const tactic::Query& q, const Record& r,
                       const VectorEpilogue& chain) const override {
        const Tile& t = r.tile;
        const bool patches = r.product.piece > 0;
        return cat(
            "#define ROWS ", t.rows, "\n#define BN ", t.columns, "\n#define STAGES ", t.stages(),
            "\n#define CLUSTER ", t.cluster, "\n#define WINDOWS ", r.product.windows ? 1 : 0,
            "\n#define PATCHES ", patches ? 1 : 0,
            "\n#include \"math.cuh\"\nconst int V = ", kVector, ";\ntypedef ",
            typeText(q.in(r.product.input).type), " T;\ntypedef ", typeText(q.out(0).type),
            " TY;\n", patches ? patchText(r.product) : std::string(),
            productText("multiply", t.columns, r.bfloat),
            t.relay ? "#include \"gemm_relay.cuh\"\n" : "#include \"gemm_teams.cuh\"\n",
            chain.functions, chainParametersText("TensorMap"), chain.finish,
            "extern \"C\" __global__ void __launch_bounds__(", kThreads,
            ", 1) gemm_tiles(const __grid_constant__ Parameters p) { gemm<Operands>(p); }\n");
    }

private:
    // What the copy engine can say of windows.
    static Support windowsFit(const PackedProduct& p) {
        if (p.kernel.size() != 4) return no("windows that are not in a plane");
        if (p.kernel[1] < kDepth / 2) return no("few channels for a step of 64");
        auto within = [](const std::vector<int64_t>& v, int64_t most) {
            return std::all_of(v.begin(), v.end(), [&](int64_t x) { return x <= most; });
        };
        for (size_t axis : {0, 1}) {
            const int64_t spread = p.op.dilation.empty() ? 1 : p.op.dilation[axis];
            if ((p.kernel[axis + 2] - 1) * spread > 64) return no("a wide window");
        }
        if (!within(p.op.stride, 8) || !within(p.op.prePadding, 64) ||
            !within(p.op.postPadding, 64))
            return no("wide strides or padding");
        return yes();
    }

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
