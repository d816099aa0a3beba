// SPDX-License-Identifier: Apache-2.0
// Einstein sums that are no matrix product: diagonals, sums of one operand, three operands and
// more, integers.
#include "backends/cpu/typed/kernel.h"
#include "base/parallel_for.h"
#include "ir/eval.h"
#include "ops/einsum.h"
#include "ops/support/einsum_product.h"

#include <algorithm>
#include <array>

namespace bireme::cpu {

namespace {

constexpr size_t kMostOperands = 8, kMostLoops = 24;

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
        std::vector<TensorDesc> operands;
        const auto inputs = q.group().anchor()->inputs.size();
        for (size_t i = 0; i < inputs; ++i) {
            operands.push_back(q.in(q.group().anchorInput(static_cast<int>(i))));
            ranks.push_back(operands.back().rank());
        }
        const ops::EinsumEquation e = ops::parseEinsum(op.equation, ranks);
        if (inputs > kMostOperands || e.output.size() > kMostLoops || e.summed.size() > kMostLoops)
            return no("too many labels or operands");
        return ops::isTransposeOrProduct(e, operands)
                   ? no("a transpose or a matrix product does it")
                   : yes();
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
