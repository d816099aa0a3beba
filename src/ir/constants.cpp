// SPDX-License-Identifier: Apache-2.0
#include "ir/constants.h"

#include "ir/interpret.h"
#include "tensor/convert.h"

namespace bireme::ir {

bool isFoldable(const Node& n) {
    const OpDef& d = n.op.def();
    return d.eval && n.op.isDeterministic() && !d.has(kSideEffect);
}

bool Constants::is(ValueId v) {
    if (v == kNoValue || !graph_->hasValue(v)) return false;
    if (graph_->isConstant(v)) return true;
    const Node* n = graph_->producer(v);
    if (!n) return false;
    if (static_cast<size_t>(v) >= state_.size()) state_.resize(static_cast<size_t>(v) + 1, 0);
    if (state_[v]) return state_[v] == 2;
    state_[v] = 1;  // a cycle is no constant
    bool yes = isFoldable(*n) && !n->inputs.empty();
    for (size_t i = 0; yes && i < n->inputs.size(); ++i)
        if (n->inputs[i] != kNoValue) yes = is(n->inputs[i]);
    if (yes) state_[v] = 2;
    return yes;
}

static bool small(const TensorDesc& d) {
    if (!allStatic(d.dims)) return false;
    return bytesFor(d.type, volume(d.dims).value()) <= Constants::kMaxKnownBytes;
}

bool Constants::evaluate(ValueId v) {
    const Node& n = *graph_->producer(v);
    std::vector<const Tensor*> in;
    for (ValueId u : n.inputs) {
        const Tensor* t = u == kNoValue ? nullptr : known(u);
        if (u != kNoValue && !t) return false;
        in.push_back(t);
    }
    try {
        auto out = interpretNode(n, in);
        for (size_t i = 0; i < out.size(); ++i) tensors_[n.outputs[i]] = std::move(out[i]);
    } catch (const Error&) {
        return false;  // a user's mistake is reported when it runs, as in a branch never taken
    }
    return true;
}

const Tensor* Constants::known(ValueId v) {
    if (!is(v)) return nullptr;
    auto it = tensors_.find(v);
    if (it == tensors_.end()) {
        const Value& value = graph_->value(v);
        tensors_[v] = std::nullopt;
        if (!value.refittable && small(value.desc)) {
            if (value.constant)
                tensors_[v] =
                    Tensor{value.desc.type, staticValues(value.desc.dims), value.constant};
            else
                evaluate(v);
        }
        it = tensors_.find(v);
    }
    return it->second ? &*it->second : nullptr;
}

std::optional<double> Constants::splat(ValueId v) {
    const Tensor* t = known(v);
    if (!t || t->count() == 0) return std::nullopt;
    int64_t n = t->count();
    std::vector<double> elements(static_cast<size_t>(n));
    convertElements(t->type, t->bytes.data(), DataType::kDOUBLE, elements.data(), n);
    for (double e : elements)
        if (e != elements[0]) return std::nullopt;
    return elements[0];
}

std::optional<std::vector<int64_t>> Constants::ints(ValueId v) {
    const Tensor* t = known(v);
    if (!t || isReal(t->type)) return std::nullopt;
    std::vector<int64_t> elements(static_cast<size_t>(t->count()));
    convertElements(t->type, t->bytes.data(), DataType::kINT64, elements.data(), t->count());
    return elements;
}

}  // namespace bireme::ir
