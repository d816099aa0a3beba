// SPDX-License-Identifier: Apache-2.0
// Squeeze-and-excitation as one step, channels-last: an image is still in the cache when it is
// scaled.
#include "backends/cpu/simd/rows.h"
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/row_epilogue.h"
#include "backends/cpu/support/squeeze_excite.h"
#include "base/parallel_for.h"
#include "base/status.h"
#include "tensor/convert.h"

#include <algorithm>
#include <cstring>

namespace bireme::cpu {

using device::Shapes;

namespace {

constexpr const char* kName = "cpu.reduce.squeeze_excite";

constexpr int64_t kShare = 4, kShared = 128;  // chunks of every so many pixels: see chunkOf
constexpr int64_t kTile = 512;                // elements that are scaled at once
constexpr int64_t kProducts = 131072;         // that are worth another thread

// Gates of one image, again and again up to a tile.
int64_t tileOf(int64_t channels) { return channels * std::max<int64_t>(1, kTile / channels); }

// Pixels that are summed at once: long sums keep their digits in parts, and threads get equal parts
// of small planes, too, so that each reads and writes what the layers around let it write and read.
int64_t chunkOf(int64_t pixels) {
    const int64_t chunks = kShare * std::max<int64_t>(1, (pixels + kShared - 1) / kShared);
    return std::max<int64_t>(1, (pixels + chunks - 1) / chunks);
}

// Scratch memory of all images, in floats.
struct Scratch {
    int64_t images, chunks, channels, hidden;
    int64_t margin;  // zeros around the means of an image, for a window over them
    int64_t sums() const { return 0; }
    int64_t means() const { return images * chunks * channels; }
    int64_t middle() const { return means() + images * (channels + margin); }
    int64_t gates() const { return middle() + images * hidden; }
    int64_t tiles() const { return gates() + images * channels; }
    int64_t all() const { return tiles() + images * tileOf(channels); }
};

Scratch scratchOf(const SqueezeExcite& r, const std::vector<int64_t>& dims) {
    const int64_t pixels = product({dims.begin() + 2, dims.end()});
    return {dims[0], (pixels + chunkOf(pixels) - 1) / chunkOf(pixels), r.channels(),
            r.dense.size() > 1 ? r.dense[0].n : 0, std::max<int64_t>(0, r.dense[0].window - 1)};
}

class SqueezeExciteBound final : public device::Bound {
public:
    SqueezeExciteBound(const SqueezeExcite& r, const Shapes& s)
        : r_(r),
          at_(scratchOf(r, s.inputs[static_cast<size_t>(r.input)].dims)),
          multiply_(vectorFunction(ops::PointwiseFn::prod)),
          threads_(maxThreads()) {
        const auto& dims = s.inputs[static_cast<size_t>(r.input)].dims;
        pixels_ = product({dims.begin() + 2, dims.end()});
        chunk_ = chunkOf(pixels_);
        problems_.resize(r.dense.size());
        repacked_.resize(r.dense.size());
        for (size_t k = 0; k < problems_.size(); ++k) {
            const SqueezeExcite::Dense& d = r.dense[k];
            ends_.push_back(endOf(d, s));
            problems_[k].m = d.window > 0 ? d.n : at_.images;
            problems_[k].n = problems_[k].ldc = d.columns();
            problems_[k].k = d.depth();
            problems_[k].lda = d.window > 0 ? 1 : d.k;
            if (r.width != gemmShape().width)
                repacked_[k] = repackPanels(static_cast<const float*>(s.constants.at(k)), d.depth(),
                                            d.columns(), gemmShape().width);
        }
    }

    size_t workspace() const noexcept override {
        return static_cast<size_t>(at_.all()) * sizeof(float);
    }

    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        if (at_.images == 0) return Status::success();
        r_.brain ? run<BFloat16>(launch) : run<float>(launch);
        return Status::success();
    }
    std::string implementation() const override { return "means, products and a scale"; }

private:
    // One value per column, whatever the number of images.
    static RowEpilogue endOf(const SqueezeExcite::Dense& d, Shapes s) {
        s.outputs[0].dims = {2, d.columns()};
        return RowEpilogue(d.epilogue, d.bias, d.columns(), s);
    }

    template <typename T>
    void run(const device::Launch& launch) noexcept {
        const T* x = static_cast<const T*>(launch.inputs[r_.input]);
        T* y = static_cast<T*>(launch.outputs[0]);
        float* scratch = static_cast<float*>(launch.workspace);
        begin(launch, scratch);
        const int64_t whole = at_.images / threads_ * threads_;  // images that threads take whole
        parallelFor(whole, 1, [&](int64_t from, int64_t to) {
            for (int64_t i = from; i < to; ++i) {
                for (int64_t c = 0; c < at_.chunks; ++c) sum(x, i, c, scratch);
                gates(i, scratch);
                write(i, y, scratch);
                if (r_.scales)
                    for (int64_t c = 0; c < at_.chunks; ++c) scale(x, i, c, scratch, y);
            }
        });
        if (whole == at_.images) return;
        const int64_t first = whole * at_.chunks, rest = (at_.images - whole) * at_.chunks;
        const int64_t grain = std::max<int64_t>(1, 32768 / (chunk_ * at_.channels));
        parallelFor(rest, grain, [&](int64_t from, int64_t to) {
            for (int64_t k = first + from; k < first + to; ++k)
                sum(x, k / at_.chunks, k % at_.chunks, scratch);
        });
        for (int64_t i = whole; i < at_.images; ++i) {
            gates(i, scratch, true);
            write(i, y, scratch);
        }
        if (!r_.scales) return;
        parallelFor(rest, grain, [&](int64_t from, int64_t to) {
            for (int64_t k = first + from; k < first + to; ++k)
                scale(x, k / at_.chunks, k % at_.chunks, scratch, y);
        });
    }

    void begin(const device::Launch& launch, float* scratch) noexcept {
        for (size_t k = 0; k < problems_.size(); ++k) {
            GemmProblem& p = problems_[k];
            p.a = scratch + (k == 0 ? at_.means() : at_.middle());
            p.c = scratch + (k + 1 < problems_.size() ? at_.middle() : at_.gates());
            p.packed = repacked_[k].empty() ? static_cast<const float*>(launch.constants[k])
                                            : repacked_[k].data();
            ends_[k].begin(launch, p);
        }
    }

    int64_t pixelsOf(int64_t chunk) const { return std::min(chunk_, pixels_ - chunk * chunk_); }

    template <typename T>
    void sum(const T* x, int64_t image, int64_t chunk, float* scratch) const noexcept {
        const int64_t c = at_.channels;
        rowsOf<T>().foldRows(Fold::sum, x + (image * pixels_ + chunk * chunk_) * c, pixelsOf(chunk),
                             c, scratch + at_.sums() + (image * at_.chunks + chunk) * c, c, true);
    }

    // `together`: by all threads, else by the calling one.
    void gates(int64_t image, float* scratch, bool together = false) const noexcept {
        const int64_t c = at_.channels;
        const SqueezeExcite::Dense& first = r_.dense.front();
        float* margins = scratch + at_.means() + image * (c + at_.margin);
        float* means = margins + first.before;
        std::fill(margins, means, 0.f);
        std::fill(means + c, margins + c + at_.margin, 0.f);
        rowFunctions().foldRows(Fold::sum, scratch + at_.sums() + image * at_.chunks * c,
                                at_.chunks, c, means, c, true);
        rowFunctions().scale(means, c, 1.f / static_cast<float>(pixels_));
        if (first.window > 0) {
            GemmProblem p = problems_[0];
            p.a = margins, p.c += image * c;
            gemmPart(p, 0, c, 0, 1);
            return tile(image, scratch);
        }
        for (const GemmProblem& p : problems_) {
            const int64_t panels = (p.n + gemmShape().width - 1) / gemmShape().width;
            if (!together)
                gemmPart(p, image, image + 1, 0, panels);
            else
                parallelFor(
                    panels, std::max<int64_t>(1, kProducts / (p.k * gemmShape().width)),
                    [&](int64_t from, int64_t to) { gemmPart(p, image, image + 1, from, to); });
        }
        tile(image, scratch);
    }

    void tile(int64_t image, float* scratch) const noexcept {
        const int64_t c = at_.channels;
        const float* gate = scratch + at_.gates() + image * c;
        float* tile = scratch + at_.tiles() + image * tileOf(c);
        for (int64_t k = 0; k < tileOf(c); k += c)
            std::memcpy(tile + k, gate, static_cast<size_t>(c) * sizeof(float));
    }

    // The gates, where they are the result.
    template <typename T>
    void write(int64_t image, T* y, const float* scratch) const noexcept {
        if (r_.scales) return;
        const float* gate = scratch + at_.gates() + image * at_.channels;
        if constexpr (std::is_same_v<T, BFloat16>)
            brainRowFunctions().narrow(gate, y + image * at_.channels, at_.channels);
        else
            std::copy_n(gate, at_.channels, y + image * at_.channels);
    }

    template <typename T>
    void scale(const T* x, int64_t image, int64_t chunk, const float* scratch,
               T* y) const noexcept {
        const int64_t from = (image * pixels_ + chunk * chunk_) * at_.channels;
        const int64_t count = pixelsOf(chunk) * at_.channels, tile = tileOf(at_.channels);
        const float* gates = scratch + at_.tiles() + image * tile;
        for (int64_t k = 0; k < count; k += tile)
            for (int64_t t = 0; t < std::min(tile, count - k); t += kTile)
                times(x + from + k + t, gates + t, y + from + k + t,
                      std::min({kTile, tile - t, count - k - t}));
    }

    void times(const float* x, const float* gates, float* y, int64_t n) const noexcept {
        TileArgs a;
        a.out = y, a.in[0] = x, a.in[1] = gates, a.n = n;
        multiply_(a);
    }
    void times(const BFloat16* x, const float* gates, BFloat16* y, int64_t n) const noexcept {
        brainRowFunctions().times(x, gates, y, n);
    }

    SqueezeExcite r_;
    Scratch at_;
    int64_t pixels_ = 1, chunk_ = 1;
    std::vector<RowEpilogue> ends_;
    std::vector<GemmProblem> problems_;
    std::vector<std::vector<float>> repacked_;
    TileFunction multiply_;
    int threads_;
};

class SqueezeExciteKernel final : public device::Kernel {
public:
    explicit SqueezeExciteKernel(SqueezeExcite r) : r_(std::move(r)) {}
    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes& max) const override {
        return static_cast<size_t>(
                   scratchOf(r_, max.inputs[static_cast<size_t>(r_.input)].dims).all()) *
               sizeof(float);
    }
    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState&) const override {
        return std::make_unique<SqueezeExciteBound>(r_, shapes);
    }
    void save(ByteWriter& out) const override { r_.save(out); }

private:
    SqueezeExcite r_;
};

class SqueezeExciteFactory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return kName; }

    Support supports(const tactic::Query& q) const override {
        SqueezeExcite r;
        std::vector<DenseWeights> weights;
        std::vector<int> consumed;
        return readSqueezeExcite(q, r, weights, consumed);
    }

    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        SqueezeExcite r;
        std::vector<DenseWeights> weights;
        std::vector<int> consumed;
        if (!readSqueezeExcite(q, r, weights, consumed).ok) return;
        out.push_back(combination(q));
        const auto x = static_cast<size_t>(r.input);
        out.back().inputs[x].format = Format::channelsLast(q.in(r.input).rank());
        if (!r.scales) return;
        out.back().outputs[0].format = out.back().inputs[x].format;
        out.back().overwrites = r.input;
    }

    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        SqueezeExcite r;
        std::vector<DenseWeights> weights;
        tactic::Created made;
        if (Support s = readSqueezeExcite(q, r, weights, made.consumed); !s.ok)
            fail(ErrorCode::kUNSUPPORTED_STATE, s.why);
        r.width = gemmShape().width;
        for (size_t k = 0; k < r.dense.size(); ++k) {
            const SqueezeExcite::Dense& d = r.dense[k];
            const Blob& given = *q.constant(weights[k].input);
            const int64_t depth = d.depth(), columns = d.columns();
            std::vector<float> b(static_cast<size_t>(depth * columns));
            convertElements(q.in(weights[k].input).type, given.data(), DataType::kFLOAT, b.data(),
                            depth * columns);
            std::vector<uint8_t> bytes(packedElements(depth, columns, r.width) * sizeof(float));
            packPanels(b.data(), weights[k].transposed ? 1 : columns,
                       weights[k].transposed ? depth : 1, depth, columns, r.width,
                       reinterpret_cast<float*>(bytes.data()));
            made.constants.push_back({Blob::own(std::move(bytes)),
                                      cat("f32 ", depth, "x", columns, " Ba", r.width, "b")});
        }
        made.kernel = std::make_unique<SqueezeExciteKernel>(std::move(r));
        return made;
    }

    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device&) const override {
        return std::make_unique<SqueezeExciteKernel>(SqueezeExcite::load(in));
    }
};

}  // namespace

void registerKernel_reduce_squeeze_excite(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<SqueezeExciteFactory>());
}

}  // namespace bireme::cpu
