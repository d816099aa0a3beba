// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/guard.h"
#include "api/run/engine.h"
#include "bireme/context.h"
#include "runtime/context.h"

#include <memory>
#include <string>
#include <vector>

namespace bireme::api {

struct RuntimeConfig {
    ExecutionContextAllocationStrategy strategy = ExecutionContextAllocationStrategy::kSTATIC;
};

// The user's output allocator as the runtime's.
class AllocatorAdapter final : public runtime::OutputAllocator {
public:
    AllocatorAdapter(const plan::Plan& plan, IOutputAllocator& user) : plan_(plan), user_(user) {}
    void* reallocate(int32_t io, void* current, uint64_t size, uint64_t alignment,
                     void* nativeStream) noexcept override;
    void notifyShape(int32_t io, const int64_t* dims, int32_t rank) noexcept override;
    IOutputAllocator& user() noexcept { return user_; }

private:
    const plan::Plan& plan_;
    IOutputAllocator& user_;
};

// Behind IExecutionContext; keeps the engine's inside alive.
struct Context {
    Reporter reporter;
    const ICudaEngine& engineHandle;
    runtime::ExecutionContext context;
    std::string name;
    std::vector<std::unique_ptr<AllocatorAdapter>> allocators;  // per io tensor

    const plan::Plan& plan() const noexcept { return context.engine().plan(); }
    int32_t io(const char* tensorName) const { return findIo(context.engine(), tensorName); }
};

IExecutionContext* makeContext(const ICudaEngine& handle, const Engine& engine,
                               ExecutionContextAllocationStrategy strategy);

// Throws unless `data` is aligned as the tensor's type needs.
void checkAddress(const plan::IoTensor& t, const void* data);
// The addresses of all tensors, in the engine's order.
void setAddresses(Context& c, void* const* bindings);

}  // namespace bireme::api
