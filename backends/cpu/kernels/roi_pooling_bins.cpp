// SPDX-License-Identifier: Apache-2.0
// Maxima of regions in bins: those of each bin's rows first, column by column, then across.
#include "backends/cpu/support/lone_op.h"
#include "backends/cpu/typed/types.h"
#include "base/parallel_for.h"
#include "ops/roi_pooling.h"
#include "ops/support/region_bins.h"

#include <algorithm>

namespace bireme::cpu {

namespace {

class RoiPoolingBound final : public LoneBound {
public:
    explicit RoiPoolingBound(const LoneShapes& s)
        : LoneBound(s), op_(*s.op.as<ops::RoiPooling>()) {}

private:
    void run() override {
        Reals::visit(Reals::of(in(0).type), [&](auto real) { poolIn<decltype(real)>(); });
    }

    template <typename T>
    void poolIn() {
        std::vector<T> xs, ys;
        std::vector<float> boxes;
        const T* x = elements<T>(0, xs);
        const float* regions = elements<float>(1, boxes);
        const bool direct = std::is_same_v<T, double> || out(0).type == DataType::kFLOAT;
        const int64_t all = product(out(0).dims);
        if (!direct) ys.resize(static_cast<size_t>(all));
        T* y = direct ? reinterpret_cast<T*>(result(0)) : ys.data();
        const auto& dims = in(0).dims;
        const int64_t channels = dims[1], size = op_.height * op_.width;
        for (int64_t r = 0; r < in(1).dims[0]; ++r) {
            const float* region = regions + 5 * r;
            T* to = y + r * channels * size;
            if (!(region[0] >= 0 && region[0] < static_cast<float>(dims[0]))) {
                std::fill_n(to, channels * size, T(0));
                continue;
            }
            const T* image = x + static_cast<int64_t>(region[0]) * channels * dims[2] * dims[3];
            const auto columns =
                           ops::regionBins(region[1], region[3], op_.scale, op_.width, dims[3]),
                       rows = ops::regionBins(region[2], region[4], op_.scale, op_.height, dims[2]);
            const int64_t threads = maxThreads();
            std::vector<T> lines(static_cast<size_t>(threads * dims[3]));
            const int64_t share = (channels + threads - 1) / threads;
            parallelFor(threads, 1, [&](int64_t begin, int64_t end) {
                for (int64_t t = begin; t < end; ++t)
                    for (int64_t c = t * share; c < std::min(channels, (t + 1) * share); ++c)
                        pool(image + c * dims[2] * dims[3], rows, columns,
                             lines.data() + t * dims[3], to + c * size);
            });
        }
        if (!direct) store(0, y, result(0), all);
    }

    template <typename T>
    void pool(const T* plane, const std::vector<ops::RegionBin>& rows,
              const std::vector<ops::RegionBin>& columns, T* line, T* to) const {
        const int64_t width = in(0).dims[3];
        int64_t from = width, end = 0;
        for (const ops::RegionBin& b : columns)
            if (b.from < b.to) from = std::min(from, b.from), end = std::max(end, b.to);
        for (const ops::RegionBin& row : rows) {
            if (row.from < row.to && from < end)
                std::copy(plane + row.from * width + from, plane + row.from * width + end,
                          line + from);
            for (int64_t y = row.from + 1; y < row.to; ++y) {
                const T* next = plane + y * width;
                for (int64_t x = from; x < end; ++x)
                    line[x] = line[x] < next[x] ? next[x] : line[x];
            }
            for (const ops::RegionBin& column : columns) {
                const bool empty = row.from >= row.to || column.from >= column.to;
                *to++ = empty ? T(0) : *std::max_element(line + column.from, line + column.to);
            }
        }
    }

    ops::RoiPooling op_;
};

}  // namespace

void registerKernel_roi_pooling_bins(tactic::Catalog& catalog) {
    catalog.add(
        loneFactory({"cpu.roi_pooling.bins", "roi_pooling", nullptr, bindLone<RoiPoolingBound>}));
}

}  // namespace bireme::cpu
