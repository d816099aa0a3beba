// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/support/jit_kernel.h"
#include "backends/cuda/support/walk.h"
#include "ops/cumulative.h"

#include <algorithm>

namespace bireme::cuda {

using device::Shapes;

namespace {

// As in cu/cumulative.cu.
struct Parameters {
    const void* x = nullptr;
    void* y = nullptr;
    const void* axis = nullptr;
    int32_t dims[8] = {};
    int32_t rank = 0, known = 0;
};

struct Record {
    int64_t axis = 0;
    int input = 0;
    int axisInput = -1;  // of the body, where the axis is data

    void save(ByteWriter& out) const { putInts<int64_t>(out, {axis, input, axisInput}); }
    static Record load(ByteReader& in) {
        auto v = getInts(in);
        if (v.size() != 3) in.corrupt("a running sum has three numbers");
        return {v[0], static_cast<int>(v[1]), static_cast<int>(v[2])};
    }

    std::unique_ptr<device::Bound> bind(const Code& code, const Shapes& s) const {
        const auto& dims = s.inputs[static_cast<size_t>(input)].dims;
        if (dims.size() > 8) failInvalid("a running sum has at most 8 dimensions");
        Parameters p;
        std::copy(dims.begin(), dims.end(), p.dims);
        p.rank = static_cast<int32_t>(dims.size());
        p.known = static_cast<int32_t>(axis);
        // A block a row; how many rows there are follows from the axis.
        int64_t count = product(dims), rows = 0;
        for (size_t d = 0; d < dims.size() && count > 0; ++d) {
            bool chosen = axisInput >= 0 || static_cast<int64_t>(d) == axis ||
                          static_cast<int64_t>(d) == axis + p.rank;
            if (chosen) rows = std::max(rows, count / dims[d]);
        }
        Grid grid;
        grid.threads = 256;
        grid.x = static_cast<unsigned>(std::min<int64_t>(rows, 65536));
        auto place = [r = *this](Parameters& to, const device::Launch& l) {
            to.x = l.inputs[r.input];
            to.y = l.outputs[0];
            to.axis = r.axisInput < 0 ? nullptr : l.inputs[r.axisInput];
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
        r.input = q.group().anchorInput(0);
        if (r.input < 0 || axis < 0) return no("an operand lies inside the group");
        DataType axisType = q.in(axis).type, t = q.in(r.input).type;
        if (axisType != DataType::kINT32 && axisType != DataType::kINT64)
            return no("the axis is neither i32 nor i64");
        if (splatOf(q, q.body().inputs()[static_cast<size_t>(axis)], real, r.axis))
            text.consumed.push_back(axis);
        else
            r.axisInput = axis;
        text.program = programOf(
            "cumulative.cu",
            {cat("-DT=", typeText(t)), cat("-DA=", isReal(t) ? "double" : "i64"),
             cat("-DAXIS=", typeText(axisType)), cat("-DPRODUCT=", op->product ? 1 : 0),
             cat("-DEXCLUSIVE=", op->exclusive ? 1 : 0), cat("-DREVERSE=", op->reverse ? 1 : 0)});
        return yes();
    }
};

}  // namespace

void registerKernel_cumulative_jit(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<Factory>());
}

}  // namespace bireme::cuda
