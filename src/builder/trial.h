// SPDX-License-Identifier: Apache-2.0
// One tactic made ready to be timed: kernel, packed constants, made-up operands.
#pragma once

#include "builder/job.h"
#include "builder/timing_memory.h"

#include <deque>
#include <memory>
#include <vector>

namespace bireme::builder {

class Trial {
public:
    // The query's combination is chosen. Operands and results lie in `memory` until that is
    // released; what trials would overwrite of each other's is lent. Throws Error.
    Trial(BuildJob& job, VariantJob& variant, const ir::Node& group, const tactic::Query& query,
          tactic::Created made, TimingMemory& memory, device::Stream& stream);
    ~Trial();

    bool empty() const { return empty_; }  // it has results, and none has elements
    bool fits(size_t workspace) const { return bound_->workspace() <= workspace; }
    size_t constantBytes() const { return constantBytes_; }

    Status enqueue() noexcept { return bound_->enqueue(stream_, launch_); }
    void once();  // until it is done; throws Error
    // Milliseconds of one run by the device's clock. Throws Error.
    float timed();

private:
    class Sink;
    void placeInput(size_t i, const tactic::Query& query);
    void* keep(const void* bytes, size_t size);

    BuildJob& job_;
    TimingMemory& memory_;
    device::Stream& stream_;
    tactic::Created made_;
    device::Shapes shapes_;
    std::vector<const void*> in_;
    std::vector<void*> out_;
    std::deque<std::vector<uint8_t>> known_;
    std::vector<TimingMemory::Loan> lent_;
    size_t constantBytes_ = 0;
    bool empty_ = false;
    device::ContextState state_;
    std::unique_ptr<device::Bound> bound_;
    std::unique_ptr<Sink> sink_;
    device::Launch launch_;
};

}  // namespace bireme::builder
