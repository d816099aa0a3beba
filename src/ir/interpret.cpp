// SPDX-License-Identifier: Apache-2.0
#include "ir/interpret.h"

#include "ir/constants.h"
#include "ir/infer.h"
#include "tensor/convert.h"

#include <set>

namespace bireme::ir {

static InferContext::Input inferInput(const Tensor* t) {
    InferContext::Input in;
    if (!t) return in;
    in.present = true;
    in.desc.type = t->type;
    in.desc.dims = toDims(t->dims);
    in.constant = &t->bytes;
    int64_t n = t->count();
    if (!isReal(t->type) && n <= static_cast<int64_t>(InferContext::kMaxKnown)) {
        std::vector<int64_t> elements(static_cast<size_t>(n));
        convertElements(t->type, t->bytes.data(), DataType::kINT64, elements.data(), n);
        in.known = toDims(elements);
    }
    return in;
}

static std::vector<Tensor> run(const Node& node, const std::vector<const Tensor*>& inputs) {
    std::vector<InferContext::Input> inferInputs;
    std::vector<EvalContext::In> evalInputs;
    for (const Tensor* t : inputs) {
        inferInputs.push_back(inferInput(t));
        evalInputs.push_back(t ? EvalContext::In{true, t->type, t->dims, t->bytes.data()}
                               : EvalContext::In{});
    }
    InferContext c(node, std::move(inferInputs), std::vector<std::string>(node.outputs.size()));
    const OpDef& def = node.op.def();
    if (!def.eval) fail(ErrorCode::kUNSUPPORTED_STATE, cat(def.name, " has no reference result"));
    def.infer(node.op.attributes(), c);

    std::vector<EvalContext::Out> outs(node.outputs.size());
    for (size_t i = 0; i < outs.size(); ++i) {
        const TensorDesc& d = c.out(static_cast<int>(i));
        outs[i].type = d.type;
        for (const Dim& x : d.dims) outs[i].dims.push_back(x.valueOr(-1));
        if (!allStatic(d.dims)) continue;
        outs[i].owned.resize(std::max<size_t>(1, bytesFor(d.type, elementCount(outs[i].dims))));
        outs[i].data = outs[i].owned.data();
    }
    EvalContext e(std::move(evalInputs), std::move(outs), &node.bodies);
    def.eval(node.op.attributes(), e);
    e.flush();
    std::vector<Tensor> results;
    for (auto& o : e.results()) {
        o.owned.resize(bytesFor(o.type, elementCount(o.dims)));
        results.push_back({o.type, o.dims, Blob::own(std::move(o.owned))});
    }
    return results;
}

std::vector<Tensor> interpretNode(const Node& node, const std::vector<const Tensor*>& inputs) {
    try {
        return run(node, inputs);
    } catch (const Error& e) {
        throw e.at(node.name, node.origins.empty() ? "" : node.origins.front());
    }
}

static Tensor constantTensor(const Value& v) {
    return {v.desc.type, staticValues(v.desc.dims), v.constant};
}

// A constant layer: its output is there already.
static bool hasBytes(const Graph& g, const Node& n) {
    return !n.outputs.empty() && g.isConstant(n.outputs[0]);
}

std::vector<Tensor> interpret(const Graph& g, const std::vector<Tensor>& inputs) {
    BIREME_ASSERT(inputs.size() == g.inputs().size());
    std::map<ValueId, Tensor> values;
    std::map<ValueId, size_t> waiting;  // readers left; a tensor is dropped after the last
    for (size_t i = 0; i < inputs.size(); ++i) values[g.inputs()[i]] = inputs[i];
    for (ValueId v : g.valueIds()) {
        if (g.isConstant(v)) values[v] = constantTensor(g.value(v));
        waiting[v] = g.useCount(v);
    }
    for (NodeId id : g.order()) {
        const Node& n = g.node(id);
        if (hasBytes(g, n)) continue;
        std::vector<const Tensor*> in;
        for (ValueId v : n.inputs) in.push_back(v == kNoValue ? nullptr : &values.at(v));
        auto out = interpretNode(n, in);
        for (size_t i = 0; i < out.size(); ++i) values[n.outputs[i]] = std::move(out[i]);
        for (ValueId v : n.inputs)
            if (v != kNoValue && --waiting[v] == 0) values.erase(v);
    }
    std::vector<Tensor> results;
    for (ValueId v : g.outputs()) results.push_back(values.at(v));
    return results;
}

bool isConstantExpression(const Graph& g, ValueId v) {
    if (v == kNoValue) return false;
    std::vector<ValueId> pending{v};
    std::set<ValueId> seen{v};
    for (size_t i = 0; i < pending.size(); ++i) {
        if (g.isConstant(pending[i])) continue;
        const Node* n = g.producer(pending[i]);
        if (!n || !isFoldable(*n)) return false;
        for (ValueId in : n->inputs)
            if (in != kNoValue && seen.insert(in).second) pending.push_back(in);
    }
    return true;
}

// Operands before what reads them, however long the chain is.
static void evaluate(const Graph& g, ValueId v, std::map<ValueId, Tensor>& memo) {
    std::vector<ValueId> pending{v};
    while (!pending.empty()) {
        const ValueId at = pending.back();
        if (!memo.count(at) && !g.isConstant(at)) {
            const Node& n = *g.producer(at);
            const size_t before = pending.size();
            for (ValueId u : n.inputs)
                if (u != kNoValue && !memo.count(u)) pending.push_back(u);
            if (pending.size() > before) continue;
            std::vector<const Tensor*> in;
            for (ValueId u : n.inputs) in.push_back(u == kNoValue ? nullptr : &memo.at(u));
            auto out = interpretNode(n, in);
            for (size_t i = 0; i < out.size(); ++i) memo[n.outputs[i]] = std::move(out[i]);
        } else if (!memo.count(at)) {
            memo[at] = constantTensor(g.value(at));
        }
        pending.pop_back();
    }
}

bool evaluateConstant(const Graph& g, ValueId v, std::map<ValueId, Tensor>& memo) {
    if (memo.count(v)) return true;
    if (!isConstantExpression(g, v)) return false;
    evaluate(g, v, memo);
    return true;
}

}  // namespace bireme::ir
