// SPDX-License-Identifier: Apache-2.0
// One face for plugins of every generation; adapter_<generation>.cpp implement it.
#pragma once

#include "bireme/plugin_v2.h"
#include "bireme/plugin_v3.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace bireme::plugin {

enum class Generation : uint8_t { v2 = 0, v2Ext = 1, v2IoExt = 2, v2Dynamic = 3, v3 = 4 };

struct Identity {
    std::string name, version, space;
    Generation generation = Generation::v3;

    std::string text() const;  // plugin "X" version "1" [namespace "n"]
};

// What a plugin is made ready for.
struct Setup {
    std::vector<DynamicPluginTensorDesc> inputs, outputs;
    int32_t tactic = 0;                    // 0: the plugin has none
    DeviceType device = DeviceType::kCPU;  // whose memory it is given
};

// A plugin in one execution context.
class Attached {
public:
    virtual ~Attached() = default;
    // Before the first enqueue and when extents changed: desc.dims are those now. Throws Error.
    virtual void changeShapes(const Setup& now) = 0;
    // 0 for success.
    virtual int32_t enqueue(const PluginTensorDesc* in, const PluginTensorDesc* out,
                            const void* const* inputs, void* const* outputs, void* workspace,
                            cudaStream_t stream) noexcept = 0;
};

// Owns one plugin object. Functions throw Error that names the plugin.
class Instance {
public:
    explicit Instance(Identity identity) : identity_(std::move(identity)) {}
    virtual ~Instance() = default;
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;

    const Identity& identity() const { return identity_; }
    virtual std::unique_ptr<Instance> clone() const = 0;

    // --- while a network is defined ---
    virtual int32_t nbOutputs() const = 0;
    virtual std::vector<DataType> outputTypes(const std::vector<DataType>& inputs) const = 0;
    // Shapes as expressions, or of numbers alone.
    virtual bool symbolic() const = 0;
    virtual std::vector<DimsExprs> outputShapes(const std::vector<DimsExprs>& inputs,
                                                const std::vector<DimsExprs>& shapeInputs,
                                                IExprBuilder& builder) const;
    virtual Dims outputDims(int32_t index, const std::vector<Dims>& inputs) const;
    // The first extent of every tensor is a batch that the plugin does not see among its dims.
    virtual bool batched() const { return false; }
    virtual void setBatched(bool batched);
    virtual std::string timingId() const { return {}; }
    virtual void* object() const = 0;  // IPluginV2* or IPluginV3*

    // --- while an engine is built ---
    // May look at entries 0 to `pos` only.
    virtual bool supports(int32_t pos, const std::vector<DynamicPluginTensorDesc>& inOut,
                          int32_t nbInputs) const = 0;
    virtual void configure(const Setup& setup) = 0;
    virtual size_t workspace(const Setup& setup) const = 0;  // once configured, at most
    virtual bool runsOn(DeviceType device) const = 0;
    virtual std::vector<int32_t> tactics() { return {}; }       // once configured
    virtual int32_t aliasedInput(int32_t) const { return -1; }  // whose memory an output shares
    virtual std::vector<uint8_t> state() const = 0;  // what its creator makes it from again

    // --- while an engine runs ---
    virtual void start() {}
    // `memory` is that of the setup's device, and outlives what is attached.
    virtual std::unique_ptr<Attached> attach(const Setup& setup, IGpuAllocator& memory) const = 0;

protected:
    [[noreturn]] void failed(const char* function, int32_t code) const;

private:
    Identity identity_;
};

// Clones the user's object.
std::unique_ptr<Instance> instanceOf(const IPluginV2& plugin);
std::unique_ptr<Instance> instanceOf(IPluginV3& plugin);

// From what state() gave. Throws when the creator cannot.
std::unique_ptr<Instance> restore(const Identity& identity, IPluginCreatorInterface& creator,
                                  const std::vector<uint8_t>& state, bool batched);

// adapter_v2.cpp and adapter_v3.cpp: take the object over.
std::unique_ptr<Instance> adoptV2(Identity identity, IPluginV2* plugin);
std::unique_ptr<Instance> adoptV3(Identity identity, IPluginV3* plugin);
Generation generationOf(const IPluginV2& plugin);

// `nbDims` -1 when there are more than Dims::MAX_DIMS.
Dims toDims(const std::vector<int64_t>& values);

}  // namespace bireme::plugin
