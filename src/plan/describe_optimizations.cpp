// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "plan/describe.h"
#include "plan/json_text.h"

#include <cmath>
#include <cstdio>

namespace bireme::plan {

// 1234567 -> "1.23 M"
static std::string shortNumber(int64_t n) {
    static const char* const units[] = {"", " k", " M", " G", " T"};
    auto x = static_cast<double>(n);
    size_t unit = 0;
    for (; std::fabs(x) >= 999.5 && unit + 1 < std::size(units); ++unit) x /= 1000;
    char text[32];
    std::snprintf(text, sizeof text, "%.3g%s", x, units[unit]);
    return text;
}

static std::string row(const std::string& pass, const std::string& rewrites,
                       const std::string& layers, const std::string& operations,
                       const std::string& bytes) {
    char text[192];
    std::snprintf(text, sizeof text, "%-36s %8s %15s %17s %12s\n", pass.c_str(), rewrites.c_str(),
                  layers.c_str(), operations.c_str(), bytes.c_str());
    return text;
}

std::string optimizationsText(const Plan& plan) {
    std::string out = row("pass", "rewrites", "layers", "operations saved", "bytes saved");
    for (const Optimization& o : plan.optimizations) {
        if (o.rewrites > 0)
            out += row(o.pass, cat(o.rewrites), cat(o.layersBefore, " -> ", o.layersAfter),
                       shortNumber(o.operationsSaved), shortNumber(o.bytesSaved) + "B");
        else
            out += row(o.pass, "0", "", "", "");
        for (const std::string& n : o.notes) out += cat("    ", n, "\n");
    }
    return out;
}

std::string optimizationsJson(const Plan& plan) {
    std::vector<std::string> all;
    for (const Optimization& o : plan.optimizations) {
        std::vector<std::string> notes;
        for (const std::string& n : o.notes) notes.push_back(jsonString(n));
        all.push_back(
            cat("{\"Pass\": ", jsonString(o.pass), ", \"Rewrites\": ", o.rewrites,
                ", \"LayersBefore\": ", o.layersBefore, ", \"LayersAfter\": ", o.layersAfter,
                ", \"OperationsSaved\": ", o.operationsSaved, ", \"BytesSaved\": ", o.bytesSaved,
                ", \"Notes\": [", join(notes, ", "), "]}"));
    }
    return "[" + join(all, ",\n") + "]\n";
}

}  // namespace bireme::plan
