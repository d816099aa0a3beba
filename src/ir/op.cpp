// SPDX-License-Identifier: Apache-2.0
#include "ir/op.h"

#include "base/status.h"
#include "base/text.h"
#include "ir/attributes.h"

namespace bireme::ops {
void registerAllOps(ir::OpRegistry& registry);  // generated manifest
}

namespace bireme::ir {

bool Op::operator==(const Op& o) const {
    if (def_ != o.def_) return false;
    return !def_ || attributeBytes(*this) == attributeBytes(o);
}

OpRegistry& OpRegistry::global() {
    static OpRegistry* registry = [] {
        auto* r =
            new OpRegistry;  // lives as long as the process: engines may outlive static destructors
        ops::registerAllOps(*r);
        return r;
    }();
    return *registry;
}

void OpRegistry::add(const OpDef& def) {
    bool fresh = byName_.emplace(def.name, std::make_unique<OpDef>(def)).second;
    BIREME_ASSERT(fresh);
}

const OpDef* OpRegistry::find(std::string_view name) const {
    auto it = byName_.find(name);
    return it == byName_.end() ? nullptr : it->second.get();
}

const OpDef& OpRegistry::get(const std::type_info& type) const {
    for (const auto& [name, def] : byName_)
        if (*def->type == type) return *def;
    fail(ErrorCode::kINTERNAL_ERROR, cat("op of ", type.name(), " is not registered"));
}

std::vector<const OpDef*> OpRegistry::all() const {
    std::vector<const OpDef*> out;
    for (const auto& [name, def] : byName_) out.push_back(def.get());
    return out;
}

}  // namespace bireme::ir
