// SPDX-License-Identifier: Apache-2.0
// Convolution with windows of 3 x 3 at every pixel by Winograd's algorithm, channels-last: 2.25 or
// 4 times fewer products than windows have. Results differ from those of plain sums by rounding
// alone (some 1e-6 of their range).
#include "backends/cpu/simd/winograd.h"

#include "backends/cpu/simd/convert.h"
#include "backends/cpu/support/convolution_query.h"
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/packing_factory.h"
#include "backends/cpu/support/record.h"
#include "backends/cpu/support/row_epilogue.h"
#include "base/pages.h"
#include "base/parallel_for.h"
#include "ops/convolution.h"
#include "ops/support/sliding_window.h"
#include "tensor/half.h"

#include <algorithm>
#include <memory>
#include <mutex>

namespace bireme::cpu {

using device::Shapes;

namespace {

constexpr const char* kName = "cpu.convolution.winograd";

struct Record {
    ops::Convolution op;
    int input = 0, bias = -1;  // body inputs; -1: none
    int64_t maps = 1, channels = 1;
    int64_t tile = 4;  // side of a tile of results
    int64_t threads = 1;
    int width = 16;      // of the packed panels
    bool brain = false;  // activations are bf16; all between is f32
    bool plain = false;  // the packed kernel is as given, and transformed on its way
    bool late = false;   // it is as given in the engine, and transformed when that is loaded
    Epilogue epilogue;

    void save(ByteWriter& out) const {
        putAttributes(out, op);
        putInts(out, {input, bias, maps, channels, tile, threads, width});
        out.put<uint8_t>(brain);
        out.put<uint8_t>(late ? 2 : plain);
        epilogue.save(out);
    }
    static Record load(ByteReader& in) {
        Record r;
        r.op = getAttributes<ops::Convolution>(in);
        auto v = getInts(in);
        bool right = v.size() == 7 && (v[4] == 2 || v[4] == 4) && v[5] <= 4096 && v[6] <= 1024;
        for (size_t i = 2; right && i < v.size(); ++i) right = v[i] >= 1;
        if (!right) in.corrupt("a convolution by tiles has seven numbers");
        r.input = static_cast<int>(v[0]), r.bias = static_cast<int>(v[1]);
        r.maps = v[2], r.channels = v[3], r.tile = v[4], r.threads = v[5];
        r.width = static_cast<int>(v[6]);
        r.brain = in.get<uint8_t>() != 0;
        const uint8_t form = in.get<uint8_t>();
        r.plain = form == 1, r.late = form == 2;
        r.epilogue = Epilogue::load(in);
        return r;
    }
};

int64_t paddedTo(int64_t n, int64_t step) { return (n + step - 1) / step * step; }

Winograd problemOf(const Record& r, const Shapes& s) {
    const auto &x = s.inputs[static_cast<size_t>(r.input)], &y = s.outputs[0];
    const ops::WindowGrid g(ops::convolutionAxes(ops::WindowAttributes::of(r.op),
                                                 ops::spatialDims(toDims(x.dims)), toDims({3, 3})));
    Winograd w;
    w.m = static_cast<int>(r.tile);
    w.brain = r.brain, w.channels = r.channels, w.maps = r.maps;
    w.images = x.dims[0], w.height = x.dims[2], w.width = x.dims[3];
    w.outHeight = y.dims[2], w.outWidth = y.dims[3];
    w.top = g.before[1], w.left = g.before[2];
    w.tilesDown = (w.outHeight + w.m - 1) / w.m, w.tilesAcross = (w.outWidth + w.m - 1) / w.m;
    const auto from = x.format.stridesFor(x.dims), to = y.format.stridesFor(y.dims);
    for (int i = 0; i < 3; ++i) {
        const size_t dim = i == 0 ? 0 : static_cast<size_t>(i) + 1;
        w.xStrides[i] = from[dim], w.yStrides[i] = to[dim];
    }
    return w;
}

int64_t panelsOf(const Record& r, int64_t width) { return (r.maps + width - 1) / width; }

// How tiles are walked. Alone: every thread takes blocks of tiles that its second-level cache holds
// through all three steps. Together: all threads do one step after the other, so that large kernels
// are read (and plain ones transformed) once for many tiles.
struct Schedule {
    bool together = false;
    int64_t block = 1;  // tiles at once, of a thread or of all
    int64_t inputRow = 0, inputStep = 0, inputBlock = 0, outputRow = 0, outputStep = 0;
    size_t share = 0;  // elements of a block

    Schedule(const Record& r, const Winograd& w) {
        constexpr int64_t kLines = 16;   // elements of a cache line
        constexpr int64_t kWidest = 32;  // panel of any machine: the plan reserves memory once
        inputRow = paddedTo(r.channels, kLines);
        outputRow = paddedTo(r.maps, kWidest);
        const int64_t n = w.matrices(), perTile = n * (inputRow + outputRow) * 4;
        const int64_t weights = n * r.channels * outputRow * 4;
        const int64_t all = std::max<int64_t>(1, w.tiles()),
                      each = (all + r.threads - 1) / r.threads;
        block = std::clamp<int64_t>(kNear / perTile, 1, each);
        together = r.plain || (block < kFew && weights > kNear / 2);
        if (together) block = std::clamp<int64_t>(kFar / perTile, std::min(kFew, all), all);
        // Steps that are no multiple of large powers of two: the matrices' rows fall into different
        // sets.
        inputStep = block * inputRow + kLines, outputStep = block * outputRow + kLines;
        share = static_cast<size_t>(n * (inputStep + outputStep));
        if (!r.plain) return;
        inputRow = kWinogradBlock, inputStep = block * inputRow + kLines;
        inputBlock = n * inputStep;
        share = static_cast<size_t>(
            paddedTo(r.channels, kWinogradBlock) / kWinogradBlock * inputBlock + n * outputStep);
    }
    size_t bytes(const Record& r) const {
        const size_t threads = static_cast<size_t>(r.threads);
        const size_t scratch = r.plain ? static_cast<size_t>(kWinogradScratch) * threads : 0;
        return (share * (together ? 1 : threads) + scratch) * sizeof(float);
    }

private:
    static constexpr int64_t kNear = 640 << 10, kFar = 8 << 20, kFew = 16;
};

// The packed kernel as products read it on this machine; null where they read it as it is.
std::shared_ptr<uint8_t> preparedKernel(const Record& r, const float* packed) {
    const int own = gemmShape().width;
    if (r.width == own && !r.late) return nullptr;
    Winograd w;
    w.m = static_cast<int>(r.tile), w.channels = r.channels, w.maps = r.maps;
    const bool plain = r.plain || r.late;
    const int matrices = plain ? 1 : w.matrices();
    const int64_t k = plain ? r.channels * 9 : r.channels;
    std::vector<float> repacked;
    for (int i = 0; i < matrices && r.width != own;
         ++i, packed += packedElements(k, r.maps, r.width)) {
        auto part = repackPanels(packed, k, r.maps, r.width);
        repacked.insert(repacked.end(), part.begin(), part.end());
    }
    const size_t each = packedElements(r.channels, r.maps, own);
    const size_t elements = r.late ? static_cast<size_t>(w.matrices()) * each : repacked.size();
    auto pages = zeroedPages(elements * sizeof(float));
    auto* to = reinterpret_cast<float*>(pages.get());
    if (r.late)
        transformWinograd(w, repacked.empty() ? packed : repacked.data(), to);
    else
        std::copy(repacked.begin(), repacked.end(), to);
    return pages;
}

class TilesBound final : public device::Bound {
public:
    TilesBound(const Record& r, std::shared_ptr<const uint8_t> prepared, const Shapes& s)
        : r_(r),
          prepared_(std::move(prepared)),
          w_(problemOf(r, s)),
          schedule_(r, w_),
          epilogue_(r.epilogue, r.bias, r.maps, s),
          from_(s.inputs[static_cast<size_t>(r.input)].format.offset),
          to_(s.outputs[0].format.offset),
          zeros_(static_cast<size_t>(r.channels), 0.f) {}

    size_t workspace() const noexcept override { return schedule_.bytes(r_); }

    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        GemmProblem p;
        epilogue_.begin(launch, p);
        const size_t size = r_.brain ? sizeof(BFloat16) : sizeof(float);
        auto at = [&](const void* base, int64_t offset) {
            return static_cast<char*>(const_cast<void*>(base)) + static_cast<size_t>(offset) * size;
        };
        Run run{at(launch.inputs[r_.input], from_),
                prepared_ ? reinterpret_cast<const float*>(prepared_.get())
                          : static_cast<const float*>(launch.constants[0]),
                at(launch.outputs[0], to_),
                static_cast<float*>(launch.workspace),
                {p.end.bias, epilogue_.residual(launch), p.end.clip, p.end.low, p.end.high,
                 p.epilogue}};
        if (schedule_.together)
            together(run);
        else
            alone(run);
        return Status::success();
    }
    std::string implementation() const override {
        return cat("tiles of ", w_.m, " x ", w_.m, ", ", schedule_.block, " at once",
                   schedule_.together ? " by all threads" : " a thread",
                   r_.plain  ? ", kernel transformed on the way"
                   : r_.late ? ", kernel transformed when loaded"
                             : "");
    }

private:
    struct Run {
        const void* x;
        const float* packed;
        void* y;
        float* memory;
        WinogradEnd end;
    };

    WinogradMatrices inputs(float* memory) const {
        return {memory, schedule_.inputRow, schedule_.inputStep, schedule_.inputBlock};
    }
    WinogradMatrices outputs(float* memory) const {
        return {
            memory + schedule_.share - static_cast<size_t>(w_.matrices() * schedule_.outputStep),
            schedule_.outputRow, schedule_.outputStep};
    }
    int64_t panels() const { return panelsOf(r_, gemmShape().width); }
    int64_t allProducts() const { return w_.matrices() * panels(); }

    void alone(const Run& run) noexcept {
        const int64_t tiles = w_.tiles(), parts = std::min(r_.threads, tiles);
        parallelFor(parts, 1, [&](int64_t begin, int64_t end) {
            for (int64_t part = begin; part < end; ++part) {
                float* memory = run.memory + static_cast<size_t>(part) * schedule_.share;
                const auto in = inputs(memory), out = outputs(memory);
                const int64_t from = tiles * part / parts, all = tiles * (part + 1) / parts - from,
                              blocks = (all + schedule_.block - 1) / schedule_.block;
                for (int64_t b = 0; b < blocks; ++b) {
                    const int64_t t = from + all * b / blocks, last = from + all * (b + 1) / blocks;
                    winogradInput(w_, run.x, zeros_.data(), t, last, in);
                    winogradProducts(w_, in, run.packed, last - t, 0, allProducts(), out);
                    winogradOutput(w_, out, t, last, run.end, run.y);
                }
            }
        });
    }

    void together(const Run& run) noexcept {
        const int64_t tiles = w_.tiles(), blocks = (tiles + schedule_.block - 1) / schedule_.block;
        const auto in = inputs(run.memory), out = outputs(run.memory);
        auto rowsFrom = [](WinogradMatrices m, int64_t row) {
            m.data += row * m.row;
            return m;
        };
        for (int64_t b = 0; b < blocks; ++b) {
            const int64_t t = tiles * b / blocks, count = tiles * (b + 1) / blocks - t;
            parallelFor(count, 1, [&](int64_t begin, int64_t end) {
                winogradInput(w_, run.x, zeros_.data(), t + begin, t + end, rowsFrom(in, begin));
            });
            if (r_.plain)
                plainProducts(run, count);
            else
                parallelFor(allProducts(), 1, [&](int64_t begin, int64_t end) {
                    winogradProducts(w_, in, run.packed, count, begin, end, out);
                });
            parallelFor(count, 1, [&](int64_t begin, int64_t end) {
                winogradOutput(w_, rowsFrom(out, begin), t + begin, t + end, run.end, run.y);
            });
        }
    }

    void plainProducts(const Run& run, int64_t rows) noexcept {
        const int64_t all = panels(), parts = std::min(r_.threads, all);
        parallelFor(parts, 1, [&](int64_t begin, int64_t end) {
            for (int64_t part = begin; part < end; ++part)
                winogradPlainProducts(
                    w_, inputs(run.memory), run.packed, rows, all * part / parts,
                    all * (part + 1) / parts,
                    run.memory + schedule_.share + static_cast<size_t>(part * kWinogradScratch),
                    outputs(run.memory));
        });
    }

    Record r_;
    std::shared_ptr<const uint8_t> prepared_;  // null: the constant is used as it is
    Winograd w_;
    Schedule schedule_;
    RowEpilogue epilogue_;
    int64_t from_, to_;  // where parts of larger buffers begin
    std::vector<float> zeros_;
};

class TilesKernel final : public device::Kernel {
public:
    explicit TilesKernel(Record r) : r_(std::move(r)) {}
    size_t workspaceBound(const Shapes& min, const Shapes& opt, const Shapes& max) const override {
        size_t most = 0;
        for (const Shapes* s : {&min, &opt, &max})
            most = std::max(most, Schedule(r_, problemOf(r_, *s)).bytes(r_));
        return most;
    }
    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState&) const override {
        std::call_once(once_, [&] {
            prepared_ = preparedKernel(r_, static_cast<const float*>(shapes.constants.at(0)));
        });
        return std::make_unique<TilesBound>(r_, prepared_, shapes);
    }
    void save(ByteWriter& out) const override { r_.save(out); }

private:
    Record r_;
    mutable std::once_flag once_;
    mutable std::shared_ptr<const uint8_t> prepared_;  // of all contexts
};

class TilesFactory final : public PackingFactory<Record, TilesKernel> {
public:
    std::string_view name() const override { return kName; }
    int revision() const override { return 4; }  // 4: plain weights are transformed when bound

    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        out.push_back(convolutionCombination(q));
        out.back().acceptsViews = hasNoOperands(recordOf(q).epilogue);
    }

    void tactics(const tactic::Query& q, tactic::TacticList& out) const override {
        out.push_back({kName, "4"});
        // Of small planes, tiles of 4 x 4 leave much unused.
        const auto y = q.dimsAt(q.out(0), ir::GroupShape::opt);
        if (y[2] * y[3] <= kSmall) out.push_back({kName, "2"});
    }

private:
    tactic::PackedConstant pack(const tactic::Query& q, const tactic::Tactic& t, int kernel,
                                Record& r) const override {
        r.tile = t.parameters == "2" ? 2 : 4;
        r.threads = std::max(1, q.flags.threads);
        r.width = gemmShape().width;
        Winograd w;
        w.m = static_cast<int>(r.tile), w.channels = r.channels, w.maps = r.maps;
        const auto y = q.dimsAt(q.out(0), ir::GroupShape::opt);
        r.plain = y[2] * y[3] > kSmall && staysPlain(r, w.matrices());
        r.late = q.flags.plainWeights && !r.plain;
        const bool asGiven = r.plain || r.late;
        std::vector<float> floats(static_cast<size_t>(r.maps * r.channels * 9));
        convertDense(q.in(kernel).type, q.constant(kernel)->data(), DataType::kFLOAT, floats.data(),
                     static_cast<int64_t>(floats.size()));
        const size_t elements = asGiven ? packedElements(r.channels * 9, r.maps, r.width)
                                        : static_cast<size_t>(w.matrices()) *
                                              packedElements(r.channels, r.maps, r.width);
        std::vector<uint8_t> bytes(elements * sizeof(float));
        (asGiven ? packPlainWinograd : packWinograd)(w, floats.data(), r.width,
                                                     reinterpret_cast<float*>(bytes.data()));
        const int64_t matrices = asGiven ? 9 : w.matrices();
        return {Blob::own(std::move(bytes)),
                cat("f32 ", matrices, " of ", r.channels, "x", r.maps, " panels of ", r.width)};
    }

    // A quarter of the memory is worth the sums for kernels that are large, if there are pixels
    // enough to share them and all threads have as many panels.
    static bool staysPlain(const Record& r, int64_t matrices) {
        const int64_t panels = panelsOf(r, r.width), rounds = (panels + r.threads - 1) / r.threads;
        return matrices * r.channels * r.maps * 4 > kLarge && rounds * r.threads * 4 <= panels * 5;
    }

    Support read(const tactic::Query& q, Record& r, std::vector<int>& consumed) const override {
        const auto* op = q.group().anchorAs<ops::Convolution>();
        if (!op) return no("the anchor is not a convolution");
        const auto type = onlyType(q);
        if (q.outputs() != 1 || !type || (*type != DataType::kFLOAT && *type != DataType::kBF16))
            return no("not one output of f32 or bf16 from operands of that type");
        r.brain = *type == DataType::kBF16;
        if (lacksElements(q)) return no("an operand has no elements");
        r.op = *op;
        ConvolutionOperands operands;
        if (Support s = readOperands(q, operands); !s.ok) return s;
        r.input = operands.input, r.bias = operands.bias;
        const auto w = staticValues(q.in(operands.kernel).dims);
        if (w.size() != 4 || w[2] != 3 || w[3] != 3 || op->groups != 1)
            return no("groups, or windows other than 3 x 3");
        for (const auto* each : {&op->stride, &op->dilation})
            if (product(*each) != 1) return no("strides or dilation");
        r.maps = w[0], r.channels = w[1];
        if (r.channels < kLeast || r.maps < kLeast)
            return no("too few channels or maps for the transforms to pay");
        return readRowEpilogue(q, r.epilogue, r.bias, consumed);
    }
    static constexpr int64_t kLeast = 8, kSmall = 64, kLarge = 16 << 20;
};

}  // namespace

void registerKernel_convolution_winograd(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<TilesFactory>());
}

}  // namespace bireme::cpu
