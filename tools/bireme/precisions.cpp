// SPDX-License-Identifier: Apache-2.0
// bireme compare --precisions: what each precision gains and costs, beside FP32.
#include "tools/bireme/difference.h"
#include "tools/bireme/run_times.h"
#include "tools/bireme/session.h"

#include <algorithm>
#include <cstdio>
#include <stdexcept>

namespace bireme::cli {

namespace {

using Outputs = std::map<std::string, Array>;

struct Measured {
    std::vector<Outputs> outputs;  // of every sample
    double milliseconds = 0;       // median of one run
};

Measured measure(const Options& all, const std::string& precision) {
    Options o = all;
    o.precision = precision;
    o.fp16 = o.bf16 = o.noTf32 = false;
    Session session(o);
    Measured m;
    for (int i = 0; i < o.samples; ++i) {
        session.setInputs(o, static_cast<uint32_t>(i));
        session.run();
        m.outputs.push_back(session.outputs());
    }
    auto times = runTimes(session, std::max(o.iterations, 10));
    m.milliseconds = times[times.size() / 2];
    return m;
}

bool isReal(DataType t) {
    return t == DataType::kFLOAT || t == DataType::kHALF || t == DataType::kBF16 ||
           t == DataType::kDOUBLE;
}

// Scores of classes, one row for each input: only then the largest says something.
bool hasTop(const Array& a) { return a.dims.size() <= 2 && !a.dims.empty() && a.dims.back() > 1; }

void printRow(const std::string& precision, const Measured& m, const Measured& reference,
              bool isReference) {
    std::printf("%-9s %10.4f %8.2fx", precision.c_str(), m.milliseconds,
                reference.milliseconds / m.milliseconds);
    if (isReference) {
        std::printf("  the reference\n");
        return;
    }
    const char* lead = "";
    for (const auto& [name, first] : reference.outputs[0]) {
        if (!isReal(first.type)) continue;
        Difference d;
        for (size_t i = 0; i < m.outputs.size(); ++i)
            d.add(m.outputs[i].at(name), reference.outputs[i].at(name));
        std::printf("%s %12.3g %12.3g %11.7f", lead, d.largest, d.relative(), d.cosine());
        if (hasTop(first))
            std::printf(" %7.2f%%", 100 * d.topAgreement());
        else
            std::printf(" %8s", "-");
        std::printf("  %s\n", name.c_str());
        lead = "                              ";
    }
    if (!*lead) std::printf("  no output holds reals\n");
}

}  // namespace

int comparePrecisions(const Options& o) {
    if (kindOf(o.model) == FileKind::kEngine)
        throw std::runtime_error("--precisions builds an engine for each: give the model");
    const Measured reference = measure(o, "fp32");
    std::printf("%-9s %10s %9s %12s %12s %11s %8s  output\n", "precision", "median ms", "speed-up",
                "largest err", "of range", "cosine", "top-1");
    printRow("fp32", reference, reference, true);
    for (const std::string& precision : o.precisions)
        if (precision != "fp32") printRow(precision, measure(o, precision), reference, false);
    return 0;
}

}  // namespace bireme::cli
