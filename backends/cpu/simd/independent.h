// SPDX-License-Identifier: Apache-2.0
#pragma once

// Before a loop: no step reads what another writes (a result may be an operand, at one place).
#ifdef __clang__
#define BIREME_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define BIREME_INDEPENDENT _Pragma("GCC ivdep")
#endif
