// SPDX-License-Identifier: Apache-2.0
// What each layer of an engine does in its time, held against what the machine could do.
#pragma once

#include "tools/bireme/layer_times.h"
#include "tools/bireme/roof.h"

#include <string>
#include <vector>

namespace bireme::cli {

class LayerTable {
public:
    // Measures the machine (half a second; twice as long where layers do better than it). What
    // layers compute and move comes from the engine, where it was built with detailed verbosity.
    LayerTable(Session& session, const LayerTimes& times);

    std::string text() const;  // a line for each layer, the one that loses most first
    // {"roof": ..., "milliseconds", "roofMilliseconds", "layers": [{"name", "medianMs",
    // "averageMs", "tactic", "operations", "bytes", "roofMs"}]} in the order of the engine; what is
    // not known is left out.
    std::string json() const;

private:
    struct Row {
        std::string name, tactic;
        Width width = Width::bits32;
        double median = 0, mean = 0;         // milliseconds
        double operations = -1, bytes = -1;  // -1: not known
        double roof = 0;                     // milliseconds at least; 0 when nothing is known
        double lost() const { return roof > 0 ? std::max(0.0, median - roof) : 0; }
    };
    void holdAgainstRoof();
    double total(double Row::*figure) const;

    Roof roof_;
    std::vector<Row> rows_;
};

}  // namespace bireme::cli
