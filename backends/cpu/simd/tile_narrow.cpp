// SPDX-License-Identifier: Apache-2.0
// Loops over the integer types that networks seldom compute in, for the least instruction set.
#include "backends/cpu/simd/tile_loop-inl.h"

namespace bireme::cpu {

TileFunction narrowLoopFunction(ops::PointwiseFn fn, DataType type) {
    using namespace HWY_NAMESPACE;
    switch (type) {
        case DataType::kINT8: return tileLoopOf<int8_t>(fn);
        case DataType::kUINT8: return tileLoopOf<uint8_t>(fn);
        case DataType::kINT16: return tileLoopOf<int16_t>(fn);
        case DataType::kUINT16: return tileLoopOf<uint16_t>(fn);
        case DataType::kUINT32: return tileLoopOf<uint32_t>(fn);
        case DataType::kUINT64: return tileLoopOf<uint64_t>(fn);
        default: return nullptr;
    }
}

}  // namespace bireme::cpu
