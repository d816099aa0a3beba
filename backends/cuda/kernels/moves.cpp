// SPDX-License-Identifier: Apache-2.0
// Every op that only moves elements.
#include "backends/cuda/support/movement.h"
#include "tactic/catalog.h"

namespace bireme::cuda {

void registerKernel_moves(tactic::Catalog& catalog) {
    for (const moves::MoveOp& op : moves::allMoves()) catalog.add(moveFactory(op));
}

}  // namespace bireme::cuda
