// SPDX-License-Identifier: Apache-2.0
// Whose memory a plugin is given: on the host, on a GPU, and one that a device does not suit.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <memory>

#include "unit/api/support.h"
#include "unit/plugin/plugins.h"

namespace bireme::test {
namespace {

// y = x, copied by the driver or the host; it runs on one kind of device.
class Copy final : public ScaleCount {
public:
    explicit Copy(DeviceType device) : ScaleCount(1), device_(device) {}
    IPluginV3* clone() noexcept override { return new Copy(device_); }
    bool supportsDevice(DeviceType device) noexcept override { return device == device_; }
    void setDevice(DeviceType device) noexcept override { told_ = device; }
    IPluginV3* attachToContext(IPluginResourceContext*) noexcept override { return clone(); }
    int32_t onShapeChange(PluginTensorDesc const* in, int32_t nbIn, PluginTensorDesc const* out,
                          int32_t nbOut) noexcept override {
        bytes_ = static_cast<size_t>(volumeOf(in[0].dims)) * sizeof(float);
        return ScaleCount::onShapeChange(in, nbIn, out, nbOut);
    }
    int32_t enqueue(PluginTensorDesc const*, PluginTensorDesc const*, void const* const* inputs,
                    void* const* outputs, void*, cudaStream_t stream) noexcept override {
        if (told_ != device_) return 1;
        if (told_ == DeviceType::kCPU) {
            std::memcpy(outputs[0], inputs[0], bytes_);
            return 0;
        }
        using CopyAsync = int(uintptr_t, uintptr_t, size_t, void*);
        void* driver = dlopen("libcuda.so.1", RTLD_NOW);
        auto* copy =
            driver ? reinterpret_cast<CopyAsync*>(dlsym(driver, "cuMemcpyDtoDAsync_v2")) : nullptr;
        return copy ? copy(reinterpret_cast<uintptr_t>(outputs[0]),
                           reinterpret_cast<uintptr_t>(inputs[0]), bytes_, stream)
                    : 2;
    }

private:
    DeviceType device_, told_ = DeviceType::kDLA;
    size_t bytes_ = 0;
};

// Builds relu(Copy(x)) for `target`, x of 4 elements; null where that fails.
struct Network {
    explicit Network(DeviceType target, DeviceType plugin) : creator(plugin) {
        std::unique_ptr<IBuilder> builder(createInferBuilder(logger));
        std::unique_ptr<INetworkDefinition> net(builder->createNetworkV2(0));
        std::unique_ptr<IBuilderConfig> config(builder->createBuilderConfig());
        config->setDefaultDeviceType(target);
        ITensor* x = net->addInput("x", DataType::kFLOAT, Dims2(2, 2));
        Copy copy(plugin);
        ITensor* y = net->addPluginV3(&x, 1, nullptr, 0, copy)->getOutput(0);
        y = net->addActivation(*y, ActivationType::kRELU)->getOutput(0);
        y->setName("y");
        net->markOutput(*y);
        plan.reset(builder->buildSerializedNetwork(*net, *config));
        if (!plan) return;
        runtime.reset(createInferRuntime(logger));
        EXPECT_TRUE(runtime->getPluginRegistry().registerCreator(creator, ""));
        engine.reset(runtime->deserializeCudaEngine(plan->data(), plan->size()));
        if (engine) context.reset(engine->createExecutionContext());
    }

    CreatorOf<Copy, DeviceType> creator;
    MemoryLogger logger;
    std::unique_ptr<IHostMemory> plan;
    std::unique_ptr<IRuntime> runtime;
    std::unique_ptr<ICudaEngine> engine;
    std::unique_ptr<IExecutionContext> context;
};

TEST(PluginDevice, HostMemoryInAnEngineForTheCpu) {
    Network n(DeviceType::kCPU, DeviceType::kCPU);
    ASSERT_NE(n.context, nullptr) << n.logger.lastError;
    float x[4] = {-1, 2, -3, 4}, y[4] = {};
    n.context->setTensorAddress("x", x);
    n.context->setTensorAddress("y", y);
    ASSERT_TRUE(n.context->enqueueV3(nullptr)) << n.logger.lastError;
    EXPECT_EQ(std::vector<float>(y, y + 4), (std::vector<float>{0, 2, 0, 4}));
}

TEST(PluginDevice, OneForGpusIsRefusedByTheCpu) {
    Network n(DeviceType::kCPU, DeviceType::kGPU);
    EXPECT_EQ(n.plan, nullptr);
    EXPECT_NE(n.logger.lastError.find("does not run on CPUs"), std::string::npos)
        << n.logger.lastError;
}

TEST(PluginDevice, DeviceMemoryInAnEngineForAGpu) {
    Network n(DeviceType::kGPU, DeviceType::kGPU);
    if (!n.plan && n.logger.lastError.find("none can be used here") != std::string::npos)
        GTEST_SKIP() << "no GPU";
    ASSERT_NE(n.context, nullptr) << n.logger.lastError;
    void* driver = dlopen("libcuda.so.1", RTLD_NOW);
    ASSERT_NE(driver, nullptr);
    auto allocate = reinterpret_cast<int (*)(void**, size_t)>(dlsym(driver, "cuMemAlloc_v2"));
    auto give =
        reinterpret_cast<int (*)(void*, const void*, size_t)>(dlsym(driver, "cuMemcpyHtoD_v2"));
    auto take =
        reinterpret_cast<int (*)(void*, const void*, size_t)>(dlsym(driver, "cuMemcpyDtoH_v2"));
    float x[4] = {-1, 2, -3, 4}, y[4] = {};
    void *dx = nullptr, *dy = nullptr;
    ASSERT_EQ(allocate(&dx, sizeof x) | allocate(&dy, sizeof y) | give(dx, x, sizeof x), 0);
    n.context->setTensorAddress("x", dx);
    n.context->setTensorAddress("y", dy);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(n.context->enqueueV3(nullptr)) << n.logger.lastError;
    ASSERT_EQ(take(y, dy, sizeof y), 0);
    EXPECT_EQ(std::vector<float>(y, y + 4), (std::vector<float>{0, 2, 0, 4}));
}

}  // namespace
}  // namespace bireme::test
