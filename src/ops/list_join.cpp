// SPDX-License-Identifier: Apache-2.0
#include "ops/list.h"

#include "ops/support/axis_view.h"
#include "ops/support/packed_list.h"

#include <cstring>

namespace bireme::ops {

static void infer(const ListJoin& op, ir::InferContext& c) {
    requireList(c, 0);
    c.axis(op.axis, static_cast<int>(op.dims.size()));
    inferPromised(c, op.type, op.dims);
}

// A stacked element as one slice of the result.
static void unsqueeze(std::vector<ir::Tensor>& elements, size_t axis) {
    for (ir::Tensor& t : elements)
        t.dims.insert(t.dims.begin() + static_cast<int64_t>(std::min(axis, t.dims.size())), 1);
}

static void eval(const ListJoin& op, ir::EvalContext& c) {
    auto elements = readList(c, 0);
    c.require(!elements.empty(), "an empty list cannot be joined");
    const auto rank = static_cast<int64_t>(op.dims.size());
    const auto axis = static_cast<size_t>(op.axis < 0 ? op.axis + rank : op.axis);
    if (op.stack) unsqueeze(elements, axis);
    std::vector<int64_t> dims = elements[0].dims;
    c.require(dims.size() == op.dims.size(), "an element of the list has rank ", dims.size(),
              ", the result ", op.dims.size());
    dims[axis] = 0;
    for (const ir::Tensor& t : elements) {
        auto same = t.dims;
        same.resize(dims.size(), -1);
        dims[axis] += same[axis];
        same[axis] = dims[axis];
        c.require(t.type == op.type && t.dims.size() == dims.size() && same == dims, "element of ",
                  name(t.type), text(toDims(t.dims)), " cannot be joined to ", name(op.type),
                  text(toDims(dims)));
    }
    c.require(bits(op.type) >= 8, "elements below a byte cannot be joined");
    if (c.outData(0) == nullptr) c.resize(0, dims);
    c.require(c.outDims(0) == dims, "the elements make ", text(toDims(dims)), ", inference said ",
              text(toDims(c.outDims(0))));
    auto* bytes = static_cast<uint8_t*>(c.outData(0));
    const AxisView whole(dims, static_cast<int64_t>(axis));
    size_t before = 0;
    for (const ir::Tensor& t : elements) {
        const size_t row = bytesFor(op.type, t.dims[axis] * whole.inner);
        const size_t pitch = bytesFor(op.type, whole.extent * whole.inner);
        for (size_t o = 0; o < static_cast<size_t>(whole.outer) && row; ++o)
            std::memcpy(bytes + o * pitch + before, t.bytes.data() + o * row, row);
        before += row;
    }
}

BIREME_OP(list_join, ListJoin,
          {.inputs = 1,
           .outputs = 1,
           .traits = ir::kDataDependent,
           .infer = infer,
           .eval = eval,
           .doc = "The elements of a list as one tensor, concatenated or stacked."})

}  // namespace bireme::ops
