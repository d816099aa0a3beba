// SPDX-License-Identifier: Apache-2.0
// Deconvolution of any rank, stride, padding and number of groups, channels-last, in f32 or, where
// the machine multiplies it, in bf16. Places of the result that are a stride apart (a phase) meet
// the same elements of the kernel. With the rows of the input that meet in a row of the result
// interleaved, what a place reads lies side by side: one product for a row's places of a phase.
#include "backends/cpu/support/deconvolution_phases.h"
#include "backends/cpu/simd/brain_product.h"
#include "backends/cpu/simd/rows.h"
#include "backends/cpu/support/convolution_query.h"
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/packing_factory.h"
#include "backends/cpu/support/row_epilogue.h"
#include "base/parallel_for.h"

#include <algorithm>
#include <array>

namespace bireme::cpu {

using device::Shapes;

namespace {

using Record = PhasesRecord;

constexpr const char* kName = "cpu.deconvolution.phases";
constexpr int64_t kLeastOfGroup = 64;  // products of a pixel and a tap

// Place o = phase + stride * i of the result is the sum over taps t of input i + low + t.
struct Phase {
    int64_t residue, taps, low;
};

// Some rows of one phase of planes and of lines, and columns of every phase.
struct Chunk {
    int64_t image, group, plane, line;
    int64_t row, rows, column, columns;
};

class PhasesBound final : public device::Bound {
public:
    PhasesBound(const Record& r, const Shapes& s)
        : r_(r),
          epilogue_(r.epilogue, r.bias, r.maps() * r.op.groups, s),
          grid_(r.grid(s)),
          from_(s.inputs[static_cast<size_t>(r.input)]),
          to_(s.outputs[0]),
          share_(r.share(s, s)),
          workspace_(r.workspace(s, s)),
          images_(s.outputs[0].dims[0]),
          most_(r.columns(s)) {
        int64_t high = phase(2, 0).low;
        low_ = high;
        for (int64_t p = 0; p < r.stride(2); ++p) {
            const Phase w = phase(2, p);
            low_ = std::min(low_, w.low), high = std::max(high, w.low + w.taps);
        }
        columns_ = std::min(most_, Record::kMost), rows_ = Record::rowsFor(most_);
        line_ = columns_ + high - low_ - 1;
        const int64_t rows = places(0, 0) * places(1, 0);
        columnChunks_ = ceilDiv(most_, columns_), rowChunks_ = ceilDiv(rows, rows_);
        tasks_ = images_ * r.op.groups * r.stride(0) * r.stride(1) * rowChunks_ * columnChunks_ *
                 r.stride(2);
        matrices_ = r.matrices();
        repack(s);
    }

    size_t workspace() const noexcept override { return workspace_; }

    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        GemmProblem end;  // what follows the products
        epilogue_.begin(launch, end);
        const int64_t work = images_ * grid_.inputSize() * r_.kernel[0] * r_.maps() * r_.window(0) *
                             r_.window(1) * r_.window(2);
        const int64_t parts = std::max<int64_t>(1, std::min({work / 100000, r_.threads, tasks_}));
        parallelFor(parts, 1, [&](int64_t begin, int64_t last) {
            for (int64_t part = begin; part < last; ++part)
                r_.brain ? tasks<BFloat16>(launch, end, part, parts)
                         : tasks<float>(launch, end, part, parts);
        });
        return Status::success();
    }
    std::string implementation() const override {
        return r_.brain ? "blocks of bf16"
                        : cat("blocks of ", gemmShape().height, " x ", gemmShape().width);
    }

private:
    void repack(const Shapes& s) {
        const int own = gemmShape().width;
        if (r_.brain || r_.width == own) return;
        const auto* packed = static_cast<const float*>(s.constants.at(0));
        for (Record::Matrix& m : matrices_) {
            auto part = repackPanels(packed + m.at, m.rows, r_.maps(), r_.width);
            m.at = repacked_.size();
            repacked_.insert(repacked_.end(), part.begin(), part.end());
        }
        r_.width = own;
    }

    Phase phase(size_t axis, int64_t p) const {
        const int64_t at = p + grid_.before[axis], stride = r_.stride(axis);
        const int64_t residue = (at % stride + stride) % stride, taps = r_.taps(axis, residue);
        return {residue, taps, (at - residue) / stride - taps + 1};
    }
    int64_t places(size_t axis, int64_t p) const {  // of a phase
        return std::max<int64_t>(0, ceilDiv(grid_.output[axis] - p, r_.stride(axis)));
    }

    Chunk chunk(int64_t i) const {
        auto next = [&](int64_t count) {
            const int64_t at = i % count;
            i /= count;
            return at;
        };
        Chunk c;
        c.column = next(columnChunks_) * columns_, c.row = next(rowChunks_) * rows_;
        c.line = next(r_.stride(1)), c.plane = next(r_.stride(0));
        c.group = next(r_.op.groups), c.image = i;
        c.rows = std::min(rows_, places(0, c.plane) * places(1, c.line) - c.row);
        c.columns = std::min(columns_, most_ - c.column);
        return c;
    }

    template <typename T>
    void tasks(const device::Launch& launch, const GemmProblem& end, int64_t part,
               int64_t parts) const {
        const auto [lineBytes, resultBytes] = share_;
        char* own = static_cast<char*>(launch.workspace) +
                    static_cast<size_t>(part) * (lineBytes + resultBytes);
        T* line = reinterpret_cast<T*>(own);
        auto* results = reinterpret_cast<float*>(own + lineBytes);
        int64_t built = -1;
        Chunk c{};
        for (int64_t i = tasks_ * part / parts; i < tasks_ * (part + 1) / parts; ++i) {
            if (i / r_.stride(2) != built) {
                built = i / r_.stride(2), c = chunk(built);
                interleave(static_cast<const T*>(launch.inputs[r_.input]), c, line);
            }
            if (c.rows > 0) multiply(launch, end, c, i % r_.stride(2), line, results);
        }
    }

    // [row of the chunk][column][plane and line of the window][channel]; 0 outside the input.
    template <typename T>
    void interleave(const T* x, const Chunk& c, T* line) const {
        const Phase d = phase(0, c.plane), h = phase(1, c.line);
        const int64_t perPlane = places(1, c.line), depth = r_.depth(), channels = r_.channels(),
                      step = d.taps * h.taps * depth, last = c.columns + line_ - columns_;
        for (int64_t r = 0; r < c.rows; ++r)
            for (int64_t t = 0; t < d.taps * h.taps; ++t) {
                const int64_t z = (c.row + r) / perPlane + d.low + t / h.taps,
                              y = (c.row + r) % perPlane + h.low + t % h.taps;
                const bool there = z >= 0 && z < grid_.input[0] && y >= 0 && y < grid_.input[1];
                const T* from = x + from_.offset + c.image * from_.image + z * from_.plane +
                                y * from_.row + c.group * channels;
                T* to = line + r * line_ * step + t * depth;
                for (int64_t j = 0; j < last; ++j, to += step) {
                    const int64_t at = c.column + low_ + j;
                    if (!there || at < 0 || at >= grid_.input[2]) {
                        std::fill_n(to, depth, T());
                        continue;
                    }
                    std::copy_n(from + at * from_.pixel, channels, to);
                    if (depth > channels) to[channels] = T();
                }
            }
    }

    template <typename T>
    void multiply(const device::Launch& launch, const GemmProblem& end, const Chunk& c,
                  int64_t column, const T* line, float* results) const {
        const Phase d = phase(0, c.plane), h = phase(1, c.line), w = phase(2, column);
        const int64_t columns = std::min(c.columns, places(2, column) - c.column);
        if (columns <= 0) return;
        const auto& matrix = matrices_[r_.matrix(c.group, d.residue, h.residue, w.residue)];
        GemmProblem p;
        p.m = (c.rows - 1) * line_ + columns, p.n = r_.maps(), p.k = matrix.rows;
        p.lda = d.taps * h.taps * r_.depth();
        p.end = end.end;
        if (p.end.bias) p.end.bias += c.group * p.n;
        const T* a = line + (w.low - low_) * p.lda;
        const int64_t step = r_.stride(2) * to_.pixel;
        p.c = results, p.ldc = r_.results();
        T* y = static_cast<T*>(launch.outputs[0]) + to_.offset + c.image * to_.image +
               c.group * p.n + column * to_.pixel + c.column * step;
        auto row = [&](int64_t r) {
            const int64_t perPlane = places(1, c.line), at = c.row + r;
            return y + (at / perPlane * r_.stride(0) + c.plane) * to_.plane +
                   (at % perPlane * r_.stride(1) + c.line) * to_.row;
        };
        if constexpr (std::is_same_v<T, BFloat16>) {
            const auto* weights = static_cast<const BFloat16*>(launch.constants[0]) + matrix.at;
            multiplyBrains({p.m, p.n, p.k, a, p.lda, weights, p.c, p.ldc});
            const BrainRowFunctions& simd = brainRowFunctions();
            simd.finish({p.c, p.ldc, p.m, p.n},
                        {p.end.bias, nullptr, 0, p.end.clip, p.end.low, p.end.high});
            if (end.epilogue) end.epilogue->apply(p.c, p.ldc, 0, p.m, c.group * p.n, p.n);
            for (int64_t r = 0; r < c.rows; ++r)
                simd.finishNarrow({p.c + r * line_ * p.ldc, p.ldc, columns, p.n}, {}, row(r), step);
        } else {
            p.a = a;
            p.packed = (repacked_.empty() ? static_cast<const float*>(launch.constants[0])
                                          : repacked_.data()) +
                       matrix.at;
            const bool direct = c.rows == 1;
            if (direct) p.c = row(0), p.ldc = step;
            gemmPart(p, 0, p.m, 0, ceilDiv(p.n, r_.width));
            if (end.epilogue) end.epilogue->apply(p.c, p.ldc, 0, p.m, c.group * p.n, p.n);
            for (int64_t r = 0; !direct && r < c.rows; ++r)
                for (int64_t i = 0; i < columns; ++i)
                    std::copy_n(p.c + (r * line_ + i) * p.ldc, p.n, row(r) + i * step);
        }
    }

    Record r_;
    RowEpilogue epilogue_;
    ops::WindowGrid grid_;
    DeconvolutionSteps from_, to_;
    std::pair<size_t, size_t> share_;
    size_t workspace_;
    int64_t images_, most_;  // pixels of a phase in a row
    int64_t low_ = 0;        // the first column of the input that a chunk's first pixels read
    int64_t columns_ = 1, rows_ = 1, line_ = 1;  // of a chunk; pixels of an interleaved row
    int64_t columnChunks_ = 1, rowChunks_ = 1, tasks_ = 0;
    std::vector<Record::Matrix> matrices_;
    std::vector<float> repacked_;
};

class PhasesFactory final : public PackingFactory<Record, RecordKernel<Record, PhasesBound>> {
public:
    std::string_view name() const override { return kName; }

    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        out.push_back(convolutionCombination(q));
        out.back().acceptsViews = true;
    }

private:
    tactic::PackedConstant pack(const tactic::Query& q, const tactic::Tactic&, int kernel,
                                Record& r) const override {
        r.width = gemmShape().width;
        r.threads = std::max(1, q.flags.threads);
        return r.brain ? packed<BFloat16>(r, *q.constant(kernel))
                       : packed<float>(r, *q.constant(kernel));
    }

    // One matrix of r.matrices(), row-major.
    template <typename T>
    static void gather(const Record& r, const T* w, const std::array<int64_t, 4>& at, T* to) {
        const auto [group, d, h, column] = at;
        const int64_t maps = r.maps(), td = r.taps(0, d), th = r.taps(1, h), tw = r.taps(2, column);
        const int64_t size = r.window(0) * r.window(1) * r.window(2);
        int64_t row = 0;
        for (int64_t k = tw - 1; k >= 0; --k)
            for (int64_t i = td - 1; i >= 0; --i)
                for (int64_t j = th - 1; j >= 0; --j, row += r.depth()) {
                    const int64_t z = d + i * r.stride(0), y = h + j * r.stride(1),
                                  x = column + k * r.stride(2);
                    const T* from = w + (z * r.window(1) + y) * r.window(2) + x;
                    for (int64_t c = 0; c < r.channels(); ++c)
                        for (int64_t m = 0; m < maps; ++m)
                            to[(row + c) * maps + m] =
                                from[((group * r.channels() + c) * maps + m) * size];
                }
    }

    template <typename T>
    static tactic::PackedConstant packed(const Record& r, const Blob& kernel) {
        const T* w = kernel.as<T>();
        const auto matrices = r.matrices();
        const size_t all = matrices.back().at + r.packed(matrices.back().rows);
        std::vector<uint8_t> bytes(all * sizeof(T));
        for (int64_t g = 0; g < r.op.groups; ++g)
            for (int64_t d = 0; d < r.stride(0); ++d)
                for (int64_t h = 0; h < r.stride(1); ++h)
                    for (int64_t c = 0; c < r.stride(2); ++c) {
                        const auto& m = matrices[r.matrix(g, d, h, c)];
                        std::vector<T> plain(static_cast<size_t>(m.rows * r.maps()));
                        gather(r, w, {g, d, h, c}, plain.data());
                        T* to = reinterpret_cast<T*>(bytes.data()) + m.at;
                        if constexpr (std::is_same_v<T, BFloat16>)
                            packBrainRows(plain.data(), r.maps(), m.rows, r.maps(), to);
                        else
                            packPanels(plain.data(), r.maps(), 1, m.rows, r.maps(), r.width, to);
                    }
        return {Blob::own(std::move(bytes)),
                cat(r.brain ? "bf16 " : "f32 ", matrices.size(), " phases, panels of ", r.width)};
    }

    Support read(const tactic::Query& q, Record& r, std::vector<int>& consumed) const override {
        if (Support s = r.read(q, consumed); !s.ok) return s;
        if (r.op.groups > 1 && r.channels() * r.maps() < kLeastOfGroup)
            return no("groups are too small for products");
        return yes();
    }
};

}  // namespace

void registerKernel_deconvolution_phases(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<PhasesFactory>());
}

}  // namespace bireme::cpu
