// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file plugin_v3.h
//! Plugins of the third generation: core, build and run capabilities. Implemented by the user.

#include "bireme/plugin.h"

BIREME_NAMESPACE_BEGIN

enum class PluginCapabilityType : int32_t { kCORE = 0, kBUILD = 1, kRUNTIME = 2 };
BIREME_ENUM_MAX(PluginCapabilityType, 3)

//! Why a creator is asked for a plugin.
enum class TensorRTPhase : int32_t { kBUILD = 0, kRUNTIME = 1 };
BIREME_ENUM_MAX(TensorRTPhase, 2)

//! Base of the capabilities of a plugin.
class BIREME_API IPluginCapability : public IVersionedInterface {};

//! What a plugin may use of the context it is attached to.
class BIREME_API IPluginResourceContext {
public:
    virtual IGpuAllocator* getGpuAllocator() const noexcept = 0;
    virtual IErrorRecorder* getErrorRecorder() const noexcept = 0;
    virtual ~IPluginResourceContext() noexcept = default;

protected:
    IPluginResourceContext() = default;
    IPluginResourceContext(IPluginResourceContext const&) = default;
    IPluginResourceContext(IPluginResourceContext&&) = default;
    IPluginResourceContext& operator=(IPluginResourceContext const&) & = default;
    IPluginResourceContext& operator=(IPluginResourceContext&&) & = default;
};

//! A plugin.
class BIREME_API IPluginV3 : public IVersionedInterface {
public:
    InterfaceInfo getInterfaceInfo() const noexcept override { return {"PLUGIN", 1, 0}; }
    //! Null when the plugin lacks the capability.
    virtual IPluginCapability* getCapabilityInterface(PluginCapabilityType type) noexcept = 0;
    virtual IPluginV3* clone() noexcept = 0;
};

//! Who a plugin is. The strings are valid while it lives, at most 1023 bytes.
class BIREME_API IPluginV3OneCore : public IPluginCapability {
public:
    InterfaceInfo getInterfaceInfo() const noexcept override { return {"PLUGIN_V3ONE_CORE", 1, 0}; }
    virtual AsciiChar const* getPluginName() const noexcept = 0;
    virtual AsciiChar const* getPluginVersion() const noexcept = 0;
    virtual AsciiChar const* getPluginNamespace() const noexcept = 0;
};

namespace v_1_0 {

//! What a plugin says while an engine is built. Functions of type int32_t give 0 for success.
class BIREME_API IPluginV3OneBuild : public IPluginCapability {
public:
    static constexpr int32_t kDEFAULT_FORMAT_COMBINATION_LIMIT = 100;

    InterfaceInfo getInterfaceInfo() const noexcept override {
        return {"PLUGIN_V3ONE_BUILD", 1, 0};
    }
    virtual int32_t configurePlugin(DynamicPluginTensorDesc const* in, int32_t nbInputs,
                                    DynamicPluginTensorDesc const* out,
                                    int32_t nbOutputs) noexcept = 0;
    virtual int32_t getOutputDataTypes(DataType* outputTypes, int32_t nbOutputs,
                                       DataType const* inputTypes,
                                       int32_t nbInputs) const noexcept = 0;
    virtual int32_t getOutputShapes(DimsExprs const* inputs, int32_t nbInputs,
                                    DimsExprs const* shapeInputs, int32_t nbShapeInputs,
                                    DimsExprs* outputs, int32_t nbOutputs,
                                    IExprBuilder& exprBuilder) noexcept = 0;
    //! May look at entries 0 to \p pos only.
    virtual bool supportsFormatCombination(int32_t pos, DynamicPluginTensorDesc const* inOut,
                                           int32_t nbInputs, int32_t nbOutputs) noexcept = 0;
    virtual int32_t getNbOutputs() const noexcept = 0;
    //! Scratch in bytes.
    virtual size_t getWorkspaceSize(DynamicPluginTensorDesc const* /*inputs*/, int32_t /*nbInputs*/,
                                    DynamicPluginTensorDesc const* /*outputs*/,
                                    int32_t /*nbOutputs*/) const noexcept {
        return 0;
    }
    //! Writes getNbTactics() positive, different numbers.
    virtual int32_t getValidTactics(int32_t* /*tactics*/, int32_t /*nbTactics*/) noexcept {
        return 0;
    }
    virtual int32_t getNbTactics() noexcept { return 0; }
    //! Null: times of this plugin are not kept.
    virtual char const* getTimingCacheID() noexcept { return nullptr; }
    virtual int32_t getFormatCombinationLimit() noexcept {
        return kDEFAULT_FORMAT_COMBINATION_LIMIT;
    }
    virtual char const* getMetadataString() noexcept { return nullptr; }
    //! Bireme's own: whether enqueue() takes pointers to memory of \p device. In an engine for the
    //! GPU a plugin gets device pointers and the stream, as in TensorRT; one that gives false for
    //! kGPU runs on the host beside it, with copies around it.
    virtual bool supportsDevice(DeviceType /*device*/) noexcept { return true; }
};

}  // namespace v_1_0

namespace v_2_0 {

//! Adds outputs that share an input's memory.
class BIREME_API IPluginV3OneBuild : public v_1_0::IPluginV3OneBuild {
public:
    InterfaceInfo getInterfaceInfo() const noexcept override {
        return {"PLUGIN_V3ONE_BUILD", 2, 0};
    }
    //! Index of the input whose memory output \p outputIndex shares, -1 for none.
    virtual int32_t getAliasedInput(int32_t /*outputIndex*/) noexcept { return -1; }
};

}  // namespace v_2_0

using IPluginV3OneBuild = v_1_0::IPluginV3OneBuild;
using IPluginV3OneBuildV2 = v_2_0::IPluginV3OneBuild;

//! What a plugin does while an engine runs. Functions of type int32_t give 0 for success.
class BIREME_API IPluginV3OneRuntime : public IPluginCapability {
public:
    InterfaceInfo getInterfaceInfo() const noexcept override {
        return {"PLUGIN_V3ONE_RUNTIME", 1, 0};
    }
    virtual int32_t setTactic(int32_t /*tactic*/) noexcept { return 0; }
    virtual int32_t onShapeChange(PluginTensorDesc const* in, int32_t nbInputs,
                                  PluginTensorDesc const* out, int32_t nbOutputs) noexcept = 0;
    virtual int32_t enqueue(PluginTensorDesc const* inputDesc, PluginTensorDesc const* outputDesc,
                            void const* const* inputs, void* const* outputs, void* workspace,
                            cudaStream_t stream) noexcept = 0;
    //! A clone that is ready to run in the context; null on failure.
    virtual IPluginV3* attachToContext(IPluginResourceContext* context) noexcept = 0;
    //! Fields from which the creator makes the plugin again when an engine is loaded.
    virtual PluginFieldCollection const* getFieldsToSerialize() noexcept = 0;
    //! Bireme's own: told before the first onShapeChange() what memory enqueue() will be given.
    virtual void setDevice(DeviceType /*device*/) noexcept {}
};

//! Makes plugins by name.
class BIREME_API IPluginCreatorV3One : public IPluginCreatorInterface {
public:
    InterfaceInfo getInterfaceInfo() const noexcept override {
        return {"PLUGIN CREATOR_V3ONE", 1, 0};
    }
    virtual IPluginV3* createPlugin(AsciiChar const* name, PluginFieldCollection const* fc,
                                    TensorRTPhase phase) noexcept = 0;
    virtual PluginFieldCollection const* getFieldNames() noexcept = 0;
    virtual AsciiChar const* getPluginName() const noexcept = 0;
    virtual AsciiChar const* getPluginVersion() const noexcept = 0;
    virtual AsciiChar const* getPluginNamespace() const noexcept = 0;

    IPluginCreatorV3One() = default;
    ~IPluginCreatorV3One() override = default;
};

BIREME_NAMESPACE_END
