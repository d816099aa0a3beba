// SPDX-License-Identifier: Apache-2.0
// Bilinear samples of regions, pooled: rows and columns of a region's samples are worked out once
// for all channels.
#include "backends/cpu/support/lone_op.h"
#include "backends/cpu/typed/types.h"
#include "base/parallel_for.h"
#include "base/status.h"
#include "ops/roi_align.h"

#include <algorithm>
#include <cmath>

namespace bireme::cpu {

namespace {

// A sample's two neighbours along one axis; nothing outside of the picture.
template <typename T>
struct Between {
    int64_t low = 0, high = 0;
    T lowWeight = 0, highWeight = 0;
};

// The samples along one axis of a region: `perBin` for each bin.
template <typename T>
struct Line {
    std::vector<Between<T>> samples;
    int64_t perBin = 0;

    void fill(double begin, double bin, int64_t bins, int64_t count, int64_t extent) {
        perBin = count;
        samples.clear();
        for (int64_t b = 0; b < bins; ++b)
            for (int64_t s = 0; s < count; ++s)
                samples.push_back(
                    at(begin + (static_cast<double>(b) +
                                (static_cast<double>(s) + 0.5) / static_cast<double>(count)) *
                                   bin,
                       extent));
    }

private:
    static Between<T> at(double x, int64_t extent) {
        const auto n = static_cast<double>(extent);
        if (!(x >= -1 && x <= n)) return {};
        x = std::clamp(x, 0.0, n - 1);
        const auto low = static_cast<int64_t>(x);
        const T f = static_cast<T>(x - static_cast<double>(low));
        return {low, std::min(low + 1, extent - 1), 1 - f, f};
    }
};

class RoiAlignBound final : public LoneBound {
public:
    explicit RoiAlignBound(const LoneShapes& s) : LoneBound(s), op_(*s.op.as<ops::RoiAlign>()) {}

private:
    void run() override {
        Reals::visit(Reals::of(in(0).type), [&](auto real) { poolIn<decltype(real)>(); });
    }

    template <typename T>
    void poolIn() {
        const auto batch = integers(2);
        const auto& dims = in(0).dims;
        if (static_cast<int64_t>(batch.size()) != in(1).dims[0])
            fail(ErrorCode::kFAILED_EXECUTION,
                 cat("there are ", in(1).dims[0], " boxes and ", batch.size(), " batch indices"));
        for (int64_t b : batch)
            if (b < 0 || b >= dims[0])
                fail(ErrorCode::kFAILED_EXECUTION,
                     cat("batch index ", b, " is outside of ", dims[0]));
        std::vector<T> xs, boxValues, ys;
        const T *x = elements<T>(0, xs), *boxes = elements<T>(1, boxValues);
        const bool direct = std::is_same_v<T, double> || out(0).type == DataType::kFLOAT;
        const int64_t all = product(out(0).dims);
        if (!direct) ys.resize(static_cast<size_t>(all));
        T* y = direct ? reinterpret_cast<T*>(result(0)) : ys.data();
        const int64_t size = op_.height * op_.width, channels = dims[1];
        Line<T> rows, columns;
        for (size_t b = 0; b < batch.size(); ++b) {
            region(boxes + 4 * b, rows, columns);
            const T* image = x + batch[b] * channels * dims[2] * dims[3];
            T* to = y + static_cast<int64_t>(b) * channels * size;
            const int64_t work = size * rows.perBin * columns.perBin;
            parallelFor(channels, 8192 / (work + 1) + 1, [&](int64_t begin, int64_t end) {
                for (int64_t c = begin; c < end; ++c)
                    pool(image + c * dims[2] * dims[3], rows, columns, to + c * size);
            });
        }
        if (!direct) store(0, y, result(0), all);
    }

    template <typename T>
    void region(const T* box, Line<T>& rows, Line<T>& columns) const {
        const double shift = op_.halfPixel ? 0.5 : 0;
        auto edge = [&](int i) {
            return static_cast<double>(box[i]) * static_cast<double>(op_.scale) - shift;
        };
        double x = edge(0), y = edge(1), width = edge(2) - x, height = edge(3) - y;
        if (!op_.halfPixel) width = std::max(width, 1.0), height = std::max(height, 1.0);
        height /= static_cast<double>(op_.height), width /= static_cast<double>(op_.width);
        auto count = [&](double bin) {
            return op_.samples ? op_.samples
                               : static_cast<int64_t>(std::clamp(std::ceil(bin), 0.0, 65536.0));
        };
        rows.fill(y, height, op_.height, count(height), in(0).dims[2]);
        columns.fill(x, width, op_.width, count(width), in(0).dims[3]);
    }

    template <typename T>
    void pool(const T* plane, const Line<T>& rows, const Line<T>& columns, T* to) const {
        const int64_t width = in(0).dims[3];
        for (int64_t i = 0; i < op_.height; ++i)
            for (int64_t j = 0; j < op_.width; ++j) {
                const Between<T>*down = rows.samples.data() + i * rows.perBin,
                      *across = columns.samples.data() + j * columns.perBin;
                T total = 0;
                bool begun = false;
                for (int64_t r = 0; r < rows.perBin; ++r) {
                    const T *upper = plane + down[r].low * width,
                            *lower = plane + down[r].high * width;
                    for (int64_t s = 0; s < columns.perBin; ++s) {
                        const T v[] = {
                            down[r].lowWeight * across[s].lowWeight * upper[across[s].low],
                            down[r].lowWeight * across[s].highWeight * upper[across[s].high],
                            down[r].highWeight * across[s].lowWeight * lower[across[s].low],
                            down[r].highWeight * across[s].highWeight * lower[across[s].high]};
                        // ONNX takes the largest of the weighted neighbours, not of their sums.
                        if (!op_.maximum)
                            total += v[0] + v[1] + v[2] + v[3];
                        else if (T most = *std::max_element(v, v + 4); !begun || most > total)
                            total = most;
                        begun = true;
                    }
                }
                if (!op_.maximum)
                    total /= static_cast<T>(std::max<int64_t>(rows.perBin * columns.perBin, 1));
                *to++ = total;
            }
    }

    ops::RoiAlign op_;
};

Support supportsPicture(const tactic::Query& q, const ir::Node& node) {
    // Samples outside read the first pixel, with weight zero.
    const DimVector& dims = q.body().value(node.inputs[0]).desc.dims;
    for (size_t d = 2; d < 4; ++d)
        if (dims[d].range(q.ranges).min == 0) return no("the picture may be empty");
    return yes();
}

}  // namespace

void registerKernel_roi_align_samples(tactic::Catalog& catalog) {
    catalog.add(loneFactory(
        {"cpu.roi_align.samples", "roi_align", supportsPicture, bindLone<RoiAlignBound>}));
}

}  // namespace bireme::cpu
