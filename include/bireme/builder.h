// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file builder.h
//! The builder: from a network to an engine.

#include "bireme/allocator.h"
#include "bireme/config.h"
#include "bireme/engine.h"
#include "bireme/host_memory.h"
#include "bireme/logger.h"
#include "bireme/network.h"
#include "bireme/plugin.h"
#include "bireme/version.h"

BIREME_NAMESPACE_BEGIN

//! Builds engines from networks. Made by createInferBuilder(); free it with `delete`, after the
//! networks and configs it made. One build at a time.
class BIREME_API IBuilder : public INoCopy {
public:
    ~IBuilder() noexcept override;

    //! \param flags set of NetworkDefinitionCreationFlag. Without kEXPLICIT_BATCH and
    //! kSTRONGLY_TYPED the batch is implicit when the program defines BIREME_TRT8, or when
    //! setMaxBatchSize() is called before the network gets its first input.
    //! \return an empty network, the caller deletes it
    INetworkDefinition* createNetworkV2(NetworkDefinitionCreationFlags flags) noexcept;
    //! \return a config with defaults, the caller deletes it
    IBuilderConfig* createBuilderConfig() noexcept;
    //! \return an empty profile, owned by the builder
    IOptimizationProfile* createOptimizationProfile() noexcept;

    //! Optimises the network and gives the engine file as bytes; null on failure. The network stays
    //! as it is and may be built again with another config.
    IHostMemory* buildSerializedNetwork(INetworkDefinition& network,
                                        IBuilderConfig& config) noexcept;
    //! As above; \p kernelText becomes null.
    IHostMemory* buildSerializedNetwork(INetworkDefinition& network, IBuilderConfig& config,
                                        IHostMemory*& kernelText) noexcept;
    //! As above, written to \p writer.
    bool buildSerializedNetworkToStream(INetworkDefinition& network, IBuilderConfig& config,
                                        IStreamWriter& writer) noexcept;
    //! As above, loaded at once. The caller deletes the engine.
    ICudaEngine* buildEngineWithConfig(INetworkDefinition& network,
                                       IBuilderConfig& config) noexcept;
    //! Builds an engine anew for a device that is here, from the network that it keeps: with its
    //! profiles, precisions and name, and the device, threads, level and timing cache of \p config.
    //! Without a device in \p config an engine of a GPU takes one where there is one.
    //! \param engine bytes of an engine file, made for whatever device
    //! \return the new engine file, the caller deletes it; null when the engine is damaged or keeps
    //! no network (IBuilderConfig::setDeviceOnly(), plugins, precisions of single layers)
    IHostMemory* rebuildSerializedNetwork(void const* engine, std::size_t size,
                                          IBuilderConfig& config) noexcept;
    //! True for an engine file that is sound and runs on no device of this machine.
    bool needsRebuild(void const* engine, std::size_t size) noexcept;

    //! False when the build would certainly fail; the reasons go to the error recorder and the log.
    bool isNetworkSupported(INetworkDefinition const& network,
                            IBuilderConfig const& config) const noexcept;

    //! Where the layers would run, without building: by kernels of the backend, on the CPU beside a
    //! GPU, by slow kernels of last resort, as views, or nowhere and why.
    //! \param format kONELINE: for people; kJSON: an object with "Layers", each with "Name",
    //!        "Operations", "Place", "Kernels", "Origins" and "Reason"
    //! \return the text, the caller deletes it; null when the network or its profile cannot be
    //! built
    IHostMemory* checkNetwork(INetworkDefinition& network, IBuilderConfig& config,
                              LayerInformationFormat format) noexcept;

    //! Memory of engines made by buildEngineWithConfig() and their contexts; null (default) for the
    //! device's own. Must outlive them.
    void setGpuAllocator(IGpuAllocator* allocator) noexcept;
    void setErrorRecorder(IErrorRecorder* recorder) noexcept;
    IErrorRecorder* getErrorRecorder() const noexcept;
    ILogger* getLogger() const noexcept;
    //! Threads that prepare kernels while building. At least 1, default 1.
    //! \return false otherwise
    bool setMaxThreads(int32_t maxThreads) noexcept;
    int32_t getMaxThreads() const noexcept;
    //! Back to the defaults: allocator, recorder, threads.
    void reset() noexcept;
    //! Plugins of this builder; falls back on the process's registry.
    IPluginRegistry& getPluginRegistry() noexcept;

    //! \name Of TensorRT 8 and older
    //!@{
    //! A network with an implicit batch.
    INetworkDefinition* createNetwork() noexcept;
    //! Largest batch of networks with an implicit one, default 1.
    void setMaxBatchSize(int32_t batchSize) noexcept;
    int32_t getMaxBatchSize() const noexcept;
    //! As `delete`.
    void destroy() noexcept;
    //!@}

    //! True on a GPU.
    bool platformHasFastFp16() const noexcept;
    //! True on a GPU.
    bool platformHasFastInt8() const noexcept;
    //! True on a GPU.
    bool platformHasTf32() const noexcept;
    //! 0.
    int32_t getMaxDLABatchSize() const noexcept;
    //! 0.
    int32_t getNbDLACores() const noexcept;

private:
    friend struct ::bireme::api::Access;
    explicit IBuilder(::bireme::api::Builder* impl) noexcept : impl_(impl) {}
    ::bireme::api::Builder* impl_;
};

BIREME_NAMESPACE_END

//! \param logger nvinfer1::ILogger* \param version NV_TENSORRT_VERSION of the caller
extern "C" BIREME_API void* createInferBuilder_INTERNAL(void* logger, int32_t version) noexcept;

BIREME_NAMESPACE_BEGIN

//! Makes a builder; null on failure. The logger must outlive it.
inline IBuilder* createInferBuilder(ILogger& logger) noexcept {
    return static_cast<IBuilder*>(createInferBuilder_INTERNAL(&logger, NV_TENSORRT_VERSION));
}

BIREME_NAMESPACE_END
