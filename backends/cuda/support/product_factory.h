// SPDX-License-Identifier: Apache-2.0
// What the factories of products with packed weights share. A Record has what jit_kernel.h asks
// for, and `product`.
#pragma once

#include "backends/cuda/support/jit_kernel.h"
#include "backends/cuda/support/packed_product.h"

#include <algorithm>
#include <utility>

namespace bireme::cuda {

template <typename Record>
class ProductFactory : public tactic::KernelFactory {
public:
    explicit ProductFactory(const char* name) : name_(name) {}
    std::string_view name() const override { return name_; }

    // Says no with a reason, or fills all three.
    virtual Support read(const tactic::Query& q, Record& record, VectorEpilogue& chain,
                         std::vector<int>& consumed) const = 0;
    // Takes a tactic's parameters; false: they are none.
    virtual bool take(Record& record, const std::string& parameters) const = 0;
    virtual std::string source(const tactic::Query& q, const Record& record,
                               const VectorEpilogue& chain) const = 0;

    Support supports(const tactic::Query& q) const override {
        Reading r;
        return read(q, r.record, r.chain, r.consumed);
    }
    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        out.push_back(packedCombination(q, recordOf(q).product));
    }
    tactic::Created create(const tactic::Query& q, const tactic::Tactic& t) const override {
        Reading r;
        if (Support s = read(q, r.record, r.chain, r.consumed); !s.ok)
            fail(ErrorCode::kUNSUPPORTED_STATE, s.why);
        if (!take(r.record, t.parameters))
            fail(ErrorCode::kINVALID_STATE, cat("no such tactic: ", t.text()));
        Code code(q.device(),
                  compile({"gemm", source(q, r.record, r.chain), {}}, architectureOf(q)));
        tactic::Created made;
        made.consumed = std::move(r.consumed);
        made.constants.push_back(packWeights(q, r.record.product));
        made.consumed.push_back(r.record.product.weights);
        made.kernel = std::make_unique<JitKernel<Record>>(std::move(code), std::move(r.record));
        return made;
    }
    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device& device) const override {
        Code code = Code::load(in, device);
        return std::make_unique<JitKernel<Record>>(std::move(code), Record::load(in));
    }

protected:
    // Of a query that is supported.
    Record recordOf(const tactic::Query& q) const {
        Reading r;
        read(q, r.record, r.chain, r.consumed);
        return std::move(r.record);
    }

private:
    struct Reading {
        Record record;
        VectorEpilogue chain;
        std::vector<int> consumed;
    };
    const char* name_;
};

// The best `most` of candidates by their estimates.
template <typename Tile>
void addBest(std::string_view factory, std::vector<std::pair<double, Tile>> all, size_t most,
             tactic::TacticList& out) {
    std::stable_sort(all.begin(), all.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    if (all.size() > most) all.resize(most);
    for (const auto& [estimate, tile] : all) out.push_back({std::string(factory), tile.text()});
}

}  // namespace bireme::cuda
