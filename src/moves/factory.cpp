// SPDX-License-Identifier: Apache-2.0
#include "moves/factory.h"

#include "base/text.h"
#include "tensor/convert.h"
#include "tensor/walk.h"

namespace bireme::moves {

using tactic::no;
using tactic::Support;

// Body input of an operand of the node, or -1.
static int inputOf(const tactic::Query& q, const ir::Node& node, int operand) {
    auto k = static_cast<size_t>(operand);
    return k < node.inputs.size() && node.inputs[k] != ir::kNoValue
               ? q.group().inputIndex(node.inputs[k])
               : -1;
}

Factory::Factory(const char* backend, const MoveOp& move)
    : move_(move), name_(cat(backend, ".", move.kernel)) {}

Support Factory::supports(const tactic::Query& q) const {
    const ir::Node* node = q.group().anchor();
    if (!q.group().single()) return no("the group has more than one node");
    if (!node) return no("the node is pointwise");
    if (node->op.name() != move_.op) return no(cat("the node is not ", move_.op));
    if (q.outputs() != 1) return no("more than one output");
    if (move_.changesType && !converts() && q.in(0).type != q.out(0).type)
        return no("the type changes too");
    if (move_.plainOnly && !(q.in(0).format.inner.empty() && q.out(0).format.inner.empty()))
        return no("blocked formats are not reordered");
    if (!readsLate())
        for (int i : move_.lists) {
            int input = inputOf(q, *node, i);
            if (input >= 0 && !q.constant(input) &&
                !q.body().value(q.body().inputs()[static_cast<size_t>(input)]).known)
                return no(cat("input ", i, " is not known before the kernel is bound"));
        }
    return typesFit(q);
}

tactic::Created Factory::create(const tactic::Query& q, const tactic::Tactic&) const {
    Record r;
    const ir::Node& node = q.body().node(q.body().order()[0]);
    r.op = node.op;
    for (ir::ValueId v : node.inputs)
        r.operands.push_back(v == ir::kNoValue ? -1 : q.group().inputIndex(v));
    tactic::Created made;
    for (int k : move_.lists) {
        int i = inputOf(q, node, k);
        const Blob* bytes = i < 0 ? nullptr : q.constant(i);
        if (!bytes) continue;
        std::vector<int64_t> list(static_cast<size_t>(product(staticValues(q.in(i).dims))));
        convertElements(q.in(i).type, bytes->data(), DataType::kINT64, list.data(),
                        static_cast<int64_t>(list.size()));
        r.lists[i] = std::move(list);
        made.consumed.push_back(i);
    }
    for (int k : move_.ignored)
        if (int i = inputOf(q, node, k); i >= 0 && q.constant(i)) made.consumed.push_back(i);
    made.kernel = make(q, std::move(r));
    return made;
}

}  // namespace bireme::moves
