// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/support/jit_kernel.h"
#include "backends/cuda/support/walk.h"
#include "ops/softmax.h"
#include "ops/support/axis_view.h"

namespace bireme::cuda {

using device::Shapes;

namespace {

struct Parameters {
    const void* x = nullptr;
    void* y = nullptr;
    uint32_t rows = 0;
    int32_t extent = 0;
    FastDiv inner;
};

// The tensor along the axis, in memory order.
ops::AxisView viewOf(const ops::Softmax& op, const device::TensorShape& x) {
    auto rank = static_cast<int64_t>(x.dims.size()), axis = op.axis < 0 ? op.axis + rank : op.axis;
    if (x.format.order.empty()) return {x.dims, axis};
    std::vector<int64_t> dims;
    int64_t at = 0;
    for (int64_t k = 0; k < rank; ++k) {
        int64_t d = x.format.order[static_cast<size_t>(k)];
        dims.push_back(x.dims[static_cast<size_t>(d)]);
        if (d == axis) at = k;
    }
    return {dims, at};
}

struct Record {
    ops::Softmax op;

    void save(ByteWriter& out) const { putAttributes(out, op); }
    static Record load(ByteReader& in) { return {getAttributes<ops::Softmax>(in)}; }

    std::unique_ptr<device::Bound> bind(const Code& code, const Shapes& s) const {
        ops::AxisView v = viewOf(op, s.inputs[0]);
        Parameters p;
        p.rows = static_cast<uint32_t>(v.outer * v.inner);
        p.extent = static_cast<int32_t>(v.extent);
        p.inner = fastDiv(v.inner);
        Grid grid;
        const char* name = "softmax_block";
        if (v.inner != 1) {
            name = "softmax_column";
            grid.threads = 128;
            grid.x = divideUp(p.rows, 128);
        } else if (v.extent <= 1024) {
            name = v.extent <= 32    ? "softmax_warp1"
                   : v.extent <= 128 ? "softmax_warp4"
                   : v.extent <= 256 ? "softmax_warp8"
                   : v.extent <= 512 ? "softmax_warp16"
                                     : "softmax_warp32";
            grid.threads = 128;
            grid.x = divideUp(p.rows, 4);
        } else {
            grid.threads = 512;
            grid.x = p.rows;
        }
        if (v.extent == 0) grid.x = 0;
        auto place = [](Parameters& parameters, const device::Launch& l) {
            parameters.x = l.inputs[0];
            parameters.y = l.outputs[0];
        };
        return launchBound(code.function(name), grid, p, place, name + 8);
    }
};

class Factory final : public JitFactory<Record> {
public:
    Factory() : JitFactory("cuda.softmax.jit") {}
    Support read(const tactic::Query& q, Record& r, JitText& text) const override {
        const auto* op = q.group().anchorAs<ops::Softmax>();
        if (!op || !q.group().single()) return no("not a lone softmax");
        if (Support s = operandsFit(q); !s.ok) return s;
        if (!isReal(q.in(0).type)) return no("elements are not real numbers");
        r.op = *op;
        text.program = programOf(
            "softmax.cu", {cat("-DT=", typeText(q.in(0).type)), cat("-DLOG=", op->log ? 1 : 0)});
        return yes();
    }
    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        out.push_back(combination(q));
        out.back().overwrites = 0;
        if (q.out(0).rank() < 3) return;
        out.push_back(channelsLastCombination(q));
        out.back().overwrites = 0;
    }
};

}  // namespace

void registerKernel_softmax_jit(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<Factory>());
}

}  // namespace bireme::cuda
