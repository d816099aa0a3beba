// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine.h"

#include "base/parallel_for.h"
#include "base/status.h"
#include "base/text.h"
#include "device/registry.h"
#include "plan/validate.h"
#include "runtime/loaded.h"
#include "runtime/memory.h"

#include <algorithm>

namespace bireme::runtime {

static std::string pairs(const std::vector<std::pair<std::string, std::string>>& list) {
    std::vector<std::string> parts;
    for (const auto& [key, value] : list) parts.push_back(cat(key, "=", value));
    return join(parts, ", ");
}

void Engine::findDevice() {
    auto& registry = device::BackendRegistry::global();
    backend_ = registry.find(plan_->backend);
    if (!backend_)
        fail(ErrorCode::kFAILED_INITIALIZATION,
             cat("the engine runs on backend \"", plan_->backend,
                 "\", which is not available: ", registry.reasonFor(plan_->backend)));
    std::string reasons;
    for (device::Device* d : backend_->devices()) {
        std::string why = d->incompatibility(plan_->fingerprint);
        if (why.empty()) {
            device_ = d;
            return;
        }
        reasons += cat(reasons.empty() ? "" : "; ", d->properties().name, " (",
                       pairs(d->fingerprint()), "): ", why);
    }
    if (reasons.empty())
        reasons =
            cat("this machine: it has no device of that backend (", backend_->whyNoDevice(), ")");
    fail(ErrorCode::kINVALID_CONFIG,
         cat("the engine was built for ", plan_->backend, " (", pairs(plan_->fingerprint),
             ") and cannot run on ", reasons));
}

void Engine::placeWeights() {
    const Blob& weights = plan_->weights;
    if (device_->properties().hostMemory || weights.size() == 0) {
        weights_ = weights.data();
        return;
    }
    auto stream = device_->createStream();
    uploaded_ = allocate(*this, weights.size(), stream.get());
    if (!uploaded_)
        fail(ErrorCode::kFAILED_ALLOCATION,
             cat("no device memory for ", humanBytes(weights.size()), " of weights"));
    Status s = device_->copy(uploaded_, weights.data(), weights.size(), *stream);
    if (s.ok()) s = stream->synchronize();
    if (!s.ok()) fail(s.code, cat("the weights cannot be copied to the device: ", s.message));
    weights_ = static_cast<const uint8_t*>(uploaded_);
}

static std::unique_ptr<device::Kernel> loadKernel(const plan::Step& step, device::Device& device) {
    auto& registry = device::BackendRegistry::global();
    std::string backend = step.kernel.substr(0, step.kernel.find('.'));
    device::Backend* b = registry.forKernel(step.kernel);
    if (!b)
        fail(ErrorCode::kFAILED_INITIALIZATION,
             cat("kernel ", step.kernel, " needs backend \"", backend,
                 "\", which is not available: ", registry.reasonFor(backend)));
    ByteReader in(step.kernelBytes.data(), step.kernelBytes.size(), "its kernel");
    auto kernel = b->loadKernel(step.kernel, in, device);
    if (!kernel)
        fail(ErrorCode::kFAILED_INITIALIZATION,
             cat("backend \"", backend, "\" has no kernel ", step.kernel));
    return kernel;
}

// The device that a step beside a GPU runs on; null where the engine's own memory is the host's.
static device::Device* hostFor(const plan::Step& step, const device::Device& device) {
    if (device.properties().hostMemory) return nullptr;
    auto& registry = device::BackendRegistry::global();
    device::Backend* own = registry.forKernel(step.kernel);
    // Kernels of a backend without devices (plugins) run on any host.
    std::vector<device::Backend*> from{own};
    if (own && own->devices().empty()) from = registry.backends();
    for (device::Backend* b : from)
        for (device::Device* d : b ? b->devices() : std::vector<device::Device*>())
            if (d->properties().hostMemory) return d;
    fail(ErrorCode::kFAILED_INITIALIZATION,
         cat("step \"", step.name, "\" runs on the host by kernel ", step.kernel,
             ", whose backend is not available"));
}

void Engine::loadKernels() {
    ThreadCount threads(threads_);
    for (const plan::Variant& v : plan_->variants) {
        variants_.push_back(analyse(*plan_, v));
        for (LoadedRegion& r : variants_.back()->regions) {
            for (LoadedStep& s : r.steps) {
                if (s.plan->device != 0) s.host = hostFor(*s.plan, *device_);
                for (int32_t c : s.plan->constants)
                    s.constants.push_back(s.host ? hostConstant(c) : constant(c));
                if (s.plan->kernel.empty()) continue;
                try {
                    s.kernel = loadKernel(*s.plan, s.host ? *s.host : *device_);
                } catch (const Error& e) {
                    throw e.at(s.plan->name);
                }
            }
        }
    }
}

std::shared_ptr<const Engine> Engine::load(std::shared_ptr<const plan::Plan> plan, Log log,
                                           IGpuAllocator* allocator) {
    BIREME_ASSERT(plan != nullptr);
    plan::validate(*plan);
    std::shared_ptr<Engine> engine(new Engine);
    engine->plan_ = std::move(plan);
    engine->log_ = log;
    engine->allocator_ = allocator;
    engine->threads_ = std::min(engine->plan_->threads, hardwareThreads());
    engine->findDevice();
    engine->placeWeights();
    engine->loadKernels();
    return engine;
}

Engine::~Engine() {
    variants_.clear();
    if (uploaded_) deallocate(*this, uploaded_, nullptr);
}

int32_t Engine::findIo(std::string_view name) const noexcept {
    for (size_t i = 0; i < plan_->io.size(); ++i)
        if (plan_->io[i].name == name) return static_cast<int32_t>(i);
    return -1;
}

int64_t Engine::deviceMemory(int32_t profile) const noexcept {
    int64_t bytes = 0;
    for (const plan::Variant& v : plan_->variants)
        if (profile < 0 || v.profile == profile) bytes = std::max(bytes, v.arenaBytes);
    return bytes;
}

}  // namespace bireme::runtime
