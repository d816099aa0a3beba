// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/support/jit_kernel.h"
#include "backends/cuda/support/walk.h"
#include "ops/support/axis_view.h"
#include "ops/topk.h"

#include <algorithm>
#include <bit>

namespace bireme::cuda {

using device::Shapes;

namespace {

constexpr int64_t kLongest = 8192;  // keys of 8 bytes that every GPU's shared memory holds

// As in cu/topk.cu.
struct Parameters {
    const void* x = nullptr;
    void* y = nullptr;
    void* indices = nullptr;
    FastDiv inner;
    uint32_t extent = 0, padded = 0, k = 0;
};

struct Record {
    ops::TopK op;
    int input = 0;

    void save(ByteWriter& out) const {
        putAttributes(out, op);
        putInt(out, input);
    }
    static Record load(ByteReader& in) {
        Record r{getAttributes<ops::TopK>(in)};
        r.input = static_cast<int>(getInt(in));
        return r;
    }

    std::unique_ptr<device::Bound> bind(const Code& code, const Shapes& s) const {
        ops::AxisView in(s.inputs[static_cast<size_t>(input)].dims, op.axis),
            out(s.outputs[0].dims, op.axis);
        if (out.extent > in.extent)
            failInvalid(
                cat("k is ", out.extent, ", but the axis has only ", in.extent, " elements"));
        Parameters p;
        p.inner = fastDiv(std::max<int64_t>(1, in.inner));
        p.extent = static_cast<uint32_t>(in.extent), p.k = static_cast<uint32_t>(out.extent);
        p.padded = std::bit_ceil(std::max(2u, p.extent));
        Grid grid;
        grid.x = out.extent == 0 ? 0 : static_cast<unsigned>(in.outer * in.inner);
        grid.threads = std::clamp(p.padded / 2, 32u, 1024u);
        grid.sharedBytes = p.padded * 8;
        bool both = s.outputs.size() > 1;
        auto place = [input = input, both](Parameters& to, const device::Launch& l) {
            to.x = l.inputs[input];
            to.y = l.outputs[0];
            to.indices = both ? l.outputs[1] : nullptr;
        };
        return launchBound(code.function("topk", grid.sharedBytes), grid, p, place,
                           cat(grid.threads, " threads a row"));
    }
};

class Factory final : public JitFactory<Record> {
public:
    Factory() : JitFactory("cuda.topk.jit") {}
    Support read(const tactic::Query& q, Record& r, JitText& text) const override {
        const auto* op = q.group().anchorAs<ops::TopK>();
        if (!op || !q.group().single()) return no("not a lone topk");
        if (Support s = operandsFit(q); !s.ok) return s;
        r.op = *op;
        r.input = q.group().anchorInput(0);
        const TensorDesc& x = q.in(r.input);
        if (!isFloat(x.type) && x.type != DataType::kINT32 && bits(x.type) > 16)
            return no(cat("elements of type ", bireme::name(x.type)));
        int64_t axis = op->axis < 0 ? op->axis + x.rank() : op->axis;
        if (q.dimsAt(x, ir::GroupShape::max)[static_cast<size_t>(axis)] > kLongest)
            return no("rows of more than 8192 elements");
        if (int i = q.group().anchorInput(1); i >= 0 && q.constant(i)) text.consumed.push_back(i);
        text.program = programOf(
            "topk.cu", {cat("-DT=", typeText(x.type)), cat("-DI=", typeText(op->indicesType)),
                        cat("-DLARGEST=", op->operation == TopKOperation::kMAX ? 1 : 0),
                        cat("-DINDICES=", q.group().anchor()->outputs.size() > 1 ? 1 : 0)});
        return q.outputs() == static_cast<int>(q.group().anchor()->outputs.size())
                   ? yes()
                   : no("a result that nobody reads");
    }
};

}  // namespace

void registerKernel_topk_jit(tactic::Catalog& catalog) { catalog.add(std::make_unique<Factory>()); }

}  // namespace bireme::cuda
