// SPDX-License-Identifier: Apache-2.0
#include "moves/ways.h"

namespace bireme::moves {

std::vector<MoveOp> allMoves() {
    std::vector<MoveOp> all;
    for (auto* kind :
         {blockMoves, joinMoves, reorderMoves, reshapeMoves, transposeMoves, windowMoves})
        for (MoveOp& m : kind()) all.push_back(std::move(m));
    return all;
}

}  // namespace bireme::moves
