// SPDX-License-Identifier: Apache-2.0
// Profiles, configs and what becomes of them for the builder.
#include "api/build/config.h"

#include "api/build/timing_cache.h"
#include "ir/verify.h"
#include "unit/api/support.h"

namespace bireme::test {
namespace {

using S = OptProfileSelector;

class ConfigTest : public NetworkTest {
protected:
    ConfigTest()
        : config(api::Access::make<IBuilderConfig>(new api::Config{api::Reporter(&logger)})),
          profile(
              api::Access::make<IOptimizationProfile>(new api::Profile{api::Reporter(&logger)})) {}
    ~ConfigTest() override { api::Access::destroy(profile); }

    builder::BuildOptions options() {
        return api::makeOptions(api::Access::impl(*net), api::Access::impl(*config).settings,
                                Log(&logger));
    }
    void fill(char const* name) {
        profile->setDimensions(name, S::kMIN, Dims2(1, 4));
        profile->setDimensions(name, S::kOPT, Dims2(8, 4));
        profile->setDimensions(name, S::kMAX, Dims2(16, 4));
    }

    std::unique_ptr<IBuilderConfig> config;
    IOptimizationProfile* profile;
};

TEST_F(ConfigTest, ProfilesKeepTheOrderOfTheirCorners) {
    fill("x");
    EXPECT_TRUE(profile->isValid());
    EXPECT_EQ(list(profile->getDimensions("x", S::kOPT)), (std::vector<int64_t>{8, 4}));
    EXPECT_EQ(profile->getDimensions("y", S::kOPT).nbDims, -1);
    EXPECT_FALSE(profile->setDimensions("x", S::kOPT, Dims2(32, 4)));
    EXPECT_EQ(logger.lastError, "profile, input \"x\": number 0 of opt is 32, of max 16");
    EXPECT_EQ(list(profile->getDimensions("x", S::kOPT)), (std::vector<int64_t>{8, 4}));
    EXPECT_FALSE(profile->setDimensions("x", S::kOPT, Dims3(8, 4, 1)));
    EXPECT_FALSE(profile->setDimensions("x", S::kMIN, Dims2(-1, 4)));
    EXPECT_FALSE(profile->setDimensions(nullptr, S::kMIN, Dims2(1, 4)));
    profile->setDimensions("half", S::kMIN, Dims2(1, 4));
    EXPECT_FALSE(profile->isValid());
    EXPECT_EQ(config->addOptimizationProfile(profile), -1);
    EXPECT_NE(logger.lastError.find("input \"half\""), std::string::npos);
}

TEST_F(ConfigTest, ProfilesHoldValuesOfShapes) {
    const int64_t wide[] = {1, 1LL << 40};
    EXPECT_TRUE(profile->setShapeValuesV2("s", S::kMAX, wide, 2));
    const int32_t narrow[] = {1, 2};
    EXPECT_TRUE(profile->setShapeValues("s", S::kMIN, narrow, 2));
    EXPECT_EQ(profile->getNbShapeValues("s"), 2);
    EXPECT_EQ(profile->getShapeValuesV2("s", S::kMAX)[1], 1LL << 40);
    EXPECT_EQ(profile->getShapeValues("s", S::kMIN)[1], 2);
    EXPECT_EQ(profile->getShapeValues("s", S::kOPT), nullptr);
    EXPECT_EQ(profile->getNbShapeValues("t"), -1);
    EXPECT_FALSE(profile->setShapeValues("s", S::kMIN, nullptr, 2));
    EXPECT_FALSE(profile->setShapeValuesV2("s", S::kMIN, wide, 65));
    EXPECT_TRUE(profile->setExtraMemoryTarget(0.5F));
    EXPECT_FALSE(profile->setExtraMemoryTarget(1.5F));
}

TEST_F(ConfigTest, DefaultsAndReset) {
    EXPECT_TRUE(config->getFlag(BuilderFlag::kTF32));
    EXPECT_EQ(config->getBuilderOptimizationLevel(), 3);
    EXPECT_EQ(config->getMaxNbTactics(), -1);
    EXPECT_EQ(config->getDefaultDeviceType(), DeviceType::kGPU);
    config->setFlag(BuilderFlag::kFP16);
    config->clearFlag(BuilderFlag::kTF32);
    config->setBuilderOptimizationLevel(9);
    config->setNbThreads(2);
    EXPECT_EQ(config->getBuilderOptimizationLevel(), 5);
    config->setNbThreads(-1);
    EXPECT_EQ(config->getNbThreads(), 2);
    config->setAvgTimingIterations(0);
    EXPECT_EQ(config->getAvgTimingIterations(), 1);
    EXPECT_FALSE(config->setTacticSources(1U << 20));
    config->setFlag(static_cast<BuilderFlag>(31));
    EXPECT_EQ(logger.lastError, "there is no builder flag 31");
    config->reset();
    EXPECT_EQ(config->getFlags(), 1U << static_cast<int>(BuilderFlag::kTF32));
    EXPECT_EQ(config->getNbThreads(), 0);
}

TEST_F(ConfigTest, OptionsForTheBuilder) {
    fill("x");
    EXPECT_EQ(config->addOptimizationProfile(profile), 0);
    EXPECT_EQ(config->getNbOptimizationProfiles(), 1);
    config->clearFlag(BuilderFlag::kTF32);
    config->setDefaultDeviceType(DeviceType::kCPU);
    config->setNbThreads(3);
    config->setMemoryPoolLimit(MemoryPoolType::kWORKSPACE, 1 << 20);
    net->setName("the net");
    auto o = options();
    EXPECT_FALSE(o.tf32);
    EXPECT_EQ(o.threads, 3);
    EXPECT_EQ(o.device, DeviceType::kCPU);
    EXPECT_TRUE(o.deviceSet);
    EXPECT_EQ(o.workspaceLimit, size_t{1} << 20);
    EXPECT_EQ(o.engineName, "the net");
    ASSERT_EQ(o.profiles.size(), 1U);
    EXPECT_EQ(o.profiles[0].inputs.at("x").max, (std::vector<int64_t>{16, 4}));
}

TEST_F(ConfigTest, WhatCannotBeHonouredIsRefusedByName) {
    config->setFlag(BuilderFlag::kREFIT);
    EXPECT_THROW(options(), Error);
    config->clearFlag(BuilderFlag::kREFIT);
    auto* layer = net->addIdentity(input("x", Dims2(2, 2)));
    layer->setName("half");
    EXPECT_NO_THROW(options());
    config->reset();
    config->setDeviceType(layer, DeviceType::kDLA);
    EXPECT_TRUE(config->isDeviceTypeSet(layer));
    EXPECT_THROW(options(), Error);
    config->setFlag(BuilderFlag::kGPU_FALLBACK);
    EXPECT_NO_THROW(options());
    EXPECT_FALSE(config->canRunOnDLA(layer));
    config->setEngineCapability(EngineCapability::kSAFETY);
    EXPECT_THROW(options(), Error);
}

TEST_F(ConfigTest, FlagsAndObeyedConstraintsPermitSmallerTypes) {
    auto* layer = net->addIdentity(input("x", Dims2(2, 2)));
    layer->setPrecision(DataType::kHALF);
    EXPECT_TRUE(options().precisions.empty());
    config->setFlag(BuilderFlag::kBF16);
    EXPECT_EQ(options().precisions, std::vector<DataType>{DataType::kBF16});
    config->setFlag(BuilderFlag::kOBEY_PRECISION_CONSTRAINTS);
    EXPECT_EQ(options().precisions, (std::vector<DataType>{DataType::kBF16, DataType::kHALF}));
    EXPECT_TRUE(options().obeyPrecisions);
    config->setFlag(BuilderFlag::kPREFER_PRECISION_CONSTRAINTS);
    EXPECT_THROW(options(), Error);
}

TEST_F(ConfigTest, OutputsAreDeliveredInTheTypeWanted) {
    EXPECT_THROW(api::graphToBuild(api::Access::impl(*net)), Error);
    ITensor* y = net->addIdentity(input("x", Dims2(2, 2)))->getOutput(0);
    y->setName("y");
    net->markOutput(*y);
    y->setType(DataType::kHALF);
    EXPECT_EQ(y->getType(), DataType::kHALF);
    ir::Graph graph = api::graphToBuild(api::Access::impl(*net));
    ir::inferGraph(graph);
    const ir::Value& out = graph.value(graph.outputs()[0]);
    EXPECT_EQ(out.name, "y");
    EXPECT_EQ(out.desc.type, DataType::kHALF);
    EXPECT_EQ(graph.nodeCount(), 2U);
    EXPECT_EQ(net->getNbLayers(), 1);
    net->getInput(0)->setAllowedFormats(1U << static_cast<int>(TensorFormat::kHWC));
    EXPECT_THROW(options(), Error);
}

TEST_F(ConfigTest, TimingCachesAreBytes) {
    std::unique_ptr<ITimingCache> cache(config->createTimingCache(nullptr, 0));
    ASSERT_NE(cache, nullptr);
    api::Access::impl(*cache).cache.insert(hash128("key"), {{"cpu.x", "a=1"}, 0.5F});
    std::unique_ptr<IHostMemory> bytes(cache->serialize());
    ASSERT_NE(bytes, nullptr);
    std::unique_ptr<ITimingCache> again(config->createTimingCache(bytes->data(), bytes->size()));
    ASSERT_NE(again, nullptr) << logger.lastError;
    EXPECT_EQ(api::Access::impl(*again).cache.size(), 1U);
    std::unique_ptr<ITimingCache> empty(config->createTimingCache(nullptr, 0));
    EXPECT_TRUE(empty->combine(*again, false));
    EXPECT_EQ(api::Access::impl(*empty).cache.size(), 1U);
    EXPECT_TRUE(empty->reset());
    EXPECT_EQ(api::Access::impl(*empty).cache.size(), 0U);
    EXPECT_EQ(config->createTimingCache("rubbish", 7), nullptr);
    EXPECT_TRUE(config->setTimingCache(*again, false));
    EXPECT_EQ(config->getTimingCache(), again.get());
    EXPECT_EQ(options().timingCache, &api::Access::impl(*again).cache);
    config->setFlag(BuilderFlag::kDISABLE_TIMING_CACHE);
    EXPECT_EQ(options().timingCache, nullptr);
}

}  // namespace
}  // namespace bireme::test
