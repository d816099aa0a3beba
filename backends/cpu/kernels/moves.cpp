// SPDX-License-Identifier: Apache-2.0
// Every op that only moves elements.
#include "backends/cpu/support/movement.h"
#include "tactic/catalog.h"

namespace bireme::cpu {

void registerKernel_moves(tactic::Catalog& catalog) {
    for (const moves::MoveOp& op : moves::allMoves()) catalog.add(moveFactory(op));
}

}  // namespace bireme::cpu
