// SPDX-License-Identifier: Apache-2.0
// Included first by every source of this folder that Highway compiles once per instruction set.
#pragma once

// SSE4 (the baseline of this library), AVX2 and AVX-512; the steps between them gain nothing here.
#define HWY_DISABLED_TARGETS HWY_SSSE3
