// SPDX-License-Identifier: Apache-2.0
// Quantisation and its inverse between all types, in tiles: one scale, or one per place of an axis.
#include "backends/cpu/simd/affine.h"
#include "backends/cpu/simd/convert.h"
#include "backends/cpu/typed/kernel.h"
#include "base/parallel_for.h"
#include "ops/quantize.h"
#include "ops/support/axis_view.h"

#include <algorithm>

namespace bireme::cpu {

namespace {

constexpr int64_t kTile = 512;

struct Floats {
    static DataType of(DataType) { return DataType::kFLOAT; }
    template <typename F>
    static void visit(DataType, F&& f) {
        f(float{});
    }
};

// f on tiles in T; scale and zero point are T already. Runs of elements share both, or walk along
// them. f gets the place of a tile's result, or the tile's own memory where it is another type than
// T and `direct` is false: that is converted.
template <typename T, DataType kType, typename F>
void tiles(const TypedCall& c, int64_t axis, const T* scale, const T* zero, bool direct, F&& f) {
    const auto& in = c.inputs[0];
    const auto& out = c.outputs[0];
    ops::AxisView v(c.count(1) == 1 ? std::vector<int64_t>{} : c.dims(0), axis);
    if (c.count(1) == 1) v.outer = v.extent = 1, v.inner = c.count(0);
    const bool along = v.inner == 1 && v.extent > 1;
    const int64_t run = along ? v.extent : v.inner, runs = along ? v.outer : v.outer * v.extent;
    const int64_t pieces = (run + kTile - 1) / kTile;
    const auto* source = static_cast<const char*>(in.data);
    auto* target = static_cast<char*>(out.data);
    parallelFor(runs * pieces, 16, [&](int64_t begin, int64_t end) {
        T x[kTile], y[kTile], none[kTile] = {};
        for (int64_t t = begin; t < end; ++t) {
            const int64_t first = t % pieces * kTile, n = std::min(kTile, run - first),
                          at = t / pieces * run + first;
            const int64_t place = along ? first : t / pieces % v.extent;
            const char* from = source + at * bits(in.type) / 8;
            char* to = target + at * bits(out.type) / 8;
            if (in.type != kType) convertTile(in.type, from, kType, x, n);
            const bool inPlace = direct || out.type == kType;
            f(AffineTile<T>{in.type == kType ? reinterpret_cast<const T*>(from) : x, scale + place,
                            zero ? zero + place : none, along ? 1 : 0,
                            inPlace ? reinterpret_cast<T*>(to) : y, n});
            if (!inPlace) convertTile(kType, y, out.type, to, n);
        }
    });
}

// Scale and zero point are converted, tensors only where a tile might begin inside of a byte.
bool convertsOperand(int i, DataType stored) { return i > 0 || bits(stored) < 8; }

struct QuantizeTyped : TypedLoops<ops::Quantize, Floats> {
    static constexpr const char* kName = "cpu.quantize.typed";

    static bool converts(bool, int i, DataType stored, DataType) {
        return convertsOperand(i, stored);
    }
    template <typename T>
    static Status run(const Plan& p, const TypedCall& c) noexcept {
        const T *scale = c.in<T>(1), *zero = c.in<T>(2);
        if (c.count(0) == 0) return Status::success();
        const DataType to = c.outputs[0].type;
        const auto run = [&](bool direct, auto&& f) {
            tiles<T, DataType::kFLOAT>(c, p.op.axis, scale, zero, direct, f);
        };
        if (to == DataType::kUINT8)
            run(true, [](auto t) { quantizeBytes(t, reinterpret_cast<uint8_t*>(t.y)); });
        else if (to == DataType::kINT8)
            run(true, [](auto t) { quantizeBytes(t, reinterpret_cast<int8_t*>(t.y)); });
        else
            run(false, isInteger(p.op.type) ? quantizeWhole : quantizeReal);
        return Status::success();
    }
};

struct Doubles {
    static DataType of(DataType) { return DataType::kDOUBLE; }
    template <typename F>
    static void visit(DataType, F&& f) {
        f(double{});
    }
};

// Parameters come in double; f32 is as exact where integers have at most 16 bits.
struct DequantizeTyped : TypedLoops<ops::Dequantize, Doubles> {
    static constexpr const char* kName = "cpu.dequantize.typed";
    struct Plan {
        ops::Dequantize op;
        bool narrow;
        mutable std::vector<float> scale, zero;
        Plan(const ops::Dequantize& o, const TypedCall& c) : op(o) {
            narrow = bits(c.stored(0)) <= 16 && bits(c.stored(1)) <= 32 &&
                     c.outStored(0) != DataType::kDOUBLE;
            if (narrow) scale.resize(static_cast<size_t>(c.count(1)));
            if (narrow && c.has(2)) zero.resize(static_cast<size_t>(c.count(2)));
        }
    };

    static bool converts(bool, int i, DataType stored, DataType) {
        return convertsOperand(i, stored);
    }
    template <typename T>
    static Status run(const Plan& p, const TypedCall& c) noexcept {
        const double *scale = c.in<double>(1), *zero = c.in<double>(2);
        if (c.count(0) == 0) return Status::success();
        if (!p.narrow) {
            tiles<double, DataType::kDOUBLE>(c, p.op.axis, scale, zero, false,
                                             [](const auto& t) { dequantizeTile(t); });
            return Status::success();
        }
        for (size_t i = 0; i < p.scale.size(); ++i) p.scale[i] = static_cast<float>(scale[i]);
        for (size_t i = 0; i < p.zero.size(); ++i) p.zero[i] = static_cast<float>(zero[i]);
        tiles<float, DataType::kFLOAT>(c, p.op.axis, p.scale.data(),
                                       p.zero.empty() ? nullptr : p.zero.data(), false,
                                       [](const auto& t) { dequantizeTile(t); });
        return Status::success();
    }
};

}  // namespace

void registerKernel_quantize_typed(tactic::Catalog& catalog) {
    addTyped<QuantizeTyped>(catalog);
    addTyped<DequantizeTyped>(catalog);
}

}  // namespace bireme::cpu
