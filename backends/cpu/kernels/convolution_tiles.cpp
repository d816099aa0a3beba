// SPDX-License-Identifier: Apache-2.0
// Convolution of bf16 by tile registers, channels-last: a product over the pixels of a padded copy,
// in which the window's row at a pixel is one run of elements. Lines are multiplied as if they were
// one, and what crosses their ends is dropped.
#include "backends/cpu/support/convolution_query.h"
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/packing_factory.h"
#include "backends/cpu/support/record.h"
#include "backends/cpu/support/row_epilogue.h"
#include "backends/cpu/support/tile_gemm.h"
#include "base/parallel_for.h"
#include "ops/convolution.h"
#include "ops/support/sliding_window.h"

#include <algorithm>
#include <cstring>

namespace bireme::cpu {

using device::Shapes;

namespace {

constexpr const char* kName = "cpu.convolution.tiles";

struct Record {
    ops::Convolution op;
    int input = 0, bias = -1;  // body inputs; -1: none
    int64_t maps = 1, channels = 1;
    int64_t height = 1, width = 1;  // of the window
    int64_t padded = 2;             // channels with zeros behind, so that runs divide
    int64_t threads = 1;
    Epilogue epilogue;

    int64_t run() const { return width * padded; }
    int64_t depth() const { return height * run(); }
    int64_t panels() const { return (maps + kBrainWidth - 1) / kBrainWidth; }

    size_t workspace(const Shapes& min, const Shapes& max) const;
    void save(ByteWriter& out) const {
        putAttributes(out, op);
        putInts(out, {input, bias, maps, channels, height, width, padded, threads});
        epilogue.save(out);
    }
    static Record load(ByteReader& in) {
        if (!multipliesTiles) in.corrupt("a convolution by tiles, which this processor has not");
        Record r;
        r.op = getAttributes<ops::Convolution>(in);
        auto v = getInts(in);
        bool right = v.size() == 8 && v[7] <= 4096;
        for (size_t i = 2; right && i < v.size(); ++i) right = v[i] >= 1;
        if (!right || v[6] < v[3] || v[6] % 2 || !tilePairs(v[5] * v[6] / 2))
            in.corrupt("a convolution by tiles has eight numbers");
        r.input = static_cast<int>(v[0]), r.bias = static_cast<int>(v[1]);
        r.maps = v[2], r.channels = v[3], r.height = v[4], r.width = v[5];
        r.padded = v[6], r.threads = v[7];
        r.epilogue = Epilogue::load(in);
        return r;
    }
};

// How results are cut into bands of lines, whose input is copied. A copy has a plane for each of
// the lines that a step down passes; in it pixels of results lie `step` elements apart.
struct Bands {
    ops::WindowGrid grid;
    int64_t down, across;  // strides
    int64_t pitch;         // pixels of results from line to line, with those that are dropped
    int64_t step;          // elements
    int64_t lines = 1;     // of results, of a band

    Bands(const Record& r, const Shapes& s)
        : grid(gridOf(r, s)),
          down(grid.stride[1]),
          across(grid.stride[2]),
          pitch(((grid.output[2] - 1) * across + r.width + across - 1) / across),
          step(across * r.padded) {
        const int64_t all = grid.output[1];
        lines = all;
        if (bytes(r, all) > kNear) {
            lines = 1;
            while (lines < all && bytes(r, lines + 1) <= kNear) ++lines;
            const int64_t bands = (all + lines - 1) / lines;
            lines = (all + bands - 1) / bands;
        }
    }

    static ops::WindowGrid gridOf(const Record& r, const Shapes& s) {
        const auto& x = s.inputs[static_cast<size_t>(r.input)];
        return ops::WindowGrid(ops::convolutionAxes(ops::WindowAttributes::of(r.op),
                                                    ops::spatialDims(toDims(x.dims)),
                                                    toDims({r.height, r.width})));
    }
    int64_t plane(const Record& r, int64_t count) const {  // elements
        return ((count - 1) * down + r.height + down - 1) / down * pitch * step;
    }
    size_t bytes(const Record& r, int64_t count) const {
        const int64_t size = 2 * std::min(down, r.height) * plane(r, count);
        return static_cast<size_t>((size + 63) / 64 * 64);
    }
    // Of any shape up to this one.
    size_t most(const Record& r) const {
        return std::min(bytes(r, std::max<int64_t>(1, grid.output[1])),
                        std::max(kNear, bytes(r, 1)));
    }
    int64_t bands() const { return (grid.output[1] + lines - 1) / lines; }

private:
    static constexpr size_t kNear = 768 << 10;
};

size_t Record::workspace(const Shapes&, const Shapes& max) const {
    return Bands(*this, max).most(*this) * static_cast<size_t>(threads);
}

class ConvolutionBound final : public device::Bound {
public:
    ConvolutionBound(const Record& r, const Shapes& s)
        : r_(r),
          b_(r, s),
          epilogue_(r.epilogue, r.bias, r.maps, s),
          swish_(epilogue_.takeSwish()),
          images_(s.outputs[0].dims[0]),
          from_(s.inputs[static_cast<size_t>(r.input)]),
          to_(s.outputs[0]) {
        for (int64_t i = 0; i < r.height; ++i)
            starts_.push_back(i % b_.down * b_.plane(r, b_.lines) +
                              i / b_.down * b_.pitch * b_.step);
    }

    size_t workspace() const noexcept override {
        return b_.most(r_) * static_cast<size_t>(r_.threads);
    }

    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        GemmProblem g;
        epilogue_.begin(launch, g);
        TileGemm p;
        p.n = r_.maps;
        p.a.lda = b_.step, p.a.k = r_.run();
        p.a.runs = r_.height, p.a.starts = starts_.data();
        p.packed = static_cast<const BFloat16*>(launch.constants[0]);
        p.end = {g.end.bias, static_cast<const BFloat16*>(epilogue_.residual(launch)),
                 r_.maps,    g.end.clip,
                 g.end.low,  g.end.high,
                 swish_};
        p.epilogue = g.epilogue;
        p.ldy = to_.pixel;
        const int64_t bands = b_.bands() * images_, panels = r_.panels();
        // Cut along the larger operand.
        const bool byPanels = panels >= r_.threads && (bands < r_.threads || kernelIsLarger());
        const int64_t parts = std::min(r_.threads, byPanels ? panels : bands);
        parallelFor(parts, 1, [&](int64_t begin, int64_t end) {
            for (int64_t t = begin; t < end; ++t) {
                auto* memory = reinterpret_cast<BFloat16*>(static_cast<char*>(launch.workspace) +
                                                           b_.most(r_) * static_cast<size_t>(t));
                const auto cut = [&](int64_t all, int64_t i) { return all * i / parts; };
                const int64_t last = byPanels ? bands : cut(bands, t + 1);
                for (int64_t band = byPanels ? 0 : cut(bands, t); band < last; ++band)
                    multiply(launch, p, memory, band, byPanels ? cut(panels, t) : 0,
                             byPanels ? cut(panels, t + 1) : panels);
            }
        });
        return Status::success();
    }
    std::string implementation() const override {
        return cat("tiles of bf16, bands of ", b_.lines, " lines");
    }

private:
    bool kernelIsLarger() const {
        return r_.depth() * r_.maps > images_ * b_.grid.output[1] * b_.pitch * b_.step;
    }

    void multiply(const device::Launch& launch, TileGemm p, BFloat16* memory, int64_t band,
                  int64_t panel, int64_t panelEnd) const {
        const int64_t image = band / b_.bands(), first = band % b_.bands() * b_.lines,
                      lines = std::min(b_.lines, b_.grid.output[1] - first);
        if (lines <= 0) return;
        copyLines(static_cast<const BFloat16*>(launch.inputs[r_.input]) + from_.offset +
                      image * from_.image,
                  first * b_.down - b_.grid.before[1], (lines - 1) * b_.down + r_.height, memory);
        auto* y = static_cast<BFloat16*>(launch.outputs[0]) + to_.offset + image * to_.image;
        const int64_t pixels = (lines - 1) * b_.pitch + b_.grid.output[2],
                      blocks = (pixels + kTileBlock - 1) / kTileBlock;
        alignas(64) float c[kTileBlock * kBrainWidth];
        Tiles tiles;
        // Blocks outside, so that their results are whole lines of the cache, if panels stay near.
        const int64_t group = staysNear((panelEnd - panel) * r_.depth() * kBrainWidth) ? 1 : blocks;
        for (int64_t g0 = 0; g0 < blocks; g0 += group)
            for (int64_t j = panel; j < panelEnd; ++j)
                for (int64_t i = g0; i < g0 + group; ++i) {
                    const int64_t at = pixels * i / blocks, count = pixels * (i + 1) / blocks - at;
                    p.a.a = memory + at * b_.step;
                    const int64_t size = r_.depth() * kBrainWidth;
                    multiplyTilePanel(tiles, p.a, count, p.packed + j * size,
                                      r_.maps - j * kBrainWidth, c, kBrainWidth,
                                      i == 0 && j + 1 < panelEnd ? size : 0);
                    finishLines(p, c, at, count, image, first, j * kBrainWidth, y);
                }
    }

    // Pixels [at, at + count) of a band, those between lines dropped.
    void finishLines(const TileGemm& p, float* c, int64_t at, int64_t count, int64_t image,
                     int64_t first, int64_t column, BFloat16* y) const {
        const int64_t width = b_.grid.output[2];
        for (int64_t line = at / b_.pitch; line * b_.pitch < at + count; ++line) {
            const int64_t begin = std::max(at, line * b_.pitch),
                          end = std::min(at + count, line * b_.pitch + width);
            if (begin >= end) continue;
            const int64_t x = begin - line * b_.pitch, row = first + line;
            finishTileRows(p, c + (begin - at) * kBrainWidth,
                           (image * b_.grid.output[1] + row) * width + x, end - begin, column,
                           y + row * to_.row + x * to_.pixel + column);
        }
    }

    // Lines [line, line + count) of an image, which may lie outside of it.
    void copyLines(const BFloat16* x, int64_t line, int64_t count, BFloat16* memory) const {
        const int64_t plane = b_.plane(r_, b_.lines), left = b_.grid.before[2],
                      row = b_.pitch * b_.step, width = b_.grid.input[2];
        for (int64_t i = 0; i < count; ++i) {
            if (i % b_.down >= r_.height) continue;  // no window reads it
            BFloat16* to = memory + i % b_.down * plane + i / b_.down * row;
            if (line + i < 0 || line + i >= b_.grid.input[1]) {
                std::fill_n(to, row, BFloat16());
                continue;
            }
            const int64_t pixels = std::min(width, b_.pitch * b_.across - left);
            std::fill_n(to, left * r_.padded, BFloat16());
            copyPixels(x + (line + i) * from_.row, pixels, to + left * r_.padded);
            std::fill(to + (left + pixels) * r_.padded, to + row, BFloat16());
        }
    }

    void copyPixels(const BFloat16* x, int64_t pixels, BFloat16* to) const {
        const auto each = static_cast<size_t>(r_.channels) * sizeof(BFloat16);
        if (r_.padded == r_.channels && from_.pixel == r_.channels) {
            std::memcpy(to, x, static_cast<size_t>(pixels) * each);
        } else if (r_.padded == 4 && r_.channels == 3) {  // of a picture
            for (int64_t i = 0; i < pixels; ++i, x += from_.pixel, to += 4) {
                uint64_t four = 0;  // the last of which is behind the pixel
                std::memcpy(&four, x, i + 1 < pixels ? sizeof four : each);
                four &= 0xffffffffffff;
                std::memcpy(static_cast<void*>(to), &four, sizeof four);
            }
        } else {
            for (int64_t i = 0; i < pixels; ++i, x += from_.pixel, to += r_.padded) {
                std::memcpy(to, x, each);
                std::fill(to + r_.channels, to + r_.padded, BFloat16());
            }
        }
    }

    Record r_;
    Bands b_;
    RowEpilogue epilogue_;
    bool swish_;  // follows all else
    int64_t images_;
    PixelSteps from_, to_;
    std::vector<int64_t> starts_;  // of a window's lines
};

class ConvolutionFactory final
    : public PackingFactory<Record, RecordKernel<Record, ConvolutionBound>> {
public:
    std::string_view name() const override { return kName; }

    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        out.push_back(convolutionCombination(q));
        out.back().acceptsViews = hasNoOperands(recordOf(q).epilogue);
    }

private:
    tactic::PackedConstant pack(const tactic::Query& q, const tactic::Tactic&, int kernel,
                                Record& r) const override {
        r.threads = std::max(1, q.flags.threads);
        const auto* w = q.constant(kernel)->as<BFloat16>();
        const int64_t window = r.height * r.width, depth = r.depth();
        std::vector<BFloat16> rows(static_cast<size_t>(r.maps * depth));
        for (int64_t n = 0; n < r.maps; ++n)
            for (int64_t c = 0; c < r.channels; ++c, w += window)
                for (int64_t i = 0; i < window; ++i)
                    rows[static_cast<size_t>(n * depth + i * r.padded + c)] = w[i];
        std::vector<uint8_t> bytes(packedBrains(depth, r.maps) * sizeof(BFloat16));
        packBrainColumns(rows.data(), depth, depth, r.maps,
                         reinterpret_cast<BFloat16*>(bytes.data()));
        return {Blob::own(std::move(bytes)),
                cat("bf16 ", depth, "x", r.maps, " panels of ", kBrainWidth)};
    }

    Support read(const tactic::Query& q, Record& r, std::vector<int>& consumed) const override {
        if (!multipliesTiles) return no("the processor has no tiles");
        const auto* op = q.group().anchorAs<ops::Convolution>();
        if (!op) return no("the anchor is not a convolution");
        if (q.outputs() != 1 || onlyType(q) != DataType::kBF16)
            return no("not one output of bf16 from operands of that type");
        if (lacksElements(q)) return no("an operand has no elements");
        r.op = *op;
        ConvolutionOperands operands;
        if (Support s = readOperands(q, operands); !s.ok) return s;
        r.input = operands.input, r.bias = operands.bias;
        const auto w = staticValues(q.in(operands.kernel).dims);
        if (w.size() != 4 || op->groups != 1 || product(op->dilation) != 1)
            return no("groups, dilation, or not two spatial dims");
        r.maps = w[0], r.channels = w[1], r.height = w[2], r.width = w[3];
        for (r.padded = (r.channels + 1) / 2 * 2; !tilePairs(r.run() / 2);) r.padded += 2;
        return readRowEpilogue(q, r.epilogue, r.bias, consumed);
    }
};

}  // namespace

void registerKernel_convolution_tiles(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<ConvolutionFactory>());
}

}  // namespace bireme::cpu
