// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/eval.h"
#include "ir/graph.h"

#include <map>
#include <vector>

namespace bireme::ir {

// Runs a graph by every op's own eval: the oracle of every fusion and kernel, and how constants are
// folded. Inputs in the order of graph.inputs(), dims as numbers; throws Error naming the layer.
std::vector<Tensor> interpret(const Graph& graph, const std::vector<Tensor>& inputs);

// One node on given inputs (a null pointer for an absent optional input).
std::vector<Tensor> interpretNode(const Node& node, const std::vector<const Tensor*>& inputs);

// Bytes of a value that hangs on constants alone; memoised in `memo`. False when it does not.
bool evaluateConstant(const Graph& graph, ValueId value, std::map<ValueId, Tensor>& memo);
// Does the value hang on constants (through deterministic ops) alone?
bool isConstantExpression(const Graph& graph, ValueId value);

}  // namespace bireme::ir
