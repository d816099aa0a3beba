// SPDX-License-Identifier: Apache-2.0
// Fourier transforms along an axis or of frames, lines on all threads.
#include "backends/cpu/typed/fourier.h"
#include "backends/cpu/typed/kernel.h"
#include "base/parallel_for.h"
#include "ops/dft.h"
#include "ops/stft.h"
#include "ops/support/axis_view.h"

#include <algorithm>
#include <memory>

namespace bireme::cpu {

namespace {

// The roots and the lines of every thread, for a length that only running may tell: made when it
// is seen first, kept afterwards.
class Lines {
public:
    // False when out of memory.
    bool prepare(int64_t length, bool inverse) noexcept {
        if (fourier_ && fourier_->length() == length && fourier_->inverse() == inverse) return true;
        try {
            fourier_ = std::make_unique<Fourier>(length, inverse);
            threads_ = maxThreads();
            room_.resize(static_cast<size_t>(2 * length * threads_));
            return true;
        } catch (const std::exception&) {
            fourier_.reset();
            return false;
        }
    }
    // Calls read(line, x), transforms, then calls write(line, y), for every line.
    template <typename R, typename W>
    void each(int64_t count, R&& read, W&& write) {
        const int64_t n = fourier_->length(), parts = std::min<int64_t>(threads_, count);
        const bool small = count * n < 2048;
        parallelFor(parts, small ? parts : 1, [&](int64_t begin, int64_t end) {
            for (int64_t p = begin; p < end; ++p) {
                Complex *x = room_.data() + 2 * n * p, *y = x + n;
                for (int64_t i = count * p / parts; i < count * (p + 1) / parts; ++i) {
                    read(i, x);
                    fourier_->run(x, y);
                    write(i, y);
                }
            }
        });
    }

private:
    std::unique_ptr<Fourier> fourier_;
    std::vector<Complex> room_;
    int threads_ = 1;
};

const Status kNoMemory =
    Status::failure(ErrorCode::kFAILED_ALLOCATION, "no memory for the transform");

struct DftTyped : TypedLoops<ops::Dft, Reals> {
    static constexpr const char* kName = "cpu.dft.typed";
    struct Plan {
        ops::Dft op;
        mutable Lines lines;
        Plan(const ops::Dft& o, const TypedCall&) : op(o) {}
    };

    static bool converts(bool output, int i, DataType, DataType) { return output || i == 0; }
    // Extents that the loops find out come with types that need no conversion.
    static Support supports(const ops::Dft&, const tactic::Query& q) {
        if (q.in(0).rank() > TypedCall::kMaxRank) return no("rank above 16");
        const bool plain = q.in(0).type == DataType::kFLOAT || q.in(0).type == DataType::kDOUBLE;
        return q.group().anchorInput(2) >= 0 && !plain ? no("an axis that is data, in a small type")
                                                       : yes();
    }

    template <typename T>
    static Status run(const Plan& p, const TypedCall& c) noexcept {
        const auto& dims = c.dims(0);
        const auto rank = static_cast<int64_t>(dims.size());
        int64_t axis = c.has(2) ? c.integer(2) : p.op.axis;
        if (axis < 0) axis += rank;
        if (axis < 0 || axis >= rank - 1)
            return Status::failure(ErrorCode::kFAILED_EXECUTION,
                                   "the axis is outside the dimensions of the input, or its last");
        const bool mirrored = p.op.onesided && p.op.inverse, half = p.op.onesided && !p.op.inverse;
        const ops::AxisView v(dims, axis);
        const int64_t extent = v.extent, parts = dims.back(),
                      n = c.has(1)   ? c.integer(1)
                          : mirrored ? 2 * (extent - 1)
                                     : extent;
        if (n < 1) return Status::failure(ErrorCode::kFAILED_EXECUTION, "the length is below 1");
        const int64_t count = half ? n / 2 + 1 : n, outParts = mirrored ? 1 : 2;
        std::array<int64_t, TypedCall::kMaxRank> to{};
        std::copy(dims.begin(), dims.end(), to.begin());
        to[static_cast<size_t>(axis)] = count, to[static_cast<size_t>(rank - 1)] = outParts;
        if (!c.outputs[0].open && !std::equal(c.outDims(0).begin(), c.outDims(0).end(), to.begin()))
            return Status::failure(ErrorCode::kFAILED_EXECUTION,
                                   "the transform has other extents than the shapes said");
        auto* y = static_cast<T*>(c.memory(0, to, static_cast<int>(rank)));
        const int64_t inner = v.inner / parts, lines = v.outer * inner;
        if (lines == 0) return Status::success();
        if (!y || !p.lines.prepare(n, p.op.inverse)) return kNoMemory;
        const T* x = c.in<T>(0);
        auto read = [&](int64_t line, Complex* to) {
            const T* from = x + (line / inner * extent * inner + line % inner) * parts;
            const int64_t have = std::min(extent, mirrored ? n / 2 + 1 : n), step = inner * parts;
            for (int64_t i = 0; i < have; ++i)
                to[i] = {static_cast<double>(from[i * step]),
                         parts == 2 ? static_cast<double>(from[i * step + 1]) : 0};
            std::fill(to + have, to + n, Complex(0));
            for (int64_t i = n / 2 + 1; mirrored && i < n; ++i) to[i] = std::conj(to[n - i]);
        };
        auto write = [&](int64_t line, const Complex* from) {
            T* out = y + (line / inner * count * inner + line % inner) * outParts;
            for (int64_t i = 0; i < count; ++i, out += inner * outParts) {
                out[0] = static_cast<T>(from[i].real());
                if (outParts == 2) out[1] = static_cast<T>(from[i].imag());
            }
        };
        p.lines.each(lines, read, write);
        return Status::success();
    }
};

struct StftTyped : TypedLoops<ops::Stft, Reals> {
    static constexpr const char* kName = "cpu.stft.typed";
    struct Plan {
        mutable Lines lines;
        Plan(const ops::Stft&, const TypedCall&) {}
    };

    static bool converts(bool output, int i, DataType, DataType) {
        return output || i == 0 || i == 2;
    }
    template <typename T>
    static Status run(const Plan& p, const TypedCall& c) noexcept {
        const int64_t step = c.integer(1), length = c.has(3) ? c.integer(3) : c.dims(2)[0],
                      samples = c.dims(0)[1], parts = c.dims(0)[2], frames = c.outDims(0)[1],
                      bins = c.outDims(0)[2];
        if (step < 1 || length < 1 || (frames - 1) * step + length > samples || bins > length ||
            (c.has(2) && c.dims(2)[0] != length))
            return Status::failure(ErrorCode::kFAILED_EXECUTION,
                                   "the frames or the window do not fit the signal");
        if (!p.lines.prepare(length, false)) return kNoMemory;
        const T *x = c.in<T>(0), *window = c.in<T>(2);
        T* y = c.out<T>(0);
        auto read = [&](int64_t line, Complex* to) {
            const T* from = x + (line / frames * samples + line % frames * step) * parts;
            for (int64_t i = 0; i < length; ++i) {
                const double w = window ? static_cast<double>(window[i]) : 1;
                to[i] = {w * static_cast<double>(from[i * parts]),
                         parts == 2 ? w * static_cast<double>(from[i * parts + 1]) : 0};
            }
        };
        auto write = [&](int64_t line, const Complex* from) {
            T* out = y + line * bins * 2;
            for (int64_t k = 0; k < bins; ++k) {
                out[2 * k] = static_cast<T>(from[k].real());
                out[2 * k + 1] = static_cast<T>(from[k].imag());
            }
        };
        p.lines.each(c.dims(0)[0] * frames, read, write);
        return Status::success();
    }
};

}  // namespace

void registerKernel_dft_typed(tactic::Catalog& catalog) {
    addTyped<DftTyped>(catalog);
    addTyped<StftTyped>(catalog);
}

}  // namespace bireme::cpu
