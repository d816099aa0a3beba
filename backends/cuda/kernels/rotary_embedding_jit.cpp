// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/support/jit_kernel.h"
#include "backends/cuda/support/walk.h"
#include "ops/rotary_embedding.h"

#include <algorithm>
#include <array>

namespace bireme::cuda {

using device::Shapes;

namespace {

// As in cu/rotary_embedding.cu.
struct Parameters {
    void* y = nullptr;
    const void *x = nullptr, *cosines = nullptr, *sines = nullptr;
    Loops<4> rows;
};

struct Record {
    std::array<int, 3> inputs{0, 1, 2};  // of the body: x, cosines, sines
    int64_t pairs = 1, width = 1;        // of a row, of a thread

    void save(ByteWriter& out) const {
        putInts<int64_t>(out, {inputs[0], inputs[1], inputs[2], pairs, width});
    }
    static Record load(ByteReader& in) {
        Record r;
        auto v = getInts(in);
        if (v.size() != 5 || v[3] < 1 || v[4] < 1)
            in.corrupt("a rotary embedding has five numbers");
        for (size_t k = 0; k < 3; ++k) r.inputs[k] = static_cast<int>(v[k]);
        r.pairs = v[3], r.width = v[4];
        return r;
    }

    std::unique_ptr<device::Bound> bind(const Code& code, const Shapes& s) const {
        std::array<device::TensorShape, 4> all{s.outputs[0]};
        for (size_t k = 0; k < 3; ++k) all[k + 1] = s.inputs[static_cast<size_t>(inputs[k])];
        const auto& dims = s.outputs[0].dims;
        std::vector<std::vector<int64_t>> steps;
        for (const auto& t : all) {
            steps.push_back(broadcastSteps(t.dims, t.format, dims));
            steps.back().pop_back();
        }
        Parameters p;
        if (!fillLoops(collapse({dims.begin(), dims.end() - 1}, steps, 0), 1, p.rows))
            failInvalid("a rotary embedding of too many dimensions");
        Grid grid;
        grid.threads = 128;
        grid.x = divideUp(int64_t{p.rows.count} * (pairs / width), 128);
        auto place = [all, inputs = inputs](Parameters& to, const device::Launch& l) {
            to.y = const_cast<char*>(start(l.outputs[0], all[0]));
            to.x = start(l.inputs[inputs[0]], all[1]);
            to.cosines = start(l.inputs[inputs[1]], all[2]);
            to.sines = start(l.inputs[inputs[2]], all[3]);
        };
        return launchBound(code.function("rotary_embedding"), grid, p, place,
                           cat(width, " pairs a thread"));
    }
};

class Factory final : public JitFactory<Record> {
public:
    Factory() : JitFactory("cuda.rotary_embedding.jit") {}

    Support read(const tactic::Query& q, Record& r, JitText& text) const override {
        const auto* op = q.group().anchorAs<ops::RotaryEmbedding>();
        if (!op || !q.group().single()) return no("not a lone rotary embedding");
        if (Support s = operandsFit(q); !s.ok) return s;
        for (int i = 0; i < 3; ++i) r.inputs[static_cast<size_t>(i)] = q.group().anchorInput(i);
        const TensorDesc& x = q.in(r.inputs[0]);
        if (!isReal(x.type)) return no("elements are not real numbers");
        const int64_t features = x.dims.back().value();
        if (op->turned(features) != features) return no("not all features are turned");
        r.pairs = features / 2;
        r.width = 128 / bits(x.type);
        while (r.pairs % r.width != 0) r.width /= 2;
        const bool each = q.in(r.inputs[1]).dims.back().is(features);
        text.program = programOf(
            "rotary_embedding.cu",
            {cat("-DT=", typeText(x.type)), cat("-DPAIRS=", r.pairs), cat("-DWIDTH=", r.width),
             cat("-DNEIGHBOURS=", op->interleaved ? 1 : 0), cat("-DEACH=", each ? 1 : 0)});
        return yes();
    }

    // Heads may lie where projections left them, and the rows of another step between.
    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        Record r;
        JitText text;
        read(q, r, text);
        const auto x = static_cast<size_t>(r.inputs[0]);
        out.push_back(combination(q));
        out.back().acceptsViews = true;
        // Neighbours are read as one vector, of 16 bytes at most.
        const bool both = q.group().anchorAs<ops::RotaryEmbedding>()->interleaved;
        out.back().viewAlignment = static_cast<int>(
            std::min<int64_t>(both ? 2 * r.width : r.width, 128 / bits(q.in(r.inputs[0]).type)));
        if (q.out(0).rank() != 4) return;
        Format heads;
        heads.order = {0, 2, 1, 3};
        for (bool result : {false, true}) {
            out.push_back(out.front());
            out.back().inputs[x].format = heads;
            if (result) out.back().outputs[0].format = heads;
        }
    }
};

}  // namespace

void registerKernel_rotary_embedding_jit(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<Factory>());
}

}  // namespace bireme::cuda
