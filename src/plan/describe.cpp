// SPDX-License-Identifier: Apache-2.0
#include "plan/describe.h"

#include "base/text.h"
#include "plan/describe_parts.h"

#include <cmath>

namespace bireme::plan {

static std::string descText(const TensorDesc& desc, const DescribeOptions& o) {
    TensorDesc d = desc;
    d.dims = filled(desc.dims, o);
    return d.text();
}

static std::string milliseconds(float ms) {
    return cat(std::round(static_cast<double>(ms) * 10000) / 10000, " ms");
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

int32_t layerCount(const Plan& plan, int32_t variant) {
    return static_cast<int32_t>(plan.variants.at(static_cast<size_t>(variant)).root.steps.size());
}

std::string layerText(const Plan& plan, int32_t layer, const DescribeOptions& o) {
    std::string out;
    const Region& r = rootOf(plan, o);
    stepText(out, plan, r, r.steps.at(static_cast<size_t>(layer)), o, 0);
    return out;
}

static std::string rangesText(const IoTensor& t) {
    if (allStatic(t.desc.dims)) return {};
    std::vector<std::string> parts;
    for (const ProfileShape& p : t.profiles)
        parts.push_back(
            cat(text(toDims(p.min)), " .. ", text(toDims(p.opt)), " .. ", text(toDims(p.max))));
    return parts.empty() ? "" : "  profiles: " + join(parts, "; ");
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
    out += slicesText(plan);
    out += variantsText(plan);
    double total = 0;
    const Region& root = rootOf(plan, o);
    for (const Step& s : root.steps) total += static_cast<double>(s.milliseconds);
    out += cat("layers: ", root.steps.size());
    if (total > 0)
        out += ", together " + milliseconds(static_cast<float>(total)) + " when measured alone";
    out += '\n';
    for (int32_t i = 0; o.layers && i < layerCount(plan, o.variant); ++i)
        out += cat("  ", i, " ", layerText(plan, i, o), "\n");
    return out;
}

}  // namespace bireme::plan
