// SPDX-License-Identifier: Apache-2.0
#include "tactic/node_record.h"

#include "base/text.h"
#include "tactic/record.h"

#include <algorithm>

namespace bireme::tactic {

NodeRecord NodeRecord::of(const Query& q, const ir::Node& node) {
    NodeRecord r{node.op, {}, {}};
    for (ir::ValueId v : node.inputs)
        r.operands.push_back(v == ir::kNoValue ? -1 : q.group().inputIndex(v));
    const auto& given = q.body().outputs();
    for (ir::ValueId v : node.outputs) {
        auto at = std::find(given.begin(), given.end(), v);
        r.results.push_back(at == given.end() ? -1 : static_cast<int>(at - given.begin()));
    }
    return r;
}

void NodeRecord::save(ByteWriter& out) const {
    putAttributes(out, op);
    putInts(out, operands);
    putInts(out, results);
}

NodeRecord NodeRecord::load(const char* op, ByteReader& in) {
    const ir::OpDef* def = ir::OpRegistry::global().find(op);
    if (!def) in.corrupt(cat("op ", op, " is unknown"));
    NodeRecord r{ir::Op(*def), {}, {}};
    getAttributes(in, r.op);
    for (auto* list : {&r.operands, &r.results})
        for (int64_t v : getInts(in)) list->push_back(static_cast<int>(v));
    const auto given = static_cast<int>(r.operands.size());
    if (given < def->minInputs || (def->maxInputs >= 0 && given > def->maxInputs))
        in.corrupt(cat(op, " does not take ", given, " operands"));
    for (int k = 0; k < def->minInputs; ++k)
        if (r.operands[static_cast<size_t>(k)] < 0) in.corrupt(cat(op, " lacks operand ", k));
    const auto results = static_cast<int>(r.results.size());
    if (results < def->minOutputs || (def->maxOutputs >= 0 && results > def->maxOutputs))
        in.corrupt(cat(op, " does not have ", results, " outputs"));
    return r;
}

bool readsInputsOnly(const Query& q, const ir::Node& node) {
    return std::all_of(node.inputs.begin(), node.inputs.end(), [&](ir::ValueId v) {
        return v == ir::kNoValue || q.group().inputIndex(v) >= 0;
    });
}

}  // namespace bireme::tactic
