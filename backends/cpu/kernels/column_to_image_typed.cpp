// SPDX-License-Identifier: Apache-2.0
// Blocks of an image put back and summed where they overlap, plane by plane.
#include "backends/cpu/support/lone_op.h"
#include "base/parallel_for.h"
#include "base/status.h"
#include "ir/eval.h"
#include "ops/column_to_image.h"

#include <algorithm>

namespace bireme::cpu {

namespace {

class ColumnsBound final : public LoneBound {
public:
    explicit ColumnsBound(const LoneShapes& s)
        : LoneBound(s), op_(*s.op.as<ops::ColumnToImage>()) {}

private:
    static int64_t at(const std::vector<int64_t>& v, size_t i, int64_t missing) {
        return v.empty() ? missing : v[i];
    }

    void run() override {
        image_ = integers(1), block_ = integers(2), blocks_.clear();
        const size_t n = image_.size();
        for (size_t d = 0; d < n; ++d)
            blocks_.push_back((image_[d] + at(op_.pads, d, 0) + at(op_.pads, d + n, 0) -
                               (at(op_.dilations, d, 1) * (block_[d] - 1) + 1)) /
                                  at(op_.strides, d, 1) +
                              1);
        if (product(blocks_) != in(0).dims[2])
            fail(ErrorCode::kFAILED_EXECUTION,
                 cat("the image has ", product(blocks_), " blocks, the input ", in(0).dims[2],
                     " columns"));
        if (in(0).type == DataType::kDOUBLE)
            sumIn<double>();
        else if (isReal(in(0).type))
            sumIn<float>();
        else
            sumIn<int64_t>();
    }

    template <typename T>
    void sumIn() {
        std::vector<T> xs, ys;
        const T* x = elements<T>(0, xs);
        const int64_t planes = out(0).dims[0] * out(0).dims[1], size = product(image_),
                      from = product(block_) * product(blocks_);
        const bool direct = out(0).type == in(0).type && x == static_cast<const void*>(data(0));
        if (!direct) ys.resize(static_cast<size_t>(planes * size));
        T* y = direct ? reinterpret_cast<T*>(result(0)) : ys.data();
        parallelFor(planes, 16384 / (from + 1) + 1, [&](int64_t begin, int64_t end) {
            for (int64_t p = begin; p < end; ++p) {
                std::fill_n(y + p * size, size, T(0));
                std::vector<int64_t> offset(image_.size(), 0);
                const T* column = x + p * from;
                do column = addBlocks(column, offset, 0, 0, y + p * size);
                while (ir::nextIndex(offset, block_));
            }
        });
        if (!direct) store(0, y, result(0), planes * size);
    }

    // Element `offset` of every block, from axis d on; `row` is the place so far, -1 outside.
    template <typename T>
    const T* addBlocks(const T* x, const std::vector<int64_t>& offset, size_t d, int64_t row,
                       T* y) const {
        const int64_t stride = at(op_.strides, d, 1),
                      first = offset[d] * at(op_.dilations, d, 1) - at(op_.pads, d, 0);
        if (d + 1 == image_.size()) {
            if (row >= 0) addRow(x, first, stride, y + row * image_[d]);
            return x + blocks_[d];
        }
        for (int64_t b = 0; b < blocks_[d]; ++b) {
            const int64_t i = first + b * stride;
            x = addBlocks(x, offset, d + 1,
                          row < 0 || i < 0 || i >= image_[d] ? -1 : row * image_[d] + i, y);
        }
        return x;
    }

    // The last axis: places first, first + stride, ... of one line, those inside.
    template <typename T>
    void addRow(const T* x, int64_t first, int64_t stride, T* __restrict line) const {
        const int64_t extent = image_.back(),
                      begin = first >= 0 ? 0 : (-first + stride - 1) / stride,
                      end = std::min(blocks_.back(), (extent - first + stride - 1) / stride);
        if (stride == 1)
            for (int64_t b = begin; b < end; ++b) line[first + b] += x[b];
        else
            for (int64_t b = begin; b < end; ++b) line[first + b * stride] += x[b];
    }

    ops::ColumnToImage op_;
    std::vector<int64_t> image_, block_, blocks_;
};

}  // namespace

void registerKernel_column_to_image_typed(tactic::Catalog& catalog) {
    catalog.add(loneFactory(
        {"cpu.column_to_image.sum", "column_to_image", nullptr, bindLone<ColumnsBound>}));
}

}  // namespace bireme::cpu
