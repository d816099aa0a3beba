// SPDX-License-Identifier: Apache-2.0
// Slices, pads and dims of extent 1 whose axes or bounds are read as they run.
#include "backends/cpu/support/lone_op.h"
#include "backends/cpu/support/movement.h"
#include "moves/windows.h"
#include "ops/axes_data.h"
#include "ops/pad.h"
#include "ops/pad_data.h"
#include "ops/slice.h"
#include "tensor/convert.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <map>
#include <string>

namespace bireme::cpu {

namespace {

using moves::Tables;

class WindowBound : public LoneBound {
protected:
    using LoneBound::LoneBound;

    std::vector<int64_t> list(size_t operand, const std::vector<int64_t>& attribute = {}) const {
        return has(operand) ? integers(operand) : attribute;
    }

    // Output 0 by the source's index along each dim; -1 is the element `fill` (null: zero).
    void giveWindow(const Tables& tables, const char* fill) {
        device::Shapes shapes;
        shapes.inputs = {in(0)};
        shapes.outputs = {out(0)};
        const auto dims = shapes.outputs[0].dims = moves::extentsOf(tables);
        char* to = give(0, dims);
        if (product(dims) == 0) return;
        moves::Layout c(lists_, shapes);
        if (fill) std::memcpy(c.fillBytes.data(), fill, elementSize(out(0).type));
        c.copyByTables(0, tables, -1);
        for (const Move& m : copiesOf(c)) {
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
        giveWindow(moves::sliceTables(in(0).dims, integers(1), integers(2), list(3), list(4)),
                   nullptr);
    }
};

class PadBound final : public WindowBound {
public:
    explicit PadBound(const LoneShapes& s) : WindowBound(s), mode_(s.op.as<ops::PadData>()->mode) {}

private:
    void run() override {
        giveWindow(moves::padTables(in(0).dims, integers(1), integers(3), mode_),
                   has(2) ? data(2) : nullptr);
    }

    std::string mode_;
};

// A slice or pad of known extents whose lists are read as it runs, not while it is bound.
class LateSliceBound final : public WindowBound {
public:
    explicit LateSliceBound(const LoneShapes& s) : WindowBound(s), op_(*s.op.as<ops::Slice>()) {}

private:
    void run() override {
        giveWindow(moves::sliceTables(op_, in(0).dims, list(1, op_.start), list(2, op_.size),
                                      list(3, op_.stride), list(5, op_.axes)),
                   has(4) ? data(4) : nullptr);
    }

    ops::Slice op_;
};

class LatePadBound final : public WindowBound {
public:
    explicit LatePadBound(const LoneShapes& s) : WindowBound(s), op_(*s.op.as<ops::Pad>()) {
        convertElements(DataType::kFLOAT, &op_.value, s.out(0).type, value_.data(), 1);
    }

private:
    void run() override {
        giveWindow(moves::padTables(in(0).dims, list(1, op_.pads), list(3, op_.axes), op_.mode),
                   has(2) ? data(2) : value_.data());
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
        const auto dims = insert_ ? moves::dimsWith(in(0).dims, integers(1))
                                  : moves::dimsWithout(in(0).dims, integers(1));
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
