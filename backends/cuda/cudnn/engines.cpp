// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/cudnn/engines.h"

#include "backends/cuda/device.h"
#include "base/text.h"

#include <map>
#include <mutex>

namespace bireme::cuda::dnn {

std::string keyOf(const GraphSpec& spec) {
    ByteWriter w;
    spec.save(w);
    return {w.bytes().begin(), w.bytes().end()};
}

Answer enginesOf(const GraphSpec& spec, CudaDevice& device) {
    static std::mutex mutex;
    static auto* known = new std::map<std::string, Answer>;
    std::string key = cat(device.properties().index, " ", keyOf(spec));
    {
        std::lock_guard lock(mutex);
        if (auto it = known->find(key); it != known->end()) return it->second;
    }
    Answer answer{{}, "cuDNN has no engine for the group"};
    try {
        BuilderHandle handle(device);
        answer.engines = enginesFor(spec, handle.get());
    } catch (const Error& e) {
        answer.why = e.message();
    }
    std::lock_guard lock(mutex);
    if (known->size() > 4096) known->clear();
    return (*known)[key] = answer;
}

BuiltPlan keptPlanOf(const GraphSpec& spec, const std::string& engine, CudaDevice& device) {
    static std::mutex mutex;
    static auto* known = new std::map<std::string, BuiltPlan>;
    std::string key = cat(device.properties().index, " ", engine, " ", keyOf(spec));
    {
        std::lock_guard lock(mutex);
        if (auto it = known->find(key); it != known->end()) return it->second;
    }
    BuilderHandle handle(device);
    BuiltPlan plan = buildPlan(spec, engine, handle.get());
    std::lock_guard lock(mutex);
    if (known->size() > 2048) known->clear();
    return (*known)[key] = plan;
}

}  // namespace bireme::cuda::dnn
