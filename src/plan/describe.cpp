// SPDX-License-Identifier: Apache-2.0
#include "plan/describe.h"

#include "base/text.h"
#include "plan/json_text.h"

#include <algorithm>
#include <cmath>

namespace bireme::plan {

static const char* kindName(StepKind k) {
    static const char* const names[] = {"kernel", "convert", "readback", "conditional", "loop"};
    return names[static_cast<int>(k)];
}

static std::string storageName(Storage s) {
    static const char* const names[] = {"scratch",  "input",    "output",
                                        "constant", "deferred", "parent"};
    return names[static_cast<int>(s)];
}

static DimVector filled(const DimVector& dims, const DescribeOptions& o) {
    DimVector out = dims;
    for (Dim& d : out) {
        if (!o.symbols) break;
        if (auto v = d.eval(*o.symbols)) d = Dim(*v);
    }
    return out;
}

static std::string descText(const TensorDesc& desc, const DescribeOptions& o) {
    TensorDesc d = desc;
    d.dims = filled(desc.dims, o);
    return d.text();
}

static std::string milliseconds(float ms) {
    return cat(std::round(static_cast<double>(ms) * 10000) / 10000, " ms");
}

static const Region& rootOf(const Plan& plan, const DescribeOptions& o) {
    return plan.variants.at(static_cast<size_t>(o.variant)).root;
}

static uint64_t constantBytes(const Plan& plan, const Region& r, const Step& s) {
    uint64_t n = 0;
    for (int32_t c : s.constants) n += plan.constants[c].size;
    for (int32_t t : s.inputs)
        if (t >= 0 && r.tensors[t].storage == Storage::constant && r.tensors[t].aliasOf < 0)
            n += plan.constants[r.tensors[t].index].size;
    return n;
}

// Precision is the type that most of the layer's real operands have.
static std::string precision(const Region& r, const Step& s) {
    for (const auto* list : {&s.outputs, &s.inputs})
        for (int32_t t : *list)
            if (t >= 0) return publicName(r.tensors[t].desc.type);
    return "";
}

static std::string operandsText(const Region& r, const std::vector<int32_t>& list,
                                const DescribeOptions& o) {
    std::vector<std::string> parts;
    for (int32_t t : list)
        parts.push_back(t < 0 ? "-" : cat(r.tensors[t].name, " ", descText(r.tensors[t].desc, o)));
    return join(parts, ", ");
}

static void stepText(std::string& out, const Plan& plan, const Region& r, const Step& s,
                     const DescribeOptions& o, int indent) {
    out += std::string(static_cast<size_t>(indent) * 2, ' ') + s.name;
    if (!o.detailed) return;
    out += cat(": ", s.kernel.empty() ? kindName(s.kind) : s.tactic.empty() ? s.kernel : s.tactic);
    out += cat(" (", operandsText(r, s.inputs, o), ") -> (", operandsText(r, s.outputs, o), ")");
    if (uint64_t n = constantBytes(plan, r, s)) out += ", weights " + humanBytes(n);
    if (s.workspaceBound)
        out += ", workspace " + humanBytes(static_cast<uint64_t>(s.workspaceBound));
    if (s.milliseconds > 0) out += ", " + milliseconds(s.milliseconds);
    if (s.origins.size() > 1 || (s.origins.size() == 1 && s.origins[0] != s.name))
        out += ", from " + join(s.origins, " + ");
    for (const Region& child : s.children)
        for (const Step& inner : child.steps)
            out += '\n', stepText(out, plan, child, inner, o, indent + 1);
}

static std::string operandsJson(const Region& r, const std::vector<int32_t>& list,
                                const DescribeOptions& o) {
    std::vector<std::string> parts;
    for (int32_t t : list) {
        if (t < 0) continue;
        const PlanTensor& x = r.tensors[t];
        parts.push_back(cat("{\"Name\": ", jsonString(x.name),
                            ", \"Dimensions\": ", jsonString(text(filled(x.desc.dims, o))),
                            ", \"Type\": ", jsonString(publicName(x.desc.type)),
                            ", \"Format\": ", jsonString(x.desc.format.text()), ", \"Memory\": ",
                            jsonString(x.aliasOf >= 0 ? "view of " + r.tensors[x.aliasOf].name
                                                      : storageName(x.storage)),
                            "}"));
    }
    return "[" + join(parts, ", ") + "]";
}

static std::string namesJson(const std::vector<std::string>& names) {
    std::vector<std::string> quoted;
    for (const auto& n : names) quoted.push_back(jsonString(n));
    return "[" + join(quoted, ", ") + "]";
}

static std::string stepJson(const Plan& plan, const Region& r, const Step& s,
                            const DescribeOptions& o) {
    if (!o.detailed) return jsonString(s.name);
    std::string j =
        cat("{\"Name\": ", jsonString(s.name), ", \"LayerType\": ", jsonString(kindName(s.kind)),
            ", \"Inputs\": ", operandsJson(r, s.inputs, o),
            ", \"Outputs\": ", operandsJson(r, s.outputs, o));
    j += cat(", \"Precision\": ", jsonString(precision(r, s)),
             ", \"Kernel\": ", jsonString(s.kernel), ", \"TacticName\": ", jsonString(s.tactic));
    j += cat(", \"Origins\": ", namesJson(s.origins), ", \"Group\": ", jsonString(s.recipe),
             ", \"Metadata\": ", jsonString(s.metadata));
    j += cat(", \"WeightsBytes\": ", constantBytes(plan, r, s),
             ", \"WorkspaceBytes\": ", s.workspaceBound, ", \"MeasuredMs\": ", s.milliseconds);
    if (!s.children.empty()) {
        std::vector<std::string> branches;
        for (const Region& child : s.children) {
            std::vector<std::string> steps;
            for (const Step& inner : child.steps) steps.push_back(stepJson(plan, child, inner, o));
            branches.push_back("[" + join(steps, ", ") + "]");
        }
        j += ", \"Branches\": [" + join(branches, ", ") + "]";
    }
    return j + "}";
}

int32_t layerCount(const Plan& plan, int32_t variant) {
    return static_cast<int32_t>(plan.variants.at(static_cast<size_t>(variant)).root.steps.size());
}

std::string layerText(const Plan& plan, int32_t layer, const DescribeOptions& o) {
    std::string out;
    const Region& r = rootOf(plan, o);
    stepText(out, plan, r, r.steps.at(static_cast<size_t>(layer)), o, 0);
    return out;
}

std::string layerJson(const Plan& plan, int32_t layer, const DescribeOptions& o) {
    const Region& r = rootOf(plan, o);
    return stepJson(plan, r, r.steps.at(static_cast<size_t>(layer)), o);
}

static std::string rangesText(const IoTensor& t) {
    if (allStatic(t.desc.dims)) return {};
    std::vector<std::string> parts;
    for (const ProfileShape& p : t.profiles)
        parts.push_back(
            cat(text(toDims(p.min)), " .. ", text(toDims(p.opt)), " .. ", text(toDims(p.max))));
    return parts.empty() ? "" : "  profiles: " + join(parts, "; ");
}

static int64_t scratchBytes(const Plan& plan) {
    int64_t n = 0;
    for (const Variant& v : plan.variants) n = std::max(n, v.arenaBytes);
    return n;
}

std::string engineText(const Plan& plan, const DescribeOptions& o) {
    std::string out = cat("engine \"", plan.name, "\" for ", plan.backend, "\n");
    for (const auto& [key, value] : plan.metadata) out += cat("  ", key, ": ", value, "\n");
    for (const auto& [key, value] : plan.fingerprint)
        out += cat("  needs ", key, ": ", value, "\n");
    out += cat("  threads: ", plan.threads == 0 ? std::string("all") : std::to_string(plan.threads),
               ", profiles: ", plan.profileCount, ", weights: ", humanBytes(plan.weights.size()),
               ", scratch: ", humanBytes(static_cast<uint64_t>(scratchBytes(plan))), "\n");
    for (const IoTensor& t : plan.io)
        out += cat(t.input ? "input  " : "output ", t.name, " ", descText(t.desc, o),
                   t.shapeTensor ? " (values are shapes)" : "", rangesText(t), "\n");
    double total = 0;
    const Region& root = rootOf(plan, o);
    for (const Step& s : root.steps) total += static_cast<double>(s.milliseconds);
    out += cat("layers: ", root.steps.size());
    if (total > 0)
        out += ", together " + milliseconds(static_cast<float>(total)) + " when measured alone";
    out += '\n';
    for (int32_t i = 0; i < layerCount(plan, o.variant); ++i)
        out += cat("  ", i, " ", layerText(plan, i, o), "\n");
    return out;
}

static std::string pairsJson(const std::vector<std::pair<std::string, std::string>>& pairs) {
    std::vector<std::string> parts;
    for (const auto& [key, value] : pairs)
        parts.push_back(cat(jsonString(key), ": ", jsonString(value)));
    return "{" + join(parts, ", ") + "}";
}

static std::string bindingJson(const IoTensor& t, const DescribeOptions& o) {
    std::vector<std::string> profiles;
    for (const ProfileShape& p : t.profiles)
        profiles.push_back(cat("{\"Min\": ", text(toDims(p.min)), ", \"Opt\": ",
                               text(toDims(p.opt)), ", \"Max\": ", text(toDims(p.max)), "}"));
    return cat(
        "{\"Name\": ", jsonString(t.name), ", \"Mode\": ", t.input ? "\"input\"" : "\"output\"",
        ", \"Type\": ", jsonString(publicName(t.desc.type)),
        ", \"Dimensions\": ", jsonString(text(filled(t.desc.dims, o))),
        ", \"Format\": ", jsonString(t.desc.format.text()), ", \"ShapeTensor\": ", t.shapeTensor,
        ", \"Profiles\": [", join(profiles, ", "), "]}");
}

std::string engineJson(const Plan& plan, const DescribeOptions& o) {
    std::vector<std::string> layers, bindings;
    for (int32_t i = 0; i < layerCount(plan, o.variant); ++i)
        layers.push_back(layerJson(plan, i, o));
    for (const IoTensor& t : plan.io)
        bindings.push_back(o.detailed ? bindingJson(t, o) : jsonString(t.name));
    return cat("{\"Name\": ", jsonString(plan.name), ", \"Backend\": ", jsonString(plan.backend),
               ", \"Metadata\": ", pairsJson(plan.metadata),
               ", \"Device\": ", pairsJson(plan.fingerprint), ", \"Threads\": ", plan.threads,
               ", \"Profiles\": ", plan.profileCount, ", \"WeightsBytes\": ", plan.weights.size(),
               ", \"ScratchBytes\": ", scratchBytes(plan), ",\n\"Layers\": [\n",
               join(layers, ",\n"), "],\n\"Bindings\": [\n", join(bindings, ",\n"), "]}\n");
}

}  // namespace bireme::plan
