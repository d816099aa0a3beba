// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/guard.h"
#include "bireme/engine.h"
#include "plan/plan.h"
#include "runtime/engine.h"

#include <memory>
#include <string>
#include <vector>

namespace bireme::api {

// Key of the metadata of an engine whose dimension 0 is an implicit batch: its largest.
constexpr const char* kMaxBatchKey = "max_batch_size";

// Behind ICudaEngine. `formatTexts` are the sentences that getTensorFormatDesc hands out, per io
// tensor.
struct Engine {
    explicit Engine(const Reporter& r) : reporter(r) {}
    Reporter reporter;
    std::shared_ptr<const runtime::Engine> engine;
    std::vector<std::string> formatTexts;
    std::vector<std::string> bindingNames;  // profile by profile

    const plan::Plan& plan() const noexcept { return engine->plan(); }
    // Index of an input or output; throws Error that names the nearest one.
    int32_t io(const char* name) const;
};

// Loads a plan and gives the public object that a caller deletes. Throws Error.
ICudaEngine* loadEngine(plan::Plan plan, const Reporter& reporter, IGpuAllocator* allocator);

// The public format of an io tensor, and how many components stand together along which dimension
// (-1: none).
struct PublicFormat {
    TensorFormat format = TensorFormat::kLINEAR;
    int32_t components = -1;
    int32_t dimension = -1;
};
PublicFormat publicFormat(const TensorDesc& desc);

int32_t findIo(const runtime::Engine& engine, const char* name);  // as Engine::io

}  // namespace bireme::api
