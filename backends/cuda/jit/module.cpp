// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/jit/module.h"

#include "base/hash.h"
#include "base/text.h"

#include <map>

namespace bireme::cuda {

Module::Module(CudaDevice& device, const Blob& cubin) : device_(device) {
    orThrow(device.makeCurrent());
    BIREME_CU_OR_THROW(cuModuleLoadData, &module_, cubin.data());
}

Module::~Module() {
    if (device_.makeCurrent().ok()) (void)cu().cuModuleUnload(module_);
}

CUfunction Module::function(const char* name) const {
    orThrow(device_.makeCurrent());
    CUfunction f = nullptr;
    Status s = BIREME_CU(cuModuleGetFunction, &f, module_, name);
    if (!s.ok()) fail(s.code, cat("device function \"", name, "\": ", s.message));
    return f;
}

std::shared_ptr<const Module> Module::load(CudaDevice& device, const Blob& cubin) {
    static std::mutex mutex;
    static auto* loaded =
        new std::map<std::pair<CudaDevice*, Hash128>, std::weak_ptr<const Module>>;
    std::lock_guard lock(mutex);
    auto& slot = (*loaded)[{&device, hash128(cubin.data(), cubin.size())}];
    auto module = slot.lock();
    if (!module) slot = module = std::make_shared<const Module>(device, cubin);
    return module;
}

Code Code::load(ByteReader& in, device::Device& device) {
    size_t size = in.count();
    const uint8_t* bytes = in.raw(size);
    return Code(device, Blob::copy(bytes, size));
}

void Code::save(ByteWriter& out) const {
    out.varint(cubin_.size());
    out.raw(cubin_.data(), cubin_.size());
}

CudaDevice& Code::device() const {
    BIREME_ASSERT(device_->properties().type == DeviceType::kGPU);
    return static_cast<CudaDevice&>(*device_);
}

CUfunction Code::function(const char* name, size_t sharedBytes) const {
    std::lock_guard lock(mutex_);
    if (!module_) module_ = Module::load(device(), cubin_);
    CUfunction f = module_->function(name);
    constexpr size_t kGiven = size_t{48} * 1024;  // more has to be asked for
    if (sharedBytes > kGiven)
        BIREME_CU_OR_THROW(cuFuncSetAttribute, f, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                           static_cast<int>(sharedBytes));
    return f;
}

Status launch(device::Stream& stream, CUfunction f, const Grid& g, void* parameters) noexcept {
    CudaStream& s = cudaStream(stream);
    if (Status ok = s.device().makeCurrent(); !ok.ok()) return ok;
    CUlaunchConfig config{};
    config.gridDimX = g.x, config.gridDimY = g.y, config.gridDimZ = g.z;
    config.blockDimX = g.threads, config.blockDimY = g.threadsY, config.blockDimZ = 1;
    config.sharedMemBytes = g.sharedBytes;
    bool follows = false;
    config.hStream = s.handleOfOwn(follows);
    CUlaunchAttribute attributes[2] = {};
    config.attrs = attributes;
    if (follows && s.device().overlaps()) {
        CUlaunchAttribute& a = attributes[config.numAttrs++];
        a.id = CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION;
        a.value.programmaticStreamSerializationAllowed = 1;
    }
    if (g.cluster > 1) {
        CUlaunchAttribute& a = attributes[config.numAttrs++];
        a.id = CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION;
        a.value.clusterDim.x = g.cluster, a.value.clusterDim.y = 1, a.value.clusterDim.z = 1;
    }
    void* arguments[] = {parameters};
    return BIREME_CU(cuLaunchKernelEx, &config, f, arguments, nullptr);
}

}  // namespace bireme::cuda
