// SPDX-License-Identifier: Apache-2.0
// The outline of kernels that pack the anchor's second operand. A kernel is its record, which is
// read from the query, or from what an engine keeps of it. A Record has
//     void save(ByteWriter&) const;
//     static Record load(ByteReader&);
// and, for RecordKernel,
//     size_t workspace(const Shapes& min, const Shapes& max) const;  // of any shapes between
#pragma once

#include "backends/cpu/support/factory.h"
#include "base/bytes.h"
#include "base/status.h"

#include <memory>
#include <utility>
#include <vector>

namespace bireme::cpu {

template <typename Record, typename BoundOf>
class RecordKernel final : public device::Kernel {
public:
    explicit RecordKernel(Record r) : r_(std::move(r)) {}
    size_t workspaceBound(const device::Shapes& min, const device::Shapes&,
                          const device::Shapes& max) const override {
        return r_.workspace(min, max);
    }
    std::unique_ptr<device::Bound> bind(const device::Shapes& shapes,
                                        device::ContextState&) const override {
        return std::make_unique<BoundOf>(r_, shapes);
    }
    void save(ByteWriter& out) const override { r_.save(out); }

private:
    Record r_;
};

template <typename Record, typename Kernel>
class PackingFactory : public tactic::KernelFactory {
public:
    Support supports(const tactic::Query& q) const override {
        Record r;
        std::vector<int> consumed;
        return read(q, r, consumed);
    }

    tactic::Created create(const tactic::Query& q, const tactic::Tactic& t) const final {
        Record r;
        tactic::Created made;
        if (Support s = read(q, r, made.consumed); !s.ok)
            fail(ErrorCode::kUNSUPPORTED_STATE, s.why);
        const int operand = q.group().anchorInput(1);
        made.constants.push_back(pack(q, t, operand, r));
        made.consumed.push_back(operand);
        made.kernel = std::make_unique<Kernel>(std::move(r));
        return made;
    }

    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device&) const final {
        return std::make_unique<Kernel>(Record::load(in));
    }

protected:
    // `consumed` gets the inputs that became numbers.
    virtual Support read(const tactic::Query& q, Record& r, std::vector<int>& consumed) const = 0;
    // Body input `operand` as the kernel wants it; fills in what the record says of that.
    virtual tactic::PackedConstant pack(const tactic::Query& q, const tactic::Tactic& t,
                                        int operand, Record& r) const = 0;

    // Of a query that is supported.
    Record recordOf(const tactic::Query& q) const {
        Record r;
        std::vector<int> consumed;
        read(q, r, consumed);
        return r;
    }
};

}  // namespace bireme::cpu
