// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/panel_product.cpp"
#include <hwy/foreach_target.h>
// The order matters: foreach_target.h before highway.h.
#include <hwy/highway.h>

#include "backends/cpu/simd/panel_product.h"

#include <algorithm>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace bireme::cpu::HWY_NAMESPACE {
namespace {

// The compiler splits these into the registers that the instruction set has.
template <typename T>
struct Block {
    typedef T Vector __attribute__((vector_size(64)));
    static constexpr int64_t kLanes = 64 / static_cast<int64_t>(sizeof(T));
};

// kRows rows of y by one vector of columns, of which `n` are there.
template <typename T, int kRows>
inline void multiplyBlock(const PanelArgs<T>& p, const T* a, const T* panel, T* y, int64_t n) {
    using V = typename Block<T>::Vector;
    V sum[kRows] = {};
    for (int64_t k = 0; k < p.depth; ++k) {
        V b;
        std::memcpy(&b, panel + k * Panel<T>::kWidth, sizeof b);
        for (int r = 0; r < kRows; ++r) sum[r] += b * a[r * p.aRow + k * p.aStep];
    }
    for (int r = 0; r < kRows; ++r) {
        V old = {};
        T* to = y + r * p.yRow;
        const auto bytes = static_cast<size_t>(n) * sizeof(T);
        if (n == Block<T>::kLanes) {
            std::memcpy(&old, to, sizeof old);
            old += sum[r];
            std::memcpy(to, &old, sizeof old);
        } else {
            std::memcpy(&old, to, bytes);
            old += sum[r];
            std::memcpy(to, &old, bytes);
        }
    }
}

template <typename T>
void multiply(const PanelArgs<T>& p) {
    constexpr int64_t lanes = Block<T>::kLanes;
    for (int64_t j = 0; j < p.n; j += lanes) {
        const int64_t n = std::min(lanes, p.n - j);
        int64_t r = 0;
        for (; r + 4 <= p.rows; r += 4)
            multiplyBlock<T, 4>(p, p.a + r * p.aRow, p.panel + j, p.y + r * p.yRow + j, n);
        for (; r < p.rows; ++r)
            multiplyBlock<T, 1>(p, p.a + r * p.aRow, p.panel + j, p.y + r * p.yRow + j, n);
    }
}

}  // namespace

void multiplyF32(const PanelArgs<float>& p) { multiply(p); }
void multiplyF64(const PanelArgs<double>& p) { multiply(p); }
void multiplyU8(const PanelArgs<uint8_t>& p) { multiply(p); }
void multiplyU16(const PanelArgs<uint16_t>& p) { multiply(p); }
void multiplyU32(const PanelArgs<uint32_t>& p) { multiply(p); }
void multiplyU64(const PanelArgs<uint64_t>& p) { multiply(p); }

}  // namespace bireme::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "backends/cpu/simd/dispatch.h"

namespace bireme::cpu {

HWY_EXPORT(multiplyF32);
HWY_EXPORT(multiplyF64);
HWY_EXPORT(multiplyU8);
HWY_EXPORT(multiplyU16);
HWY_EXPORT(multiplyU32);
HWY_EXPORT(multiplyU64);

template <>
void multiplyPanel(const PanelArgs<float>& p) {
    capInstructionSets();
    HWY_DYNAMIC_DISPATCH(multiplyF32)(p);
}
template <>
void multiplyPanel(const PanelArgs<double>& p) {
    capInstructionSets();
    HWY_DYNAMIC_DISPATCH(multiplyF64)(p);
}
template <>
void multiplyPanel(const PanelArgs<uint8_t>& p) {
    capInstructionSets();
    HWY_DYNAMIC_DISPATCH(multiplyU8)(p);
}
template <>
void multiplyPanel(const PanelArgs<uint16_t>& p) {
    capInstructionSets();
    HWY_DYNAMIC_DISPATCH(multiplyU16)(p);
}
template <>
void multiplyPanel(const PanelArgs<uint32_t>& p) {
    capInstructionSets();
    HWY_DYNAMIC_DISPATCH(multiplyU32)(p);
}
template <>
void multiplyPanel(const PanelArgs<uint64_t>& p) {
    capInstructionSets();
    HWY_DYNAMIC_DISPATCH(multiplyU64)(p);
}

}  // namespace bireme::cpu
#endif
