// SPDX-License-Identifier: Apache-2.0
// Slice and pad: windows into a tensor, cut into boxes that are copied or filled.
#include "backends/cuda/support/movement.h"
#include "ops/pad.h"
#include "ops/slice.h"
#include "ops/support/slice_extent.h"
#include "ops/support/window.h"
#include "tensor/convert.h"

namespace bireme::cuda {

static void sameFormats(const tactic::Query& q, tactic::FormatList& out) {
    int x = q.group().anchorInput(0);
    for (bool last : {false, true}) {
        if (last && q.out(0).rank() < 3) break;
        out.push_back(combination(q));
        out.back().acceptsViews = true;
        if (!last) continue;
        out.back().inputs[static_cast<size_t>(x)].format = out.back().outputs[0].format =
            Format::channelsLast(q.out(0).rank());
    }
}

static int operand(const std::vector<int>& operands, size_t i) {
    return i < operands.size() ? operands[i] : -1;
}

static size_t axisOf(const std::vector<int64_t>& axes, size_t k, size_t rank) {
    if (axes.empty()) return k;
    return static_cast<size_t>(axes[k] < 0 ? axes[k] + static_cast<int64_t>(rank) : axes[k]);
}

static std::vector<std::vector<int64_t>> wholeTables(const device::TensorShape& x) {
    std::vector<std::vector<int64_t>> tables;
    for (int64_t extent : x.dims)
        tables.push_back(ops::windowIndices(extent, 0, 1, extent, SampleMode::kFILL));
    return tables;
}

static void laySlice(const ir::Op& node, const std::vector<int>& operands, MoveContext& c) {
    const auto& op = *node.as<ops::Slice>();
    const auto& x = c.in(operands[0]);
    auto start = c.list(operand(operands, 1), op.start),
         size = c.list(operand(operands, 2), op.size);
    auto stride = c.list(operand(operands, 3), op.stride),
         axes = c.list(operand(operands, 5), op.axes);
    stride.resize(start.size(), 1);
    auto tables = wholeTables(x);
    for (size_t k = 0; k < start.size(); ++k) {
        size_t d = axisOf(axes, k, x.dims.size());
        int64_t first = start[k], count = c.out().dims[d];
        if (op.useEnds) {
            ops::SliceBounds b = ops::sliceBounds(x.dims[d], start[k], size[k], stride[k]);
            if (b.count != count)
                fail(ErrorCode::kFAILED_EXECUTION, cat("a slice of axis ", d, " gives ", b.count,
                                                       " elements instead of ", count));
            first = b.start;
        }
        tables[d] = ops::windowIndices(x.dims[d], first, stride[k], count,
                                       op.useEnds ? SampleMode::kSTRICT_BOUNDS : op.mode);
    }
    c.copyByTables(operands[0], tables, operand(operands, 4));
}

static void layPad(const ir::Op& node, const std::vector<int>& operands, MoveContext& c) {
    const auto& op = *node.as<ops::Pad>();
    const auto& x = c.in(operands[0]);
    auto pads = c.list(operand(operands, 1), op.pads), axes = c.list(operand(operands, 3), op.axes);
    SampleMode mode = op.mode == "reflect" ? SampleMode::kREFLECT
                      : op.mode == "edge"  ? SampleMode::kCLAMP
                      : op.mode == "wrap"  ? SampleMode::kWRAP
                                           : SampleMode::kFILL;
    auto tables = wholeTables(x);
    for (size_t k = 0; k < pads.size() / 2; ++k) {
        size_t d = axisOf(axes, k, x.dims.size());
        tables[d] = ops::windowIndices(x.dims[d], -pads[k], 1, c.out().dims[d], mode);
    }
    if (operand(operands, 2) < 0)
        convertElements(DataType::kFLOAT, &op.value, c.out().type, c.fillBytes.data(), 1);
    c.copyByTables(operands[0], tables, operand(operands, 2));
}

void registerKernel_window_copy(tactic::Catalog& catalog) {
    catalog.add(moveFactory(
        {"cuda.slice.copy", "slice", nullptr, sameFormats, laySlice, false, {1, 2, 3, 5}}));
    catalog.add(moveFactory({"cuda.pad.copy", "pad", nullptr, sameFormats, layPad, false, {1, 3}}));
}

}  // namespace bireme::cuda
