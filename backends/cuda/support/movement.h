// SPDX-License-Identifier: Apache-2.0
// Kernels that only move elements, and the copies that a layout asks for as one step.
#pragma once

#include "backends/cuda/jit/module.h"
#include "moves/move_op.h"
#include "tactic/factory.h"

#include <memory>

namespace bireme::cuda {

// The result is output 0.
std::unique_ptr<device::Bound> moveBound(const Code& code, const device::Shapes& shapes,
                                         const moves::Layout& layout);

std::unique_ptr<tactic::KernelFactory> moveFactory(const moves::MoveOp& op);

}  // namespace bireme::cuda
