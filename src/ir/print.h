// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/graph.h"

#include <string>

namespace bireme::ir {

// The text form of a graph; ir/parse.h reads it back (constants of more than 16 different elements
// print as a hash, which cannot be read back).
//
//   graph main(%x: f32[N,3,8,8]) -> (%y) {
//     symbol N = 1..8
//     %w = const f32[4,3,3,3] random(7)            also {1, 2, 3}, splat(0.5), random(7, -2, 2)
//     %c = convolution(%x, %w, _) {stride=[2,2]}   : f32[N,4,3,3]
//     %y = group(%c) [graph body(%p: f32[N,4,3,3]) -> (%r) {
//       %r = pointwise(%p) {fn=relu}
//     }]
//   }
std::string print(const Graph& graph);

struct PrintOptions {
    bool names = true;  // false: values numbered, no names, constants as desc and splat value: the
                        // canonical text
    bool types = true;  // ": f32[...]" after each node
};
std::string print(const Graph& graph, const PrintOptions& options);

}  // namespace bireme::ir
