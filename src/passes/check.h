// SPDX-License-Identifier: Apache-2.0
// Does a rewritten graph still compute the same? Asked of the ops' own results on random inputs.
#pragma once

#include "ir/eval.h"
#include "ir/graph.h"

#include <string>
#include <vector>

namespace bireme::passes {

std::string twoDigits(double part);  // as 6e-05

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

    // Part of an output's range by which the last comparison found results moved.
    double moved() const { return moved_; }

    // The graph accepted last beside the first one, with the same tolerance: each graph is off by
    // its own rounding alone, which does not add up, as small mistakes do. Sets `moved`.
    std::string drift();

private:
    struct Run {
        std::vector<ir::Tensor> inputs, first, results;
    };
    std::string compareAll(const std::vector<ir::Tensor>& was, const std::vector<ir::Tensor>& is);
    std::vector<Run> runs_;
    std::vector<std::string> names_;
    double moved_ = 0;
};

}  // namespace bireme::passes
