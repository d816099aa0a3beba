// SPDX-License-Identifier: Apache-2.0
// Scatter: a copy of the data, then updates written or combined at their places, in order.
#include "backends/cpu/support/axis_walk.h"
#include "backends/cpu/support/by_type.h"
#include "backends/cpu/support/lone_op.h"
#include "base/parallel_for.h"
#include "base/status.h"
#include "ir/eval.h"
#include "ops/scatter.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace bireme::cpu {

namespace {

constexpr int64_t kGrain = 16384;  // elements that are worth a thread

struct Write {
    template <typename T>
    static T of(T, T b) {
        return b;
    }
};
struct Add {
    template <typename T>
    static T of(T a, T b) {
        if constexpr (std::is_integral_v<T>)  // overflow wraps
            return static_cast<T>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
        else
            return a + b;
    }
};
struct Multiply {
    template <typename T>
    static T of(T a, T b) {
        if constexpr (std::is_integral_v<T>)
            return static_cast<T>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
        else
            return a * b;
    }
};
template <bool larger>
struct Extreme {
    template <typename T>
    static T of(T a, T b) {
        if constexpr (std::is_floating_point_v<T>)
            if (std::isnan(a) || std::isnan(b)) return a + b;
        return larger ? std::max(a, b) : std::min(a, b);
    }
};

// f(Combiner{}) for a name of the declaration.
template <typename F>
void byReduction(const std::string& name, F&& f) {
    if (name == "add") return f(Add{});
    if (name == "mul") return f(Multiply{});
    if (name == "max") return f(Extreme<true>{});
    f(Extreme<false>{});
}

class ScatterBound : public LoneBound {
protected:
    explicit ScatterBound(const LoneShapes& s)
        : LoneBound(s), reduction_(s.op.as<ops::Scatter>()->reduction) {}

    // f(T*, const T* updates, combiner, indices): on the result, which is a copy of the data.
    template <typename F>
    void onCopy(F&& f) {
        const DataType type = out(0).type;
        if (reduction_ != "none" && !isNumber(type)) return onFloats(f);
        copyData(data(0), result(0), static_cast<int64_t>(bytesFor(type, count(0))));
        auto with = [&](auto element, auto combiner) {
            using T = decltype(element);
            call(f, reinterpret_cast<T*>(result(0)), reinterpret_cast<const T*>(data(2)), combiner);
        };
        if (reduction_ == "none")
            bySize(elementSize(type), [&](auto element) { with(element, Write{}); });
        else
            byNumber(type, [&](auto element) {
                byReduction(reduction_, [&](auto combiner) { with(element, combiner); });
            });
    }

private:
    template <typename F, typename T, typename C>
    void call(F&& f, T* y, const T* updates, C combiner) {
        byIndex(in(1).type, [&](auto index) {
            f(y, updates, combiner, reinterpret_cast<const decltype(index)*>(data(1)));
        });
    }

    // Half floats and smaller are combined as floats.
    template <typename F>
    void onFloats(F&& f) {
        std::vector<float> x, updates;
        elements<float>(0, x);  // never f32 itself: copied
        const float* u = elements<float>(2, updates);
        byReduction(reduction_, [&](auto combiner) { call(f, x.data(), u, combiner); });
        store(0, x.data(), result(0), count(0));
    }

    static void copyData(const char* from, char* to, int64_t bytes) {
        parallelFor(bytes, 1 << 18, [&](int64_t begin, int64_t end) {
            std::memcpy(to + begin, from + begin, static_cast<size_t>(end - begin));
        });
    }

    std::string reduction_;
};

class ElementsBound final : public ScatterBound {
public:
    explicit ElementsBound(const LoneShapes& s)
        : ScatterBound(s), walk_(s.in(1).dims, s.in(0).dims, s.op.as<ops::Scatter>()->axis) {}

private:
    void run() override {
        if (count(0) == 0) return;
        onCopy([&](auto* y, const auto* updates, auto combiner, const auto* at) {
            // Lines along the axis meet no place of one another: threads share out those.
            const int64_t inner = walk_.inner(), length = walk_.length();
            const int64_t cuts = walk_.outer() >= 16 ? 1 : (inner + 4095) / 4096;
            const int64_t part = cuts > 1 ? 4096 : inner;
            parallelFor(walk_.outer() * cuts, kGrain / (part * length + 1) + 1,
                        [&](int64_t b, int64_t e) {
                            for (int64_t task = b; task < e; ++task)
                                lines(y, updates, combiner, at, task / cuts, task % cuts * part,
                                      std::min(inner, (task % cuts + 1) * part));
                        });
        });
    }

    template <typename T, typename C, typename I>
    void lines(T* y, const T* updates, C, const I* at, int64_t outer, int64_t begin,
               int64_t end) const {
        const int64_t base = walk_.outerAt(outer), extent = walk_.extent(), step = walk_.step();
        if (base < 0) return;
        if (walk_.inner() == 1 && begin < end) {
            const int64_t first = walk_.innerAt(0), line = outer * walk_.length();
            if (first < 0) return;
            T* to = y + base + first;
            for (int64_t j = line; j < line + walk_.length(); ++j) {
                const int64_t given = at[j], i = given < 0 ? given + extent : given;
                if (i >= 0 && i < extent) to[i * step] = C::of(to[i * step], updates[j]);
            }
            return;
        }
        for (int64_t j = 0; j < walk_.length(); ++j) {
            const int64_t line = (outer * walk_.length() + j) * walk_.inner();
            for (int64_t k = begin; k < end; ++k) {
                const int64_t given = at[line + k], i = given < 0 ? given + extent : given,
                              place = walk_.innerAt(k);
                if (i < 0 || i >= extent || place < 0) continue;
                T& to = y[base + i * step + place];
                to = C::of(to, updates[line + k]);
            }
        }
    }

    AxisWalk walk_;
};

class CoordinatesBound final : public ScatterBound {
public:
    explicit CoordinatesBound(const LoneShapes& s) : ScatterBound(s) {
        const auto &x = s.in(0).dims, &at = s.in(1).dims;
        length_ = at.back();
        const auto strides = ir::rowMajorStrides(x);
        extents_.assign(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(length_));
        strides_.assign(strides.begin(), strides.begin() + static_cast<std::ptrdiff_t>(length_));
        points_ = product({at.begin(), at.end() - 1});
        inner_ = product({x.begin() + static_cast<std::ptrdiff_t>(length_), x.end()});
    }

private:
    void run() override {
        if (count(0) == 0) return;
        if (count(2) != points_ * inner_)
            fail(ErrorCode::kFAILED_EXECUTION,
                 cat("scatter has ", count(2), " updates for ", points_, " indices"));
        onCopy([&](auto* y, const auto* updates, auto combiner, const auto* at) {
            // Several points may be one place: every thread takes its part of each run.
            parallelFor(inner_, std::max<int64_t>(64, kGrain / (points_ + 1)),
                        [&](int64_t begin, int64_t end) {
                            for (int64_t p = 0; p < points_; ++p)
                                put(y, updates + p * inner_, combiner, at + p * length_, begin,
                                    end);
                        });
        });
    }

    template <typename T, typename C, typename I>
    void put(T* y, const T* updates, C, const I* at, int64_t begin, int64_t end) const {
        int64_t place = 0;
        for (size_t j = 0; j < extents_.size(); ++j) {
            const int64_t given = at[j], i = given < 0 ? given + extents_[j] : given;
            if (i < 0 || i >= extents_[j]) return;
            place += i * strides_[j];
        }
        for (int64_t i = begin; i < end; ++i) y[place + i] = C::of(y[place + i], updates[i]);
    }

    int64_t length_ = 0, points_ = 0, inner_ = 1;
    std::vector<int64_t> extents_, strides_;
};

Support supportsMode(const tactic::Query& q, const ir::Node& node, ScatterMode mode) {
    if (node.op.as<ops::Scatter>()->mode != mode) return no("the scatter is of another mode");
    if (!isIndex(operandType(q, node, 1))) return no("indices are neither i32 nor i64");
    return yes();
}

}  // namespace

void registerKernel_scatter_elements(tactic::Catalog& catalog) {
    catalog.add(loneFactory({"cpu.scatter.elements", "scatter",
                             [](const tactic::Query& q, const ir::Node& n) {
                                 return supportsMode(q, n, ScatterMode::kELEMENT);
                             },
                             bindLone<ElementsBound>}));
    catalog.add(loneFactory({"cpu.scatter.coordinates", "scatter",
                             [](const tactic::Query& q, const ir::Node& n) {
                                 return supportsMode(q, n, ScatterMode::kND);
                             },
                             bindLone<CoordinatesBound>}));
}

}  // namespace bireme::cpu
