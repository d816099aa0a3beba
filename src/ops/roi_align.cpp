// SPDX-License-Identifier: Apache-2.0
#include "ops/roi_align.h"

#include "ir/eval.h"
#include "ir/infer.h"

#include <algorithm>
#include <cmath>

namespace bireme::ops {

static void infer(const RoiAlign& op, ir::InferContext& c) {
    const TensorDesc &x = c.in(0), &boxes = c.in(1);
    c.requireReal(0);
    c.requireReal(1);
    c.require(x.rank() == 4 && boxes.rank() == 2 && c.in(2).rank() == 1 &&
                  isInteger(c.in(2).type) && boxes.dims[1].valueOr(4) == 4,
              "regions are [N,C,H,W], boxes [R,4] and batch indices [R]; got ", x.text(), ", ",
              boxes.text(), ", ", c.in(2).text());
    c.require(op.height > 0 && op.width > 0 && op.samples >= 0, "the output is ", op.height, " by ",
              op.width, " with ", op.samples, " samples");
    c.out(0).type = x.type;
    c.out(0).dims = {boxes.dims[0], x.dims[1], Dim(op.height), Dim(op.width)};
}

namespace {

// Four neighbours of a sample and their weights; none outside the picture.
struct Sample {
    int64_t at[4] = {};
    double weight[4] = {};
};

Sample sampleAt(double y, double x, int64_t height, int64_t width) {
    Sample s;
    auto h = static_cast<double>(height), w = static_cast<double>(width);
    if (!(y >= -1 && y <= h && x >= -1 && x <= w)) return s;
    y = std::clamp(y, 0.0, h - 1), x = std::clamp(x, 0.0, w - 1);
    auto y0 = static_cast<int64_t>(y), x0 = static_cast<int64_t>(x);
    int64_t y1 = std::min(y0 + 1, height - 1), x1 = std::min(x0 + 1, width - 1);
    double fy = y - static_cast<double>(y0), fx = x - static_cast<double>(x0);
    const int64_t at[] = {y0 * width + x0, y0 * width + x1, y1 * width + x0, y1 * width + x1};
    const double weight[] = {(1 - fy) * (1 - fx), (1 - fy) * fx, fy * (1 - fx), fy * fx};
    std::copy_n(at, 4, s.at);
    std::copy_n(weight, 4, s.weight);
    return s;
}

struct Region {
    double y, x, height, width;  // of one bin
    int64_t rows, columns;       // samples in one bin
};

template <typename T>
Region regionOf(const RoiAlign& op, const T* box) {
    double shift = op.halfPixel ? 0.5 : 0;
    auto edge = [&](int i) {
        return static_cast<double>(box[i]) * static_cast<double>(op.scale) - shift;
    };
    double x = edge(0), y = edge(1), width = edge(2) - x, height = edge(3) - y;
    if (!op.halfPixel) width = std::max(width, 1.0), height = std::max(height, 1.0);
    height /= static_cast<double>(op.height), width /= static_cast<double>(op.width);
    auto samples = [&](double bin) {
        return op.samples ? op.samples
                          : static_cast<int64_t>(std::clamp(std::ceil(bin), 0.0, 65536.0));
    };
    return {y, x, height, width, samples(height), samples(width)};
}

template <typename T>
double pooled(const RoiAlign& op, const Region& r, int64_t row, int64_t column, const T* plane,
              int64_t height, int64_t width) {
    double total = 0;
    bool begun = false;
    for (int64_t i = 0; i < r.rows; ++i)
        for (int64_t k = 0; k < r.columns; ++k) {
            auto inside = [](int64_t bin, int64_t s, int64_t all) {
                return static_cast<double>(bin) +
                       (static_cast<double>(s) + 0.5) / static_cast<double>(all);
            };
            Sample s = sampleAt(r.y + inside(row, i, r.rows) * r.height,
                                r.x + inside(column, k, r.columns) * r.width, height, width);
            double sum = 0, most = 0;
            for (int j = 0; j < 4; ++j) {
                double v = s.weight[j] * static_cast<double>(plane[s.at[j]]);
                sum += v;
                most = j == 0 ? v : std::max(most, v);
            }
            // ONNX takes the largest of the weighted neighbours, not of their sums.
            total = !op.maximum ? total + sum : begun ? std::max(total, most) : most;
            begun = true;
        }
    return op.maximum ? total
                      : total / static_cast<double>(std::max<int64_t>(r.rows * r.columns, 1));
}

}  // namespace

static void eval(const RoiAlign& op, ir::EvalContext& c) {
    auto batch = c.ints(2);
    int64_t channels = c.dims(0)[1], height = c.dims(0)[2], width = c.dims(0)[3];
    c.require(static_cast<int64_t>(batch.size()) == c.dims(1)[0], "there are ", c.dims(1)[0],
              " boxes and ", batch.size(), " batch indices");
    ir::EvalContext::computeReal(c.type(0), [&](auto kind) {
        using T = decltype(kind);
        auto x = c.read<T>(0), boxes = c.read<T>(1);
        auto y = c.write<T>(0);
        size_t to = 0;
        for (size_t b = 0; b < batch.size(); ++b) {
            c.require(batch[b] >= 0 && batch[b] < c.dims(0)[0], "batch index ", batch[b],
                      " is outside of ", c.dims(0)[0]);
            Region r = regionOf(op, boxes.data() + 4 * b);
            for (int64_t k = 0; k < channels; ++k) {
                const T* plane = x.data() + (batch[b] * channels + k) * height * width;
                for (int64_t i = 0; i < op.height; ++i)
                    for (int64_t j = 0; j < op.width; ++j)
                        y[to++] = static_cast<T>(pooled(op, r, i, j, plane, height, width));
            }
        }
    });
}

BIREME_OP(roi_align, RoiAlign,
          {.inputs = 3,
           .infer = infer,
           .eval = eval,
           .doc = "Bilinear samples of regions, pooled to one size."})

}  // namespace bireme::ops
