// SPDX-License-Identifier: Apache-2.0
// From a network to results, through the public API alone.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "NvInfer.h"
#include "unit/api/support.h"

namespace bireme::test {
namespace {

using S = OptProfileSelector;

// y = relu(2 x + shift), x [N, 2], N from 1 to 8; and z, the shape of x.
class EngineTest : public ::testing::Test {
protected:
    EngineTest() : builder(createInferBuilder(logger)), runtime(createInferRuntime(logger)) {
        net.reset(builder->createNetworkV2(0));
        config.reset(builder->createBuilderConfig());
        config->setDefaultDeviceType(DeviceType::kCPU);
        config->setNbThreads(1);
        net->setName("doubled");
        ITensor* x = net->addInput("x", DataType::kFLOAT, Dims2(-1, 2));
        ITensor* two = net->addConstant(Dims2(1, 1), {DataType::kFLOAT, kTwo, 1})->getOutput(0);
        ITensor* shift = net->addConstant(Dims2(1, 2), {DataType::kFLOAT, kShift, 2})->getOutput(0);
        ITensor* twice = net->addElementWise(*x, *two, ElementWiseOperation::kPROD)->getOutput(0);
        ITensor* sum =
            net->addElementWise(*twice, *shift, ElementWiseOperation::kSUM)->getOutput(0);
        ITensor* y = net->addActivation(*sum, ActivationType::kRELU)->getOutput(0);
        y->setName("y");
        net->markOutput(*y);
    }

    void addProfile(int64_t max) {
        auto* p = builder->createOptimizationProfile();
        ASSERT_TRUE(p->setDimensions("x", S::kMIN, Dims2(1, 2)));
        ASSERT_TRUE(p->setDimensions("x", S::kOPT, Dims2(max / 2, 2)));
        ASSERT_TRUE(p->setDimensions("x", S::kMAX, Dims2(max, 2)));
        ASSERT_GE(config->addOptimizationProfile(p), 0) << logger.lastError;
    }
    std::unique_ptr<IHostMemory> build() {
        return std::unique_ptr<IHostMemory>(builder->buildSerializedNetwork(*net, *config));
    }
    std::unique_ptr<ICudaEngine> load(IHostMemory& plan) {
        return std::unique_ptr<ICudaEngine>(
            runtime->deserializeCudaEngine(plan.data(), plan.size()));
    }
    static void expectRight(ICudaEngine& engine, int64_t n) {
        std::unique_ptr<IExecutionContext> c(engine.createExecutionContext());
        ASSERT_NE(c, nullptr);
        std::vector<float> x(static_cast<size_t>(2 * n)), y(x.size(), -1);
        for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i) - 3;
        ASSERT_TRUE(c->setInputShape("x", Dims2(n, 2)));
        EXPECT_EQ(list(c->getTensorShape("y")), (std::vector<int64_t>{n, 2}));
        EXPECT_EQ(list(c->getTensorStrides("y")), (std::vector<int64_t>{2, 1}));
        ASSERT_TRUE(c->setInputTensorAddress("x", x.data()));
        ASSERT_TRUE(c->setTensorAddress("y", y.data()));
        ASSERT_TRUE(c->enqueueV3(nullptr));
        for (size_t i = 0; i < x.size(); ++i)
            EXPECT_EQ(y[i], std::max(0.F, 2 * x[i] + kShift[i % 2]));
        std::fill(y.begin(), y.end(), -1.F);
        void* bindings[] = {x.data(), y.data()};
        ASSERT_TRUE(c->executeV2(bindings));
        EXPECT_EQ(y.back(), std::max(0.F, 2 * x.back() + kShift[1]));
    }

    static constexpr float kTwo[] = {2};
    static constexpr float kShift[] = {1, -1};
    MemoryLogger logger;
    std::unique_ptr<IBuilder> builder;
    std::unique_ptr<IRuntime> runtime;
    std::unique_ptr<INetworkDefinition> net;
    std::unique_ptr<IBuilderConfig> config;
};

TEST_F(EngineTest, BuildSaveLoadRun) {
    addProfile(8);
    auto plan = build();
    ASSERT_NE(plan, nullptr) << logger.lastError;
    EXPECT_EQ(plan->type(), DataType::kINT8);
    auto engine = load(*plan);
    ASSERT_NE(engine, nullptr) << logger.lastError;
    plan.reset();
    EXPECT_STREQ(engine->getName(), "doubled");
    EXPECT_EQ(engine->getNbIOTensors(), 2);
    EXPECT_STREQ(engine->getIOTensorName(0), "x");
    EXPECT_EQ(engine->getIOTensorName(2), nullptr);
    EXPECT_EQ(engine->getTensorIOMode("y"), TensorIOMode::kOUTPUT);
    EXPECT_EQ(list(engine->getTensorShape("x")), (std::vector<int64_t>{-1, 2}));
    EXPECT_EQ(engine->getTensorFormat("x"), TensorFormat::kLINEAR);
    EXPECT_STREQ(engine->getTensorFormatDesc("x"), "Row-major linear FP32 format");
    EXPECT_EQ(engine->getTensorVectorizedDim("x"), -1);
    EXPECT_EQ(engine->getTensorBytesPerComponent("x"), 4);
    EXPECT_EQ(list(engine->getProfileShape("x", 0, S::kMAX)), (std::vector<int64_t>{8, 2}));
    EXPECT_EQ(engine->getProfileShape("x", 1, S::kMAX).nbDims, -1);
    EXPECT_EQ(engine->getNbOptimizationProfiles(), 1);
    EXPECT_EQ(engine->getDeviceType(), DeviceType::kCPU);
    EXPECT_GE(engine->getNbLayers(), 1);
    EXPECT_EQ(engine->getTensorIOMode("z"), TensorIOMode::kNONE);
    EXPECT_NE(logger.lastError.find("no tensor \"z\""), std::string::npos) << logger.lastError;
    for (int64_t n : {1, 3, 8}) expectRight(*engine, n);
    std::unique_ptr<IHostMemory> again(engine->serialize());
    ASSERT_NE(again, nullptr);
    auto second = load(*again);
    ASSERT_NE(second, nullptr) << logger.lastError;
    expectRight(*second, 5);
}

TEST_F(EngineTest, OneNetworkTwoConfigs) {
    addProfile(8);
    std::unique_ptr<ICudaEngine> small(builder->buildEngineWithConfig(*net, *config));
    ASSERT_NE(small, nullptr) << logger.lastError;
    config->reset();
    config->setDefaultDeviceType(DeviceType::kCPU);
    addProfile(64);
    std::unique_ptr<ICudaEngine> large(builder->buildEngineWithConfig(*net, *config));
    ASSERT_NE(large, nullptr) << logger.lastError;
    net.reset();
    config.reset();
    builder.reset();
    expectRight(*small, 8);
    expectRight(*large, 64);
    std::thread other([&] { expectRight(*large, 17); });
    expectRight(*large, 33);
    other.join();
}

TEST_F(EngineTest, EnginesOutliveTheirRuntime) {
    addProfile(8);
    auto plan = build();
    ASSERT_NE(plan, nullptr) << logger.lastError;
    auto engine = load(*plan);
    ASSERT_NE(engine, nullptr) << logger.lastError;
    runtime.reset();
    std::unique_ptr<IExecutionContext> c(engine->createExecutionContext());
    engine.reset();
    float x[2] = {1, 2}, y[2];
    ASSERT_TRUE(c->setInputShape("x", Dims2(1, 2)));
    c->setTensorAddress("x", x);
    c->setTensorAddress("y", y);
    ASSERT_TRUE(c->enqueueV3(nullptr)) << logger.lastError;
    EXPECT_EQ(y[0], 3);
}

TEST_F(EngineTest, FilesAndStreams) {
    addProfile(8);
    auto plan = build();
    ASSERT_NE(plan, nullptr) << logger.lastError;
    auto path = std::filesystem::temp_directory_path() / "bireme_engine_test.engine";
    std::ofstream(path, std::ios::binary)
        .write(static_cast<char*>(plan->data()), static_cast<std::streamsize>(plan->size()));
    for (auto verify : {EngineVerify::kFULL, EngineVerify::kLAZY}) {
        std::unique_ptr<ICudaEngine> e(
            runtime->deserializeCudaEngineFromFile(path.c_str(), verify));
        ASSERT_NE(e, nullptr) << logger.lastError;
        expectRight(*e, 4);
    }
    std::filesystem::remove(path);
    EXPECT_EQ(runtime->deserializeCudaEngineFromFile(path.c_str()), nullptr);
    EXPECT_NE(logger.lastError.find(path.string()), std::string::npos) << logger.lastError;

    struct Writer : IStreamWriter {
        int64_t write(void const* data, int64_t size) override {
            bytes.append(static_cast<char const*>(data), static_cast<size_t>(size));
            return size;
        }
        std::string bytes;
    } writer;
    ASSERT_TRUE(builder->buildSerializedNetworkToStream(*net, *config, writer));
    struct Reader : IStreamReader {
        int64_t read(void* to, int64_t size) override {
            size_t n = std::min(static_cast<size_t>(size), from->size() - at);
            std::memcpy(to, from->data() + at, n);
            at += n;
            return static_cast<int64_t>(n);
        }
        std::string* from;
        size_t at = 0;
    } reader;
    reader.from = &writer.bytes;
    std::unique_ptr<ICudaEngine> e(runtime->deserializeCudaEngine(reader));
    ASSERT_NE(e, nullptr) << logger.lastError;
    expectRight(*e, 2);
}

TEST_F(EngineTest, DamagedBytesAreRefused) {
    addProfile(8);
    auto plan = build();
    ASSERT_NE(plan, nullptr) << logger.lastError;
    EXPECT_EQ(runtime->deserializeCudaEngine(nullptr, 10), nullptr);
    EXPECT_EQ(runtime->deserializeCudaEngine(plan->data(), 0), nullptr);
    EXPECT_EQ(runtime->deserializeCudaEngine(plan->data(), plan->size() / 2), nullptr);
    auto* bytes = static_cast<uint8_t*>(plan->data());
    for (size_t at : {size_t{0}, plan->size() / 3, plan->size() - 1}) {
        bytes[at] ^= 1;
        EXPECT_EQ(runtime->deserializeCudaEngine(bytes, plan->size()), nullptr) << at;
        bytes[at] ^= 1;
    }
    EXPECT_EQ(runtime->deserializeCudaEngine("onnx?", 5), nullptr);
}

TEST_F(EngineTest, MistakesOfARunAreNamed) {
    addProfile(8);
    auto plan = build();
    ASSERT_NE(plan, nullptr) << logger.lastError;
    auto engine = load(*plan);
    ASSERT_NE(engine, nullptr) << logger.lastError;
    std::unique_ptr<IExecutionContext> c(engine->createExecutionContext());
    char const* missing[2] = {};
    EXPECT_EQ(c->inferShapes(2, missing), 1);
    EXPECT_STREQ(missing[0], "x");
    EXPECT_FALSE(c->allInputDimensionsSpecified());
    EXPECT_FALSE(c->setInputShape("x", Dims2(9, 2)));
    EXPECT_NE(logger.lastError.find("\"x\""), std::string::npos) << logger.lastError;
    EXPECT_NE(logger.lastError.find("profile 0"), std::string::npos) << logger.lastError;
    EXPECT_FALSE(c->setInputShape("x", Dims2(1, 3)));
    EXPECT_FALSE(c->setInputShape("x", Dims3(1, 2, 1)));
    EXPECT_FALSE(c->setInputShape("y", Dims2(1, 2)));
    EXPECT_FALSE(c->setInputShape("X", Dims2(1, 2)));
    EXPECT_NE(logger.lastError.find("did you mean \"x\""), std::string::npos) << logger.lastError;
    EXPECT_TRUE(c->setInputShape("x", Dims2(1, 2)));
    EXPECT_EQ(c->inferShapes(0, nullptr), 0);
    EXPECT_FALSE(c->enqueueV3(nullptr));
    alignas(64) float x[4] = {1, 2, 3, 4};
    EXPECT_FALSE(c->setTensorAddress("x", reinterpret_cast<char*>(x) + 1));
    EXPECT_FALSE(c->setOutputTensorAddress("x", x));
    EXPECT_TRUE(c->setTensorAddress("x", x));
    EXPECT_EQ(c->getTensorAddress("x"), x);
    EXPECT_FALSE(c->enqueueV3(nullptr));
    EXPECT_FALSE(c->executeV2(nullptr));
    EXPECT_FALSE(c->setOptimizationProfileAsync(1, nullptr));
    EXPECT_EQ(c->getMaxOutputSize("y"), 8);
}

TEST_F(EngineTest, OutputsFromAnAllocator) {
    addProfile(8);
    std::unique_ptr<ICudaEngine> engine(builder->buildEngineWithConfig(*net, *config));
    ASSERT_NE(engine, nullptr) << logger.lastError;
    std::unique_ptr<IExecutionContext> c(engine->createExecutionContext());
    struct Allocator : IOutputAllocator {
        void* reallocateOutput(char const*, void*, uint64_t size, uint64_t) noexcept override {
            memory.resize(size);
            return memory.data();
        }
        void notifyShape(char const* name, Dims const& dims) noexcept override {
            tensor = name;
            shape = dims;
        }
        std::vector<char> memory;
        std::string tensor;
        Dims shape{};
    } allocator;
    float x[4] = {1, 2, 3, 4};
    ASSERT_TRUE(c->setInputShape("x", Dims2(2, 2)));
    c->setTensorAddress("x", x);
    EXPECT_FALSE(c->setOutputAllocator("x", &allocator));
    ASSERT_TRUE(c->setOutputAllocator("y", &allocator));
    EXPECT_EQ(c->getOutputAllocator("y"), &allocator);
    ASSERT_TRUE(c->enqueueV3(nullptr)) << logger.lastError;
    EXPECT_EQ(allocator.tensor, "y");
    EXPECT_EQ(list(allocator.shape), (std::vector<int64_t>{2, 2}));
    EXPECT_EQ(reinterpret_cast<float*>(allocator.memory.data())[3], 7);
}

TEST_F(EngineTest, ProfilerInspectorProgress) {
    addProfile(8);
    config->setProfilingVerbosity(ProfilingVerbosity::kDETAILED);
    struct Monitor : IProgressMonitor {
        void phaseStart(char const*, char const*, int32_t) noexcept override { ++open; }
        bool stepComplete(char const*, int32_t) noexcept override { return go; }
        void phaseFinish(char const*) noexcept override { --open; }
        int open = 0;
        bool go = true;
    } monitor;
    config->setProgressMonitor(&monitor);
    std::unique_ptr<ICudaEngine> engine(builder->buildEngineWithConfig(*net, *config));
    ASSERT_NE(engine, nullptr) << logger.lastError;
    EXPECT_EQ(monitor.open, 0);
    std::unique_ptr<IExecutionContext> c(engine->createExecutionContext());
    struct Profiler : IProfiler {
        void reportLayerTime(char const* name, float ms) noexcept override {
            names.emplace_back(name);
            EXPECT_GE(ms, 0);
        }
        std::vector<std::string> names;
    } profiler;
    c->setProfiler(&profiler);
    float x[2] = {1, 2}, y[2];
    ASSERT_TRUE(c->setInputShape("x", Dims2(1, 2)));
    c->setTensorAddress("x", x);
    c->setTensorAddress("y", y);
    ASSERT_TRUE(c->enqueueV3(nullptr));
    EXPECT_EQ(static_cast<int32_t>(profiler.names.size()), engine->getNbLayers());
    std::unique_ptr<IEngineInspector> inspector(engine->createEngineInspector());
    ASSERT_TRUE(inspector->setExecutionContext(c.get()));
    std::string json = inspector->getEngineInformation(LayerInformationFormat::kJSON);
    EXPECT_NE(json.find("\"Bindings\": [\"x\", \"y\"]"), std::string::npos) << json;
    EXPECT_NE(json.find("[1,2]"), std::string::npos) << json;
    EXPECT_NE(json.find("\"TacticName\""), std::string::npos) << json;
    std::string line = inspector->getLayerInformation(0, LayerInformationFormat::kONELINE);
    EXPECT_NE(line.find("-> (y f32[1,2]"), std::string::npos) << line;
    EXPECT_EQ(inspector->getLayerInformation(99, LayerInformationFormat::kJSON), nullptr);
    inspector.reset();

    monitor.go = false;
    EXPECT_EQ(builder->buildSerializedNetwork(*net, *config), nullptr);
    EXPECT_EQ(monitor.open, 0);
}

TEST_F(EngineTest, BuildsThatCannotBe) {
    EXPECT_EQ(build(), nullptr);  // x has a run-time extent and no profile
    EXPECT_NE(logger.lastError.find("\"x\""), std::string::npos) << logger.lastError;
    std::unique_ptr<INetworkDefinition> empty(builder->createNetworkV2(0));
    EXPECT_EQ(builder->buildSerializedNetwork(*empty, *config), nullptr);
    EXPECT_EQ(logger.lastError, "the network has no outputs: mark at least one");
    EXPECT_FALSE(builder->isNetworkSupported(*empty, *config));
    EXPECT_TRUE(builder->isNetworkSupported(*net, *config));
    EXPECT_EQ(builder->createNetworkV2(1U << 30), nullptr);
    config->setDefaultDeviceType(DeviceType::kGPU);
    addProfile(8);
    if (!builder->platformHasFastFp16()) {
        EXPECT_EQ(build(), nullptr);
        EXPECT_NE(logger.lastError.find("GPU"), std::string::npos) << logger.lastError;
    }
    EXPECT_EQ(createInferBuilder_INTERNAL(&logger, 80600), nullptr);
    EXPECT_EQ(getInferLibVersion(), NV_TENSORRT_VERSION);
    EXPECT_STREQ(getBiremeVersion(), BIREME_VERSION);
}

TEST_F(EngineTest, ScratchFromTheUser) {
    addProfile(8);
    std::unique_ptr<ICudaEngine> engine(builder->buildEngineWithConfig(*net, *config));
    ASSERT_NE(engine, nullptr) << logger.lastError;
    std::unique_ptr<IRuntimeConfig> rc(engine->createRuntimeConfig());
    rc->setExecutionContextAllocationStrategy(ExecutionContextAllocationStrategy::kUSER_MANAGED);
    std::unique_ptr<IExecutionContext> c(engine->createExecutionContext(rc.get()));
    ASSERT_NE(c, nullptr) << logger.lastError;
    float x[2] = {1, 2}, y[2];
    ASSERT_TRUE(c->setInputShape("x", Dims2(1, 2)));
    c->setTensorAddress("x", x);
    c->setTensorAddress("y", y);
    auto bytes = static_cast<size_t>(engine->getDeviceMemorySizeV2());
    EXPECT_LE(c->updateDeviceMemorySizeForShapes(), bytes);
    std::vector<std::max_align_t> memory(bytes / sizeof(std::max_align_t) + 8);
    void* at = memory.data();
    size_t room = memory.size() * sizeof(std::max_align_t);
    ASSERT_NE(std::align(64, bytes, at, room), nullptr);
    c->setDeviceMemoryV2(at, static_cast<int64_t>(bytes));
    EXPECT_TRUE(c->enqueueV3(nullptr)) << logger.lastError;
    EXPECT_EQ(y[0], 3);
}

}  // namespace
}  // namespace bireme::test
