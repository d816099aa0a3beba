// SPDX-License-Identifier: Apache-2.0
// Types of at most a byte that CUDA has no arithmetic for, and how elements of any type are read and
// written by their number: several lie in a byte, the first in its lowest bits.
#pragma once
#include "math.cuh"

// LAST says what the last codes mean: 0 infinities and NaN, 1 NaN, 2 minus zero is NaN, 3 numbers.
template <int BITS, int MANTISSA, int BIAS, int LARGEST, int LAST> struct SmallFloat {
    static const int width = BITS;
    typedef float Reg;
    static __device__ u32 code(float v, bool saturate) {
        const u32 sign = __float_as_uint(v) >> 31 << (BITS - 1), ones = (1u << (BITS - 1)) - 1;
        const u32 nan = LAST == 2 ? 0x80 : LAST == 3 ? 1u << (BITS - 1) : sign | ones;
        if (v != v) return nan;
        const int least = 1 - BIAS;
        float a = fabsf(v);
        int e;
        if (a != infinity()) {
            frexpf(a, &e);
            float step = ldexpf(1.0f, (e - 1 > least ? e - 1 : least) - MANTISSA);
            a = rintf(a / step) * step;
        }
        if (a > float(LARGEST)) {
            if (saturate || LAST == 3) a = float(LARGEST);
            else return LAST == 0 ? sign | (ones >> MANTISSA << MANTISSA) : nan;
        }
        if (a == 0) return LAST == 2 ? 0 : sign;
        frexpf(a, &e);
        e = e - 1 > least ? e - 1 : least;
        return sign | ((u32(e - least) << MANTISSA) + u32(ldexpf(a, MANTISSA - e)));
    }
    static __device__ float number(u32 code) {
        const u32 ones = (1u << (BITS - 1)) - 1, u = code & ones, last = ones >> MANTISSA << MANTISSA;
        const bool negative = code >> (BITS - 1) & 1;
        const float nan = __uint_as_float(0x7fc00000u);
        if (LAST == 2 && negative && u == 0) return nan;
        if ((LAST == 1 && u == ones) || (LAST == 0 && u > last)) return nan;
        if (LAST == 0 && u == last) return negative ? -infinity() : infinity();
        int e = int(u >> MANTISSA);
        u32 steps = (u & ((1u << MANTISSA) - 1)) + (e > 0 ? 1u << MANTISSA : 0);
        float a = ldexpf(float(steps), (e > 1 ? e - 1 : 0) + 1 - BIAS - MANTISSA);
        return negative ? -a : a;
    }
};
typedef SmallFloat<8, 3, 7, 448, 1> f8e4m3;
typedef SmallFloat<8, 2, 15, 57344, 0> f8e5m2;
typedef SmallFloat<8, 3, 8, 240, 2> f8e4m3fnuz;
typedef SmallFloat<8, 2, 16, 57344, 2> f8e5m2fnuz;
typedef SmallFloat<4, 1, 1, 6, 3> f4e2m1;

// A power of two without sign; rounds up.
struct e8m0 {
    static const int width = 8;
    typedef float Reg;
    static __device__ u32 code(float v, bool saturate) {
        if (!(v >= 0)) return 255;
        if (v < ldexpf(1.0f, -127)) return saturate ? 0 : 255;
        if (v > ldexpf(1.0f, 127)) return saturate ? 254 : 255;
        int e;
        float m = frexpf(v, &e);
        return u32(e + 126 + (m > 0.5f ? 1 : 0));
    }
    static __device__ float number(u32 code) {
        return code == 255 ? __uint_as_float(0x7fc00000u) : ldexpf(1.0f, int(code) - 127);
    }
};

template <int BITS, bool SIGNED> struct SmallInteger {
    static const int width = BITS;
    typedef i64 Reg;
    template <typename S> static __device__ u32 code(S v, bool saturate) {
        const i64 low = SIGNED ? -(1 << (BITS - 1)) : 0, high = low + (1 << BITS) - 1;
        i64 whole = put<i64>(v);
        if (saturate) whole = whole > high ? high : whole < low ? low : whole;
        return u32(whole) & ((1u << BITS) - 1);
    }
    static __device__ i64 number(u32 code) {
        return SIGNED && code >= 1u << (BITS - 1) ? i64(code) - (1 << BITS) : i64(code);
    }
};
typedef SmallInteger<4, true> i4;
typedef SmallInteger<4, false> u4;
typedef SmallInteger<2, true> i2;
typedef SmallInteger<2, false> u2;

// Elements of T by number. `write` stores `n` <= 8 of them from number `first` on, a multiple of 8.
template <typename T> struct Element {
    typedef typename Register<T>::type Reg;
    static __device__ Reg read(const void* p, u32 i) { return get(((const T*)p)[i]); }
    template <typename S>
    static __device__ void write(void* p, u32 first, u32 n, const S (&v)[8], bool) {
        for (u32 k = 0; k < n; ++k) ((T*)p)[first + k] = put<T>(v[k]);
    }
};
template <typename T> struct SmallElement {
    typedef typename T::Reg Reg;
    static __device__ Reg read(const void* p, u32 i) {
        const u32 per = 8 / T::width, byte = ((const u8*)p)[i / per];
        return T::number(byte >> (i % per * T::width) & ((1u << T::width) - 1));
    }
    template <typename S>
    static __device__ void write(void* p, u32 first, u32 n, const S (&v)[8], bool saturate) {
        const u32 per = 8 / T::width;
        for (u32 k = 0; k < n; k += per) {
            u32 byte = 0;
            for (u32 j = 0; j < per && k + j < n; ++j)
                byte |= T::code(Reg(v[k + j]), saturate) << (j * T::width);
            ((u8*)p)[(first + k) / per] = u8(byte);
        }
    }
};
template <int A, int B, int C, int D, int E>
struct Element<SmallFloat<A, B, C, D, E>> : SmallElement<SmallFloat<A, B, C, D, E>> {};
template <> struct Element<e8m0> : SmallElement<e8m0> {};
// Reals become integers with their fraction cut off, so they may not be rounded to i64 before.
template <int A, bool B> struct Element<SmallInteger<A, B>> : SmallElement<SmallInteger<A, B>> {
    template <typename S>
    static __device__ void write(void* p, u32 first, u32 n, const S (&v)[8], bool saturate) {
        typedef SmallInteger<A, B> T;
        const u32 per = 8 / T::width;
        for (u32 k = 0; k < n; k += per) {
            u32 byte = 0;
            for (u32 j = 0; j < per && k + j < n; ++j) byte |= T::code(v[k + j], saturate) << (j * T::width);
            ((u8*)p)[(first + k) / per] = u8(byte);
        }
    }
};
