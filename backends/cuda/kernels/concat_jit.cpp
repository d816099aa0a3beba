// SPDX-License-Identifier: Apache-2.0
// Tensors side by side in one launch, however many they are.
#include "backends/cuda/support/jit_kernel.h"
#include "backends/cuda/support/walk.h"
#include "ops/concat.h"

#include <algorithm>

namespace bireme::cuda {

using device::Shapes;

namespace {

constexpr size_t kOperands = 64;

// As in cu/concat.cu.
struct Parameters {
    const void* from[kOperands] = {};
    uint32_t begin[kOperands + 1] = {};
    void* to = nullptr;
    FastDiv row;
    uint32_t count = 0;
    int32_t operands = 0;
};

struct Record {
    ops::Concat op;
    std::vector<int> operands;  // body inputs

    void save(ByteWriter& out) const {
        putAttributes(out, op);
        putInts(out, operands);
    }
    static Record load(ByteReader& in) {
        Record r{getAttributes<ops::Concat>(in), {}};
        for (int64_t v : getInts(in)) r.operands.push_back(static_cast<int>(v));
        if (r.operands.empty() || r.operands.size() > kOperands) in.corrupt("a concat's operands");
        return r;
    }

    // Bytes that follow one another in memory from the axis on.
    static int64_t rowBytes(const device::TensorShape& t, size_t axis) {
        int64_t step = t.format.stridesFor(t.dims)[axis];
        return t.dims[axis] * step * bits(t.type) / 8;
    }

    std::unique_ptr<device::Bound> bind(const Code& code, const Shapes& s) const {
        const auto& y = s.outputs[0];
        auto axis = static_cast<size_t>(op.axis < 0 ? op.axis + static_cast<int64_t>(y.dims.size())
                                                    : op.axis);
        int64_t unit = 16;
        std::vector<int64_t> rows;
        for (int i : operands) {
            rows.push_back(rowBytes(s.inputs[static_cast<size_t>(i)], axis));
            while (rows.back() % unit != 0) unit /= 2;
        }
        Parameters p;
        p.operands = static_cast<int32_t>(operands.size());
        for (size_t k = 0; k < rows.size(); ++k)
            p.begin[k + 1] = p.begin[k] + static_cast<uint32_t>(rows[k] / unit);
        p.row = fastDiv(p.begin[rows.size()]);
        p.count = static_cast<uint32_t>(product(y.dims) * bits(y.type) / 8 / unit);
        Grid grid;
        grid.threads = 128;
        grid.x = std::min(divideUp(p.count, 128),
                          static_cast<unsigned>(code.device().multiprocessors()) * 16);
        auto place = [o = operands](Parameters& to, const device::Launch& l) {
            for (size_t k = 0; k < o.size(); ++k) to.from[k] = l.inputs[o[k]];
            to.to = l.outputs[0];
        };
        return launchBound(code.function(cat("concat_", unit).c_str()), grid, p, place,
                           cat("units of ", unit, " bytes"));
    }
};

class Factory final : public JitFactory<Record> {
public:
    Factory() : JitFactory("cuda.concat.jit") {}
    Support read(const tactic::Query& q, Record& r, JitText& text) const override {
        const auto* op = q.group().anchorAs<ops::Concat>();
        if (!op || !q.group().single()) return no("not a lone concat");
        if (Support s = operandsFit(q); !s.ok) return s;
        size_t n = q.group().anchor()->inputs.size();
        if (n < 3 || n > kOperands)
            return no("fewer than 3 operands, which two copies join as well, or more than 64");
        r.op = *op;
        for (size_t k = 0; k < n; ++k) {
            r.operands.push_back(q.group().anchorInput(static_cast<int>(k)));
            if (r.operands.back() < 0) return no("an operand lies inside the group");
            if (q.constant(r.operands.back())) return no("an operand is constant");
        }
        text.program = programOf("concat.cu");
        return yes();
    }

    // Dense operands; channels-last where the channels are joined, which lie innermost then.
    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        int rank = q.out(0).rank();
        out.push_back(combination(q));
        int64_t axis = q.group().anchorAs<ops::Concat>()->axis;
        if (rank < 3 || (axis < 0 ? axis + rank : axis) != 1) return;
        out.push_back(combination(q, Format::channelsLast(rank)));
    }
};

}  // namespace

void registerKernel_concat_jit(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<Factory>());
}

}  // namespace bireme::cuda
