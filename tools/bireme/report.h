// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace bireme::cli {

// One page that needs no network: the graph before and after, times, tactics, memory. `data` is
// {"engine": ..., "optimizations": ..., "times": {layer: ms} or null} as IEngineInspector says
// them.
std::string reportPage(const std::string& data);

// The parts of the page, compiled in from the folder report.
struct ReportSource {
    const char* page;
    const char* style;
    const char* script;
};
const ReportSource& reportSource();

}  // namespace bireme::cli
