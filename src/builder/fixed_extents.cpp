// SPDX-License-Identifier: Apache-2.0
#include "builder/fixed_extents.h"

#include "base/text.h"

#include <algorithm>

namespace bireme::builder {

void substitute(ir::Graph& g, const std::map<std::string, Dim, std::less<>>& by) {
    for (ir::ValueId v : g.valueIds()) {
        ir::Value& value = g.value(v);
        for (Dim& d : value.desc.dims) d = d.substitute(by);
        if (value.known)
            for (Dim& d : *value.known) d = d.substitute(by);
    }
    for (ir::NodeId id : g.nodeIds())
        for (ir::Graph& body : g.node(id).bodies) substitute(body, by);
    for (const auto& [name, to] : by) g.symbols.erase(name);
}

// Is it this number at every input that names it, in every profile?
static bool isEverywhere(const BuildJob& job, const std::string& symbol, int64_t number) {
    for (ir::ValueId v : job.graph.inputs()) {
        const ir::Value& input = job.graph.value(v);
        for (size_t k = 0; k < input.desc.dims.size(); ++k)
            for (const Profile& p : job.profiles) {
                const auto& s = p.inputs.at(input.name);
                if (input.desc.dims[k].isSymbol() && input.desc.dims[k].text() == symbol &&
                    (s.min[k] != number || s.max[k] != number))
                    return false;
            }
    }
    return true;
}

void fixExtents(BuildJob& job) {
    for (const auto& [name, info] : job.graph.symbols)
        if (info.source == ir::SymbolSource::inputExtent && info.range.min == info.range.max &&
            isEverywhere(job, name, info.range.min))
            job.fixed.emplace(name, Dim(info.range.min));
    if (job.fixed.empty()) return;
    for (ir::ValueId v : job.graph.inputs()) job.openInputs.push_back(job.graph.value(v).desc.dims);
    for (ir::ValueId v : job.graph.outputs())
        job.openOutputs.push_back(job.graph.value(v).desc.dims);
    substitute(job.graph, job.fixed);
    std::vector<std::string> names;
    for (const auto& [name, to] : job.fixed) names.push_back(cat(name, " = ", to.text()));
    job.log.verbose("all profiles fix ", join(names, ", "));
}

void enterFixed(const BuildJob& job, VariantJob& variant) {
    for (const auto& [name, to] : job.fixed) {
        const int64_t n = to.value();
        variant.ranges[name] = {n, n};
        variant.min[name] = variant.opt[name] = variant.max[name] = n;
    }
}

std::vector<plan::InputSymbol> fixedInputs(const BuildJob& job) {
    std::vector<plan::InputSymbol> all;
    for (size_t i = 0; i < job.openInputs.size(); ++i)
        for (size_t k = 0; k < job.openInputs[i].size(); ++k) {
            const Dim& d = job.openInputs[i][k];
            if (d.isSymbol() && job.fixed.count(d.text()))
                all.push_back({d.text(), static_cast<int32_t>(i), static_cast<int32_t>(k), false});
        }
    return all;
}

DimVector openDims(const BuildJob& job, bool input, size_t index, const DimVector& now) {
    const auto& open = input ? job.openInputs : job.openOutputs;
    if (index >= open.size() || open[index].size() != now.size()) return now;
    std::vector<std::string> names;
    for (const Dim& d : open[index]) d.collectSymbols(names);
    const bool known = std::all_of(names.begin(), names.end(), [&](const std::string& n) {
        return job.fixed.count(n) || job.graph.symbols.count(n);
    });
    return known ? open[index] : now;
}

}  // namespace bireme::builder
