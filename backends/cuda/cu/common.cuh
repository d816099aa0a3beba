// SPDX-License-Identifier: Apache-2.0
// Element types and their conversions, vectors, division by numbers known to the host. Needs no
// header of the toolkit, so that compiling is quick and NVRTC alone is enough.
#pragma once

typedef unsigned char u8;
typedef signed char i8;
typedef short i16;
typedef unsigned short u16;
typedef int i32;
typedef unsigned u32;
typedef long long i64;
typedef unsigned long long u64;
typedef float f32;
typedef double f64;

struct __align__(2) f16 {
    u16 bits;
};
struct __align__(2) bf16 {
    u16 bits;
};
struct bool8 {
    u8 bits;
};

// What registers hold for an element type: float, double, or i64 for integers and bool.
template <typename T> struct Register { typedef i64 type; };
template <> struct Register<f32> { typedef float type; };
template <> struct Register<f16> { typedef float type; };
template <> struct Register<bf16> { typedef float type; };
template <> struct Register<f64> { typedef double type; };

__device__ __forceinline__ float get(f16 v) {
    float f;
    asm("cvt.f32.f16 %0, %1;" : "=f"(f) : "h"(v.bits));
    return f;
}
__device__ __forceinline__ float get(bf16 v) { return __uint_as_float(u32(v.bits) << 16); }
__device__ __forceinline__ float get(f32 v) { return v; }
__device__ __forceinline__ double get(f64 v) { return v; }
__device__ __forceinline__ i64 get(bool8 v) { return v.bits != 0; }
__device__ __forceinline__ i64 get(i8 v) { return v; }
__device__ __forceinline__ i64 get(u8 v) { return v; }
__device__ __forceinline__ i64 get(i16 v) { return v; }
__device__ __forceinline__ i64 get(u16 v) { return v; }
__device__ __forceinline__ i64 get(i32 v) { return v; }
__device__ __forceinline__ i64 get(u32 v) { return v; }
__device__ __forceinline__ i64 get(i64 v) { return v; }
__device__ __forceinline__ i64 get(u64 v) { return i64(v); }

// A register's value as an element. Reals to integers truncate and saturate, integers wrap, and
// everything but zero is true, as the reference converts.
template <typename To> struct Put {
    static __device__ __forceinline__ To from(i64 v) { return To(v); }
    static __device__ __forceinline__ To from(double v) {
        const bool isSigned = To(-1) < To(0);
        const double top = isSigned ? exp2(8.0 * sizeof(To) - 1) : exp2(8.0 * sizeof(To));
        if (v != v) return To(0);
        if (v >= top) return To(isSigned ? (To(1) << (8 * sizeof(To) - 2)) - 1 + (To(1) << (8 * sizeof(To) - 2)) : ~To(0));
        if (v <= (isSigned ? -top : 0.0)) return isSigned ? To(To(1) << (8 * sizeof(To) - 1)) : To(0);
        return To(v);
    }
    static __device__ __forceinline__ To from(float v) { return from(double(v)); }
};
template <> struct Put<f32> {
    template <typename S> static __device__ __forceinline__ f32 from(S v) { return float(v); }
};
template <> struct Put<f64> {
    template <typename S> static __device__ __forceinline__ f64 from(S v) { return double(v); }
};
template <> struct Put<f16> {
    static __device__ __forceinline__ f16 from(float v) {
        f16 h;
        asm("cvt.rn.f16.f32 %0, %1;" : "=h"(h.bits) : "f"(v));
        return h;
    }
    static __device__ __forceinline__ f16 from(double v) {
        f16 h;
        asm("cvt.rn.f16.f64 %0, %1;" : "=h"(h.bits) : "d"(v));
        return h;
    }
    static __device__ __forceinline__ f16 from(i64 v) { return from(float(v)); }
};
template <> struct Put<bf16> {
    static __device__ __forceinline__ bf16 from(float v) {
        bf16 h;
        asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(h.bits) : "f"(v));
        return h;
    }
    template <typename S> static __device__ __forceinline__ bf16 from(S v) { return from(float(v)); }
};
template <> struct Put<bool8> {
    template <typename S> static __device__ __forceinline__ bool8 from(S v) {
        bool8 b;
        b.bits = v != S(0);
        return b;
    }
};
template <typename To, typename S> __device__ __forceinline__ To put(S v) { return Put<To>::from(v); }

// V elements that are loaded and stored at once.
template <typename T, int V>
struct __align__(sizeof(T) * V > 16 ? 16 : sizeof(T) * V) Vec {
    T v[V];
};

// Quotient and remainder by a divisor whose reciprocal the host computed; exact below 2^31.
struct FastDiv {
    u32 divisor, multiplier, shift;
};
__device__ __forceinline__ u32 quotient(u32 n, const FastDiv& d) {
    return (__umulhi(n, d.multiplier) + n) >> d.shift;
}

// What the kernels before this one wrote is there; then the next kernel may come and prepare itself.
// First statement of every kernel, in every thread: only constants may be read before.
__device__ __forceinline__ void awaitPrevious() {
#if __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.wait;\n\tgriddepcontrol.launch_dependents;" ::: "memory");
#endif
}

__device__ __forceinline__ float infinity() { return __int_as_float(0x7f800000); }
