// SPDX-License-Identifier: Apache-2.0
// Interpolation of one to three spatial dims, batch and channels unchanged.
#include "backends/cuda/support/device_table.h"
#include "backends/cuda/support/jit_kernel.h"
#include "backends/cuda/support/walk.h"
#include "ops/resize.h"
#include "ops/support/resize_taps.h"

#include <algorithm>

namespace bireme::cuda {

using device::Shapes;

namespace {

// As in cu/resize.cu.
struct Tap {
    int32_t count = 1, index[4] = {};
    float weight[4] = {};
};
struct Parameters {
    const void* x = nullptr;
    void* y = nullptr;
    const void* taps[3] = {};
    FastDiv inner, columns, rows, planes;
    uint32_t count = 0;
    int32_t inPlanes = 1, inRows = 1, inColumns = 1;
};

struct Record {
    ops::Resize op;
    int input = 0;
    int vector = 1;  // channels at once, channels-last; 1: row by row

    void save(ByteWriter& out) const {
        putAttributes(out, op);
        putInts(out, std::vector<int>{input, vector});
    }
    static Record load(ByteReader& in) {
        Record r{getAttributes<ops::Resize>(in)};
        auto v = getInts(in);
        if (v.size() != 2 || v[1] < 1) in.corrupt("a resize has two numbers");
        r.input = static_cast<int>(v[0]), r.vector = static_cast<int>(v[1]);
        return r;
    }

    // An axis that keeps its extent is not interpolated.
    std::vector<Tap> taps(int64_t in, int64_t out, float scale, bool given) const {
        std::vector<Tap> all(static_cast<size_t>(out));
        if (in == out && (!given || scale == 1)) {
            for (int64_t i = 0; i < out; ++i) {
                all[static_cast<size_t>(i)].index[0] = static_cast<int32_t>(i);
                all[static_cast<size_t>(i)].weight[0] = 1;
            }
            return all;
        }
        auto read = ops::resizeTaps(op, in, out, scale);
        for (size_t i = 0; i < all.size(); ++i) {
            all[i].count = read[i].count;
            for (size_t k = 0; k < 4; ++k) {
                all[i].index[k] = static_cast<int32_t>(read[i].index[k]);
                all[i].weight[k] = read[i].weight[k];
            }
        }
        return all;
    }

    std::unique_ptr<device::Bound> bind(const Code& code, const Shapes& s) const {
        const auto& shape = s.inputs[static_cast<size_t>(input)];
        const auto &x = shape.dims, &y = s.outputs[0].dims;
        bool last = !shape.format.isLinear();
        Parameters p;
        int64_t in[3] = {1, 1, 1}, out[3] = {1, 1, 1};
        std::vector<std::shared_ptr<DeviceTable>> tables(3);
        bool empty = product(y) == 0;
        for (size_t axis = 0; axis < 3 && !empty; ++axis) {
            size_t missing = 5 - x.size();
            float scale = 1;
            bool given = !op.scales.empty();
            if (axis >= missing) {
                size_t d = axis - missing + 2;
                in[axis] = x[d], out[axis] = y[d];
                scale = given ? op.scales[d] : static_cast<float>(y[d]) / static_cast<float>(x[d]);
            }
            auto all = taps(in[axis], out[axis], scale, given);
            tables[axis] =
                std::make_shared<DeviceTable>(code.device(), all.data(), all.size() * sizeof(Tap));
            p.taps[axis] = tables[axis]->get();
        }
        p.inPlanes = static_cast<int32_t>(in[0]), p.inRows = static_cast<int32_t>(in[1]);
        p.inColumns = static_cast<int32_t>(in[2]);
        int64_t inner = last ? x[1] / vector : 1;
        p.count = empty ? 0 : static_cast<uint32_t>(product(y) / (last ? vector : 1));
        p.inner = fastDiv(std::max<int64_t>(1, inner)), p.planes = fastDiv(out[0]);
        p.rows = fastDiv(out[1]), p.columns = fastDiv(out[2]);
        Grid grid;
        grid.threads = 128;
        grid.x = std::min(divideUp(p.count, 128),
                          static_cast<unsigned>(code.device().multiprocessors()) * 32);
        auto place = [input = input, tables](Parameters& to, const device::Launch& l) {
            to.x = l.inputs[input];
            to.y = l.outputs[0];
        };
        return launchBound(code.function("resize"), grid, p, place, cat(vector, " at once"));
    }
};

class Factory final : public JitFactory<Record> {
public:
    Factory() : JitFactory("cuda.resize.jit") {}

    Support read(const tactic::Query& q, Record& r, JitText& text) const override {
        const auto* op = q.group().anchorAs<ops::Resize>();
        if (!op || !q.group().single()) return no("not a lone resize");
        r.op = *op;
        r.input = q.group().anchorInput(0);
        const TensorDesc& x = q.in(r.input);
        int rank = q.out(0).rank();
        if (rank < 3 || rank > 5)
            return no("the tensor has no batch, channel and one to three spatial dims");
        for (size_t d = 0; d < 2; ++d)
            if (!(x.dims[d] == q.out(0).dims[d]) || (!op->scales.empty() && op->scales[d] != 1))
                return no("batch or channels are resized");
        for (const Dim& d : x.dims)
            if (d.range(q.ranges).min == 0) return no("the input may be empty");
        if (Support s = operandsFit(q); !s.ok) return s;
        bool nearest = op->mode == InterpolationMode::kNEAREST;
        if (!nearest && !isFloat(x.type)) return no("elements are not f32, f16 or bf16");
        if (!x.format.isLinear() && x.dims[1].isStatic()) {
            r.vector = 128 / bits(x.type);
            while (x.dims[1].value() % r.vector != 0) r.vector /= 2;
        }
        if (int i = q.group().anchorInput(1); i >= 0 && q.constant(i)) text.consumed.push_back(i);
        text.program = programOf(
            "resize.cu", {cat("-DT=", typeText(x.type)), cat("-DNEAREST=", nearest ? 1 : 0)});
        // Not by an option: other texts have a V of their own.
        text.program.source =
            "#include \"common.cuh\"\nconst int V = " + cat(r.vector) + ";\n" + text.program.source;
        return yes();
    }

    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        auto x = static_cast<size_t>(q.group().anchorInput(0));
        out.push_back(combination(q));
        out.push_back(combination(q));
        out.back().inputs[x].format = out.back().outputs[0].format =
            Format::channelsLast(q.out(0).rank());
    }
};

}  // namespace

void registerKernel_resize_jit(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<Factory>());
}

}  // namespace bireme::cuda
