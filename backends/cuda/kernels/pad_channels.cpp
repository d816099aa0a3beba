// SPDX-License-Identifier: Apache-2.0
// Channels-last with channels filled up with zeros: what a first convolution's tensor cores read.
#include "backends/cuda/support/jit_kernel.h"
#include "backends/cuda/support/walk.h"
#include "ops/identity.h"

namespace bireme::cuda {

using device::Shapes;

namespace {

struct Parameters {
    const void* x = nullptr;
    void* y = nullptr;
    uint32_t count = 0;
    int32_t channels = 0;
    FastDiv blocks, pixels, extent[2];
    int64_t image = 0, channel = 0, step[3] = {};
};

struct Record {
    int64_t block = 8;

    void save(ByteWriter& out) const { putInt(out, block); }
    static Record load(ByteReader& in) {
        Record r{getInt(in)};
        if (r.block < 1 || r.block > 64) in.corrupt("blocks of channels");
        return r;
    }

    std::unique_ptr<device::Bound> bind(const Code& code, const Shapes& s) const {
        const auto& x = s.inputs[0];
        auto steps = x.format.stridesFor(x.dims);
        Parameters p;
        int64_t blocks = (x.dims[1] + block - 1) / block, pixels = 1;
        std::vector<int64_t> extents(3, 1);
        for (size_t d = 2; d < x.dims.size(); ++d) {
            pixels *= x.dims[d];
            extents[5 - x.dims.size() + d - 2] = x.dims[d];
            p.step[5 - x.dims.size() + d - 2] = steps[d];
        }
        p.count = static_cast<uint32_t>(x.dims[0] * pixels * blocks);
        p.channels = static_cast<int32_t>(x.dims[1]);
        p.image = steps[0], p.channel = steps[1];
        Grid grid;
        grid.threads = 128;
        grid.x = divideUp(p.count, 128);
        if (p.count > 0) {
            p.blocks = fastDiv(blocks), p.pixels = fastDiv(pixels);
            p.extent[0] = fastDiv(extents[1]), p.extent[1] = fastDiv(extents[2]);
        }
        auto place = [x](Parameters& parameters, const device::Launch& l) {
            parameters.x = start(l.inputs[0], x);
            parameters.y = l.outputs[0];
        };
        return launchBound(code.function("pad_channels"), grid, p, place, cat("blocks of ", block));
    }
};

class Factory final : public JitFactory<Record> {
public:
    // The name ends as those of all kernels that stand between formats.
    Factory() : JitFactory("cuda.pad_channels.reorder") {}
    Support read(const tactic::Query& q, Record& r, JitText& text) const override {
        if (!q.group().anchorAs<ops::Identity>() || !q.group().single()) return no("not a copy");
        if (Support s = operandsFit(q); !s.ok) return s;
        const Format& to = q.out(0).format;
        Format outer = to;
        outer.inner.clear();
        int rank = q.out(0).rank();
        if (to.inner.size() != 1 || to.inner[0].dim != 1 || !outer.isChannelsLast(rank))
            return no("the result is not channels-last with blocks of channels");
        if (!q.in(0).format.inner.empty() || q.in(0).type != q.out(0).type || rank > 5)
            return no("the input has another type, or blocks itself");
        r.block = to.inner[0].size;
        text.program = programOf("pad_channels.cu",
                                 {cat("-DT=", typeText(q.out(0).type)), cat("-DBLOCK=", r.block)});
        return yes();
    }
};

}  // namespace

void registerKernel_pad_channels(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<Factory>());
}

}  // namespace bireme::cuda
