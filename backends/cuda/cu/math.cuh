// SPDX-License-Identifier: Apache-2.0
// The C names that the functions of pointwise.def use, for double and for integers: what the
// reference computes.
#pragma once
#include "common.cuh"

#define BIREME_REAL(name, f)                                            \
    __device__ __forceinline__ double name(double a) { return f(a); }   \
    __device__ __forceinline__ i64 name(i64 a) { return i64(f(double(a))); }
BIREME_REAL(expf, exp)
BIREME_REAL(logf, log)
BIREME_REAL(sqrtf, sqrt)
BIREME_REAL(sinf, sin)
BIREME_REAL(cosf, cos)
BIREME_REAL(tanf, tan)
BIREME_REAL(sinhf, sinh)
BIREME_REAL(coshf, cosh)
BIREME_REAL(asinf, asin)
BIREME_REAL(acosf, acos)
BIREME_REAL(atanf, atan)
BIREME_REAL(asinhf, asinh)
BIREME_REAL(acoshf, acosh)
BIREME_REAL(atanhf, atanh)
BIREME_REAL(erff, erf)
BIREME_REAL(expm1f, expm1)
BIREME_REAL(log1pf, log1p)
BIREME_REAL(tanhf, tanh)
#undef BIREME_REAL

__device__ __forceinline__ double ceilf(double a) { return ceil(a); }
__device__ __forceinline__ double floorf(double a) { return floor(a); }
__device__ __forceinline__ double rintf(double a) { return rint(a); }
__device__ __forceinline__ i64 ceilf(i64 a) { return a; }
__device__ __forceinline__ i64 floorf(i64 a) { return a; }
__device__ __forceinline__ i64 rintf(i64 a) { return a; }
__device__ __forceinline__ double fabsf(double a) { return fabs(a); }
__device__ __forceinline__ i64 fabsf(i64 a) { return a < 0 ? -a : a; }
__device__ __forceinline__ double powf(double a, double b) { return pow(a, b); }
// Exact, and wrapping.
__device__ __forceinline__ i64 powf(i64 a, i64 b) {
    if (b < 0) return a == 1 ? 1 : a == -1 ? (b % 2 ? -1 : 1) : 0;
    i64 result = 1;
    for (; b > 0; b /= 2, a = i64(u64(a) * u64(a)))
        if (b % 2) result = i64(u64(result) * u64(a));
    return result;
}
__device__ __forceinline__ double fmodf(double a, double b) { return fmod(a, b); }
__device__ __forceinline__ i64 fmodf(i64 a, i64 b) { return b == 0 || b == -1 ? 0 : a % b; }
__device__ __forceinline__ double fmaxf(double a, double b) { return fmax(a, b); }
__device__ __forceinline__ double fminf(double a, double b) { return fmin(a, b); }
__device__ __forceinline__ i64 fmaxf(i64 a, i64 b) { return a > b ? a : b; }
__device__ __forceinline__ i64 fminf(i64 a, i64 b) { return a < b ? a : b; }
__device__ __forceinline__ bool isInfinite(float a) { return fabsf(a) == infinity(); }
__device__ __forceinline__ bool isInfinite(double a) { return fabs(a) == double(infinity()); }
__device__ __forceinline__ bool isInfinite(i64) { return false; }
template <typename T> __device__ __forceinline__ T divide(T a, T b) { return a / b; }
template <> __device__ __forceinline__ i64 divide(i64 a, i64 b) { return b == 0 ? 0 : b == -1 ? i64(-u64(a)) : a / b; }
// The remainder with the divisor's sign.
template <typename T> __device__ __forceinline__ T flooredRemainder(T a, T b) {
    T r = fmodf(a, b);
    return r != T(0) && (r < T(0)) != (b < T(0)) ? r + b : r;
}
template <typename T> __device__ __forceinline__ T flooredQuotient(T a, T b) { return floorf(divide(a, b)); }
template <> __device__ __forceinline__ i64 flooredQuotient(i64 a, i64 b) {
    const i64 q = divide(a, b), r = fmodf(a, b);
    return r != 0 && (r < 0) != (b < 0) ? q - 1 : q;
}

// For results of 16 bits: exact to a few of float's last places, by two instructions of the unit for
// such functions where the exact ones take dozens.
__device__ __forceinline__ float quickExp2(float x) {
    float r;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(x));
    return r;
}
__device__ __forceinline__ float quickReciprocal(float x) {
    float r;
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(x));
    return r;
}
__device__ __forceinline__ float quickSigmoid(float x) {
    return quickReciprocal(1.f + quickExp2(-1.4426950408889634f * x));
}
// x times the normal distribution, whose distance from a half is x times a polynomial in x^2 (a fit of ours that
// makes the largest error of the product small: 2.4e-5, at 4.4, where the polynomial ends and runs into 0 or 1).
// No instruction of the special function unit: where warps finish products beside others that multiply, it was
// what they waited for.
__device__ __forceinline__ float quickGelu(float x) {
    const float u = fminf(x * x, 19.36f);
    float p = -1.656581664e-12f;
    p = p * u + 1.9344685576e-10f;
    p = p * u - 1.0120687399e-8f;
    p = p * u + 3.1581680560e-7f;
    p = p * u - 6.6220136432e-6f;
    p = p * u + 9.9896969914e-5f;
    p = p * u - 1.1322607752e-3f;
    p = p * u + 9.8586082458e-3f;
    p = p * u - 6.6369786859e-2f;
    p = p * u + 0.39889812469f;
    return x * __saturatef(p * x + 0.5f);
}
