// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/support/attention_heads.h"
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/record.h"
#include "ops/attention.h"

#include <memory>

namespace bireme::cpu {

// A lone attention, which `Bound` computes for one set of shapes.
template <typename Bound>
class AttentionKernel final : public device::Kernel {
public:
    explicit AttentionKernel(ops::Attention op) : op_(op) {}
    size_t workspaceBound(const device::Shapes&, const device::Shapes&,
                          const device::Shapes& max) const override {
        return Bound(op_, max).workspace();
    }
    std::unique_ptr<device::Bound> bind(const device::Shapes& shapes,
                                        device::ContextState&) const override {
        return std::make_unique<Bound>(op_, shapes);
    }
    void save(ByteWriter& out) const override { putAttributes(out, op_); }

private:
    ops::Attention op_;
};

// `fits` says which operands the kernel takes.
template <typename Bound>
class AttentionFactory final : public tactic::KernelFactory {
public:
    using Fits = Support (*)(const tactic::Query& q);
    AttentionFactory(const char* name, Fits fits) : name_(name), fits_(fits) {}
    std::string_view name() const override { return name_; }
    Support supports(const tactic::Query& q) const override {
        if (!q.group().anchorAs<ops::Attention>() || !q.group().single())
            return no("not a lone attention");
        return fits_(q);
    }
    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        attentionFormats(q, out);
    }
    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        tactic::Created made;
        made.kernel =
            std::make_unique<AttentionKernel<Bound>>(*q.group().anchorAs<ops::Attention>());
        return made;
    }
    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device&) const override {
        return std::make_unique<AttentionKernel<Bound>>(getAttributes<ops::Attention>(in));
    }

private:
    const char* name_;
    Fits fits_;
};

}  // namespace bireme::cpu
