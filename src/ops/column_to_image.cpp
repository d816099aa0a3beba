// SPDX-License-Identifier: Apache-2.0
#include "ops/column_to_image.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/arguments.h"

#include <algorithm>

namespace bireme::ops {

static void infer(const ColumnToImage& op, ir::InferContext& c) {
    const TensorDesc& x = c.in(0);
    DimVector image = listArgument(c, 1, {}, "extents of the image", {1, INT32_MAX});
    DimVector block = listArgument(c, 2, {}, "extents of the block", {1, 65536});
    size_t n = image.size();
    auto fits = [&](const std::vector<int64_t>& v, size_t k) { return v.empty() || v.size() == k; };
    c.require(x.rank() == 3 && block.size() == n && fits(op.dilations, n) && fits(op.strides, n) &&
                  fits(op.pads, 2 * n),
              "columns ", x.text(), " do not fit an image of ", n, " axes and blocks of ",
              block.size());
    c.out(0).type = x.type;
    c.out(0).dims = {x.dims[0], floorDiv(x.dims[1], volume(block))};
    c.out(0).dims.insert(c.out(0).dims.end(), image.begin(), image.end());
}

static void eval(const ColumnToImage& op, ir::EvalContext& c) {
    std::vector<int64_t> image = c.ints(1), block = c.ints(2), blocks;
    size_t n = image.size();
    auto at = [](const std::vector<int64_t>& v, size_t i, int64_t missing) {
        return v.empty() ? missing : v[i];
    };
    for (size_t d = 0; d < n; ++d)
        blocks.push_back((image[d] + at(op.pads, d, 0) + at(op.pads, d + n, 0) -
                          (at(op.dilations, d, 1) * (block[d] - 1) + 1)) /
                             at(op.strides, d, 1) +
                         1);
    c.require(ir::elementCount(blocks) == c.dims(0)[2], "the image has ", ir::elementCount(blocks),
              " blocks, the input ", c.dims(0)[2], " columns");
    int64_t planes = c.outDims(0)[0] * c.outDims(0)[1], size = ir::elementCount(image);
    ir::EvalContext::compute(c.type(0), [&](auto kind) {
        using T = decltype(kind);
        auto x = c.read<T>(0);
        auto y = c.write<T>(0);
        std::fill(y.begin(), y.end(), T(0));
        size_t from = 0;
        for (int64_t p = 0; p < planes; ++p) {
            std::vector<int64_t> offset(n, 0);
            do {
                std::vector<int64_t> place(n, 0);
                do {
                    int64_t to = 0;
                    bool inside = true;
                    for (size_t d = 0; d < n; ++d) {
                        int64_t i = place[d] * at(op.strides, d, 1) - at(op.pads, d, 0) +
                                    offset[d] * at(op.dilations, d, 1);
                        inside = inside && i >= 0 && i < image[d];
                        to = to * image[d] + i;
                    }
                    if (inside) y[static_cast<size_t>(p * size + to)] += x[from];
                    ++from;
                } while (ir::nextIndex(place, blocks));
            } while (ir::nextIndex(offset, block));
        }
    });
}

BIREME_OP(column_to_image, ColumnToImage,
          {.inputs = 3,
           .infer = infer,
           .eval = eval,
           .doc = "Blocks of an image put back and summed where they overlap."})

}  // namespace bireme::ops
