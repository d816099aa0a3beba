// SPDX-License-Identifier: Apache-2.0
// A product of matrices with broadcast batches; the text of the epilogue comes before this.
// -DTA=f16 -DTB=f16
#include "tile_gemm.cuh"

struct Parameters {
    const TA* a;
    const TB* b;
    i32 m, n, k;
    i32 am, ak, bk, bn;  // steps
    Loops<2> batches;    // a, b
    FastDiv tilesN;
    Epilogue epilogue;
};

extern "C" __global__ void __launch_bounds__(256) matmul(const __grid_constant__ Parameters p) {
    awaitPrevious();
    i32 at[2];
    locate(p.batches, blockIdx.y, at);
    const TA* a = p.a + at[0];
    const TB* b = p.b + at[1];
    u32 blockM = quotient(blockIdx.x, p.tilesN), blockN = blockIdx.x - blockM * p.tilesN.divisor;
    u32 base = blockIdx.y * u32(p.m) * u32(p.n);
    tileProduct(
        p.m, p.n, p.k, blockM, blockN, [&](i32 m, i32 k) { return float(get(a[m * p.am + k * p.ak])); },
        [&](i32 k, i32 n) { return float(get(b[k * p.bk + n * p.bn])); },
        [&](i32 m, i32 n, float sum) { finish(p.epilogue, base + u32(m) * u32(p.n) + u32(n), sum); });
}
