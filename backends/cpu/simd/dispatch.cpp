// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/simd/dispatch.h"

#include "backends/cpu/simd/targets.h"
#include "backends/cpu/support/isa.h"

#include <hwy/targets.h>

namespace bireme::cpu {

void capInstructionSets() {
    static const bool once = [] {
        if (kernelIsa() < Isa::avx512) hwy::DisableTargets(HWY_AVX3 | HWY_AVX3_DL);
        if (kernelIsa() < Isa::avx2) hwy::DisableTargets(HWY_AVX2 | HWY_AVX3 | HWY_AVX3_DL);
        return true;
    }();
    (void)once;
}

}  // namespace bireme::cpu
