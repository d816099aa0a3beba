// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/support/jit_kernel.h"
#include "backends/cuda/support/walk.h"
#include "ops/cumulative.h"
#include "ops/support/axis_view.h"

#include <algorithm>

namespace bireme::cuda {

using device::Shapes;

namespace {

// As in cu/cumulative.cu.
struct Parameters {
    const void* x = nullptr;
    void* y = nullptr;
    FastDiv inner;
    uint32_t extent = 0;
};

struct Record {
    int64_t axis = 0;

    void save(ByteWriter& out) const { putInt(out, axis); }
    static Record load(ByteReader& in) { return {getInt(in)}; }

    std::unique_ptr<device::Bound> bind(const Code& code, const Shapes& s) const {
        ops::AxisView v(s.inputs[0].dims, axis);
        Parameters p;
        p.inner = fastDiv(std::max<int64_t>(1, v.inner));
        p.extent = static_cast<uint32_t>(v.extent);
        Grid grid;
        grid.threads = 256;
        grid.x = v.extent == 0 ? 0 : static_cast<unsigned>(v.outer * v.inner);
        auto place = [](Parameters& to, const device::Launch& l) {
            to.x = l.inputs[0];
            to.y = l.outputs[0];
        };
        return launchBound(code.function("cumulate"), grid, p, place, "a block a row");
    }
};

class Factory final : public JitFactory<Record> {
public:
    Factory() : JitFactory("cuda.cumulative.jit") {}
    Support read(const tactic::Query& q, Record& r, JitText& text) const override {
        const auto* op = q.group().anchorAs<ops::Cumulative>();
        if (!op || !q.group().single()) return no("not a lone running sum");
        if (Support s = operandsFit(q); !s.ok) return s;
        int axis = q.group().anchorInput(1);
        double real = 0;
        if (q.group().anchorInput(0) != 0 || axis < 0 ||
            !splatOf(q, q.body().inputs()[static_cast<size_t>(axis)], real, r.axis))
            return no("the axis is not constant");
        text.consumed.push_back(axis);
        DataType t = q.in(0).type;
        text.program = programOf(
            "cumulative.cu",
            {cat("-DT=", typeText(t)), cat("-DA=", isReal(t) ? "double" : "i64"),
             cat("-DPRODUCT=", op->product ? 1 : 0), cat("-DEXCLUSIVE=", op->exclusive ? 1 : 0),
             cat("-DREVERSE=", op->reverse ? 1 : 0)});
        return yes();
    }
};

}  // namespace

void registerKernel_cumulative_jit(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<Factory>());
}

}  // namespace bireme::cuda
