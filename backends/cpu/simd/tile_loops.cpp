// SPDX-License-Identifier: Apache-2.0
// Loops over f32 (functions without vector code of their own), f64, i32, i64 and bool, one set per
// instruction set.
#include "backends/cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/tile_loops.cpp"
#include <hwy/foreach_target.h>
// The order matters: foreach_target.h before what includes highway.h.
#include "backends/cpu/simd/tile_loop-inl.h"

HWY_BEFORE_NAMESPACE();
namespace bireme::cpu::HWY_NAMESPACE {

TileFunction lookUpLoop(ops::PointwiseFn fn, DataType type) {
    switch (type) {
        case DataType::kFLOAT: return tileLoopOf<float>(fn);
        case DataType::kDOUBLE: return tileLoopOf<double>(fn);
        case DataType::kINT32: return tileLoopOf<int32_t>(fn);
        case DataType::kINT64: return tileLoopOf<int64_t>(fn);
        case DataType::kBOOL: return tileLoopOf<Truth>(fn);
        default: return nullptr;
    }
}

}  // namespace bireme::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "backends/cpu/simd/dispatch.h"

namespace bireme::cpu {
HWY_EXPORT(lookUpLoop);
TileFunction loopFunction(ops::PointwiseFn fn, DataType type) {
    capInstructionSets();
    if (TileFunction f = HWY_DYNAMIC_DISPATCH(lookUpLoop)(fn, type)) return f;
    return narrowLoopFunction(fn, type);
}
}  // namespace bireme::cpu
#endif
