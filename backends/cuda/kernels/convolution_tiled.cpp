// SPDX-License-Identifier: Apache-2.0
// Convolutions of any layout, groups and up to three axes, on the ordinary cores: where no library
// is.
#include "backends/cuda/support/epilogue_text.h"
#include "backends/cuda/support/jit_kernel.h"
#include "ops/convolution.h"
#include "ops/support/sliding_window.h"

namespace bireme::cuda {

using device::Shapes;
using Ints = std::vector<int64_t>;

namespace {

struct Parameters {
    const void* x = nullptr;
    const void* w = nullptr;
    int32_t m = 1, n = 1, k = 1;
    int32_t input[3], before[3], stride[3], dilation[3];
    int32_t step[5] = {};
    int32_t groups = 1, channels = 1;
    FastDiv outputs, output1, output2, window, window1, window2, tilesN;
    EpilogueParameters epilogue;
};

struct Record {
    ops::Convolution op;
    int x = 0, w = 1, bias = -1;
    std::vector<int> operands;

    void save(ByteWriter& out) const {
        putAttributes(out, op);
        putInts(out, Ints{x, w, bias});
        putInts(out, operands);
    }
    static Record load(ByteReader& in) {
        Record r;
        r.op = getAttributes<ops::Convolution>(in);
        auto v = getInts(in), o = getInts(in);
        if (v.size() != 3 || o.size() >= kEpilogueOperands) in.corrupt("a convolution's operands");
        r.x = static_cast<int>(v[0]), r.w = static_cast<int>(v[1]), r.bias = static_cast<int>(v[2]);
        r.operands.assign(o.begin(), o.end());
        return r;
    }

    std::unique_ptr<device::Bound> bind(const Code& code, const Shapes& s) const {
        const auto &sx = s.inputs[static_cast<size_t>(x)], &sw = s.inputs[static_cast<size_t>(w)];
        auto axes =
            ops::convolutionAxes(ops::WindowAttributes::of(op), ops::spatialDims(toDims(sx.dims)),
                                 ops::spatialDims(toDims(sw.dims)));
        ops::WindowGrid g(axes);
        Parameters p;
        auto steps = sx.format.stridesFor(sx.dims);
        p.step[0] = static_cast<int32_t>(steps[0]);
        p.step[1] = static_cast<int32_t>(steps[1]);
        for (size_t d = 0; d < 3; ++d) {
            p.input[d] = static_cast<int32_t>(g.input[d]);
            p.before[d] = static_cast<int32_t>(g.before[d]);
            p.stride[d] = static_cast<int32_t>(g.stride[d]);
            p.dilation[d] = static_cast<int32_t>(g.dilation[d]);
        }
        for (size_t d = 2; d < steps.size(); ++d)
            p.step[5 - (steps.size() - d)] = static_cast<int32_t>(steps[d]);
        p.groups = static_cast<int32_t>(op.groups);
        p.channels = static_cast<int32_t>(sw.dims[1]);
        p.m = static_cast<int32_t>(sx.dims[0] * g.outputSize());
        p.n = static_cast<int32_t>(sw.dims[0] / op.groups);
        p.k = static_cast<int32_t>(sw.dims[1] * g.windowSize());
        p.outputs = fastDiv(g.outputSize());
        p.output1 = fastDiv(g.output[1]);
        p.output2 = fastDiv(g.output[2]);
        p.window = fastDiv(g.windowSize());
        p.window1 = fastDiv(g.window[1]);
        p.window2 = fastDiv(g.window[2]);
        p.tilesN = fastDiv(divideUp(p.n, 64));
        placeEpilogue(s, operands, bias, p.epilogue);
        Grid grid;
        grid.threads = 256;
        grid.x = divideUp(p.m, 64) * divideUp(p.n, 64);
        grid.y = static_cast<unsigned>(op.groups);
        if (product(s.outputs[0].dims) == 0) grid.x = 0;
        auto place = [*this, s](Parameters& parameters, const device::Launch& l) {
            parameters.x = start(l.inputs[x], s.inputs[static_cast<size_t>(x)]);
            parameters.w = start(l.inputs[w], s.inputs[static_cast<size_t>(w)]);
            pointEpilogue(s, operands, bias, l, parameters.epilogue);
        };
        return launchBound(code.function("convolve"), grid, p, place, "64x64x16");
    }
};

class Factory final : public JitFactory<Record> {
public:
    Factory() : JitFactory("cuda.convolution.tiled") {}
    bool lastResort() const override { return true; }
    Support read(const tactic::Query& q, Record& r, JitText& text) const override {
        const auto* op = q.group().anchorAs<ops::Convolution>();
        if (!op) return no("not a convolution");
        if (Support s = operandsFit(q); !s.ok) return s;
        r.op = *op;
        r.x = q.group().anchorInput(0);
        r.w = q.group().anchorInput(1);
        bool biased =
            q.group().anchor()->inputs.size() > 2 && q.group().anchor()->inputs[2] != ir::kNoValue;
        r.bias = biased ? q.group().anchorInput(2) : -1;
        if (r.x < 0 || r.w < 0 || (biased && r.bias < 0))
            return no("something happens before the convolution");
        if (!isFloat(q.in(r.x).type) || !isFloat(q.in(r.w).type))
            return no("operands are not f32, f16 or bf16");
        if (q.in(r.x).rank() > 5) return no("more than three axes");
        EpilogueText epilogue;
        if (Support s = writeEpilogue(q, r.bias, epilogue, text.consumed); !s.ok) return s;
        r.operands = epilogue.inputs;
        text.program = programOf("convolution.cu", {cat("-DTX=", typeText(q.in(r.x).type)),
                                                    cat("-DTW=", typeText(q.in(r.w).type))});
        text.program.source = epilogue.text + text.program.source;
        return yes();
    }
    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        out.push_back(combination(q));
        tactic::Combination c = channelsLastCombination(q);
        int w = q.group().anchorInput(1);
        c.inputs[static_cast<size_t>(w)].format = Format::linear();
        if (int b = q.group().anchor()->inputs.size() > 2 ? q.group().anchorInput(2) : -1; b >= 0)
            c.inputs[static_cast<size_t>(b)].format = Format::linear();
        out.push_back(std::move(c));
    }
};

}  // namespace

void registerKernel_convolution_tiled(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<Factory>());
}

}  // namespace bireme::cuda
