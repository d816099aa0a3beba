// SPDX-License-Identifier: Apache-2.0
#include "ir/known.h"

#include "ir/constants.h"
#include "ir/interpret.h"
#include "tensor/convert.h"

namespace bireme::ir {

static Tensor fromElements(const Value& v) {
    std::vector<int64_t> numbers = staticValues(*v.known);
    auto n = static_cast<int64_t>(numbers.size());
    std::vector<uint8_t> bytes(bytesFor(v.desc.type, n));
    convertElements(DataType::kINT64, numbers.data(), v.desc.type, bytes.data(), n);
    return {v.desc.type, staticValues(v.desc.dims), Blob::own(std::move(bytes))};
}

const Tensor* KnownTensors::find(ValueId v) {
    auto [it, fresh] = memo_.try_emplace(v);
    if (fresh) {
        auto found = evaluate(v);  // may add others
        it = memo_.find(v);
        it->second = std::move(found);
    }
    return it->second ? &*it->second : nullptr;
}

std::optional<Tensor> KnownTensors::evaluate(ValueId v) {
    const Value& value = graph_.value(v);
    if (value.refittable || !allStatic(value.desc.dims)) return std::nullopt;
    int64_t n = volume(value.desc.dims).value();
    if (n > most_) return std::nullopt;
    if (value.constant)
        return Tensor{value.desc.type, staticValues(value.desc.dims), value.constant};
    bool numbers = value.known && allStatic(*value.known) && !isReal(value.desc.type);
    if (numbers && static_cast<int64_t>(value.known->size()) == n) return fromElements(value);
    const Node* producer = graph_.producer(v);
    if (!producer || --steps_ < 0) return std::nullopt;
    std::vector<Tensor> all = results(*producer);
    if (all.empty()) return std::nullopt;
    return std::move(all[static_cast<size_t>(value.output)]);
}

std::vector<Tensor> KnownTensors::results(const Node& n) {
    // Bodies may run long.
    if (!isFoldable(n) || n.inputs.empty() || !n.bodies.empty()) return {};
    std::vector<const Tensor*> in;
    for (ValueId u : n.inputs) {
        in.push_back(u == kNoValue ? nullptr : find(u));
        if (u != kNoValue && !in.back()) return {};
    }
    try {
        std::vector<Tensor> out = interpretNode(n, in);
        for (const Tensor& t : out)
            if (t.count() > most_) return {};
        return out;
    } catch (const Error&) {
        return {};  // a user's mistake is reported when it runs, as in a branch never taken
    }
}

}  // namespace bireme::ir
