// SPDX-License-Identifier: Apache-2.0
#pragma once

// Before a loop: no step reads what another writes (a result may be an operand, at one place).
#ifdef __clang__
#define BIREME_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define BIREME_INDEPENDENT _Pragma("GCC ivdep")
#endif

// Before a short loop over registers: taken apart, whatever the level of optimization; or not.
#ifdef __clang__
#define BIREME_UNROLL _Pragma("clang loop unroll(full)")
#define BIREME_KEEP_LOOP _Pragma("clang loop unroll(disable)")
#else
#define BIREME_UNROLL _Pragma("GCC unroll 16")
#define BIREME_KEEP_LOOP _Pragma("GCC unroll 1")
#endif
