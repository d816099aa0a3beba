// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace bireme::cpu {

// Makes Highway's run-time choice obey BIREME_CPU_MAX_ISA; called before every dispatch, works
// once.
void capInstructionSets();

}  // namespace bireme::cpu
