// SPDX-License-Identifier: Apache-2.0
// Kernels that only move elements, and the copies that a layout asks for.
#pragma once

#include "backends/cpu/support/strided_copy.h"
#include "moves/move_op.h"
#include "tactic/factory.h"

#include <memory>
#include <vector>

namespace bireme::cpu {

std::vector<Move> copiesOf(const moves::Layout& layout);

std::unique_ptr<tactic::KernelFactory> moveFactory(const moves::MoveOp& op);

}  // namespace bireme::cpu
