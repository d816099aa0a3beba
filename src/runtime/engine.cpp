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
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace bireme::runtime {

static std::string pairs(const std::vector<std::pair<std::string, std::string>>& list) {
    std::vector<std::string> parts;
    for (const auto& [key, value] : list) parts.push_back(cat(key, "=", value));
    return join(parts, ", ");
}

// A device of this machine that runs the plan; none, with the reason.
static device::Device* deviceFor(const plan::Plan& plan, device::Backend* backend, Error& why) {
    if (!backend) {
        why =
            Error(ErrorCode::kFAILED_INITIALIZATION,
                  cat("the engine runs on backend \"", plan.backend, "\", which is not available: ",
                      device::BackendRegistry::global().reasonFor(plan.backend)));
        return nullptr;
    }
    std::string reasons;
    for (device::Device* d : backend->devices()) {
        const std::string reason = d->incompatibility(plan.fingerprint);
        if (reason.empty()) return d;
        reasons += cat(reasons.empty() ? "" : "; ", d->properties().name, " (",
                       pairs(d->fingerprint()), "): ", reason);
    }
    if (reasons.empty())
        reasons =
            cat("this machine: it has no device of that backend (", backend->whyNoDevice(), ")");
    why = Error(ErrorCode::kINVALID_CONFIG,
                cat("the engine was built for ", plan.backend, " (", pairs(plan.fingerprint),
                    ") and cannot run on ", reasons));
    return nullptr;
}

void Engine::findDevice() {
    backend_ = device::BackendRegistry::global().find(plan_->backend);
    Error why(ErrorCode::kSUCCESS, "");
    device_ = deviceFor(*plan_, backend_, why);
    if (!device_) throw why;
}

std::string Engine::misfit(const plan::Plan& plan) {
    Error why(ErrorCode::kSUCCESS, "");
    return deviceFor(plan, device::BackendRegistry::global().find(plan.backend), why)
               ? std::string()
               : why.message();
}

// Bytes of the weights up to the last that a step reads; behind them is what the network that is
// kept for another build has beside.
static size_t usedWeights(const plan::Plan& plan) {
    size_t end = 0;
    auto use = [&](int32_t c) {
        const plan::ConstantRef& r = plan.constants[static_cast<size_t>(c)];
        end = std::max(end, static_cast<size_t>(r.offset + r.size));
    };
    auto region = [&](const auto& self, const plan::Region& r) -> void {
        for (const plan::PlanTensor& t : r.tensors)
            if (t.storage == plan::Storage::constant) use(t.index);
        for (const plan::Step& s : r.steps) {
            for (int32_t c : s.constants) use(c);
            for (const plan::Region& child : s.children) self(self, child);
        }
    };
    for (const plan::Variant& v : plan.variants) region(region, v.root);
    return end;
}

void Engine::placeWeights() {
    const size_t size = usedWeights(*plan_);
    if (device_->properties().hostMemory || size == 0) {
        weights_ = plan_->weights.data();
        return;
    }
    auto stream = device_->createStream();
    uploaded_ = allocate(*this, size, stream.get());
    if (!uploaded_)
        fail(ErrorCode::kFAILED_ALLOCATION,
             cat("no device memory for ", humanBytes(size), " of weights"));
    Status s = device_->copy(uploaded_, plan_->weights.data(), size, *stream);
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

namespace {
// Variants of a plan share the kernels that they have in common; within one, every step has its
// own, as kernels may keep state.
class Kernels {
public:
    void nextVariant() { taken_.clear(); }
    std::shared_ptr<device::Kernel> get(const plan::Step& step, device::Device& device) {
        const Blob& bytes = step.kernelBytes;
        const std::string key =
            cat(step.kernel, '\n', std::string_view(bytes.as<char>(), bytes.size()));
        auto& made = made_[key];
        const size_t next = taken_[key]++;
        if (next == made.size()) made.push_back(loadKernel(step, device));
        return made[next];
    }

private:
    std::map<std::string, std::vector<std::shared_ptr<device::Kernel>>> made_;
    std::map<std::string, size_t> taken_;  // by the variant that is loaded
};
}  // namespace

void Engine::loadKernels() {
    ThreadCount threads(threads_);
    Kernels kernels;
    for (const plan::Variant& v : plan_->variants) {
        kernels.nextVariant();
        variants_.push_back(analyse(*plan_, v));
        for (LoadedRegion& r : variants_.back()->regions) {
            for (LoadedStep& s : r.steps) {
                if (s.plan->device != 0) s.host = hostFor(*s.plan, *device_);
                for (int32_t c : s.plan->constants)
                    s.constants.push_back(s.host ? hostConstant(c) : constant(c));
                if (s.plan->kernel.empty()) continue;
                try {
                    s.kernel = kernels.get(*s.plan, s.host ? *s.host : *device_);
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
    if (const std::string again = engine->device_->madeAgain(engine->plan_->fingerprint);
        !again.empty())
        log.warning(again);
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
        if (profile < 0 || v.profile == profile) bytes = std::max(bytes, v.scratchBytes());
    return bytes;
}

}  // namespace bireme::runtime
