// SPDX-License-Identifier: Apache-2.0
// Slices, pads and dims of extent 1 whose axes or bounds are read as they run.
#include "backends/cpu/support/lone_op.h"
#include "backends/cpu/support/movement.h"
#include "base/status.h"
#include "ops/axes_data.h"
#include "ops/pad.h"
#include "ops/pad_data.h"
#include "ops/slice.h"
#include "ops/support/slice_extent.h"
#include "ops/support/window.h"
#include "tensor/convert.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <map>
#include <string>

namespace bireme::cpu {

namespace {

using Tables = std::vector<std::vector<int64_t>>;

class WindowBound : public LoneBound {
protected:
    using LoneBound::LoneBound;

    size_t axisAt(int64_t axis) const {
        const auto rank = static_cast<int64_t>(in(0).dims.size());
        if (axis < -rank || axis >= rank)
            fail(ErrorCode::kFAILED_EXECUTION,
                 cat("axis ", axis, " is outside the ", rank, " dimensions of the input"));
        return static_cast<size_t>(axis < 0 ? axis + rank : axis);
    }

    // Every dim as it is.
    Tables wholeTables() const {
        Tables tables;
        for (int64_t d : in(0).dims)
            tables.push_back(ops::windowIndices(d, 0, 1, d, SampleMode::kCLAMP));
        return tables;
    }

    // Output 0 by the source's index along each dim; -1 is the element `fill` (null: zero).
    void giveWindow(const Tables& tables, const char* fill) {
        device::Shapes shapes;
        shapes.inputs = {in(0)};
        shapes.outputs = {out(0)};
        auto& dims = shapes.outputs[0].dims;
        dims.clear();
        for (const auto& t : tables) dims.push_back(static_cast<int64_t>(t.size()));
        char* to = give(0, dims);
        if (product(dims) == 0) return;
        MoveContext c(lists_, shapes);
        if (fill) std::memcpy(c.fillBytes.data(), fill, elementSize(out(0).type));
        c.copyByTables(0, tables, -1);
        for (const Move& m : c.moves) {
            const void* from = m.input < 0 ? static_cast<const void*>(c.fillBytes.data()) : data(0);
            m.copy.run(from, to);
        }
    }

private:
    std::map<int, std::vector<int64_t>> lists_;
};

class SliceBound final : public WindowBound {
public:
    explicit SliceBound(const LoneShapes& s) : WindowBound(s) {}

private:
    void run() override {
        const auto starts = integers(1), ends = integers(2),
                   axes = has(3) ? integers(3) : std::vector<int64_t>{},
                   steps = has(4) ? integers(4) : std::vector<int64_t>{};
        Tables tables = wholeTables();
        for (size_t k = 0; k < starts.size(); ++k) {
            const size_t d = axisAt(axes.empty() ? static_cast<int64_t>(k) : axes[k]);
            const int64_t step = steps.empty() ? 1 : steps[k], extent = in(0).dims[d];
            if (step == 0) fail(ErrorCode::kFAILED_EXECUTION, "a step is 0");
            const ops::SliceBounds b = ops::sliceBounds(extent, starts[k], ends[k], step);
            tables[d] = ops::windowIndices(extent, b.start, step, b.count, SampleMode::kCLAMP);
        }
        giveWindow(tables, nullptr);
    }
};

SampleMode modeOf(const std::string& name) {
    return name == "reflect" ? SampleMode::kREFLECT
           : name == "edge"  ? SampleMode::kCLAMP
           : name == "wrap"  ? SampleMode::kWRAP
                             : SampleMode::kFILL;
}

class PadBound final : public WindowBound {
public:
    explicit PadBound(const LoneShapes& s)
        : WindowBound(s), mode_(modeOf(s.op.as<ops::PadData>()->mode)) {}

private:
    void run() override {
        const auto pads = integers(1), axes = integers(3);
        Tables tables = wholeTables();
        for (size_t k = 0; k < axes.size(); ++k) {
            const size_t d = axisAt(axes[k]);
            const int64_t before = pads[k], after = pads[k + axes.size()],
                          extent = in(0).dims[d] + before + after;
            if (extent < 0 || extent > INT32_MAX)
                fail(ErrorCode::kFAILED_EXECUTION, cat("pads ", before, " and ", after, " leave ",
                                                       extent, " elements of axis ", d));
            tables[d] = ops::windowIndices(in(0).dims[d], -before, 1, extent, mode_);
        }
        giveWindow(tables, has(2) ? data(2) : nullptr);
    }

    SampleMode mode_;
};

// A slice or pad of known extents whose lists are read as it runs, not while it is bound.
class LateWindowBound : public WindowBound {
protected:
    using WindowBound::WindowBound;

    std::vector<int64_t> list(size_t operand, const std::vector<int64_t>& attribute) const {
        return has(operand) ? integers(operand) : attribute;
    }
    size_t axisOf(const std::vector<int64_t>& axes, size_t k) const {
        return axes.empty() ? k : axisAt(axes[k]);
    }
};

class LateSliceBound final : public LateWindowBound {
public:
    explicit LateSliceBound(const LoneShapes& s)
        : LateWindowBound(s), op_(*s.op.as<ops::Slice>()) {}

private:
    void run() override {
        const auto starts = list(1, op_.start), sizes = list(2, op_.size), axes = list(5, op_.axes);
        auto strides = list(3, op_.stride);
        strides.resize(starts.size(), 1);
        Tables tables = wholeTables();
        for (size_t k = 0; k < starts.size(); ++k) {
            const size_t d = axisOf(axes, k);
            const int64_t extent = in(0).dims[d];
            int64_t first = starts[k], count = op_.useEnds ? 0 : sizes[k];
            if (op_.useEnds) {
                const ops::SliceBounds b =
                    ops::sliceBounds(extent, starts[k], sizes[k], strides[k]);
                first = b.start, count = b.count;
            }
            tables[d] = ops::windowIndices(extent, first, strides[k], count,
                                           op_.useEnds ? SampleMode::kSTRICT_BOUNDS : op_.mode);
        }
        giveWindow(tables, has(4) ? data(4) : nullptr);
    }

    ops::Slice op_;
};

class LatePadBound final : public LateWindowBound {
public:
    explicit LatePadBound(const LoneShapes& s) : LateWindowBound(s), op_(*s.op.as<ops::Pad>()) {
        convertElements(DataType::kFLOAT, &op_.value, s.out(0).type, value_.data(), 1);
    }

private:
    void run() override {
        const auto pads = list(1, op_.pads), axes = list(3, op_.axes);
        const SampleMode mode = modeOf(op_.mode);
        Tables tables = wholeTables();
        for (size_t k = 0; k < pads.size() / 2; ++k) {
            const size_t d = axisOf(axes, k);
            const int64_t extent = in(0).dims[d];
            tables[d] = ops::windowIndices(extent, -pads[k], 1,
                                           extent + pads[k] + pads[k + pads.size() / 2], mode);
        }
        giveWindow(tables, has(2) ? data(2) : value_.data());
    }

    ops::Pad op_;
    std::array<char, 8> value_{};
};

// Where all is known before, a list of copies that is made once is better.
Support supportsLate(const tactic::Query& q, const ir::Node& node,
                     std::initializer_list<size_t> lists) {
    for (size_t k : lists) {
        if (k >= node.inputs.size() || node.inputs[k] == ir::kNoValue) continue;
        const int i = q.group().inputIndex(node.inputs[k]);
        if (!q.constant(i) && !q.body().value(node.inputs[k]).known) return yes();
    }
    return no("its bounds are known before it is bound");
}

class AxesBound final : public LoneBound {
public:
    explicit AxesBound(const LoneShapes& s)
        : LoneBound(s), insert_(s.op.as<ops::AxesData>()->insert) {}

private:
    void run() override {
        const auto axes = integers(1);
        const auto& from = in(0).dims;
        const auto rank = static_cast<int64_t>(insert_ ? from.size() + axes.size() : from.size());
        std::vector<bool> named(static_cast<size_t>(rank));
        for (int64_t a : axes) {
            if (a < -rank || a >= rank)
                fail(ErrorCode::kFAILED_EXECUTION, cat("axis ", a, " is outside of rank ", rank));
            const auto d = static_cast<size_t>(a < 0 ? a + rank : a);
            if (named[d]) fail(ErrorCode::kFAILED_EXECUTION, cat("axis ", a, " is given twice"));
            if (!insert_ && from[d] != 1)
                fail(ErrorCode::kFAILED_EXECUTION,
                     cat("dimension ", d, " to squeeze has extent ", from[d], ", not 1"));
            named[d] = true;
        }
        std::vector<int64_t> dims;
        size_t next = 0;
        for (size_t d = 0; d < named.size(); ++d) {
            if (!insert_ && !named[d]) dims.push_back(from[d]);
            if (insert_) dims.push_back(named[d] ? 1 : from[next++]);
        }
        char* to = give(0, dims);
        if (const size_t bytes = bytesFor(in(0).type, count(0))) std::memcpy(to, data(0), bytes);
    }

    bool insert_;
};

}  // namespace

void registerKernel_window_data(tactic::Catalog& catalog) {
    catalog.add(loneFactory({"cpu.slice_data.copy", "slice_data", nullptr, bindLone<SliceBound>}));
    catalog.add(loneFactory({"cpu.pad_data.copy", "pad_data", nullptr, bindLone<PadBound>}));
    catalog.add(loneFactory({"cpu.slice.late", "slice",
                             [](const tactic::Query& q, const ir::Node& n) {
                                 return supportsLate(q, n, {1, 2, 3, 5});
                             },
                             bindLone<LateSliceBound>}));
    catalog.add(loneFactory({"cpu.pad.late", "pad",
                             [](const tactic::Query& q, const ir::Node& n) {
                                 return supportsLate(q, n, {1, 3});
                             },
                             bindLone<LatePadBound>}));
    catalog.add(loneFactory({"cpu.axes_data.copy", "axes_data", nullptr, bindLone<AxesBound>}));
}

}  // namespace bireme::cpu
