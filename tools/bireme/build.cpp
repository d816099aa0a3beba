// SPDX-License-Identifier: Apache-2.0
#include "tools/bireme/session.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <stdexcept>

namespace bireme::cli {

Shapes parseShapes(const std::vector<std::string>& texts) {
    Shapes shapes;
    for (const auto& t : texts) {
        size_t colon = t.rfind(':');
        if (colon == std::string::npos)
            throw std::runtime_error("a shape is written name:1x3x224x224, got \"" + t + "\"");
        auto& dims = shapes[t.substr(0, colon)];
        for (const char* p = t.c_str() + colon + 1; *p;) {
            char* end;
            dims.push_back(std::strtoll(p, &end, 10));
            if (end == p || (*end && *end != 'x'))
                throw std::runtime_error("a shape is written name:1x3x224x224, got \"" + t + "\"");
            p = end + (*end == 'x');
        }
    }
    return shapes;
}

std::string shapeText(const std::vector<int64_t>& dims) {
    std::string s;
    for (int64_t d : dims) s += (s.empty() ? "" : "x") + std::to_string(d);
    return s.empty() ? "scalar" : s;
}

static Dims dimsOf(const std::vector<int64_t>& v) {
    if (v.size() > Dims::MAX_DIMS) throw std::runtime_error("a shape has more than 8 dimensions");
    Dims d{};
    d.nbDims = static_cast<int32_t>(v.size());
    std::copy(v.begin(), v.end(), d.d);
    return d;
}

static bool isDynamic(const Dims& d) {
    for (int32_t k = 0; k < d.nbDims; ++k)
        if (d.d[k] < 0) return true;
    return false;
}

void addProfile(const Options& o, IBuilder& builder, INetworkDefinition& network,
                IBuilderConfig& config, TerminalLogger& logger) {
    Shapes all = parseShapes(o.shapes), low = parseShapes(o.minShapes),
           opt = parseShapes(o.optShapes), high = parseShapes(o.maxShapes);
    IOptimizationProfile* profile = builder.createOptimizationProfile();
    bool any = false;
    std::string missing;
    std::set<std::string> known;
    for (int32_t i = 0; i < network.getNbInputs(); ++i) {
        ITensor* t = network.getInput(i);
        std::string name = t->getName();
        known.insert(name);
        Dims d = t->getDimensions();
        auto pick = [&](Shapes& first) {
            return first.count(name)  ? first[name]
                   : all.count(name)  ? all[name]
                   : opt.count(name)  ? opt[name]
                   : high.count(name) ? high[name]
                   : low.count(name)  ? low[name]
                                      : std::vector<int64_t>();
        };
        auto a = pick(low), b = pick(opt), c = pick(high);
        if (!isDynamic(d) && a.empty()) continue;
        if (a.empty()) {
            bool batchOnly = d.nbDims > 0 && d.d[0] < 0;
            for (int32_t k = 1; k < d.nbDims; ++k) batchOnly = batchOnly && d.d[k] >= 0;
            std::vector<int64_t> dims(d.d, d.d + d.nbDims);
            std::string example = name + ":";
            for (size_t k = 0; k < dims.size(); ++k)
                example += (k ? "x" : "") +
                           (dims[k] < 0 ? std::string(k ? "?" : "1") : std::to_string(dims[k]));
            if (!batchOnly) {
                missing += " --shapes " + example;
                continue;
            }
            dims[0] = 1;
            a = b = c = dims;
            logger.log(ILogger::Severity::kWARNING,
                       ("input \"" + name +
                        "\" has a dynamic batch; built for batch 1, use --shapes or --minShapes, "
                        "--optShapes, --maxShapes for more")
                           .c_str());
        }
        any = true;
        bool ok = profile->setDimensions(name.c_str(), OptProfileSelector::kMIN, dimsOf(a)) &&
                  profile->setDimensions(name.c_str(), OptProfileSelector::kOPT, dimsOf(b)) &&
                  profile->setDimensions(name.c_str(), OptProfileSelector::kMAX, dimsOf(c));
        if (!ok)
            throw std::runtime_error(
                "shapes of input \"" + name + "\": " +
                (logger.errors().empty() ? "min <= opt <= max does not hold" : logger.errors()));
    }
    if (!missing.empty())
        throw std::runtime_error(
            "the model has dimensions known at run time only; say which to build for:" + missing);
    for (const auto* m : {&all, &low, &opt, &high})
        for (const auto& [name, dims] : *m)
            if (!known.count(name))
                throw std::runtime_error("the model has no input \"" + name + "\"");
    if (any && config.addOptimizationProfile(profile) < 0)
        throw std::runtime_error(logger.errors());
}

void configure(const Options& o, IBuilderConfig& config) {
    if (o.precision == "fp32" || o.noTf32) config.clearFlag(BuilderFlag::kTF32);
    if (o.precision == "fp16" || o.precision == "best" || o.fp16)
        config.setFlag(BuilderFlag::kFP16);
    if (o.precision == "bf16" || o.precision == "best" || o.bf16)
        config.setFlag(BuilderFlag::kBF16);
    config.setBuilderOptimizationLevel(o.level);
    config.setAvgTimingIterations(o.avgTiming);
    config.setTuningPoints(o.tuningPoints);
    config.setNbThreads(o.threads);
    config.setDeterministic(o.deterministic);
    config.setDeviceOnly(o.deviceOnly);
    std::vector<const char*> packed;
    for (const std::string& path : o.packedPlugins) packed.push_back(path.c_str());
    config.setPluginsToSerialize(packed.data(), static_cast<int32_t>(packed.size()));
    config.setProfilingVerbosity(ProfilingVerbosity::kDETAILED);
    if (o.device == "cpu") config.setDefaultDeviceType(DeviceType::kCPU);
    if (o.device == "gpu") config.setDefaultDeviceType(DeviceType::kGPU);
}

std::unique_ptr<IHostMemory> buildEngine(const Options& o, TerminalLogger& logger) {
    std::unique_ptr<IBuilder> builder(createInferBuilder(logger));
    loadPlugins(o);
    auto typed = 1U << static_cast<int>(NetworkDefinitionCreationFlag::kSTRONGLY_TYPED);
    std::unique_ptr<INetworkDefinition> network(
        builder->createNetworkV2(o.stronglyTyped ? typed : 0U));
    const std::shared_ptr<void> parser = parseModel(o, *network, logger);
    network->setName(std::filesystem::path(o.model).stem().c_str());
    std::unique_ptr<IBuilderConfig> config(builder->createBuilderConfig());
    configure(o, *config);
    TerminalProgress progress(o.quiet);
    config->setProgressMonitor(&progress);
    addProfile(o, *builder, *network, *config, logger);
    std::unique_ptr<ITimingCache> cache;
    if (!o.timingCacheFile.empty()) {
        ::setenv("BIREME_DENYLIST", (o.timingCacheFile + ".denylist").c_str(), 0);
        std::vector<uint8_t> bytes;
        if (std::filesystem::exists(o.timingCacheFile)) bytes = readFile(o.timingCacheFile);
        cache.reset(config->createTimingCache(bytes.data(), bytes.size()));
        if (!cache || !config->setTimingCache(*cache, false))
            throw std::runtime_error("timing cache \"" + o.timingCacheFile +
                                     "\": " + logger.errors());
    }
    std::unique_ptr<IHostMemory> plan(builder->buildSerializedNetwork(*network, *config));
    if (!plan) TerminalProgress::throwIfInterrupted();
    if (!plan) throw std::runtime_error(logger.errors());
    if (cache) {
        std::unique_ptr<IHostMemory> bytes(config->getTimingCache()->serialize());
        writeFile(o.timingCacheFile, bytes->data(), bytes->size());
    }
    return plan;
}

int runBuild(const Options& o) {
    TerminalLogger logger(o);
    std::string target = o.engine.empty()
                             ? std::filesystem::path(o.model).replace_extension(".engine").string()
                             : o.engine;
    if (o.verifyRewrites) ::setenv("BIREME_VERIFY_REWRITES", "1", 1);
    auto plan = buildEngine(o, logger);
    writeFile(target, plan->data(), plan->size());
    if (!o.quiet)
        std::printf("%s: %.1f MB\n", target.c_str(), static_cast<double>(plan->size()) / 1e6);
    return 0;
}

}  // namespace bireme::cli
