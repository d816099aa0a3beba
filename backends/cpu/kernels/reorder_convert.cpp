// SPDX-License-Identifier: Apache-2.0
// A change of type, and of layout with it: what stands between neighbours that compute in different
// types.
#include "backends/cpu/pointwise/tile_copy.h"
#include "backends/cpu/simd/convert.h"
#include "backends/cpu/support/by_type.h"
#include "backends/cpu/support/factory.h"
#include "base/parallel_for.h"
#include "ops/identity.h"
#include "tensor/walk.h"

#include <algorithm>
#include <array>

namespace bireme::cpu {

using device::Shapes;

namespace {

constexpr const char* kName = "cpu.convert.reorder";
constexpr int64_t kTile = 512;  // elements that are gathered, converted and scattered at once
constexpr int64_t kSide = 64;   // of a square that is converted and turned at once

// to[i * step + j] = tile[j * kSide + i]; few columns are a loop that the compiler unrolls.
template <typename T, int64_t kColumns = 0>
void turn(const T* tile, T* to, int64_t step, int64_t rows, int64_t columns) {
    if (kColumns != 0) columns = kColumns;
    for (int64_t i = 0; i < rows; ++i, to += step)
        for (int64_t j = 0; j < columns; ++j) to[j] = tile[j * kSide + i];
}

template <typename T>
void turnTile(const T* tile, T* to, int64_t step, int64_t rows, int64_t columns) {
    switch (columns) {
        case 1: return turn<T, 1>(tile, to, step, rows, columns);
        case 2: return turn<T, 2>(tile, to, step, rows, columns);
        case 3: return turn<T, 3>(tile, to, step, rows, columns);
        case 4: return turn<T, 4>(tile, to, step, rows, columns);
        default: return turn<T>(tile, to, step, rows, columns);
    }
}

class ConvertBound final : public device::Bound {
public:
    explicit ConvertBound(const Shapes& shapes) : from_(shapes.inputs[0]), to_(shapes.outputs[0]) {
        empty_ = product(to_.dims) == 0;
        if (empty_) return;
        loops_ = collapse(
            to_.dims, {from_.format.stridesFor(from_.dims), to_.format.stridesFor(to_.dims)}, 1);
        outer_ = loops_.count() / loops_.dims.back();
        const auto& steps = loops_.strides[0];
        auto unit = std::find(steps.begin(), steps.end(), 1);
        if (dense() || loops_.strides[1].back() != 1 || unit == steps.end()) return;
        constexpr int64_t kFew = 8;  // elements in a row are not worth a call
        if (loops_.dims[static_cast<size_t>(unit - steps.begin())] < kFew) return;
        // The loop that the source runs along goes next to the one that the target runs along.
        turns_ = true;
        const auto j = unit - steps.begin();
        for (auto* v : {&loops_.dims, &loops_.strides[0], &loops_.strides[1]})
            std::rotate(v->begin() + j, v->begin() + j + 1, v->end() - 1);
    }

    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        if (empty_) return Status::success();
        const auto* source = static_cast<const char*>(launch.inputs[0]) +
                             from_.format.offset * static_cast<int64_t>(size(from_));
        auto* target = static_cast<char*>(launch.outputs[0]) +
                       to_.format.offset * static_cast<int64_t>(size(to_));
        const int64_t inner = loops_.dims.back();
        if (turns_) return turned(source, target);
        if (outer_ == 1 && dense()) {
            convertDense(from_.type, source, to_.type, target, inner);
            return Status::success();
        }
        parallelFor(outer_, std::max<int64_t>(1, 16384 / inner), [&](int64_t begin, int64_t end) {
            for (int64_t row = begin; row < end; ++row) convertRow(row, source, target);
        });
        return Status::success();
    }
    std::string implementation() const override {
        return turns_ ? "turned" : dense() ? "rows" : "tiles";
    }

private:
    static size_t size(const device::TensorShape& t) {
        return static_cast<size_t>(bits(t.type)) / 8;
    }
    bool dense() const {
        return !empty_ && loops_.strides[0].back() == 1 && loops_.strides[1].back() == 1;
    }

    // The source is contiguous along the last loop but one, the target along the last.
    Status turned(const char* source, char* target) const noexcept {
        const size_t last = loops_.dims.size() - 1;
        const int64_t rows = loops_.dims[last - 1], squares = (rows + kSide - 1) / kSide,
                      tasks = outer_ / rows * squares;
        const auto in = static_cast<int64_t>(size(from_)), out = static_cast<int64_t>(size(to_));
        parallelFor(tasks, std::max<int64_t>(1, 16384 / (loops_.dims[last] * kSide)),
                    [&](int64_t begin, int64_t end) {
                        for (int64_t task = begin; task < end; ++task) {
                            const int64_t first = task % squares * kSide;
                            int64_t from = first, to = first * loops_.strides[1][last - 1],
                                    rest = task / squares;
                            for (size_t d = last - 1; d-- > 0; rest /= loops_.dims[d]) {
                                from += rest % loops_.dims[d] * loops_.strides[0][d];
                                to += rest % loops_.dims[d] * loops_.strides[1][d];
                            }
                            strip(source + from * in, target + to * out,
                                  std::min(kSide, rows - first));
                        }
                    });
        return Status::success();
    }

    // Up to kSide rows, all columns.
    void strip(const char* source, char* target, int64_t rows) const noexcept {
        alignas(64) std::array<char, kSide * kSide * 8> tile;
        const size_t last = loops_.dims.size() - 1;
        const int64_t columns = loops_.dims[last], step = loops_.strides[0][last],
                      toStep = loops_.strides[1][last - 1];
        const auto in = static_cast<int64_t>(size(from_)), out = static_cast<int64_t>(size(to_));
        for (int64_t c = 0; c < columns; c += kSide) {
            const int64_t n = std::min(kSide, columns - c);
            for (int64_t j = 0; j < n; ++j)
                convertTile(from_.type, source + (c + j) * step * in, to_.type,
                            tile.data() + j * kSide * out, rows);
            bySize(size(to_), [&](auto t) {
                using T = decltype(t);
                turnTile(reinterpret_cast<const T*>(tile.data()), reinterpret_cast<T*>(target) + c,
                         toStep, rows, n);
            });
        }
    }

    void convertRow(int64_t row, const char* source, char* target) const {
        for (size_t d = loops_.dims.size() - 1; d-- > 0; row /= loops_.dims[d]) {
            const int64_t i = row % loops_.dims[d];
            source += i * loops_.strides[0][d] * static_cast<int64_t>(size(from_));
            target += i * loops_.strides[1][d] * static_cast<int64_t>(size(to_));
        }
        const int64_t n = loops_.dims.back();
        if (dense()) return convertTile(from_.type, source, to_.type, target, n);
        const int64_t step = loops_.strides[0].back(), stride = loops_.strides[1].back();
        const size_t last = loops_.dims.size() - 1;
        alignas(64) std::array<char, kTile * 8> in, out;
        for (int64_t i = 0; i < n; i += kTile) {
            const int64_t count = std::min(kTile, n - i);
            gatherTile(in.data(), source + i * step * static_cast<int64_t>(size(from_)),
                       size(from_), count, loops_.dims, loops_.strides[0], last);
            convertTile(from_.type, in.data(), to_.type, out.data(), count);
            scatterTile(target + i * stride * static_cast<int64_t>(size(to_)), out.data(),
                        size(to_), count, loops_.dims, loops_.strides[1], last);
        }
    }

    device::TensorShape from_, to_;
    Walk loops_;
    int64_t outer_ = 1;
    bool empty_ = false;
    bool turns_ = false;
};

class ConvertKernel final : public device::Kernel {
public:
    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override { return 0; }
    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState&) const override {
        return std::make_unique<ConvertBound>(shapes);
    }
    void save(ByteWriter&) const override {}
};

class ConvertFactory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return kName; }

    Support supports(const tactic::Query& q) const override {
        const auto& body = q.body();
        if (!q.group().single() || !body.node(body.order()[0]).op.is<ops::Identity>())
            return no("not a lone identity");
        if (q.in(0).type == q.out(0).type) return no("the type does not change");
        for (DataType t : {q.in(0).type, q.out(0).type})
            if (!isReal(t) || bits(t) < 8) return no("not reals of whole bytes");
        if (!q.in(0).format.inner.empty() || !q.out(0).format.inner.empty())
            return no("blocked formats are not reordered");
        return yes();
    }

    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        const int rank = q.out(0).rank();
        for (bool from : {false, true})
            for (bool to : {false, true}) {
                if ((from || to) && rank < 3) continue;
                tactic::Combination c = combination(q);
                if (from) c.inputs[0].format = Format::channelsLast(rank);
                if (to) c.outputs[0].format = Format::channelsLast(rank);
                c.acceptsViews = true;
                out.push_back(std::move(c));
            }
    }

    tactic::Created create(const tactic::Query&, const tactic::Tactic&) const override {
        tactic::Created made;
        made.kernel = std::make_unique<ConvertKernel>();
        return made;
    }
    std::unique_ptr<device::Kernel> load(ByteReader&, device::Device&) const override {
        return std::make_unique<ConvertKernel>();
    }
};

}  // namespace

void registerKernel_reorder_convert(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<ConvertFactory>());
}

}  // namespace bireme::cpu
