// SPDX-License-Identifier: Apache-2.0
// Maximum and mean of small windows in a plane, channels-last, by vectors of channels.
#include "backends/cuda/support/jit_kernel.h"
#include "backends/cuda/support/walk.h"
#include "ops/pooling.h"
#include "ops/support/sliding_window.h"

#include <cstdio>

namespace bireme::cuda {

using device::Shapes;

namespace {

struct Parameters {
    const void* x = nullptr;
    void* y = nullptr;
    FastDiv groups, columns, rows;
    uint32_t count = 0;
    int32_t height = 1, width = 1, channels = 1, outHeight = 1, outWidth = 1, top = 0, left = 0;
    int32_t bottom = 0, right = 0;
    int32_t excludePadding = 1;
};

struct Record {
    ops::Pooling op;
    int width = 1, columns = 1;

    void save(ByteWriter& out) const {
        putAttributes(out, op);
        putInts<int64_t>(out, {width, columns});
    }
    static Record load(ByteReader& in) {
        Record r;
        r.op = getAttributes<ops::Pooling>(in);
        auto v = getInts(in);
        if (v.size() != 2 || v[0] < 1 || v[1] < 1) in.corrupt("a pooling's record");
        r.width = static_cast<int>(v[0]), r.columns = static_cast<int>(v[1]);
        return r;
    }

    std::unique_ptr<device::Bound> bind(const Code& code, const Shapes& s) const {
        const auto &x = s.inputs[0].dims, &y = s.outputs[0].dims;
        ops::WindowGrid g(ops::poolingAxes(ops::WindowAttributes::of(op),
                                           ops::spatialDims(toDims(x)), toDims(op.window)));
        auto i32 = [](int64_t v) { return static_cast<int32_t>(v); };
        Parameters p;
        p.height = i32(x[2]), p.width = i32(x[3]), p.channels = i32(x[1]);
        p.outHeight = i32(y[2]), p.outWidth = i32(y[3]);
        p.top = i32(g.before[1]), p.left = i32(g.before[2]);
        p.bottom = i32(x[2] + g.after[1]), p.right = i32(x[3] + g.after[2]);
        p.excludePadding = op.excludePadding;
        int64_t groups = x[1] / width, tiles = divideUp(y[3], columns);
        int64_t count = groups * tiles * y[2] * x[0];
        Grid grid;
        grid.threads = 128;
        grid.x = divideUp(count, 128);
        if (count > 0) {
            p.count = static_cast<uint32_t>(count);
            p.groups = fastDiv(groups), p.columns = fastDiv(tiles), p.rows = fastDiv(y[2]);
        }
        auto place = [](Parameters& to, const device::Launch& l) {
            to.x = l.inputs[0];
            to.y = l.outputs[0];
        };
        return launchBound(code.function("pool_window"), grid, p, place,
                           cat(width, " channels, ", columns, " columns"));
    }
};

class Factory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return "cuda.pooling.window"; }

    Support supports(const tactic::Query& q) const override {
        const auto* op = q.group().anchorAs<ops::Pooling>();
        if (!op || !q.group().single()) return no("not a lone pooling");
        if (op->type == PoolingType::kMAX_AVERAGE_BLEND) return no("a blend of maximum and mean");
        if (op->indices || q.outputs() != 1) return no("indices of the maxima");
        if (q.in(0).rank() != 4 || op->window.size() != 2) return no("not a window in a plane");
        if (op->window[0] * op->window[1] > 64) return no("the window is large");
        for (int64_t d : op->dilation)
            if (d != 1) return no("a dilated window");
        if (!isFloat(q.in(0).type)) return no("not f32, f16 or bf16");
        if (!q.in(0).dims[1].isStatic()) return no("the number of channels is not known");
        return operandsFit(q);
    }
    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        out.push_back(channelsLastCombination(q));
    }
    void tactics(const tactic::Query& q, tactic::TacticList& out) const override {
        int64_t channels = q.in(0).dims[1].value();
        for (int width = bits(q.in(0).type) == 16 ? 8 : 4; width >= 1; width /= 2)
            for (int columns : {1, 2, 4})
                if (channels % width == 0 && out.size() < 6)
                    out.push_back({std::string(name()), cat(width, "x", columns)});
    }
    tactic::Created create(const tactic::Query& q, const tactic::Tactic& t) const override {
        Record r;
        r.op = *q.group().anchorAs<ops::Pooling>();
        if (std::sscanf(t.parameters.c_str(), "%dx%d", &r.width, &r.columns) != 2)
            fail(ErrorCode::kINVALID_STATE, cat("no such tactic: ", t.text()));
        auto stride = [&](size_t d) { return r.op.stride.empty() ? int64_t{1} : r.op.stride[d]; };
        DeviceProgram program =
            programOf("pool_window.cu",
                      {cat("-DT=", typeText(q.in(0).type)),
                       cat("-DMEAN=", r.op.type == PoolingType::kAVERAGE ? 1 : 0),
                       cat("-DWIDTH=", r.width), cat("-DCOLUMNS=", r.columns),
                       cat("-DKERNEL_Y=", r.op.window[0]), cat("-DKERNEL_X=", r.op.window[1]),
                       cat("-DSTRIDE_Y=", stride(0)), cat("-DSTRIDE_X=", stride(1))});
        Code code(q.device(), compile(program, architectureOf(q)));
        return {std::make_unique<JitKernel<Record>>(std::move(code), std::move(r)), {}, {}};
    }
    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device& device) const override {
        Code code = Code::load(in, device);
        return std::make_unique<JitKernel<Record>>(std::move(code), Record::load(in));
    }
};

}  // namespace

void registerKernel_pooling_window(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<Factory>());
}

}  // namespace bireme::cuda
