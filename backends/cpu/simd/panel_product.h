// SPDX-License-Identifier: Apache-2.0
// Matrix products in any type, a panel of the right operand at a time.
#pragma once

#include <cstdint>

namespace bireme::cpu {

// A panel holds up to kDepth rows of up to kWidth columns, its rows kWidth elements apart; columns
// that are not there hold anything.
template <typename T>
struct Panel {
    static constexpr int64_t kDepth = 64, kWidth = 512 / static_cast<int64_t>(sizeof(T));
    alignas(64) T data[kDepth * kWidth] = {};
    T* row(int64_t k) { return data + k * kWidth; }
};

// y[r * yRow + j] += sum over k of a[r * aRow + k * aStep] * panel[k][j] for r < rows, k < depth
// and j < n; integers wrap.
template <typename T>
struct PanelArgs {
    int64_t rows, depth, n;
    const T* a;
    int64_t aRow, aStep;
    const T* panel;
    T* y;
    int64_t yRow;
};

// T is float, double or an unsigned integer.
template <typename T>
void multiplyPanel(const PanelArgs<T>& args);

}  // namespace bireme::cpu
