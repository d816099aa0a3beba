// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/support/jit_kernel.h"
#include "backends/cuda/support/walk.h"
#include "ops/gather.h"
#include "ops/support/axis_view.h"

#include <algorithm>

namespace bireme::cuda {

using device::Shapes;

namespace {

struct Parameters {
    const void* data = nullptr;
    const void* indices = nullptr;
    void* out = nullptr;
    uint32_t count = 0;
    int32_t extent = 0;
    FastDiv inner, picked;
    Loops<2> loops;
    int32_t axisStep = 0;
};

struct Record {
    ops::Gather op;
    int data = 0, indices = 1;

    void save(ByteWriter& out) const {
        putAttributes(out, op);
        putInts(out, std::vector<int64_t>{data, indices});
    }
    static Record load(ByteReader& in) {
        Record r;
        r.op = getAttributes<ops::Gather>(in);
        auto v = getInts(in);
        if (v.size() != 2) in.corrupt("a gather has two operands");
        r.data = static_cast<int>(v[0]), r.indices = static_cast<int>(v[1]);
        return r;
    }

    std::unique_ptr<device::Bound> bind(const Code& code, const Shapes& s) const {
        const auto& x = s.inputs[static_cast<size_t>(data)];
        const auto& at = s.inputs[static_cast<size_t>(indices)];
        int64_t size = bits(x.type) / 8;
        Parameters p;
        auto rank = static_cast<int64_t>(x.dims.size());
        auto axis = static_cast<size_t>(op.axis < 0 ? op.axis + rank : op.axis);
        p.extent = static_cast<int32_t>(x.dims[axis]);
        std::string name;
        int64_t unit = size;
        if (op.mode == GatherMode::kELEMENT) {
            auto step = Format::linear().stridesFor(x.dims),
                 own = Format::linear().stridesFor(at.dims);
            p.axisStep = static_cast<int32_t>(step[axis]);
            step[axis] = 0;
            if (!fillLoops(collapse(at.dims, {own, step}, 0), 1, p.loops))
                failInvalid("a gather has too many loops");
            p.count = static_cast<uint32_t>(product(at.dims));
            name = cat("pick_", size);
        } else {
            ops::AxisView v(x.dims, op.axis);
            int64_t bytes = v.inner * size;
            while (unit < 16 && bytes % (2 * unit) == 0) unit *= 2;
            int64_t picked = product(at.dims), inner = bytes / unit;
            p.inner = fastDiv(inner);
            p.picked = fastDiv(picked);
            p.count = static_cast<uint32_t>(v.outer * picked * inner);
            name = cat("gather_", unit);
        }
        Grid grid;
        grid.threads = 128;
        grid.x = std::min(divideUp(p.count, 128),
                          static_cast<unsigned>(code.device().multiprocessors()) * 16);
        auto place = [*this](Parameters& parameters, const device::Launch& l) {
            parameters.data = l.inputs[data];
            parameters.indices = l.inputs[indices];
            parameters.out = l.outputs[0];
        };
        return launchBound(code.function(name.c_str()), grid, p, place,
                           cat("units of ", unit, " bytes"));
    }
};

class Factory final : public JitFactory<Record> {
public:
    Factory() : JitFactory("cuda.gather.jit") {}
    Support read(const tactic::Query& q, Record& r, JitText& text) const override {
        const auto* op = q.group().anchorAs<ops::Gather>();
        if (!op || !q.group().single()) return no("not a lone gather");
        if (Support s = operandsFit(q); !s.ok) return s;
        if (op->elementWiseDims != 0 || op->mode == GatherMode::kND)
            return no("neither one index per row nor one per element");
        r.op = *op;
        r.data = q.group().anchorInput(0);
        r.indices = q.group().anchorInput(1);
        DataType t = q.in(r.indices).type;
        if (t != DataType::kINT32 && t != DataType::kINT64)
            return no("indices are neither i32 nor i64");
        text.program = programOf("gather.cu", {cat("-DI=", typeText(t))});
        return yes();
    }
};

}  // namespace

void registerKernel_gather_jit(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<Factory>());
}

}  // namespace bireme::cuda
