// SPDX-License-Identifier: Apache-2.0
// From a public config to the builder's options; what cannot be honoured is refused here, by name.
#include "api/access.h"
#include "api/build/config.h"
#include "api/build/timing_cache.h"
#include "api/network/network.h"
#include "ir/verify.h"
#include "ops/pointwise.h"

#include <algorithm>

namespace bireme::api {

namespace {

[[noreturn]] void unsupported(std::string message) {
    fail(ErrorCode::kUNSUPPORTED_STATE, std::move(message));
}

struct NamedFlag {
    BuilderFlag flag;
    const char* name;
};

// A build that ignored one of these would give an engine that lacks what was asked for.
constexpr NamedFlag kRefused[] = {
    {BuilderFlag::kREFIT, "kREFIT"},
    {BuilderFlag::kREFIT_IDENTICAL, "kREFIT_IDENTICAL"},
    {BuilderFlag::kREFIT_INDIVIDUAL, "kREFIT_INDIVIDUAL"},
    {BuilderFlag::kSTRIP_PLAN, "kSTRIP_PLAN"},
    {BuilderFlag::kWEIGHT_STREAMING, "kWEIGHT_STREAMING"},
    {BuilderFlag::kSAFETY_SCOPE, "kSAFETY_SCOPE"},
    {BuilderFlag::kVERSION_COMPATIBLE, "kVERSION_COMPATIBLE"},
};

void checkFlags(const Settings& s) {
    for (const NamedFlag& f : kRefused)
        if (s.flag(f.flag)) unsupported(cat("builder flag ", f.name, " is not supported"));
    if (s.flag(BuilderFlag::kOBEY_PRECISION_CONSTRAINTS) &&
        s.flag(BuilderFlag::kPREFER_PRECISION_CONSTRAINTS))
        fail(ErrorCode::kINVALID_CONFIG,
             "kOBEY_PRECISION_CONSTRAINTS and kPREFER_PRECISION_CONSTRAINTS exclude each other");
    if (s.capability != EngineCapability::kSTANDARD)
        unsupported("only engines of capability kSTANDARD are built");
    if (s.compatibility != HardwareCompatibilityLevel::kNONE)
        unsupported("engines are compatible with the device they are built for alone: use kNONE");
}

// One engine runs on one kind of device.
void checkDevices(const Network& network, const Settings& s, const Log& log) {
    bool fallback = s.flag(BuilderFlag::kGPU_FALLBACK);
    auto noDla = [&](const std::string& who) {
        if (!fallback)
            unsupported(cat(
                who,
                " is to run on a DLA, and no DLA is driven: set kGPU_FALLBACK or another device"));
        log.warning(who, " is to run on a DLA, and no DLA is driven: it takes the engine's device");
    };
    if (s.device == DeviceType::kDLA) noDla("the network");
    for (const Layer* layer : network.layers) {
        auto it = s.layerDevices.find(layer->handle);
        if (it == s.layerDevices.end() || it->second == s.device) continue;
        std::string who = cat("layer \"", layer->name, "\"");
        if (it->second == DeviceType::kDLA)
            noDla(who);
        else if (s.deviceSet)
            unsupported(cat(
                who,
                " is to run on another kind of device than the engine: one engine runs on one"));
    }
}

// Types below FP32 that the flags permit, and those that constraints ask for.
void takePrecisions(const Network& network, const Settings& s, builder::BuildOptions& o) {
    if (network.stronglyTyped()) return;
    auto permit = [&](DataType type) {
        bool known = type == DataType::kHALF || type == DataType::kBF16;
        if (known &&
            std::find(o.precisions.begin(), o.precisions.end(), type) == o.precisions.end())
            o.precisions.push_back(type);
    };
    if (s.flag(BuilderFlag::kFP16)) permit(DataType::kHALF);
    if (s.flag(BuilderFlag::kBF16)) permit(DataType::kBF16);
    o.obeyPrecisions = s.flag(BuilderFlag::kOBEY_PRECISION_CONSTRAINTS);
    o.preferPrecisions = s.flag(BuilderFlag::kPREFER_PRECISION_CONSTRAINTS);
    if (!o.obeyPrecisions && !o.preferPrecisions) return;
    for (const Layer* layer : network.layers) {
        const ir::Node& node = network.graph.node(layer->node);
        if (node.precision) permit(*node.precision);
        for (const auto& type : node.outputTypes)
            if (type) permit(*type);
    }
}

void checkFormats(const Network& network) {
    auto check = [&](ir::ValueId v) {
        const ir::Value& value = network.graph.value(v);
        if (!(value.allowedFormats >> static_cast<int>(TensorFormat::kLINEAR) & 1U))
            unsupported(cat("tensor \"", value.name,
                            "\" allows no row-major format, and others are not bound"));
    };
    for (ir::ValueId v : network.graph.inputs()) check(v);
    for (ir::ValueId v : network.graph.outputs()) check(v);
}

// An implicit batch is built for 1 to the largest.
void addBatchProfile(const Network& network, builder::BuildOptions& o) {
    if (!network.isImplicit() || !o.profiles.empty()) return;
    builder::Profile profile;
    for (ir::ValueId v : network.graph.inputs()) {
        const ir::Value& input = network.graph.value(v);
        std::vector<int64_t> least{1}, most{network.maxBatch()};
        for (size_t i = 1; i < input.desc.dims.size(); ++i) {
            require(input.desc.dims[i].isStatic(), "input \"", input.name,
                    "\": with an implicit batch all other extents are numbers");
            least.push_back(input.desc.dims[i].value());
            most.push_back(least.back());
        }
        profile.inputs[input.name] = {least, most, most, {}, {}, {}};
    }
    o.profiles.push_back(std::move(profile));
}

}  // namespace

ir::Graph graphToBuild(const Network& network) {
    require(!network.graph.outputs().empty(), "the network has no outputs: mark at least one");
    ir::Graph graph = network.graph;
    bool inferred = false;
    for (size_t i = 0; i < graph.outputs().size(); ++i) {
        ir::ValueId v = graph.outputs()[i];
        const auto type = graph.value(v).requestedType;
        if (!type) continue;
        if (!inferred) ir::inferGraph(graph);
        inferred = true;
        if (graph.value(v).desc.type == *type) continue;
        ops::Pointwise cast;
        cast.fn = ops::PointwiseFn::cast;
        cast.to = *type;
        std::string name = graph.value(v).name;
        ir::NodeId node = graph.addNode(ir::Op::of(cast), {v}, 1, cat(name, ".cast"));
        graph.node(node).origins = {name};
        ir::ValueId out = graph.node(node).outputs[0];
        graph.value(v).name = cat(name, ".uncast");
        graph.value(v).requestedType.reset();
        graph.value(out).name = name;
        graph.setOutput(i, out);
    }
    return graph;
}

builder::BuildOptions makeOptions(const Settings& s, const Log& log) {
    checkFlags(s);
    builder::BuildOptions o;
    o.log = log;
    o.device = s.device == DeviceType::kDLA ? DeviceType::kGPU : s.device;
    o.deviceSet = s.deviceSet && s.device != DeviceType::kDLA;
    for (const auto& profile : s.profiles) o.profiles.push_back(profile->toBuilder());
    o.threads = s.threads;
    o.level = s.level;
    o.timingIterations = s.avgTimingIterations;
    o.maxTactics = s.maxTactics;
    o.tuningPoints = s.tuningPoints;
    o.tf32 = s.flag(BuilderFlag::kTF32);
    o.strictNans = s.flag(BuilderFlag::kSTRICT_NANS);
    o.errorOnTimingMiss = s.flag(BuilderFlag::kERROR_ON_TIMING_CACHE_MISS);
    o.deterministic = s.deterministic;
    o.keepNetwork = !s.deviceOnly;
    o.workspaceLimit = s.pools[static_cast<size_t>(MemoryPoolType::kWORKSPACE)];
    o.verbosity = s.verbosity;
    if (s.timingCache && !s.flag(BuilderFlag::kDISABLE_TIMING_CACHE))
        o.timingCache = &Access::impl(*s.timingCache).cache;
    return o;
}

builder::BuildOptions makeOptions(const Network& network, const Settings& s, const Log& log) {
    builder::BuildOptions o = makeOptions(s, log);
    checkDevices(network, s, log);
    checkFormats(network);
    addBatchProfile(network, o);
    takePrecisions(network, s, o);
    o.engineName = network.name;
    return o;
}

}  // namespace bireme::api
