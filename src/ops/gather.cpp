// SPDX-License-Identifier: Apache-2.0
#include "ops/gather.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/arguments.h"
#include "ops/support/axis_view.h"
#include "ops/support/movement.h"

#include <cstring>

namespace bireme::ops {

// An index may count from the end; -1 for one outside, which reads zero.
static int64_t inside(int64_t i, int64_t extent) {
    if (i < 0) i += extent;
    return i >= 0 && i < extent ? i : -1;
}

static void copyOrZero(uint8_t* to, const uint8_t* from, size_t bytes) {
    if (from)
        std::memcpy(to, from, bytes);
    else
        std::memset(to, 0, bytes);
}

// Leading shared dims of data and indices may be 1 on one side.
static void evalDefault(const Gather& op, ir::EvalContext& c) {
    auto shared = static_cast<size_t>(op.elementWiseDims);
    std::vector<int64_t> data = c.dims(0), indices = c.dims(1),
                         batch(c.outDims(0).begin(), c.outDims(0).begin() + op.elementWiseDims);
    std::vector<int64_t> dataHead(data.begin(), data.begin() + op.elementWiseDims),
        indexHead(indices.begin(), indices.begin() + op.elementWiseDims);
    data.erase(data.begin(), data.begin() + op.elementWiseDims);
    AxisView view(data, op.axis < 0 ? op.axis : op.axis - op.elementWiseDims);
    int64_t perBatch = ir::elementCount({indices.begin() + op.elementWiseDims, indices.end()});
    auto dataStride = ir::broadcastStrides(dataHead, batch),
         indexStride = ir::broadcastStrides(indexHead, batch);
    auto at = c.ints(1);
    size_t bytes = static_cast<size_t>(view.inner) * elementBytes(c.type(0));
    auto* out = static_cast<uint8_t*>(c.outData(0));
    const auto* in = static_cast<const uint8_t*>(c.data(0));
    if (c.outCount(0) == 0) return;
    std::vector<int64_t> b(shared, 0);
    do {
        int64_t d = 0, i = 0;
        for (size_t k = 0; k < shared; ++k) d += b[k] * dataStride[k], i += b[k] * indexStride[k];
        for (int64_t o = 0; o < view.outer; ++o)
            for (int64_t k = 0; k < perBatch; ++k, out += bytes) {
                int64_t x = inside(at[static_cast<size_t>(i * perBatch + k)], view.extent);
                int64_t row = (d * view.outer + o) * view.extent + x;
                copyOrZero(out, x < 0 ? nullptr : in + static_cast<size_t>(row) * bytes, bytes);
            }
    } while (ir::nextIndex(b, batch));
}

static void evalElement(const Gather& op, ir::EvalContext& c) {
    auto axis = static_cast<size_t>(op.axis < 0 ? op.axis + c.rank(0) : op.axis);
    auto strides = ir::rowMajorStrides(c.dims(0));
    auto at = c.ints(1);
    size_t size = elementBytes(c.type(0));
    auto* out = static_cast<uint8_t*>(c.outData(0));
    const auto* in = static_cast<const uint8_t*>(c.data(0));
    std::vector<int64_t> index(c.dims(1).size(), 0);
    for (int64_t i : at) {
        int64_t x = inside(i, c.dims(0)[axis]), from = 0;
        bool ok = x >= 0;
        for (size_t d = 0; d < index.size(); ++d) {
            int64_t k = d == axis ? x : index[d];
            ok = ok && k < c.dims(0)[d];
            from += k * strides[d];
        }
        copyOrZero(out, ok ? in + static_cast<size_t>(from) * size : nullptr, size);
        out += size;
        ir::nextIndex(index, c.dims(1));
    }
}

static void evalNd(const Gather& op, ir::EvalContext& c) {
    auto at = c.ints(1);
    auto shared = static_cast<size_t>(op.elementWiseDims),
         length = static_cast<size_t>(c.dims(1).back());
    const auto& dims = c.dims(0);
    auto strides = ir::rowMajorStrides(dims);
    int64_t batches = ir::elementCount({dims.begin(), dims.begin() + op.elementWiseDims});
    int64_t coordinates = ir::elementCount({c.dims(1).begin(), c.dims(1).end() - 1});
    int64_t perBatch = batches ? coordinates / batches : 1;
    int64_t inner =
        ir::elementCount({dims.begin() + static_cast<std::ptrdiff_t>(shared + length), dims.end()});
    int64_t batchSize = ir::elementCount({dims.begin() + op.elementWiseDims, dims.end()});
    size_t bytes = static_cast<size_t>(inner) * elementBytes(c.type(0));
    auto* out = static_cast<uint8_t*>(c.outData(0));
    const auto* in = static_cast<const uint8_t*>(c.data(0));
    if (c.outCount(0) == 0) return;
    for (int64_t k = 0; k < coordinates; ++k, out += bytes) {
        int64_t from = k / perBatch * batchSize;
        bool ok = true;
        for (size_t j = 0; j < length; ++j) {
            int64_t x = inside(at[static_cast<size_t>(k) * length + j], dims[shared + j]);
            ok = ok && x >= 0;
            from += x * strides[shared + j];
        }
        copyOrZero(out, ok ? in + static_cast<size_t>(from) * elementBytes(c.type(0)) : nullptr,
                   bytes);
    }
}

static void eval(const Gather& op, ir::EvalContext& c) {
    switch (op.mode) {
        case GatherMode::kDEFAULT: return evalDefault(op, c);
        case GatherMode::kELEMENT: return evalElement(op, c);
        case GatherMode::kND: return evalNd(op, c);
    }
}

static DimVector defaultDims(const Gather& op, const ir::InferContext& c) {
    const DimVector &x = c.in(0).dims, &i = c.in(1).dims;
    int axis = c.axis(op.axis, c.in(0).rank()), shared = static_cast<int>(op.elementWiseDims);
    c.require(axis >= shared && shared <= c.in(1).rank(), shared,
              " shared dimensions do not fit axis ", axis, " and indices ", c.in(1).text());
    DimVector out =
        c.broadcastDims({x.begin(), x.begin() + shared}, {i.begin(), i.begin() + shared});
    out.insert(out.end(), x.begin() + shared, x.begin() + axis);
    out.insert(out.end(), i.begin() + shared, i.end());
    out.insert(out.end(), x.begin() + axis + 1, x.end());
    return out;
}

static DimVector ndDims(const Gather& op, const ir::InferContext& c) {
    const DimVector &x = c.in(0).dims, &i = c.in(1).dims;
    auto shared = static_cast<size_t>(op.elementWiseDims);
    c.require(!i.empty() && i.back().isStatic(),
              "the length of a coordinate must be known, indices are ", c.in(1).text());
    auto length = static_cast<size_t>(i.back().value());
    c.require(shared + length <= x.size() && shared < i.size(), "coordinates of ", c.in(1).text(),
              " after ", shared, " shared dimensions do not fit data ", c.in(0).text());
    DimVector out;
    for (size_t k = 0; k < shared; ++k) out.push_back(agree(c, x[k], i[k], "shared dimension"));
    out.insert(out.end(), i.begin() + op.elementWiseDims, i.end() - 1);
    out.insert(out.end(), x.begin() + static_cast<std::ptrdiff_t>(shared + length), x.end());
    return out;
}

static void infer(const Gather& op, ir::InferContext& c) {
    const TensorDesc &x = c.in(0), &i = c.in(1);
    c.require(isInteger(i.type), "indices must be integers, not ", name(i.type));
    c.require(op.elementWiseDims >= 0 && op.elementWiseDims <= x.rank(), "data ", x.text(),
              " has no ", op.elementWiseDims, " leading dimensions to share");
    c.require(x.rank() > 0, "cannot gather from a scalar");
    c.out(0) = x;
    if (op.mode == GatherMode::kDEFAULT) {
        c.out(0).dims = defaultDims(op, c);
    } else if (op.mode == GatherMode::kND) {
        c.out(0).dims = ndDims(op, c);
    } else {
        c.axis(op.axis, x.rank());
        c.require(x.rank() == i.rank() && op.elementWiseDims == 0,
                  "gathering elements needs indices of rank ", x.rank(),
                  " and no shared dimensions, got ", i.text());
        c.out(0).dims = i.dims;
    }
    moveKnown(op, c, eval, {0});
}

BIREME_OP(gather, Gather,
          {.inputs = 2,
           .traits = ir::kMoves,
           .infer = infer,
           .eval = eval,
           .doc = "Elements, rows or coordinates by index; one outside reads zero."})

}  // namespace bireme::ops
