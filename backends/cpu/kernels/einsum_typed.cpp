// SPDX-License-Identifier: Apache-2.0
// Einstein sums that are no matrix product: diagonals, sums of one operand, three operands and
// more, integers.
#include "backends/cpu/typed/kernel.h"
#include "base/parallel_for.h"
#include "ir/eval.h"
#include "ops/einsum.h"
#include "ops/support/einsum_equation.h"

#include <algorithm>
#include <array>
#include <set>

namespace bireme::cpu {

namespace {

constexpr size_t kMostOperands = 8, kMostLoops = 24;

bool isDistinct(const std::string& labels) {
    return std::set<char>(labels.begin(), labels.end()).size() == labels.size();
}

bool has(const std::string& labels, char l) { return labels.find(l) != std::string::npos; }

// Whether the op decomposes into a transpose or a matrix product, which have better kernels.
bool isProduct(const ops::EinsumEquation& e, const tactic::Query& q) {
    const auto& o = e.operands;
    const auto plain = [&](const std::string& s) { return isDistinct(s); };
    if (!std::all_of(o.begin(), o.end(), plain) || !isDistinct(e.output)) return false;
    if (o.size() == 1) return o[0].size() == e.output.size() && o[0] != e.output;
    if (o.size() != 2 || !isReal(q.in(0).type)) return false;
    for (size_t i = 0; i < 2; ++i)
        for (size_t k = 0; k < o[i].size(); ++k) {
            const char l = o[i][k];
            const bool both = has(o[1 - i], l);
            if (!both && !has(e.output, l)) return false;  // summed in one operand alone
            if (!both) continue;
            const int first = q.group().anchorInput(static_cast<int>(i)),
                      second = q.group().anchorInput(1 - static_cast<int>(i));
            if (!(q.in(first).dims[k] == q.in(second).dims[o[1 - i].find(l)])) return false;
        }
    return true;
}

struct EinsumTyped : TypedLoops<ops::Einsum, Numbers> {
    static constexpr const char* kName = "cpu.einsum.typed";

    // Loops over labels, those of the output first; steps of each operand.
    struct Plan {
        struct List {
            size_t size = 0;
            std::array<int64_t, kMostLoops> count{};
            std::array<std::array<int64_t, kMostLoops>, kMostOperands> step{};
        } outer, inner;
        size_t operands;
        int64_t results = 1, terms = 1;

        Plan(const ops::Einsum& op, const TypedCall& c) : operands(c.inputs.size()) {
            std::vector<int> ranks;
            for (const auto& o : c.inputs) ranks.push_back(static_cast<int>(o.dims.size()));
            const ops::EinsumEquation e = ops::parseEinsum(op.equation, ranks);
            lay(outer, e.output, e, c);
            lay(inner, e.summed, e, c);
            for (size_t d = 0; d < outer.size; ++d) results *= outer.count[d];
            for (size_t d = 0; d < inner.size; ++d) terms *= inner.count[d];
        }
        void lay(List& list, const std::string& labels, const ops::EinsumEquation& e,
                 const TypedCall& c) const {
            if (labels.size() > kMostLoops || operands > kMostOperands)
                failInvalid("the equation has too many labels or operands");
            list.size = labels.size();
            list.count.fill(1);
            for (size_t i = 0; i < operands; ++i) {
                const auto& dims = c.dims(static_cast<int>(i));
                const auto own = ir::rowMajorStrides(dims);
                for (size_t k = 0; k < dims.size(); ++k) {
                    const size_t at = labels.find(e.operands[i][k]);
                    if (at == std::string::npos || dims[k] == 1) continue;
                    list.step[i][at] += own[k];  // a label that stands twice walks the diagonal
                    list.count[at] = dims[k];
                }
            }
        }
    };

    static bool converts(bool, int, DataType, DataType) { return true; }
    static Support supports(const ops::Einsum& op, const tactic::Query& q) {
        std::vector<int> ranks;
        const auto inputs = q.group().anchor()->inputs.size();
        for (size_t i = 0; i < inputs; ++i)
            ranks.push_back(q.in(q.group().anchorInput(static_cast<int>(i))).rank());
        const ops::EinsumEquation e = ops::parseEinsum(op.equation, ranks);
        if (inputs > kMostOperands || e.output.size() > kMostLoops || e.summed.size() > kMostLoops)
            return no("too many labels or operands");
        return isProduct(e, q) ? no("a transpose or a matrix product does it") : yes();
    }

    // The sum over the inner loops, from where the operands are at.
    template <typename T>
    static T sum(const Plan& p, const T* const* base) {
        const auto& l = p.inner;
        const size_t last = l.size ? l.size - 1 : 0;
        const int64_t n = l.size ? l.count[last] : 1;
        std::array<int64_t, kMostLoops> index{};
        std::array<const T*, kMostOperands> x{};
        std::copy_n(base, p.operands, x.begin());
        T total = 0;
        for (int64_t done = 0; done < p.terms; done += n) {
            for (int64_t k = 0; k < n; ++k) {
                T product = x[0][k * l.step[0][last]];
                for (size_t i = 1; i < p.operands; ++i) product *= x[i][k * l.step[i][last]];
                total += product;
            }
            for (size_t d = last; d-- > 0;) {
                const bool wraps = ++index[d] == l.count[d];
                for (size_t i = 0; i < p.operands; ++i)
                    x[i] += wraps ? l.step[i][d] * (1 - l.count[d]) : l.step[i][d];
                if (!wraps) break;
                index[d] = 0;
            }
        }
        return total;
    }

    template <typename T>
    static Status run(const Plan& p, const TypedCall& c) noexcept {
        // Integers wrap.
        using U = std::conditional_t<std::is_integral_v<T>, uint64_t, T>;
        U* y = c.out<U>(0);
        parallelFor(p.results, std::max<int64_t>(1, 8192 / (p.terms + 1)),
                    [&](int64_t begin, int64_t end) {
                        for (int64_t r = begin; r < end; ++r) {
                            std::array<const U*, kMostOperands> base{};
                            for (size_t i = 0; i < p.operands; ++i) {
                                base[i] = c.in<U>(static_cast<int>(i));
                                int64_t rest = r;
                                for (size_t d = p.outer.size; d-- > 0; rest /= p.outer.count[d])
                                    base[i] += rest % p.outer.count[d] * p.outer.step[i][d];
                            }
                            y[r] = sum<U>(p, base.data());
                        }
                    });
        return Status::success();
    }
};

}  // namespace

void registerKernel_einsum_typed(tactic::Catalog& catalog) { addTyped<EinsumTyped>(catalog); }

}  // namespace bireme::cpu
