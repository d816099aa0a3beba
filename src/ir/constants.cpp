// SPDX-License-Identifier: Apache-2.0
#include "ir/constants.h"

#include "ir/interpret.h"
#include "tensor/convert.h"

namespace bireme::ir {

bool isFoldable(const Node& n) {
    const OpDef& d = n.op.def();
    return d.eval && n.op.isDeterministic() && !d.has(kSideEffect);
}

// The answer, where no operand need be asked.
std::optional<bool> Constants::decided(ValueId v) {
    if (!graph_->hasValue(v)) return false;
    if (graph_->isConstant(v)) return true;
    if (static_cast<size_t>(v) >= state_.size()) state_.resize(static_cast<size_t>(v) + 1, 0);
    const Node* n = graph_->producer(v);
    if (!n || !isFoldable(*n) || n->inputs.empty()) return false;
    if (state_[v] == 0) return std::nullopt;
    return state_[v] == 2;
}

bool Constants::is(ValueId v) {
    if (auto answer = decided(v)) return *answer;
    std::vector<std::pair<ValueId, size_t>> path{{v, 0}};  // and the operand to ask next
    state_[v] = 1;                                         // a cycle is no constant
    while (!path.empty()) {
        auto& [at, next] = path.back();
        const auto& inputs = graph_->producer(at)->inputs;
        while (next < inputs.size() && inputs[next] == kNoValue) ++next;
        if (next == inputs.size()) {
            state_[at] = 2;
            path.pop_back();
            continue;
        }
        const ValueId in = inputs[next];
        auto answer = decided(in);
        if (!answer) {
            state_[in] = 1;
            path.emplace_back(in, 0);
        } else if (*answer) {
            ++next;
        } else {
            path.pop_back();
        }
    }
    return state_[v] == 2;
}

static bool small(const TensorDesc& d) {
    if (!allStatic(d.dims)) return false;
    return bytesFor(d.type, volume(d.dims).value()) <= Constants::kMaxKnownBytes;
}

// The operands are in tensors_.
void Constants::evaluate(ValueId v) {
    const Node& n = *graph_->producer(v);
    std::vector<const Tensor*> in;
    for (ValueId u : n.inputs) {
        if (u != kNoValue && !tensors_.at(u)) return;
        in.push_back(u == kNoValue ? nullptr : &*tensors_.at(u));
    }
    try {
        auto out = interpretNode(n, in);
        for (size_t i = 0; i < out.size(); ++i) tensors_[n.outputs[i]] = std::move(out[i]);
    } catch (const Error&) {
        // a user's mistake is reported when it runs, as in a branch never taken
    }
}

const Tensor* Constants::known(ValueId v) {
    if (!is(v)) return nullptr;
    std::vector<ValueId> pending{v};
    while (!pending.empty()) {
        const ValueId at = pending.back();
        const Value& value = graph_->value(at);
        bool open = !tensors_.count(at) && !value.refittable && small(value.desc);
        if (open && !value.constant) {
            const size_t before = pending.size();
            for (ValueId in : graph_->producer(at)->inputs)
                if (in != kNoValue && !tensors_.count(in)) pending.push_back(in);
            if (pending.size() > before) continue;
        }
        pending.pop_back();
        if (tensors_.count(at)) continue;
        tensors_[at] = std::nullopt;
        if (open && value.constant)
            tensors_[at] = Tensor{value.desc.type, staticValues(value.desc.dims), value.constant};
        else if (open)
            evaluate(at);
    }
    const auto& t = tensors_.at(v);
    return t ? &*t : nullptr;
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
