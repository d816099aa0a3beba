// SPDX-License-Identifier: Apache-2.0
#include "tools/bireme/session.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>

namespace bireme::cli {

static void describe(const std::string& name, const Array& a) {
    std::printf("%s: %s %s", name.c_str(), typeName(a.type), shapeText(a.dims).c_str());
    if (a.type == DataType::kFLOAT && !a.bytes.empty()) {
        size_t n = a.bytes.size() / 4, nans = 0;
        double low = INFINITY, high = -INFINITY, sum = 0;
        for (size_t i = 0; i < n; ++i) {
            float f;
            std::memcpy(&f, a.bytes.data() + 4 * i, 4);
            if (std::isnan(f)) ++nans;
            low = std::min<double>(low, f), high = std::max<double>(high, f), sum += f;
        }
        std::printf(", min %g, max %g, mean %g", low, high, sum / static_cast<double>(n));
        if (nans) std::printf(", %zu NaN", nans);
    }
    std::printf("\n");
}

int runRun(const Options& o) {
    Session session(o);
    session.setInputs(o);
    session.run();
    for (const auto& [name, a] : session.outputs()) describe(name, a);
    if (!o.exportOutput.empty()) session.exportOutputs(o.exportOutput);
    return 0;
}

}  // namespace bireme::cli
