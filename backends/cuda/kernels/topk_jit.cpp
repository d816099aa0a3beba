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

constexpr int64_t kLongest =
    8192;  // keys of 8 bytes, and places, that every GPU's shared memory holds

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
    int values = 0, indices = -1;  // results of the body; -1: nobody reads them
    int keyBytes = 8;              // with the place of an element

    void save(ByteWriter& out) const {
        putAttributes(out, op);
        putInts(out, std::vector<int>{input, values, indices, keyBytes});
    }
    static Record load(ByteReader& in) {
        Record r{getAttributes<ops::TopK>(in)};
        auto v = getInts(in);
        if (v.size() != 4 || (v[3] != 8 && v[3] != 10)) in.corrupt("a topk has four numbers");
        r.input = static_cast<int>(v[0]);
        r.values = static_cast<int>(v[1]), r.indices = static_cast<int>(v[2]);
        r.keyBytes = static_cast<int>(v[3]);
        return r;
    }

    std::unique_ptr<device::Bound> bind(const Code& code, const Shapes& s) const {
        requireSizes(s);
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
        grid.sharedBytes = p.padded * static_cast<unsigned>(keyBytes);
        auto place = [r = *this](Parameters& to, const device::Launch& l) {
            to.x = l.inputs[r.input];
            to.y = r.values < 0 ? nullptr : l.outputs[r.values];
            to.indices = r.indices < 0 ? nullptr : l.outputs[r.indices];
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
        if (Support s = typesFit(q); !s.ok) return s;
        r.op = *op;
        r.input = q.group().anchorInput(0);
        r.values = resultOf(q, 0), r.indices = resultOf(q, 1);
        const TensorDesc& x = q.in(r.input);
        const bool wide = !isFloat(x.type) && x.type != DataType::kINT32 && bits(x.type) > 16;
        r.keyBytes = wide ? 10 : 8;
        int64_t axis = op->axis < 0 ? op->axis + x.rank() : op->axis;
        if (q.dimsAt(x, ir::GroupShape::max)[static_cast<size_t>(axis)] > kLongest)
            return no("rows of more than 8192 elements");
        if (int i = q.group().anchorInput(1); i >= 0 && q.constant(i)) text.consumed.push_back(i);
        text.program = programOf(
            "topk.cu", {cat("-DT=", typeText(x.type)), cat("-DI=", typeText(op->indicesType)),
                        cat("-DLARGEST=", op->operation == TopKOperation::kMAX ? 1 : 0),
                        cat("-DVALUES=", r.values >= 0 ? 1 : 0),
                        cat("-DINDICES=", r.indices >= 0 ? 1 : 0), cat("-DWIDE=", wide ? 1 : 0)});
        return yes();
    }

private:
    // Where the body has result k of the anchor, or -1.
    static int resultOf(const tactic::Query& q, size_t k) {
        const auto& results = q.group().anchor()->outputs;
        const auto& outputs = q.body().outputs();
        if (k >= results.size()) return -1;
        auto at = std::find(outputs.begin(), outputs.end(), results[k]);
        return at == outputs.end() ? -1 : static_cast<int>(at - outputs.begin());
    }
};

}  // namespace

void registerKernel_topk_jit(tactic::Catalog& catalog) { catalog.add(std::make_unique<Factory>()); }

}  // namespace bireme::cuda
