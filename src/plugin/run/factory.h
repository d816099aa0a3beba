// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tactic/factory.h"

#include <memory>

namespace bireme::plugin {

// Kernels of groups that are one plugin.
std::unique_ptr<tactic::KernelFactory> makeFactory();

}  // namespace bireme::plugin
