// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/support/row_epilogue.h"

#include "backends/cpu/simd/convert.h"
#include "backends/cpu/support/factory.h"

#include <algorithm>
#include <limits>

namespace bireme::cpu {

using ops::PointwiseFn;

static bool isCopy(const EpilogueStep& s) {
    return s.fn == PointwiseFn::copy || s.fn == PointwiseFn::cast;
}

Support rowEpilogueSupport(const Epilogue& e) {
    for (const EpilogueStep& s : e.steps)
        if (!isCopy(s) && !vectorFunction(s.fn))
            return no(cat(ops::name(s.fn), " has no vector code"));
    return yes();
}

Support rowEpilogueSupport(const tactic::Query& q, const Epilogue& e) {
    const bool brain = q.out(0).type == DataType::kBF16;
    for (size_t i = 0; i < e.steps.size(); ++i) {
        const EpilogueStep& s = e.steps[i];
        if (s.other < 0) continue;
        const DimVector &d = q.in(s.other).dims, &to = q.out(0).dims;
        if (isPerChannel(d, to, 1)) continue;
        if (!(d == to))
            return no("an operand of the epilogue is neither full-sized nor per channel");
        if (brain && (i > 0 || s.fn != PointwiseFn::sum))
            return no("a full-sized operand of bf16 that is not just added");
    }
    return rowEpilogueSupport(e);
}

bool hasNoOperands(const Epilogue& e) {
    return std::all_of(e.steps.begin(), e.steps.end(),
                       [](const EpilogueStep& s) { return s.other < 0; });
}

RowEpilogue::RowEpilogue(const Epilogue& e, int bias, int64_t columns, const device::Shapes& shapes,
                         int64_t repeats)
    : bias_(bias),
      columns_(columns),
      repeats_(repeats),
      brain_(shapes.outputs[0].type == DataType::kBF16) {
    const int64_t all = product(shapes.outputs[0].dims);
    const bool widens = brain_ || repeats > 1;
    if (widens && bias >= 0) wideBias_.resize(static_cast<size_t>(columns));
    for (const EpilogueStep& s : e.steps) {
        if (isCopy(s)) continue;
        const int64_t count =
            s.other < 0 ? 0 : product(shapes.inputs[static_cast<size_t>(s.other)].dims) * repeats;
        const bool perColumn = s.other >= 0 && count == columns && all != columns;
        if (steps_.empty() && !end_.clip) {  // as long as registers can do it
            if (s.fn == PointwiseFn::sum && s.other >= 0 && !perColumn && residual_ < 0) {
                residual_ = s.other;
                continue;
            }
            if (s.fn == PointwiseFn::relu || s.fn == PointwiseFn::clip) {
                end_.clip = true;
                end_.low = s.fn == PointwiseFn::relu ? 0.f : s.alpha;
                end_.high =
                    s.fn == PointwiseFn::relu ? std::numeric_limits<float>::infinity() : s.beta;
                continue;
            }
        }
        Step step;
        step.function = vectorFunction(s.fn);
        step.args.alpha = s.alpha, step.args.beta = s.beta;
        step.other = s.other;
        step.swapped = s.through == 1;
        step.perColumn = perColumn;
        if (s.hasScalar) step.splat.assign(kSplat, s.scalar);
        if (widens && s.other >= 0) step.wide.resize(static_cast<size_t>(count));
        steps_.push_back(std::move(step));
    }
}

bool RowEpilogue::takeSwish() {
    const bool swish = brain_ && steps_.size() == 1 && steps_[0].args.alpha == 1 &&
                       steps_[0].function == vectorFunction(PointwiseFn::swish);
    if (swish) steps_.clear();
    return swish;
}

const float* RowEpilogue::floats(const device::Launch& launch, int input,
                                 std::vector<float>& wide) const {
    if (!brain_ && repeats_ == 1) return static_cast<const float*>(launch.inputs[input]);
    const auto run = static_cast<int64_t>(wide.size()) / repeats_;
    convertTile(brain_ ? DataType::kBF16 : DataType::kFLOAT, launch.inputs[input], DataType::kFLOAT,
                wide.data(), run);
    for (int64_t i = 1; i < repeats_; ++i) std::copy_n(wide.data(), run, wide.data() + i * run);
    return wide.data();
}

void RowEpilogue::begin(const device::Launch& launch, GemmProblem& p) {
    p.end = end_;
    if (bias_ >= 0) p.end.bias = floats(launch, bias_, wideBias_);
    if (residual_ >= 0 && !brain_)
        p.end.residual = static_cast<const float*>(launch.inputs[residual_]), p.end.ldr = columns_;
    for (Step& s : steps_)
        if (s.other >= 0) s.operand = floats(launch, s.other, s.wide);
    p.epilogue = steps_.empty() ? nullptr : this;
}

void RowEpilogue::apply(float* c, int64_t ldc, int64_t row, int64_t rows, int64_t column,
                        int64_t columns) const noexcept {
    const bool numbers =
        std::all_of(steps_.begin(), steps_.end(), [](const Step& s) { return s.other < 0; });
    if (numbers && ldc == columns) columns *= rows, rows = 1;  // short rows as one
    for (int64_t from = 0; from < columns; from += kSplat) {
        const int64_t n = std::min(kSplat, columns - from), at = column + from;
        for (int64_t r = 0; r < rows; ++r) {
            float* x = c + r * ldc + from;
            for (const Step& s : steps_) {
                TileArgs t = s.args;
                const float* other =
                    s.other < 0 ? s.splat.data()
                                : s.operand + (s.perColumn ? 0 : (row + r) * columns_) + at;
                t.out = x, t.n = n;
                t.in[0] = s.swapped ? other : x;
                t.in[1] = s.swapped ? x : other;
                s.function(t);
            }
        }
    }
}

}  // namespace bireme::cpu
