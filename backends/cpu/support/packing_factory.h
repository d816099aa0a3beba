// SPDX-License-Identifier: Apache-2.0
// The outline of factories whose kernel packs the anchor's second operand and is made from a record
// that is read from the query, or from what an engine keeps of it.
#pragma once

#include "backends/cpu/support/factory.h"
#include "base/bytes.h"
#include "base/status.h"

#include <memory>
#include <utility>
#include <vector>

namespace bireme::cpu {

template <typename Record, typename Kernel>
class PackingFactory : public tactic::KernelFactory {
public:
    Support supports(const tactic::Query& q) const final {
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
        return std::make_unique<Kernel>(readRecord(in));
    }

protected:
    // `consumed` gets the inputs that became numbers.
    virtual Support read(const tactic::Query& q, Record& r, std::vector<int>& consumed) const = 0;
    // Body input `operand` as the kernel wants it; fills in what the record says of that.
    virtual tactic::PackedConstant pack(const tactic::Query& q, const tactic::Tactic& t,
                                        int operand, Record& r) const = 0;
    virtual Record readRecord(ByteReader& in) const = 0;
};

}  // namespace bireme::cpu
