// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/onednn/execution.h"

#include <string>
#include <vector>

namespace bireme::cpu {

// One primitive with its arguments, made for one shape.
class PrimitiveBound final : public device::Bound {
public:
    PrimitiveBound(dnnl::primitive primitive, std::string implementation)
        : execution(std::move(primitive)), implementation_(std::move(implementation)) {}

    // Takes the scratchpad from the launch's workspace if the plan foresaw enough, else brings its
    // own.
    void addScratch(const dnnl::memory::desc& scratch, size_t foreseen);
    // Memory that lives as long as this object, for constants packed for this shape alone.
    void* keep(size_t bytes);
    // An argument that the primitive wants in another layout than the launch has: it is reordered
    // on the way in (or, for the destination, out).
    void addReordered(int argument, const dnnl::memory::desc& have, const dnnl::memory::desc& want,
                      ArgSource source);

    size_t workspace() const noexcept override { return workspace_; }
    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override;
    std::string implementation() const override { return implementation_; }

    Execution execution;

private:
    std::string implementation_;
    size_t workspace_ = 0;
    std::vector<Execution> before_, after_;
    std::vector<std::unique_ptr<uint64_t[]>> kept_;
};

}  // namespace bireme::cpu
