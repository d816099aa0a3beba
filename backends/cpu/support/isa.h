// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace bireme::cpu {

// Instruction sets in the order in which each includes the one before.
enum class Isa : int { none, sse42, avx2, avx512, avx512_bf16, amx };

Isa machineIsa();  // what this machine has and the operating system saves
Isa kernelIsa();   // that kernels use: the machine's, capped by BIREME_CPU_MAX_ISA
const char* isaName(Isa isa);
Isa isaOfName(const std::string& name);  // none for an unknown name
std::string processorName();             // "AMD EPYC 9655"

}  // namespace bireme::cpu
