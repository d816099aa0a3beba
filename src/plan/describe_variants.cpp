// SPDX-License-Identifier: Apache-2.0
// Variants of a profile: which shapes they were timed at, and where they differ.
#include "base/text.h"
#include "plan/describe_parts.h"
#include "plan/json_text.h"

#include <algorithm>
#include <map>

namespace bireme::plan {

static std::string pointText(const Variant& v, const std::vector<int64_t>& point) {
    std::vector<std::string> parts;
    for (size_t i = 0; i < v.inputSymbols.size() && i < point.size(); ++i) {
        std::string part = cat(v.inputSymbols[i].symbol, "=", point[i]);
        if (std::find(parts.begin(), parts.end(), part) == parts.end()) parts.push_back(part);
    }
    return join(parts, ", ");
}

static std::string tunedAt(const Variant& v) {
    std::vector<std::string> points;
    for (const auto& point : v.points) points.push_back(pointText(v, point));
    return join(points, "; ");
}

// Steps by name, with what runs them.
static std::map<std::string, std::string> tacticsOf(const Variant& v) {
    std::map<std::string, std::string> tactics;
    for (const Step& s : v.root.steps) tactics[s.name] = s.tactic.empty() ? s.kernel : s.tactic;
    return tactics;
}

std::string slicesText(const Plan& plan) {
    std::string out;
    for (const Variant& v : plan.variants)
        if (v.slices.extent > 0)
            out += cat("  batches run by ", v.slices.extent, " in ", v.slices.lanes,
                       " lanes of one thread each; the layers are those of a lane\n");
    return out;
}

std::string slicesJson(const Plan& plan) {
    std::vector<std::string> all;
    for (const Variant& v : plan.variants)
        all.push_back(v.slices.extent > 0 ? cat("{\"Samples\": ", v.slices.extent,
                                                ", \"Lanes\": ", v.slices.lanes, "}")
                                          : "null");
    return "[" + join(all, ", ") + "]";
}

std::string variantsText(const Plan& plan) {
    if (plan.variants.size() <= static_cast<size_t>(plan.profileCount)) return {};
    std::string out;
    const Variant* first = nullptr;
    for (const Variant& v : plan.variants) {
        out += cat("  profile ", v.profile, " timed at ", tunedAt(v), ": ", v.root.steps.size(),
                   " layers");
        if (first && first->profile == v.profile) {
            const auto others = tacticsOf(*first);
            const auto own = tacticsOf(v);
            const auto differ = std::count_if(own.begin(), own.end(), [&](const auto& t) {
                const auto it = others.find(t.first);
                return it == others.end() || it->second != t.second;
            });
            out += cat(", ", differ, " of them by other tactics than at ", tunedAt(*first));
        } else {
            first = &v;
        }
        out += '\n';
    }
    return out;
}

std::string variantsJson(const Plan& plan, bool detailed) {
    std::vector<std::string> all;
    for (const Variant& v : plan.variants) {
        std::vector<std::string> tactics;
        for (const auto& [name, tactic] : tacticsOf(v))
            tactics.push_back(cat(jsonString(name), ": ", jsonString(tactic)));
        std::string one =
            cat("{\"Profile\": ", v.profile, ", \"TunedAt\": ", jsonString(tunedAt(v)),
                ", \"Layers\": ", v.root.steps.size());
        if (detailed) one += cat(", \"Tactics\": {", join(tactics, ", "), "}");
        all.push_back(one + "}");
    }
    return "[" + join(all, ",\n") + "]";
}

}  // namespace bireme::plan
