// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/device.h"
#include "backends/cuda/support/jit_kernel.h"
#include "backends/cuda/support/walk.h"
#include "ops/reduce.h"
#include "ops/reduce_axes.h"
#include "ops/support/axis_set.h"
#include "tensor/convert.h"

#include <algorithm>
#include <bit>

namespace bireme::cuda {

using device::Shapes;

namespace {

struct Parameters {
    const void* x = nullptr;
    void* y = nullptr;
    Loops<2> kept;
    Loops<1> reduced;
    int32_t splits = 1;
};

struct Record {
    ops::Reduce op;
    int64_t width = 0;      // of vectors of neighbouring results; 0: none
    bool clusters = false;  // blocks may share results

    void save(ByteWriter& out) const {
        putAttributes(out, op);
        putInts<int64_t>(out, {width, clusters});
    }
    static Record load(ByteReader& in) {
        Record r{getAttributes<ops::Reduce>(in)};
        auto v = getInts(in);
        if (v.size() != 2) in.corrupt("a reduction has two numbers");
        r.width = v[0], r.clusters = v[1] != 0;
        return r;
    }

    std::unique_ptr<device::Bound> bind(const Code& code, const Shapes& s) const {
        return bind(code, s, ops::axisSet(op.axes, static_cast<int>(s.inputs[0].dims.size())));
    }
    std::unique_ptr<device::Bound> bind(const Code& code, const Shapes& s,
                                        const std::vector<bool>& set) const {
        const device::TensorShape x = s.inputs[0], y = s.outputs[0];
        auto from = x.format.stridesFor(x.dims), to = y.format.stridesFor(y.dims);
        std::vector<int64_t> keptDims, keptFrom, keptTo, reducedDims, reducedFrom;
        size_t out = 0;
        for (size_t d = 0; d < x.dims.size(); ++d) {
            (set[d] ? reducedDims : keptDims).push_back(x.dims[d]);
            (set[d] ? reducedFrom : keptFrom).push_back(from[d]);
            if (!set[d]) keptTo.push_back(to[out]);
            if (!set[d] || op.keepDims) ++out;
        }
        Walk kept = collapse(keptDims, {keptTo, keptFrom}, 0);
        Walk reduced = collapse(reducedDims, {reducedFrom}, 0);
        Parameters p;
        if (!fillLoops(kept, 1, p.kept) || !fillLoops(reduced, 1, p.reduced))
            failInvalid("a reduction has too many loops");
        if (std::find(reducedDims.begin(), reducedDims.end(), 0) != reducedDims.end())
            p.reduced.count = 0;
        if (std::find(keptDims.begin(), keptDims.end(), 0) != keptDims.end()) p.kept.count = 0;
        auto place = [x, y](Parameters& parameters, const device::Launch& l) {
            parameters.x = start(l.inputs[0], x);
            parameters.y = const_cast<char*>(start(l.outputs[0], y));
        };
        bool aligned = width > 0 && p.reduced.count >= 16 && p.reduced.rank == 1 &&
                       vectorWidth(kept, width) == width && x.format.offset % width == 0 &&
                       y.format.offset % width == 0;
        for (int64_t step : reduced.strides[0]) aligned = aligned && step % width == 0;
        if (aligned && kept.strides[1].back() == 1 && p.kept.count > 0) {
            fillLoops(kept, width, p.kept);
            p.splits = clusters && p.reduced.count >= 2048 ? 8 : 1;
            Grid grid;
            grid.threads = 8;
            grid.threadsY = std::clamp(std::bit_ceil(p.reduced.count / 4), 16u, 128u);
            grid.cluster = static_cast<unsigned>(p.splits);
            grid.x = divideUp(p.kept.count, 8) * grid.cluster;
            grid.sharedBytes = grid.threadsY / 4 * 8 * static_cast<unsigned>(width) * 4;
            return launchBound(code.function("reduce_vectors", grid.sharedBytes), grid, p, place,
                               "vectors");
        }
        bool rows = (reduced.strides[0].back() == 1 || p.kept.count < 512) && p.reduced.count >= 32;
        Grid grid;
        if (rows) {
            grid.threads = std::clamp((p.reduced.count + 127) / 128 * 32, 32u, 512u);
            grid.x = std::min(p.kept.count, 65536u);
        } else {
            grid.threads = 32;
            grid.threadsY = std::clamp(p.reduced.count / 4, 1u, 8u);
            grid.x = (p.kept.count + 31) / 32;
        }
        return launchBound(code.function(rows ? "reduce_rows" : "reduce_columns"), grid, p, place,
                           rows ? "rows" : "columns");
    }
};

const char* startText(ReduceOperation op, DataType t) {
    bool isSigned = t == DataType::kINT8 || t == DataType::kINT16 || t == DataType::kINT32 ||
                    t == DataType::kINT64;
    switch (op) {
        case ReduceOperation::kPROD: return "R(1)";
        case ReduceOperation::kMAX:
            if (isReal(t)) return "R(-infinity())";
            return isSigned ? "(-1LL << (8 * sizeof(T) - 1))" : "R(0)";
        case ReduceOperation::kMIN:
            if (isReal(t)) return "R(infinity())";
            return isSigned ? "(~(-1LL << (8 * sizeof(T) - 1)))"
                            : "R(~0ULL >> (sizeof(T) == 8 ? 1 : 64 - 8 * sizeof(T)))";
        default: return "R(0)";
    }
}

class Factory final : public JitFactory<Record> {
public:
    Factory() : JitFactory("cuda.reduce.jit") {}
    Support read(const tactic::Query& q, Record& r, JitText& text) const override {
        const auto* op = q.group().anchorAs<ops::Reduce>();
        if (!op || !q.group().single()) return no("not a lone reduction");
        if (Support s = operandsFit(q); !s.ok) return s;
        r.op = *op;
        return write(q, *op, r, text);
    }

    // The text and what it gives to the record; for both ops.
    static Support write(const tactic::Query& q, const ops::Reduce& op, Record& r, JitText& text) {
        int code = op.operation == ReduceOperation::kPROD  ? 1
                   : op.operation == ReduceOperation::kMAX ? 2
                   : op.operation == ReduceOperation::kMIN ? 3
                   : op.operation == ReduceOperation::kAVG ? 4
                                                           : 0;
        // The mean of no integers is zero, and dividing them by zero is not.
        if (code == 4 && !isReal(q.in(0).type)) return no("a mean of integers");
        text.program =
            programOf("reduce.cu", {cat("-DT=", typeText(q.in(0).type)), cat("-DOP=", code),
                                    cat("-DSTART=", startText(op.operation, q.in(0).type))});
        if (!isFloat(q.in(0).type)) return yes();
        const auto* device = dynamic_cast<const CudaDevice*>(&q.device());
        r.clusters = (device ? device->capability() : architectureOf(q)) >= 90;
        r.width = 128 / bits(q.in(0).type);
        text.program.options.push_back(cat("-DWIDTH=", r.width));
        return yes();
    }
    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        auto add = [&](bool last) {
            out.push_back(combination(q));
            out.back().acceptsViews = true;
            if (!last) return;
            out.back().inputs[0].format = Format::channelsLast(q.in(0).rank());
            if (q.out(0).rank() == q.in(0).rank())
                out.back().outputs[0].format = Format::channelsLast(q.out(0).rank());
        };
        add(false);
        if (q.in(0).rank() >= 3) add(true);
    }
};

// Axes that are data, which the host knows when the kernel is bound: the extents follow from them.
struct AxesRecord {
    Record reduction;
    bool noneIsAll = true;

    void save(ByteWriter& out) const {
        reduction.save(out);
        putInt(out, noneIsAll);
    }
    static AxesRecord load(ByteReader& in) {
        AxesRecord r{Record::load(in)};
        r.noneIsAll = getInt(in) != 0;
        return r;
    }

    std::unique_ptr<device::Bound> bind(const Code& code, const Shapes& s) const {
        const void* host = s.hostInputs.size() > 1 ? s.hostInputs[1] : nullptr;
        std::vector<int64_t> axes(static_cast<size_t>(product(s.inputs.at(1).dims)));
        if (!host && !axes.empty())
            fail(ErrorCode::kUNSUPPORTED_STATE, "the axes are not known when the kernel is bound");
        convertElements(s.inputs[1].type, host, DataType::kINT64, axes.data(),
                        static_cast<int64_t>(axes.size()));
        auto rank = static_cast<int64_t>(s.inputs[0].dims.size());
        std::vector<bool> set(s.inputs[0].dims.size(), axes.empty() && noneIsAll);
        for (int64_t a : axes) {
            if (a < -rank || a >= rank)
                failInvalid(cat("axis ", a, " is outside the ", rank, " dimensions of the input"));
            set[static_cast<size_t>(a < 0 ? a + rank : a)] = true;
        }
        return reduction.bind(code, s, set);
    }
};

class AxesFactory final : public JitFactory<AxesRecord> {
public:
    AxesFactory() : JitFactory("cuda.reduce_axes.jit") {}
    Support read(const tactic::Query& q, AxesRecord& r, JitText& text) const override {
        const auto* op = q.group().anchorAs<ops::ReduceAxes>();
        if (!op || !q.group().single()) return no("not a lone reduction over axes that are data");
        if (Support s = operandsFit(q); !s.ok) return s;
        if (q.group().anchorInput(0) != 0 || q.group().anchorInput(1) != 1)
            return no("operands in another order");
        r.reduction.op.operation = op->operation;
        r.reduction.op.keepDims = op->keepDims;
        r.noneIsAll = op->noneIsAll;
        return Factory::write(q, r.reduction.op, r.reduction, text);
    }
};

}  // namespace

void registerKernel_reduce_jit(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<Factory>());
    catalog.add(std::make_unique<AxesFactory>());
}

}  // namespace bireme::cuda
