// SPDX-License-Identifier: Apache-2.0
#include "ops/list.h"

#include "ops/support/axis_view.h"
#include "ops/support/bodies.h"
#include "ops/support/packed_list.h"

#include <algorithm>
#include <cstring>

namespace bireme::ops {

static void infer(const ListSplit& op, ir::InferContext& c) {
    c.axis(op.axis, c.in(0).rank());
    if (c.has(1))
        c.require(isInteger(c.in(1).type) && c.in(1).rank() <= 1,
                  "extents of the parts must be one integer or a list, they are ", c.in(1).text());
    inferList(c);
}

static std::vector<int64_t> parts(ir::EvalContext& c, int64_t extent) {
    if (!c.has(1)) return std::vector<int64_t>(static_cast<size_t>(extent), 1);
    std::vector<int64_t> given = c.ints(1);
    if (c.rank(1) == 0) {
        const int64_t size = given.at(0);
        c.require(size > 0, "parts of ", size, " slices");
        given.clear();
        for (int64_t left = extent; left > 0; left -= size) given.push_back(std::min(size, left));
    }
    int64_t total = 0;
    for (int64_t n : given) {
        c.require(n >= 0 && n <= extent, "a part of ", n, " slices of ", extent);
        total += n;
    }
    c.require(total == extent, "the parts have ", total, " slices, the tensor ", extent);
    return given;
}

static void eval(const ListSplit& op, ir::EvalContext& c) {
    const ir::Tensor x = inputTensor(c, 0);
    const auto axis = static_cast<size_t>(op.axis < 0 ? op.axis + c.rank(0) : op.axis);
    c.require(bits(x.type) >= 8, "elements below a byte cannot be split");
    const AxisView view(x.dims, static_cast<int64_t>(axis));
    const size_t pitch = bytesFor(x.type, view.extent * view.inner);
    std::vector<ir::Tensor> elements;
    size_t before = 0;
    for (int64_t n : parts(c, view.extent)) {
        const size_t row = bytesFor(x.type, n * view.inner);
        std::vector<uint8_t> bytes(row * static_cast<size_t>(view.outer));
        for (size_t o = 0; o < static_cast<size_t>(view.outer) && row; ++o)
            std::memcpy(bytes.data() + o * row, x.bytes.data() + o * pitch + before, row);
        before += row;
        ir::Tensor part{x.type, x.dims, Blob::own(std::move(bytes))};
        if (c.has(1) || op.keepDims)
            part.dims[axis] = n;
        else
            part.dims.erase(part.dims.begin() + static_cast<int64_t>(axis));
        elements.push_back(std::move(part));
    }
    giveList(c, elements);
}

BIREME_OP(list_split, ListSplit,
          {.inputs = 1,
           .maxInputs = 2,
           .outputs = 1,
           .traits = ir::kDataDependent,
           .infer = infer,
           .eval = eval,
           .doc = "Parts of a tensor along an axis as a list."})

}  // namespace bireme::ops
