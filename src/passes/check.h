// SPDX-License-Identifier: Apache-2.0
// Does a rewritten graph still compute the same? Asked of the ops' own results on random inputs.
#pragma once

#include "ir/eval.h"
#include "ir/graph.h"

#include <string>
#include <vector>

namespace bireme::passes {

class Checker {
public:
    // Inputs are drawn once (reals in -1..1, integers 0 or 1) and the graph is run; `shapes` gives
    // symbols a value, others take the least of their range. Where one run cannot tell all, for
    // there are branches, what is no number or an error, it is run on the opposites too (-x, 1 - x)
    // and on the numbers that it compares integers with. Throws Error where the graph cannot be
    // interpreted on any of them.
    Checker(const ir::Graph& graph, const Dim::Values& shapes);

    // Names of outputs that no run gives a number for, so that nothing is checked there.
    std::vector<std::string> blind() const;

    // Runs the rewritten graph and compares with the graph that was accepted last. Empty: the same
    // up to rounding, and the new results are what the next comparison is with. Otherwise which
    // output differs, and by how much.
    std::string difference(const ir::Graph& rewritten);

private:
    struct Run {
        std::vector<ir::Tensor> inputs, results;
    };
    std::vector<Run> runs_;
    std::vector<std::string> names_;
};

}  // namespace bireme::passes
