// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/support/attention_query.h"

#include "ops/attention.h"

namespace bireme::cuda {

using tactic::no;
using tactic::Support;
using tactic::yes;

Support attentionSupport(const tactic::Query& q) {
    if (!q.group().anchorAs<ops::Attention>() || !q.group().single())
        return no("not a lone attention");
    if (Support s = operandsFit(q); !s.ok) return s;
    if (!isSmallReal(q.in(0).type)) return no("elements are neither f16 nor bf16");
    for (int i = 0; i < q.inputs(); ++i)
        if (q.in(i).type != q.in(0).type) return no("operands of several types");
    int rank = q.in(0).rank();
    if (rank > 4) return no("more than two leading dims");
    for (int i : {0, 2}) {
        const Dim& d = q.in(i).dims[static_cast<size_t>(rank - 1)];
        if (!d.isStatic() || d.value() % 16 != 0 || d.value() < 16 || d.value() > 128)
            return no("heads are not 16 to 128 wide, in steps of 16");
    }
    return yes();
}

void attentionFormats(const tactic::Query& q, tactic::FormatList& out) {
    out.push_back(combination(q));
    out.back().acceptsViews = true;
    out.back().viewAlignment = 8;  // rows are read 16 bytes at a time
    if (q.out(0).rank() != 4) return;
    Format heads;
    heads.order = {0, 2, 1, 3};
    for (bool result : {false, true}) {
        out.push_back(out.front());
        for (size_t i = 0; i < 3; ++i) out.back().inputs[i].format = heads;
        if (result) out.back().outputs[0].format = heads;
    }
}

int attentionMask(const tactic::Query& q) {
    if (q.inputs() <= 3) return 0;
    const DimVector& dims = q.in(3).dims;
    return dims.size() < 2 || dims[dims.size() - 2].is(1) ? 2 : 1;
}

void attentionSteps(const device::TensorShape& t, int64_t* out, size_t count) {
    auto strides = t.format.stridesFor(t.dims);
    size_t missing = 4 - t.dims.size();
    for (size_t d = missing; d < count; ++d)
        out[d] = t.dims[d - missing] > 1 ? strides[d - missing] : 0;
}

}  // namespace bireme::cuda
