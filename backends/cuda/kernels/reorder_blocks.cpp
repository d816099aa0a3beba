// SPDX-License-Identifier: Apache-2.0
// Into formats with one inner block, as convolutions of few channels want them.
#include "backends/cuda/support/jit_kernel.h"
#include "backends/cuda/support/walk.h"

#include <algorithm>

namespace bireme::cuda {

using device::Shapes;

namespace {

struct Parameters {
    const void* from = nullptr;
    void* to = nullptr;
    Loops<3> loops;
    int32_t extent = 0, step = 0;
};

struct Record {
    void save(ByteWriter&) const {}
    static Record load(ByteReader&) { return {}; }

    std::unique_ptr<device::Bound> bind(const Code& code, const Shapes& s) const {
        const device::TensorShape x = s.inputs[0], y = s.outputs[0];
        if (y.format.inner.size() != 1) failInvalid("the target has not one inner block");
        auto d = static_cast<size_t>(y.format.inner[0].dim);
        int64_t block = y.format.inner[0].size;
        auto from = x.format.stridesFor(x.dims);
        Parameters p;
        p.extent = static_cast<int32_t>(x.dims[d]);
        p.step = static_cast<int32_t>(from[d]);
        std::vector<int64_t> dims = x.dims, to(dims.size()), first(dims.size(), 0);
        dims[d] = (dims[d] + block - 1) / block;
        from[d] *= block;
        first[d] = block;
        int64_t step = block;  // the blocks, in the order of the format
        for (size_t k = dims.size(); k-- > 0;) {
            auto at = y.format.order.empty() ? k : static_cast<size_t>(y.format.order[k]);
            to[at] = step;
            step *= dims[at];
        }
        if (!fillLoops(collapse(dims, {to, from, first}, 0), 1, p.loops))
            failInvalid("a change of format has more than 8 loops");
        Grid grid;
        grid.threads = 128;
        grid.x = product(x.dims) == 0
                     ? 0
                     : std::min(divideUp(p.loops.count, 128),
                                static_cast<unsigned>(code.device().multiprocessors()) * 32);
        auto place = [x, y](Parameters& parameters, const device::Launch& l) {
            parameters.from = start(l.inputs[0], x);
            parameters.to = const_cast<char*>(start(l.outputs[0], y));
        };
        return launchBound(code.function("copy_blocks"), grid, p, place, "blocks");
    }
};

class Factory final : public JitFactory<Record> {
public:
    Factory() : JitFactory("cuda.blocks.reorder") {}
    Support read(const tactic::Query& q, Record&, JitText& text) const override {
        const ir::Node* anchor = q.group().single() ? q.group().anchor() : nullptr;
        if (!anchor || anchor->op.name() != "identity") return no("not a copy");
        if (Support s = operandsFit(q); !s.ok) return s;
        const Format &x = q.in(0).format, &y = q.out(0).format;
        if (!x.inner.empty() || y.inner.size() != 1 || !y.isDense())
            return no("not from a format without blocks to one with one");
        if (y.inner[0].size > 16) return no("blocks of more than 16");
        text.program = programOf("block_copy.cu", {cat("-DFROM=", typeText(q.in(0).type)),
                                                   cat("-DTO=", typeText(q.out(0).type)),
                                                   cat("-DBLOCK=", y.inner[0].size)});
        return yes();
    }
    void formats(const tactic::Query&, tactic::FormatList&) const override {}
};

}  // namespace

void registerKernel_reorder_blocks(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<Factory>());
}

}  // namespace bireme::cuda
