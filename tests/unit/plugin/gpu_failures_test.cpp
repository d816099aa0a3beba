// SPDX-License-Identifier: Apache-2.0
// What a build does when a tactic breaks the GPU's context, when a launch fails, and when device
// memory ends: with plugins that do so. Skipped where there is no GPU.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>

#include "unit/api/support.h"
#include "unit/plugin/plugins.h"

namespace bireme::test {
namespace {

// The driver's functions that the plugin and the tests call; 0 is success.
struct Driver {
    int (*init)(unsigned) = nullptr;
    int (*count)(int*) = nullptr;
    int (*total)(size_t*, int) = nullptr;
    int (*copyOnDevice)(uintptr_t, uintptr_t, size_t, void*) = nullptr;
    int (*allocate)(uintptr_t*, size_t) = nullptr;
    int (*give)(uintptr_t, const void*, size_t) = nullptr;
    int (*take)(void*, uintptr_t, size_t) = nullptr;
    int (*loadModule)(void**, const void*) = nullptr;
    int (*functionOf)(void**, void*, const char*) = nullptr;
    int (*launch)(void*, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                  void*, void**, void**) = nullptr;

    Driver() {
        void* library = dlopen("libcuda.so.1", RTLD_NOW);
        auto get = [&](const char* name, auto& to) {
            to = reinterpret_cast<std::remove_reference_t<decltype(to)>>(
                library ? dlsym(library, name) : nullptr);
        };
        get("cuInit", init), get("cuDeviceGetCount", count), get("cuDeviceTotalMem_v2", total);
        get("cuMemcpyDtoDAsync_v2", copyOnDevice), get("cuMemAlloc_v2", allocate);
        get("cuMemcpyHtoD_v2", give), get("cuMemcpyDtoH_v2", take);
        get("cuModuleLoadData", loadModule), get("cuModuleGetFunction", functionOf);
        get("cuLaunchKernel", launch);
    }
    bool hasGpu() const {
        int n = 0;
        return init && init(0) == 0 && count(&n) == 0 && n > 0;
    }
    int trap(void* stream) const {
        static const char* const code =
            ".version 7.0\n.target sm_80\n.address_size 64\n"
            ".visible .entry breaks() { trap; }\n";
        void *module = nullptr, *function = nullptr;
        if (int e = loadModule(&module, code)) return e;
        if (int e = functionOf(&function, module, "breaks")) return e;
        return launch(function, 1, 1, 1, 1, 1, 1, 0, stream, nullptr, nullptr);
    }
};

const Driver& driver() {
    static const Driver d;
    return d;
}

enum class Fault { trap, launch, memory };

// y = x, float [1, 8, 2, 2]. Its first tactic does what is asked of it, its second copies; with
// Fault::memory it needs the whole memory as workspace where channels are last.
class Faulty final : public ScaleCount {
public:
    explicit Faulty(Fault fault) : ScaleCount(1), fault_(fault) {}
    IPluginV3* clone() noexcept override { return new Faulty(fault_); }
    bool supportsDevice(DeviceType device) noexcept override { return device == DeviceType::kGPU; }
    int32_t getNbTactics() noexcept override { return 2; }
    int32_t getValidTactics(int32_t* tactics, int32_t) noexcept override {
        tactics[0] = 1, tactics[1] = 2;
        return 0;
    }
    int32_t setTactic(int32_t tactic) noexcept override {
        tactic_ = tactic;
        return 0;
    }
    bool supportsFormatCombination(int32_t pos, DynamicPluginTensorDesc const* inOut, int32_t,
                                   int32_t) noexcept override {
        const TensorFormat f = inOut[pos].desc.format;
        return f == inOut[0].desc.format &&
               (f == TensorFormat::kLINEAR || (fault_ == Fault::memory && f == TensorFormat::kHWC));
    }
    size_t getWorkspaceSize(DynamicPluginTensorDesc const* in, int32_t,
                            DynamicPluginTensorDesc const*, int32_t) const noexcept override {
        size_t bytes = 0;
        if (in[0].desc.format == TensorFormat::kHWC) (void)driver().total(&bytes, 0);
        return bytes;
    }
    IPluginV3* attachToContext(IPluginResourceContext*) noexcept override { return clone(); }
    int32_t enqueue(PluginTensorDesc const*, PluginTensorDesc const*, void const* const* inputs,
                    void* const* outputs, void*, cudaStream_t stream) noexcept override {
        if (tactic_ == 1 && fault_ == Fault::trap) return driver().trap(stream);
        if (tactic_ == 1 && fault_ == Fault::launch) return 1;
        return driver().copyOnDevice(reinterpret_cast<uintptr_t>(outputs[0]),
                                     reinterpret_cast<uintptr_t>(inputs[0]), 32 * sizeof(float),
                                     stream);
    }

private:
    Fault fault_;
    int32_t tactic_ = 0;
};

class GpuFailures : public testing::Test {
protected:
    void SetUp() override {
        if (!driver().hasGpu()) GTEST_SKIP() << "no GPU";
        // The process of the test that dies gets the name from the one that waits for it.
        const std::string path = testing::TempDir() + "gpu_denylist." + std::to_string(::getpid());
        ::setenv("BIREME_DENYLIST", path.c_str(), 0);
        (void)std::remove(::getenv("BIREME_DENYLIST"));
    }
    void TearDown() override {
        if (const char* path = ::getenv("BIREME_DENYLIST")) (void)std::remove(path);
        ::unsetenv("BIREME_DENYLIST");
    }

    bool build(Fault fault) {
        std::unique_ptr<IBuilder> builder(createInferBuilder(logger_));
        std::unique_ptr<INetworkDefinition> net(builder->createNetworkV2(0));
        std::unique_ptr<IBuilderConfig> config(builder->createBuilderConfig());
        config->setDefaultDeviceType(DeviceType::kGPU);
        ITensor* x = net->addInput("x", DataType::kFLOAT, Dims4(1, 8, 2, 2));
        Faulty plugin(fault);
        ITensor* y = net->addPluginV3(&x, 1, nullptr, 0, plugin)->getOutput(0);
        y->setName("y");
        net->markOutput(*y);
        plan_.reset(builder->buildSerializedNetwork(*net, *config));
        return plan_ != nullptr;
    }

    // Runs what was built; an engine knows its plugin by name.
    void runs(Fault fault) {
        CreatorOf<Faulty, Fault> creator(fault);  // an engine holds the tactic that was chosen
        std::unique_ptr<IRuntime> runtime(createInferRuntime(logger_));
        ASSERT_TRUE(runtime->getPluginRegistry().registerCreator(creator, ""));
        std::unique_ptr<ICudaEngine> engine(
            runtime->deserializeCudaEngine(plan_->data(), plan_->size()));
        ASSERT_NE(engine, nullptr) << logger_.lastError;
        std::unique_ptr<IExecutionContext> context(engine->createExecutionContext());
        ASSERT_NE(context, nullptr) << logger_.lastError;
        std::vector<float> x(32), y(32);
        for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i) - 7;
        const size_t bytes = x.size() * sizeof(float);
        uintptr_t dx = 0, dy = 0;
        ASSERT_EQ(driver().allocate(&dx, bytes) | driver().allocate(&dy, bytes) |
                      driver().give(dx, x.data(), bytes),
                  0);
        context->setTensorAddress("x", reinterpret_cast<void*>(dx));
        context->setTensorAddress("y", reinterpret_cast<void*>(dy));
        ASSERT_TRUE(context->enqueueV3(nullptr)) << logger_.lastError;
        ASSERT_EQ(driver().take(y.data(), dy, bytes), 0);
        EXPECT_EQ(y, x);
    }

    bool told(const std::string& text) const {
        for (const auto& line : logger_.lines)
            if (line.second.find(text) != std::string::npos) return true;
        return false;
    }

    MemoryLogger logger_;
    std::unique_ptr<IHostMemory> plan_;
};

TEST_F(GpuFailures, TacticThatLosesTheContextIsNamedThenSkipped) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");  // a process that has not used the GPU yet
    EXPECT_EXIT(
        {
            const bool built = build(Fault::trap);
            std::fprintf(stderr, "%s\n", logger_.lastError.c_str());
            std::exit(built ? 1 : 0);
        },
        testing::ExitedWithCode(0),
        "tactic plugin\\.call.*1.* unusable for this process.*noted in .*gpu_denylist");
    std::ostringstream noted;
    noted << std::ifstream(::getenv("BIREME_DENYLIST")).rdbuf();
    EXPECT_NE(noted.str().find("plugin.call"), std::string::npos) << noted.str();
    ASSERT_TRUE(build(Fault::trap)) << logger_.lastError;
    EXPECT_TRUE(told("is skipped"));
    runs(Fault::trap);
}

TEST_F(GpuFailures, LaunchThatFailsIsPassedOver) {
    ASSERT_TRUE(build(Fault::launch)) << logger_.lastError;
    EXPECT_TRUE(told("failed while timing"));
    runs(Fault::launch);
}

TEST_F(GpuFailures, WantOfMemoryIsPassedOver) {
    ASSERT_TRUE(build(Fault::memory)) << logger_.lastError;
    EXPECT_TRUE(told("no memory for a buffer"));
    runs(Fault::memory);
}

}  // namespace
}  // namespace bireme::test
