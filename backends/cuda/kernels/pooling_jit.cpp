// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/support/jit_kernel.h"
#include "backends/cuda/support/walk.h"
#include "ops/pooling.h"
#include "ops/support/sliding_window.h"

#include <algorithm>

namespace bireme::cuda {

using device::Shapes;

namespace {

struct Parameters {
    const void* x = nullptr;
    void* y = nullptr;
    void* indices = nullptr;
    uint32_t count = 0;
    int32_t last = 0;
    FastDiv channels, output0, output1, output2;
    int32_t input[3], window[3], before[3], after[3], stride[3], dilation[3];
    int32_t from[5] = {}, to[5] = {}, place[5] = {};
    int32_t excludePadding = 0;
    float blend = 0;
};

// Steps of batch, channel and always three axes.
void fillSteps(const device::TensorShape& s, int32_t (&steps)[5]) {
    auto own = s.format.stridesFor(s.dims);
    for (size_t d = 0; d < own.size(); ++d)
        steps[d < 2 ? d : 5 - (own.size() - d)] = static_cast<int32_t>(own[d]);
}

struct Record {
    ops::Pooling op;

    void save(ByteWriter& out) const { putAttributes(out, op); }
    static Record load(ByteReader& in) { return {getAttributes<ops::Pooling>(in)}; }

    std::unique_ptr<device::Bound> bind(const Code& code, const Shapes& s) const {
        const device::TensorShape x = s.inputs[0], y = s.outputs[0];
        const device::TensorShape places = op.indices ? s.outputs.at(1) : y;
        auto spatial = ops::spatialDims(toDims(x.dims));
        ops::WindowGrid g(ops::poolingAxes(ops::WindowAttributes::of(op), spatial,
                                           op.window.empty() ? spatial : toDims(op.window)));
        Parameters p;
        for (size_t d = 0; d < 3; ++d) {
            p.input[d] = static_cast<int32_t>(g.input[d]);
            p.window[d] = static_cast<int32_t>(g.window[d]);
            p.before[d] = static_cast<int32_t>(g.before[d]);
            p.after[d] = static_cast<int32_t>(g.after[d]);
            p.stride[d] = static_cast<int32_t>(g.stride[d]);
            p.dilation[d] = static_cast<int32_t>(g.dilation[d]);
        }
        fillSteps(x, p.from);
        fillSteps(y, p.to);
        fillSteps(places, p.place);
        p.count = static_cast<uint32_t>(product(y.dims));
        p.channels = fastDiv(y.dims[1]);
        p.output0 = fastDiv(g.output[0]);
        p.output1 = fastDiv(g.output[1]);
        p.output2 = fastDiv(g.output[2]);
        p.last = y.format.isChannelsLast(static_cast<int>(y.dims.size()));
        p.excludePadding = op.excludePadding;
        p.blend = op.blend;
        Grid grid;
        grid.threads = 128;
        grid.x = std::min(divideUp(p.count, 128),
                          static_cast<unsigned>(code.device().multiprocessors()) * 32);
        auto place = [x, y, places, indices = op.indices](Parameters& parameters,
                                                          const device::Launch& l) {
            parameters.x = start(l.inputs[0], x);
            parameters.y = const_cast<char*>(start(l.outputs[0], y));
            if (indices) parameters.indices = const_cast<char*>(start(l.outputs[1], places));
        };
        return launchBound(code.function("pool"), grid, p, place, "a thread per result");
    }
};

class Factory final : public JitFactory<Record> {
public:
    Factory() : JitFactory("cuda.pooling.jit") {}
    Support read(const tactic::Query& q, Record& r, JitText& text) const override {
        const auto* op = q.group().anchorAs<ops::Pooling>();
        if (!op || !q.group().single()) return no("not a lone pooling");
        if (q.body().outputs() != q.group().anchor()->outputs)
            return no("a result that nobody reads");
        if (Support s = operandsFit(q); !s.ok) return s;
        if (q.in(0).type == DataType::kDOUBLE) return no("f64 elements");
        r.op = *op;
        int type = op->type == PoolingType::kMAX ? 0 : op->type == PoolingType::kAVERAGE ? 1 : 2;
        text.program =
            programOf("pooling.cu", {cat("-DT=", typeText(q.in(0).type)), cat("-DTYPE=", type),
                                     cat("-DINDICES=", op->indices ? 1 : 0)});
        return yes();
    }
    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        out.push_back(combination(q));
        out.back().acceptsViews = true;
        if (q.outputs() > 1) return;
        out.push_back(channelsLastCombination(q));
        out.back().acceptsViews = true;
    }
};

}  // namespace

void registerKernel_pooling_jit(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<Factory>());
}

}  // namespace bireme::cuda
