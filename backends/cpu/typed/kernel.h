// SPDX-License-Identifier: Apache-2.0
// Kernels made of loops that are compiled for a few types: whole operands of other types are
// converted before and after. They take what no kernel with vector code of its own takes.
#pragma once

#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/record.h"
#include "backends/cpu/typed/call.h"
#include "backends/cpu/typed/types.h"

#include <memory>

namespace bireme::cpu {

// What the loops of one op say of themselves; derive from it and add
//     static constexpr const char* kName;
//     template <typename T> static Status run(const Plan&, const TypedCall&) noexcept;
template <typename OpType, typename TypeSet>
struct TypedLoops {
    using Op = OpType;
    using Types = TypeSet;
    // What is worked out once for a shape; may throw Error.
    struct Plan {
        Op op;
        Plan(const Op& o, const TypedCall&) : op(o) {}
    };
    static constexpr bool kLeadIsOutput = false;  // is output 0, not input 0, the operand whose
                                                  // type says what is computed in?
    // Whether an operand comes in the type of the computation; else it stays as it is stored.
    static bool converts(bool output, int i, DataType stored, DataType lead) {
        return (!output && i == 0) || stored == lead;
    }
    static Support supports(const Op&, const tactic::Query&) { return yes(); }
    template <typename P>
    static size_t scratch(const P&, const TypedCall&) {  // bytes; grows with extents
        return 0;
    }
};

// The same for code that is no template.
struct TypedHooks {
    bool leadIsOutput;
    DataType (*work)(DataType lead);
    bool (*converts)(bool output, int i, DataType stored, DataType lead);
    std::shared_ptr<const void> (*plan)(const void* op, const TypedCall& call);
    size_t (*scratch)(const void* plan, const TypedCall& call);
    Status (*run)(const void* plan, DataType work, const TypedCall& call) noexcept;
};

template <typename L>
const TypedHooks& typedHooks() {
    using Plan = typename L::Plan;
    static const TypedHooks hooks{
        L::kLeadIsOutput,
        L::Types::of,
        L::converts,
        [](const void* op, const TypedCall& call) -> std::shared_ptr<const void> {
            return std::make_shared<const Plan>(*static_cast<const typename L::Op*>(op), call);
        },
        [](const void* plan, const TypedCall& call) {
            return L::scratch(*static_cast<const Plan*>(plan), call);
        },
        [](const void* plan, DataType work, const TypedCall& call) noexcept {
            Status status;
            L::Types::visit(work, [&](auto t) {
                status = L::template run<decltype(t)>(*static_cast<const Plan*>(plan), call);
            });
            return status;
        }};
    return hooks;
}

// Which tensors of the launch the node's operands are; -1: absent.
struct TypedOperands {
    std::vector<int> inputs, outputs;
    size_t workspace = 0;  // bytes reserved for conversions and scratch
    void save(ByteWriter& out) const;
    static TypedOperands load(ByteReader& in);
};

// Of a group that is one node; else a reason against it.
Support readTypedOperands(const tactic::Query& q, TypedOperands& operands);
// Whether another kernel of the catalog takes the group.
bool isTakenElsewhere(const tactic::Catalog& catalog, const tactic::KernelFactory& self,
                      const tactic::Query& q);

std::unique_ptr<device::Bound> bindTyped(const TypedHooks& hooks, const void* op,
                                         const TypedOperands& operands,
                                         const device::Shapes& shapes);
// Sets the workspace to what the largest shapes need, if they have a limit.
void reserveTyped(const TypedHooks& hooks, const void* op, TypedOperands& operands,
                  const tactic::Query& q);

template <typename L>
class TypedKernel final : public device::Kernel {
public:
    using Op = typename L::Op;
    TypedKernel(Op op, TypedOperands operands)
        : op_(std::move(op)), operands_(std::move(operands)) {}

    size_t workspaceBound(const device::Shapes&, const device::Shapes&,
                          const device::Shapes&) const override {
        return operands_.workspace;
    }
    std::unique_ptr<device::Bound> bind(const device::Shapes& shapes,
                                        device::ContextState&) const override {
        return bindTyped(typedHooks<L>(), &op_, operands_, shapes);
    }
    void save(ByteWriter& out) const override {
        putAttributes(out, op_);
        operands_.save(out);
    }

private:
    Op op_;
    TypedOperands operands_;
};

template <typename L>
class TypedFactory final : public tactic::KernelFactory {
public:
    using Op = typename L::Op;
    explicit TypedFactory(const tactic::Catalog& catalog) : catalog_(catalog) {}

    std::string_view name() const override { return L::kName; }
    bool widens() const override { return true; }
    Support supports(const tactic::Query& q) const override {
        const ir::Node* node = q.group().single() ? loneNode(q) : nullptr;
        const Op* op = node ? node->op.template as<Op>() : nullptr;
        if (!op) return no("not this op alone");
        TypedOperands operands;
        if (Support s = readTypedOperands(q, operands); !s.ok) return s;
        if (Support s = L::supports(*op, q); !s.ok) return s;
        return isTakenElsewhere(catalog_, *this, q) ? no("a kernel with vector code takes it")
                                                    : yes();
    }
    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        TypedOperands operands;
        if (Support s = readTypedOperands(q, operands); !s.ok)
            fail(ErrorCode::kUNSUPPORTED_STATE, s.why);
        const Op& op = *loneNode(q)->op.template as<Op>();
        reserveTyped(typedHooks<L>(), &op, operands, q);
        tactic::Created made;
        made.kernel = std::make_unique<TypedKernel<L>>(op, std::move(operands));
        return made;
    }
    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device&) const override {
        auto op = getAttributes<Op>(in);
        return std::make_unique<TypedKernel<L>>(std::move(op), TypedOperands::load(in));
    }

private:
    static const ir::Node* loneNode(const tactic::Query& q) {
        return &q.body().node(q.body().nodeIds().front());
    }
    const tactic::Catalog& catalog_;
};

template <typename L>
void addTyped(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<TypedFactory<L>>(catalog));
}

}  // namespace bireme::cpu
