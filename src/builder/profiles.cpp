// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"
#include "base/text.h"
#include "builder/job.h"

#include <algorithm>

namespace bireme::builder {

using ir::SymbolSource;

static std::string dimsText(const std::vector<int64_t>& d) { return text(toDims(d)); }

static void checkInput(const ir::Value& v, const plan::ProfileShape& s, size_t profile) {
    auto where = cat("profile ", profile, ", input \"", v.name, "\"");
    size_t rank = v.desc.dims.size();
    for (const auto* d : {&s.min, &s.opt, &s.max})
        if (d->size() != rank)
            failInvalid(cat(where, ": the network's shape ", text(v.desc.dims), " has ", rank,
                            " dimensions, the profile gives ", dimsText(*d)));
    for (size_t i = 0; i < rank; ++i) {
        const Dim& x = v.desc.dims[i];
        if (x.isStatic() &&
            (s.min[i] != x.value() || s.opt[i] != x.value() || s.max[i] != x.value()))
            failInvalid(cat(where, ": dimension ", i, " is ", x.value(),
                            " in the network, the profile says ", s.min[i], ", ", s.opt[i], ", ",
                            s.max[i]));
        if (s.min[i] < 0 || s.min[i] > s.opt[i] || s.opt[i] > s.max[i])
            failInvalid(cat(where, ": dimension ", i, " needs 0 <= min <= opt <= max, got ",
                            s.min[i], ", ", s.opt[i], ", ", s.max[i]));
    }
}

static bool usesInputElements(const ir::Graph& g, ir::ValueId v) {
    for (const auto& [name, info] : g.symbols)
        if (info.source == SymbolSource::hostElement && info.value == v) return true;
    return false;
}

void completeProfiles(BuildJob& job) {
    const ir::Graph& g = job.graph;
    job.profiles = job.options.profiles;
    bool dynamic = false;
    for (ir::ValueId v : g.inputs()) dynamic = dynamic || !allStatic(g.value(v).desc.dims);
    if (job.profiles.empty()) {
        if (dynamic) {
            std::vector<std::string> names;
            for (ir::ValueId v : g.inputs())
                if (!allStatic(g.value(v).desc.dims))
                    names.push_back(cat("\"", g.value(v).name, "\" ", text(g.value(v).desc.dims)));
            failInvalid(cat("input ", join(names, ", "),
                            " has dimensions known at run time only: add an optimization profile "
                            "with their min, opt and max"));
        }
        job.profiles.emplace_back();
    }
    for (size_t p = 0; p < job.profiles.size(); ++p) {
        for (const auto& [name, shape] : job.profiles[p].inputs) {
            ir::ValueId v = g.findValue(name);
            if (v != ir::kNoValue && g.isInput(v)) continue;
            std::vector<std::string> names;
            for (ir::ValueId i : g.inputs()) names.push_back(g.value(i).name);
            std::string hint = nearest(name, names);
            failInvalid(cat("profile ", p, " names input \"", name,
                            "\", the network has no such input",
                            hint.empty() ? "" : cat("; did you mean \"", hint, "\"?")));
        }
        for (ir::ValueId v : g.inputs()) {
            const ir::Value& value = g.value(v);
            auto it = job.profiles[p].inputs.find(value.name);
            if (allStatic(value.desc.dims)) {
                auto& s = job.profiles[p].inputs[value.name];
                if (s.min.empty()) s.min = s.opt = s.max = staticValues(value.desc.dims);
                checkInput(value, s, p);
            } else if (it == job.profiles[p].inputs.end() || it->second.min.empty() ||
                       it->second.opt.empty() || it->second.max.empty()) {
                failInvalid(cat("profile ", p, " lacks min, opt or max of dynamic input \"",
                                value.name, "\" ", text(value.desc.dims)));
            } else {
                checkInput(value, it->second, p);
            }
            if (usesInputElements(g, v) && job.profiles[p].inputs[value.name].minValues.empty())
                job.log.verbose("profile ", p, ": input \"", value.name,
                                "\" decides shapes and has no value range; its effect is bounded "
                                "only at run time");
        }
    }
    // Facts about symbols that hold in every profile, for the passes.
    for (auto& [name, info] : job.graph.symbols) {
        if (info.source != SymbolSource::inputExtent) continue;
        DimRange range{INT64_MAX, 0};
        for (const auto& p : job.profiles) {
            const auto& s = p.inputs.at(g.value(info.value).name);
            range.min = std::min(range.min, s.min[static_cast<size_t>(info.index)]);
            range.max = std::max(range.max, s.max[static_cast<size_t>(info.index)]);
        }
        info.range = range;
    }
}

// Two inputs may share a symbol (equal dimension names): their ranges must meet.
static void narrow(const ir::Graph& g, const Profile& p, const std::string& symbol, DimRange& range,
                   int64_t& opt) {
    for (ir::ValueId v : g.inputs()) {
        const auto& dims = g.value(v).desc.dims;
        for (size_t i = 0; i < dims.size(); ++i) {
            if (!dims[i].isSymbol() || dims[i].text() != symbol) continue;
            const auto& s = p.inputs.at(g.value(v).name);
            range.min = std::max(range.min, s.min[i]);
            range.max = std::min(range.max, s.max[i]);
            opt = s.opt[i];
        }
    }
    if (range.min > range.max)
        failInvalid(cat("dimension \"", symbol,
                        "\" is shared by several inputs whose profile ranges do not meet"));
    opt = std::clamp(opt, range.min, range.max);
}

// What is tuned for where only running tells an extent: its bound, unless that says nothing.
static constexpr int64_t kMostLikely = 1 << 16, kUnbounded = 256;

static void enterSymbol(VariantJob& variant, const std::string& name, DimRange range, int64_t opt) {
    variant.ranges[name] = range;
    variant.min[name] = range.min;
    variant.opt[name] = opt;
    variant.max[name] = range.max;
}

static int64_t likely(const DimRange& range) {
    return range.max <= kMostLikely ? range.max : std::max(range.min, kUnbounded);
}

void enterBody(const VariantJob& outer, VariantJob& body) {
    body.ranges = outer.ranges, body.min = outer.min, body.opt = outer.opt, body.max = outer.max;
    for (const auto& [name, info] : body.graph.symbols)
        if (!outer.ranges.count(name)) enterSymbol(body, name, info.range, likely(info.range));
    // Extents of carried values, which every turn tells anew.
    std::vector<std::string> passed;
    for (ir::ValueId v : body.graph.inputs())
        for (const Dim& d : body.graph.value(v).desc.dims) d.collectSymbols(passed);
    for (const std::string& name : passed)
        if (!body.ranges.count(name)) enterSymbol(body, name, {0, INT64_MAX}, kUnbounded);
}

// Does it hang on extents of inputs alone, and not on what only running tells?
static bool isGiven(const ir::Graph& g, const Dim& d) {
    std::vector<std::string> names;
    d.collectSymbols(names);
    return std::all_of(names.begin(), names.end(), [&](const std::string& name) {
        const auto symbol = g.symbols.find(name);
        return symbol != g.symbols.end() && symbol->second.source == SymbolSource::inputExtent;
    });
}

// Shapes that a window does not fit into, say.
static void requireExtents(const VariantJob& variant) {
    for (ir::NodeId id : variant.graph.order()) {
        const ir::Node& n = variant.graph.node(id);
        for (ir::ValueId v : n.outputs)
            for (const Dim& d : variant.graph.value(v).desc.dims)
                if (!d.isStatic() && isGiven(variant.graph, d) &&
                    d.eval(variant.opt).value_or(0) < 0)
                    throw Error(ErrorCode::kINVALID_ARGUMENT,
                                cat("at the optimum of profile ", variant.profile,
                                    " its result has a negative extent, ",
                                    d.eval(variant.opt).value_or(0), ", which is ", d.text()),
                                n.name, n.origins.empty() ? "" : n.origins.front());
    }
}

void enterProfile(VariantJob& variant) {
    const Profile& p = variant.shapes;
    for (auto& [name, info] : variant.graph.symbols) {
        int64_t opt = info.range.min;
        if (info.source == SymbolSource::inputExtent) {
            info.range = {0, INT64_MAX};
            narrow(variant.graph, p, name, info.range, opt);
        } else if (info.source == SymbolSource::hostElement && variant.graph.isInput(info.value)) {
            const auto& s = p.inputs.at(variant.graph.value(info.value).name);
            auto i = static_cast<size_t>(info.index);
            if (i < s.minValues.size() && i < s.maxValues.size())
                info.range = {s.minValues[i], s.maxValues[i]};
            opt = i < s.optValues.size() ? s.optValues[i] : info.range.max;
        } else {
            opt = likely(info.range);
        }
        enterSymbol(variant, name, info.range, opt);
    }
    requireExtents(variant);
}

Dim::Values optimum(const BuildJob& job) {
    Dim::Values values;
    for (ir::ValueId v : job.graph.inputs()) {
        const ir::Value& value = job.graph.value(v);
        const auto& opt = job.profiles.at(0).inputs.at(value.name).opt;
        for (size_t i = 0; i < value.desc.dims.size() && i < opt.size(); ++i)
            if (value.desc.dims[i].isSymbol()) values[value.desc.dims[i].text()] = opt[i];
    }
    return values;
}

}  // namespace bireme::builder
