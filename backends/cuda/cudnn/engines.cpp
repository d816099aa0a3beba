// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/cudnn/engines.h"

#include "backends/cuda/device.h"
#include "base/text.h"

#include <algorithm>
#include <map>
#include <mutex>

namespace bireme::cuda::dnn {

std::string keyOf(const GraphSpec& spec) {
    ByteWriter w;
    spec.save(w);
    return {w.bytes().begin(), w.bytes().end()};
}

// Of large batches cuDNN proposes little but tensor cores, which strict FP32 does without; what it
// proposes for fewer images runs as well.
static void addEnginesOfFewerImages(const GraphSpec& spec, cudnnHandle_t handle,
                                    std::vector<Engine>& engines) {
    constexpr size_t kEnough = 4;
    const int64_t images = spec.operands[0].dims[0];
    for (int64_t n = images / 4; n > 0 && engines.size() < kEnough; n /= 4) {
        GraphSpec fewer = spec;
        for (size_t i = 0; i < fewer.operands.size(); ++i)
            if (int64_t& d = fewer.operands[i].dims[0]; i != 1 && d == images) d = n;
        for (const Engine& e : enginesFor(fewer, handle)) {
            bool known = std::any_of(engines.begin(), engines.end(),
                                     [&](const Engine& o) { return o.name == e.name; });
            if (known || e.compiled) continue;
            try {
                buildPlan(spec, e.name, handle);
                engines.push_back(e);
            } catch (const Error&) {
                continue;  // not for so many
            }
        }
    }
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
        bool strict = spec.operands[0].type == DataType::kFLOAT && !spec.tf32;
        if (strict && spec.anchor != Anchor::matmul)
            addEnginesOfFewerImages(spec, handle.get(), answer.engines);
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
