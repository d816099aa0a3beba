// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/cudnn/plan.h"

#include "backends/cuda/device.h"
#include "backends/cuda/driver/cudnn_api.h"
#include "backends/cuda/stream.h"
#include "base/text.h"

#include <cstdio>
#include <map>

namespace bireme::cuda::dnn {

Descriptor::Descriptor(cudnnBackendDescriptorType_t type) {
    orThrow(BIREME_CUDNN(cudnnBackendCreateDescriptor, type, &d_));
}

Descriptor& Descriptor::operator=(Descriptor&& o) noexcept {
    std::swap(d_, o.d_);
    return *this;
}

Descriptor::~Descriptor() {
    if (d_) (void)cudnn().cudnnBackendDestroyDescriptor(d_);
}

static void set(const Descriptor& d, cudnnBackendAttributeName_t name,
                cudnnBackendAttributeType_t type, int64_t count, const void* values) {
    orThrow(BIREME_CUDNN(cudnnBackendSetAttribute, d.get(), name, type, count, values));
}

static void finish(const Descriptor& d) { orThrow(BIREME_CUDNN(cudnnBackendFinalize, d.get())); }

static size_t workspaceOf(const Descriptor& plan) {
    int64_t size = 0, count = 0;
    orThrow(BIREME_CUDNN(cudnnBackendGetAttribute, plan.get(),
                         CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1, &count,
                         &size));
    return static_cast<size_t>(size);
}

Plan::Plan(const std::string& bytes, cudnnHandle_t handle)
    : plan_(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR) {
    set(plan_, CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1, &handle);
    set(plan_, CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, CUDNN_TYPE_CHAR,
        static_cast<int64_t>(bytes.size()), bytes.data());
    finish(plan_);
    workspace_ = workspaceOf(plan_);
}

// Number of an engine and its knobs, from "eng39_k24=11_k2=0".
static void parseEngine(const std::string& text, int64_t& number, std::vector<Descriptor>& knobs) {
    long long engine = 0;
    if (std::sscanf(text.c_str(), "eng%lld", &engine) != 1)
        fail(ErrorCode::kINVALID_STATE, cat("\"", text, "\" is no engine of cuDNN"));
    number = engine;
    auto parts = split(text, '_');
    for (size_t i = 1; i < parts.size(); ++i) {
        int type = 0;
        long long value = 0;
        if (std::sscanf(parts[i].c_str(), "k%d=%lld", &type, &value) != 2)
            fail(ErrorCode::kINVALID_STATE, cat("\"", text, "\" is no engine of cuDNN"));
        auto knob = static_cast<cudnnBackendKnobType_t>(type);
        int64_t choice = value;
        Descriptor d(CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR);
        set(d, CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, CUDNN_TYPE_KNOB_TYPE, 1, &knob);
        set(d, CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, CUDNN_TYPE_INT64, 1, &choice);
        finish(d);
        knobs.push_back(std::move(d));
    }
}

BuiltPlan planOf(cudnnBackendDescriptor_t graph, const std::string& engine, cudnnHandle_t handle) {
    int64_t number = 0;
    std::vector<Descriptor> knobs;
    parseEngine(engine, number, knobs);
    Descriptor e(CUDNN_BACKEND_ENGINE_DESCRIPTOR), c(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR),
        plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
    set(e, CUDNN_ATTR_ENGINE_OPERATION_GRAPH, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &graph);
    set(e, CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, 1, &number);
    finish(e);
    cudnnBackendDescriptor_t raw = e.get();
    set(c, CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &raw);
    std::vector<cudnnBackendDescriptor_t> choices;
    for (const Descriptor& k : knobs) choices.push_back(k.get());
    if (!choices.empty())
        set(c, CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, CUDNN_TYPE_BACKEND_DESCRIPTOR,
            static_cast<int64_t>(choices.size()), choices.data());
    finish(c);
    raw = c.get();
    set(plan, CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1, &handle);
    set(plan, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &raw);
    finish(plan);
    BuiltPlan built{engine, {}, workspaceOf(plan)};
    int64_t size = 0;
    orThrow(BIREME_CUDNN(cudnnBackendGetAttribute, plan.get(),
                         CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, 0, &size,
                         nullptr));
    built.bytes.resize(static_cast<size_t>(size));
    orThrow(BIREME_CUDNN(cudnnBackendGetAttribute, plan.get(),
                         CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, size,
                         &size, built.bytes.data()));
    return built;
}

namespace {
// Handles that nobody uses; they live as long as the devices.
struct FreeHandles {
    std::mutex mutex;
    std::map<int, std::vector<cudnnHandle_t>> of;  // by device
};
}  // namespace

static FreeHandles& freeHandles() {
    static auto* handles = new FreeHandles;
    return *handles;
}

BuilderHandle::BuilderHandle(CudaDevice& device) : device_(device.properties().index) {
    orThrow(device.makeCurrent());
    if (!cudnn().library.handle())
        fail(ErrorCode::kFAILED_INITIALIZATION, cat("cuDNN is missing: ", cudnn().library.why()));
    {
        std::lock_guard lock(freeHandles().mutex);
        auto& free = freeHandles().of[device_];
        if (!free.empty()) {
            handle_ = free.back();
            free.pop_back();
            return;
        }
    }
    orThrow(BIREME_CUDNN(cudnnCreate, &handle_));
}

BuilderHandle::~BuilderHandle() {
    std::lock_guard lock(freeHandles().mutex);
    freeHandles().of[device_].push_back(handle_);
}

PlanBound::PlanBound(std::shared_ptr<const Plan> plan, std::string engine,
                     std::vector<Source> sources)
    : plan_(std::move(plan)),
      engine_(std::move(engine)),
      sources_(std::move(sources)),
      pointers_(sources_.size()) {
    for (size_t i = 0; i < sources_.size(); ++i) numbers_.push_back(static_cast<int64_t>(i) + 1);
}

static void* addressOf(const Source& s, const device::Launch& launch) {
    auto i = static_cast<size_t>(s.index);
    switch (s.kind) {
        case Source::Kind::constant: return const_cast<void*>(launch.constants[i]);
        case Source::Kind::output: return launch.outputs[i];
        case Source::Kind::input: break;
    }
    return const_cast<void*>(launch.inputs[i]);
}

Status PlanBound::pack(const device::Launch& launch) noexcept {
    bool same = pack_.get() && packedWorkspace_ == launch.workspace;
    for (size_t i = 0; i < sources_.size(); ++i) {
        void* p = addressOf(sources_[i], launch);
        same = same && pointers_[i] == p;
        pointers_[i] = p;
    }
    if (same) return Status::success();
    packedWorkspace_ = launch.workspace;
    pack_ = Descriptor();
    cudnnBackendDescriptor_t d = nullptr;
    try {
        pack_ = Descriptor(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
        d = pack_.get();
    } catch (const std::exception&) {
        return Status::failure(ErrorCode::kFAILED_EXECUTION, "cuDNN makes no variant pack");
    }
    auto n = static_cast<int64_t>(sources_.size());
    Status s = BIREME_CUDNN(cudnnBackendSetAttribute, d, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS,
                            CUDNN_TYPE_VOID_PTR, n, pointers_.data());
    if (s.ok())
        s = BIREME_CUDNN(cudnnBackendSetAttribute, d, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS,
                         CUDNN_TYPE_INT64, n, numbers_.data());
    if (s.ok())
        s = BIREME_CUDNN(cudnnBackendSetAttribute, d, CUDNN_ATTR_VARIANT_PACK_WORKSPACE,
                         CUDNN_TYPE_VOID_PTR, 1, &packedWorkspace_);
    if (s.ok()) s = BIREME_CUDNN(cudnnBackendFinalize, d);
    if (!s.ok()) pack_ = Descriptor();
    return s;
}

Status PlanBound::enqueue(device::Stream& stream, const device::Launch& launch) noexcept {
    if (Status s = cudaStream(stream).device().makeCurrent(); !s.ok()) return s;
    Status status;
    auto* handle = static_cast<cudnnHandle_t>(cudaStream(stream).cudnn(status));
    if (!handle) return status;
    if (Status s = pack(launch); !s.ok()) return s;
    return BIREME_CUDNN(cudnnBackendExecute, handle, plan_->get(), pack_.get());
}

}  // namespace bireme::cuda::dnn
