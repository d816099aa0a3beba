// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/support/attention_heads.h"

#include "backends/cpu/support/factory.h"

namespace bireme::cpu {

Heads headsOf(const device::TensorShape& t, const std::vector<int64_t>& batch) {
    auto strides = t.format.stridesFor(t.dims);
    const size_t rank = t.dims.size();
    Heads h;
    h.row = t.dims[rank - 2] > 1 ? strides[rank - 2] : 0;
    h.column = t.dims[rank - 1] > 1 ? strides[rank - 1] : 0;
    int64_t count = product(batch);
    for (int64_t n = 0; n < count; ++n) {
        int64_t at = t.format.offset, rest = n;
        for (size_t d = batch.size(); d-- > 0; rest /= batch[d])
            if (t.dims[d] > 1) at += rest % batch[d] * strides[d];
        h.begin.push_back(at);
    }
    return h;
}

void attentionFormats(const tactic::Query& q, tactic::FormatList& out) { headFormats(q, 3, out); }

void headFormats(const tactic::Query& q, size_t operands, tactic::FormatList& out) {
    out.push_back(combination(q));
    out.back().acceptsViews = true;
    const int rank = q.out(0).rank();
    if (rank < 3) return;
    // Rows lie before the dims from `at` on: all but the batch, all but images and windows, or all.
    for (int at : {1, 2, 0}) {
        if (at + 3 > rank) continue;
        Format heads;
        for (int d = 0; d < at; ++d) heads.order.push_back(static_cast<int8_t>(d));
        heads.order.push_back(static_cast<int8_t>(rank - 2));
        for (int d = at; d < rank - 2; ++d) heads.order.push_back(static_cast<int8_t>(d));
        heads.order.push_back(static_cast<int8_t>(rank - 1));
        for (bool result : {true, false}) {  // where both cost the same, no copy follows
            out.push_back(out.front());
            for (size_t i = 0; i < operands; ++i) out.back().inputs[i].format = heads;
            if (result) out.back().outputs[0].format = heads;
        }
    }
}

}  // namespace bireme::cpu
