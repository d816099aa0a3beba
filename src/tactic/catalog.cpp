// SPDX-License-Identifier: Apache-2.0
#include "tactic/catalog.h"

namespace bireme::tactic {

std::vector<const KernelFactory*> Catalog::factories() const {
    std::vector<const KernelFactory*> out;
    for (const auto& f : factories_) out.push_back(f.get());
    return out;
}

const KernelFactory* Catalog::find(std::string_view name) const {
    for (const auto& f : factories_)
        if (f->name() == name) return f.get();
    return nullptr;
}

void KernelFactory::formats(const Query& q, FormatList& out) const {
    Combination c;
    for (int i = 0; i < q.inputs(); ++i) c.inputs.push_back({q.in(i).type, Format::linear()});
    for (int i = 0; i < q.outputs(); ++i) c.outputs.push_back({q.out(i).type, Format::linear()});
    out.push_back(std::move(c));
}

void KernelFactory::tactics(const Query&, TacticList& out) const {
    out.push_back({std::string(name()), {}});
}

}  // namespace bireme::tactic
