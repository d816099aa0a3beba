// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/typed.h"

namespace bireme::conformance {

std::string on(std::string graph, const std::string& type) {
    for (size_t at; (at = graph.find("TYPE")) != std::string::npos;) graph.replace(at, 4, type);
    return graph;
}

double precision(const std::string& type) {
    if (type == "f64") return 1e-13;
    if (type == "f32") return 2e-6;
    return type == "f16" ? 2e-3 : type == "bf16" ? 1e-2 : type[0] == 'f' ? 0.13 : 0;
}

void addTyped(std::vector<Case>& cases, const std::string& name, const std::string& kernel,
              const std::string& graph, const std::vector<std::string>& types, double roundings) {
    for (const std::string& type : types) {
        Case c{name + "_" + type, on(graph, type), {kernel}, roundings * precision(type)};
        if (type[0] == 'u') c.intLow = 0, c.intHigh = 9;
        cases.push_back(c);
    }
}

}  // namespace bireme::conformance
