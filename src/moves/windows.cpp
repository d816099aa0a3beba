// SPDX-License-Identifier: Apache-2.0
#include "moves/windows.h"

#include "base/status.h"
#include "base/text.h"
#include "ops/support/slice_extent.h"
#include "ops/support/window.h"

namespace bireme::moves {

static size_t axisAt(const std::vector<int64_t>& axes, size_t k, size_t rank) {
    const auto n = static_cast<int64_t>(rank);
    const int64_t axis = axes.empty() ? static_cast<int64_t>(k) : axes[k];
    if (axis < -n || axis >= n)
        fail(ErrorCode::kFAILED_EXECUTION,
             cat("axis ", axis, " is outside the ", n, " dimensions of the input"));
    return static_cast<size_t>(axis < 0 ? axis + n : axis);
}

static Tables wholeTables(const std::vector<int64_t>& dims) {
    Tables tables;
    for (int64_t d : dims) tables.push_back(ops::windowIndices(d, 0, 1, d, SampleMode::kFILL));
    return tables;
}

std::vector<int64_t> extentsOf(const Tables& tables) {
    std::vector<int64_t> dims;
    for (const auto& t : tables) dims.push_back(static_cast<int64_t>(t.size()));
    return dims;
}

Tables sliceTables(const ops::Slice& op, const std::vector<int64_t>& dims,
                   const std::vector<int64_t>& start, const std::vector<int64_t>& size,
                   const std::vector<int64_t>& stride, const std::vector<int64_t>& axes) {
    Tables tables = wholeTables(dims);
    for (size_t k = 0; k < start.size(); ++k) {
        const size_t d = axisAt(axes, k, dims.size());
        const int64_t step = k < stride.size() ? stride[k] : 1;
        ops::SliceBounds b{start[k], op.useEnds ? 0 : size[k]};
        if (op.useEnds) b = ops::sliceBounds(dims[d], start[k], size[k], step);
        tables[d] = ops::windowIndices(dims[d], b.start, step, b.count,
                                       op.useEnds ? SampleMode::kSTRICT_BOUNDS : op.mode);
    }
    return tables;
}

Tables sliceTables(const std::vector<int64_t>& dims, const std::vector<int64_t>& starts,
                   const std::vector<int64_t>& ends, const std::vector<int64_t>& axes,
                   const std::vector<int64_t>& steps) {
    Tables tables = wholeTables(dims);
    for (size_t k = 0; k < starts.size(); ++k) {
        const size_t d = axisAt(axes, k, dims.size());
        const int64_t step = steps.empty() ? 1 : steps[k];
        if (step == 0) fail(ErrorCode::kFAILED_EXECUTION, "a step is 0");
        const ops::SliceBounds b = ops::sliceBounds(dims[d], starts[k], ends[k], step);
        tables[d] = ops::windowIndices(dims[d], b.start, step, b.count, SampleMode::kCLAMP);
    }
    return tables;
}

static SampleMode modeOf(const std::string& name) {
    return name == "reflect" ? SampleMode::kREFLECT
           : name == "edge"  ? SampleMode::kCLAMP
           : name == "wrap"  ? SampleMode::kWRAP
                             : SampleMode::kFILL;
}

Tables padTables(const std::vector<int64_t>& dims, const std::vector<int64_t>& pads,
                 const std::vector<int64_t>& axes, const std::string& mode) {
    Tables tables = wholeTables(dims);
    for (size_t k = 0, n = pads.size() / 2; k < n; ++k) {
        const size_t d = axisAt(axes, k, dims.size());
        const int64_t extent = dims[d] + pads[k] + pads[k + n];
        if (extent < 0 || extent > INT32_MAX)
            fail(ErrorCode::kFAILED_EXECUTION, cat("pads ", pads[k], " and ", pads[k + n],
                                                   " leave ", extent, " elements of axis ", d));
        tables[d] = ops::windowIndices(dims[d], -pads[k], 1, extent, modeOf(mode));
    }
    return tables;
}

// Which dims `axes` name, each once.
static std::vector<bool> named(const std::vector<int64_t>& axes, size_t rank) {
    std::vector<bool> names(rank);
    for (size_t k = 0; k < axes.size(); ++k) {
        const auto n = static_cast<int64_t>(rank);
        if (axes[k] < -n || axes[k] >= n)
            fail(ErrorCode::kFAILED_EXECUTION, cat("axis ", axes[k], " is outside of rank ", rank));
        const size_t d = axisAt(axes, k, rank);
        if (names[d]) fail(ErrorCode::kFAILED_EXECUTION, cat("axis ", axes[k], " is given twice"));
        names[d] = true;
    }
    return names;
}

std::vector<int64_t> dimsWith(const std::vector<int64_t>& dims, const std::vector<int64_t>& axes) {
    std::vector<int64_t> out;
    size_t next = 0;
    for (bool inserted : named(axes, dims.size() + axes.size()))
        out.push_back(inserted ? 1 : dims[next++]);
    return out;
}

std::vector<int64_t> dimsWithout(const std::vector<int64_t>& dims,
                                 const std::vector<int64_t>& axes) {
    std::vector<int64_t> out;
    const std::vector<bool> names = named(axes, dims.size());
    for (size_t d = 0; d < dims.size(); ++d) {
        if (!names[d])
            out.push_back(dims[d]);
        else if (dims[d] != 1)
            fail(ErrorCode::kFAILED_EXECUTION,
                 cat("dimension ", d, " to squeeze has extent ", dims[d], ", not 1"));
    }
    return out;
}

}  // namespace bireme::moves
