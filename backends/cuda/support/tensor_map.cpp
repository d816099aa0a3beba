// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/support/tensor_map.h"

namespace bireme::cuda {

static cuuint64_t u64(int64_t v) { return static_cast<cuuint64_t>(v); }
static cuuint32_t u32(int64_t v) { return static_cast<cuuint32_t>(v); }

Status describeMatrix(CUtensorMap& map, CUtensorMapDataType type, const void* at, int64_t rows,
                      int64_t columns, int box) noexcept {
    cuuint64_t dims[] = {u64(columns), u64(rows)}, strides[] = {dims[0] * 2};
    cuuint32_t boxes[] = {kMapDepth, u32(box)}, steps[] = {1, 1};
    return BIREME_CU(cuTensorMapEncodeTiled, &map, type, 2, const_cast<void*>(at), dims, strides,
                     boxes, steps, CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B,
                     CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
}

Status describeWindows(CUtensorMap& map, CUtensorMapDataType type, const void* at,
                       const WindowMap& windows, int box) noexcept {
    const ops::WindowGrid& g = windows.grid;
    cuuint64_t dims[] = {u64(windows.channels), u64(g.input[2]), u64(g.input[1]),
                         u64(windows.images)};
    cuuint64_t strides[] = {dims[0] * 2, dims[0] * dims[1] * 2, dims[0] * dims[1] * dims[2] * 2};
    // Windows begin between these, counted from the first and from the last pixel.
    auto first = [&](size_t axis) { return static_cast<int>(-g.before[axis]); };
    auto last = [&](size_t axis) {
        return static_cast<int>((g.output[axis] - 1) * g.stride[axis] - g.before[axis] -
                                (g.input[axis] - 1));
    };
    int begin[] = {first(2), first(1)}, end[] = {last(2), last(1)};
    cuuint32_t steps[] = {1, u32(g.stride[2]), u32(g.stride[1]), 1};
    return BIREME_CU(cuTensorMapEncodeIm2col, &map, type, 4, const_cast<void*>(at), dims, strides,
                     begin, end, kMapDepth, u32(box), steps, CU_TENSOR_MAP_INTERLEAVE_NONE,
                     CU_TENSOR_MAP_SWIZZLE_128B, CU_TENSOR_MAP_L2_PROMOTION_L2_256B,
                     CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
}

}  // namespace bireme::cuda
