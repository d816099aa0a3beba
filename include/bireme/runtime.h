// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file runtime.h
//! The runtime: from an engine file to an engine.

#include "bireme/allocator.h"
#include "bireme/engine.h"
#include "bireme/host_memory.h"
#include "bireme/logger.h"
#include "bireme/plugin.h"
#include "bireme/version.h"

BIREME_NAMESPACE_BEGIN

//! When the checksums of an engine file are compared.
enum class EngineVerify : int32_t {
    kFULL = 0,  //!< all of them, while loading
    kLAZY = 1,  //!< header and structure while loading; those of the weights are not read
};
BIREME_ENUM_MAX(EngineVerify, 2)

//! Loads engines. Made by createInferRuntime(); free it with `delete`, after its engines.
class BIREME_API IRuntime : public INoCopy {
public:
    ~IRuntime() noexcept override;

    //! \param blob bytes of an engine file, copied: may be freed after the call \param size bytes
    //! \return an engine that the caller deletes; null with one clear error when the bytes are
    //! damaged, of a newer format, or for another device
    ICudaEngine* deserializeCudaEngine(void const* blob, std::size_t size) noexcept;
    ICudaEngine* deserializeCudaEngine(IStreamReader& streamReader) noexcept;
    ICudaEngine* deserializeCudaEngine(IStreamReaderV2& streamReader) noexcept;
    //! As above from a file, whose weights are mapped, not read: it must stay unchanged while the
    //! engine lives.
    ICudaEngine* deserializeCudaEngineFromFile(char const* path,
                                               EngineVerify verify = EngineVerify::kFULL) noexcept;

    //! Memory of engines and contexts; null (default) for the device's own. Must outlive them.
    void setGpuAllocator(IGpuAllocator* allocator) noexcept;
    void setErrorRecorder(IErrorRecorder* recorder) noexcept;
    IErrorRecorder* getErrorRecorder() const noexcept;
    ILogger* getLogger() const noexcept;
    //! Most threads that load kernels. At least 1, default 1.
    //! \return false otherwise
    bool setMaxThreads(int32_t maxThreads) noexcept;
    int32_t getMaxThreads() const noexcept;
    //! Plugins of this runtime; falls back on the process's registry.
    IPluginRegistry& getPluginRegistry() noexcept;
    //! 0.
    int32_t getNbDLACores() const noexcept;
    //! Kept, without effect: there are no cores.
    void setDLACore(int32_t dlaCore) noexcept;
    int32_t getDLACore() const noexcept;
    //! Permission to run the plugin libraries that an engine file brings along
    //! (IBuilderConfig::setPluginsToSerialize), default false: such a file is not loaded.
    void setEngineHostCodeAllowed(bool allowed) noexcept;
    bool getEngineHostCodeAllowed() const noexcept;
    //! As `delete`. Of TensorRT 8.
    void destroy() noexcept { delete this; }

private:
    friend struct ::bireme::api::Access;
    explicit IRuntime(::bireme::api::Runtime* impl) noexcept : impl_(impl) {}
    ::bireme::api::Runtime* impl_;
};

BIREME_NAMESPACE_END

//! \param logger nvinfer1::ILogger* \param version NV_TENSORRT_VERSION of the caller
extern "C" BIREME_API void* createInferRuntime_INTERNAL(void* logger, int32_t version) noexcept;

BIREME_NAMESPACE_BEGIN

//! Makes a runtime; null on failure. The logger must outlive it.
inline IRuntime* createInferRuntime(ILogger& logger) noexcept {
    return static_cast<IRuntime*>(createInferRuntime_INTERNAL(&logger, NV_TENSORRT_VERSION));
}

BIREME_NAMESPACE_END
