// SPDX-License-Identifier: Apache-2.0
#include "tactic/query.h"

#include "base/status.h"
#include "base/text.h"
#include "ir/print.h"
#include "tensor/dim_likely.h"

#include <algorithm>
#include <cstring>

namespace bireme::tactic {

Query::Query(const ir::Graph& body, device::Device& device)
    : body_(&body), group_(body), device_(&device), constants_(body.inputs().size()) {
    for (size_t i = 0; i < body.inputs().size(); ++i) {
        const ir::Value& v = body.value(body.inputs()[i]);
        inputs_.push_back(v.desc);
        // Known to be constant, not yet computed: there, but empty.
        if (v.constant)
            constants_[i] = v.constant;
        else if (v.constantOutside)
            constants_[i] = Blob::borrow(nullptr, 0);
    }
    for (ir::ValueId v : body.outputs()) outputs_.push_back(body.value(v).desc);
}

void Query::choose(const Combination& c) {
    BIREME_ASSERT(c.inputs.size() == inputs_.size() && c.outputs.size() == outputs_.size());
    for (size_t i = 0; i < inputs_.size(); ++i)
        inputs_[i].type = c.inputs[i].type, inputs_[i].format = c.inputs[i].format;
    for (size_t i = 0; i < outputs_.size(); ++i)
        outputs_[i].type = c.outputs[i].type, outputs_[i].format = c.outputs[i].format;
}

bool Query::isStatic() const {
    auto fixed = [](const TensorDesc& d) { return allStatic(d.dims); };
    return std::all_of(inputs_.begin(), inputs_.end(), fixed) &&
           std::all_of(outputs_.begin(), outputs_.end(), fixed);
}

std::vector<int64_t> Query::dimsAt(const TensorDesc& d, ir::GroupShape which) const {
    const auto& values = which == ir::GroupShape::min   ? min
                         : which == ir::GroupShape::opt ? opt
                                                        : max;
    std::vector<int64_t> dims;
    for (const Dim& x : d.dims) {
        auto v = evalLikely(x, values);
        if (!v) {  // a symbol that only running tells: its bound
            DimRange r = x.range(ranges);
            v = which == ir::GroupShape::min ? r.min : r.max;
        }
        dims.push_back(*v);
    }
    return dims;
}

device::Shapes Query::shapes(ir::GroupShape which) const {
    device::Shapes s;
    for (const auto& d : inputs_) s.inputs.push_back({d.type, dimsAt(d, which), d.format, true});
    for (const auto& d : outputs_) s.outputs.push_back({d.type, dimsAt(d, which), d.format, true});
    return s;
}

// "splat 0.5" matters to kernels (clip bounds, scales); other bytes do not change which kernel is
// fastest.
static std::string constantText(const Blob& b, const TensorDesc& d) {
    size_t size = static_cast<size_t>(bits(d.type)) / 8;
    if (size == 0 || b.size() < size) return "const";
    for (size_t i = size; i < b.size(); i += size)
        if (std::memcmp(b.data(), b.data() + i, size) != 0) return "const";
    uint64_t bytes = 0;
    std::memcpy(&bytes, b.data(), std::min<size_t>(size, 8));
    return cat("splat ", bytes);
}

std::string Query::keyText() const {
    std::vector<std::string> symbols;
    for (const auto& d : inputs_)
        for (const auto& x : d.dims) x.collectSymbols(symbols);
    for (const auto& d : outputs_)
        for (const auto& x : d.dims) x.collectSymbols(symbols);
    std::map<std::string, Dim, std::less<>> rename;
    for (size_t i = 0; i < symbols.size(); ++i) rename[symbols[i]] = Dim::symbol(cat("s", i));

    ir::Graph canonical = *body_;
    for (ir::ValueId v : canonical.valueIds())
        for (Dim& x : canonical.value(v).desc.dims) x = x.substitute(rename);
    std::string key = ir::print(canonical, {.names = false, .types = true});
    auto operand = [&](const TensorDesc& d) {
        TensorDesc t = d;
        for (Dim& x : t.dims) x = x.substitute(rename);
        return t.text();
    };
    for (size_t i = 0; i < inputs_.size(); ++i)
        key += cat("in ", operand(inputs_[i]),
                   constants_[i] ? " " + constantText(constants_[i], inputs_[i]) : "", "\n");
    for (const auto& d : outputs_) key += cat("out ", operand(d), "\n");
    for (size_t i = 0; i < symbols.size(); ++i) {
        auto at = [&](const Dim::Values& values) {
            auto it = values.find(symbols[i]);
            return it == values.end() ? int64_t(-1) : it->second;
        };
        key += cat("s", i, " = ", at(min), " ", at(opt), " ", at(max), "\n");
    }
    key += cat("tf32 ", flags.tf32, " threads ", flags.threads, flags.plainWeights ? " plain" : "",
               "\n");
    for (const auto& [k, v] : device_->fingerprint()) key += cat(k, " ", v, "\n");
    return key;
}

}  // namespace bireme::tactic
