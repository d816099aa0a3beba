// SPDX-License-Identifier: Apache-2.0
// The rows of allMoves, by kind.
#pragma once

#include "moves/move_op.h"

namespace bireme::moves {

std::vector<MoveOp> blockMoves();    // depth to space and back
std::vector<MoveOp> joinMoves();     // concat, expand, tile
std::vector<MoveOp> reorderMoves();  // identity between layouts
std::vector<MoveOp> reshapeMoves();  // reshape, squeeze, unsqueeze, identity
std::vector<MoveOp> transposeMoves();
std::vector<MoveOp> windowMoves();  // slice, pad

}  // namespace bireme::moves
