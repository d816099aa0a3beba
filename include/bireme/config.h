// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file config.h
//! How a network is to be built.

#include "bireme/layer.h"
#include "bireme/profile.h"
#include "bireme/profiler.h"
#include "bireme/timing_cache.h"

BIREME_NAMESPACE_BEGIN

//! Set of BuilderFlag: bit `1U << int32_t(flag)`.
using BuilderFlags = uint32_t;

//! Permissions and wishes for a build.
enum class BuilderFlag : int32_t {
    kFP16 = 0,  //!< layers may compute in FP16
    kINT8 = 1,  //!< layers may compute in INT8
    kDEBUG = 2,
    kGPU_FALLBACK = 3,
    kREFIT = 4,  //!< all weights may be replaced in the engine
    kDISABLE_TIMING_CACHE = 5,
    kTF32 = 6,  //!< FP32 products may round their inputs to 10 bits of mantissa; set by default
    kSPARSE_WEIGHTS = 7,
    kSAFETY_SCOPE = 8,
    kOBEY_PRECISION_CONSTRAINTS = 9,     //!< ILayer::setPrecision and setOutputType bind
    kPREFER_PRECISION_CONSTRAINTS = 10,  //!< they bind where a kernel exists
    kDIRECT_IO = 11,                     //!< no reformats at inputs and outputs
    kREJECT_EMPTY_ALGORITHMS = 12,
    kVERSION_COMPATIBLE = 13,
    kEXCLUDE_LEAN_RUNTIME = 14,
    kFP8 = 15,
    kERROR_ON_TIMING_CACHE_MISS = 16,  //!< fail rather than measure
    kBF16 = 17,                        //!< layers may compute in BF16
    kDISABLE_COMPILATION_CACHE = 18,
    kSTRIP_PLAN = 19,
    kREFIT_IDENTICAL = 20,
    kWEIGHT_STREAMING = 21,
    kINT4 = 22,
    kREFIT_INDIVIDUAL = 23,
    kSTRICT_NANS = 24,  //!< no rewrites such as x * 0 = 0
    kMONITOR_MEMORY = 25,
    kFP4 = 26,
    kEDITABLE_TIMING_CACHE = 27,
    kDISTRIBUTIVE_INDEPENDENCE = 28,
};
BIREME_ENUM_MAX(BuilderFlag, 29)

//! Memory whose use a build may limit.
enum class MemoryPoolType : int32_t {
    kWORKSPACE = 0,  //!< scratch of one kernel; default: all memory of the device
    kDLA_MANAGED_SRAM = 1,
    kDLA_LOCAL_DRAM = 2,
    kDLA_GLOBAL_DRAM = 3,
    kTACTIC_DRAM = 4,  //!< memory of one kernel while it is timed; default as kWORKSPACE
    kTACTIC_SHARED_MEMORY = 5,
};
BIREME_ENUM_MAX(MemoryPoolType, 6)

//! Features that must be asked for.
enum class PreviewFeature : int32_t {
    kPROFILE_SHARING_0806 = 0,
    kALIASED_PLUGIN_IO_10_03 = 1,
    kRUNTIME_ACTIVATION_RESIZE_10_10 = 2,
    kMULTIDEVICE_RUNTIME_10_16 = 3,
};
BIREME_ENUM_MAX(PreviewFeature, 4)

//! Options of a build, made by IBuilder::createBuilderConfig(). Free it with `delete`.
//!
//! An option that the chosen device cannot honour makes the build fail with a message that names
//! it. Setters with a wrong value report kINVALID_ARGUMENT and change nothing.
class BIREME_API IBuilderConfig : public INoCopy {
public:
    ~IBuilderConfig() noexcept override;

    //! Measurements of a kernel, whose average counts. At least 1, default 1.
    void setAvgTimingIterations(int32_t avgTiming) noexcept;
    int32_t getAvgTimingIterations() const noexcept;
    //! Default kSTANDARD, the only one built.
    void setEngineCapability(EngineCapability capability) noexcept;
    EngineCapability getEngineCapability() const noexcept;

    //! Replaces all flags. Default: kTF32 alone.
    void setFlags(BuilderFlags builderFlags) noexcept;
    BuilderFlags getFlags() const noexcept;
    void setFlag(BuilderFlag builderFlag) noexcept;
    void clearFlag(BuilderFlag builderFlag) noexcept;
    bool getFlag(BuilderFlag builderFlag) const noexcept;

    //! \param poolSize bytes
    void setMemoryPoolLimit(MemoryPoolType pool, std::size_t poolSize) noexcept;
    std::size_t getMemoryPoolLimit(MemoryPoolType pool) const noexcept;

    //! Stream in which kernels are timed; null (default) for one of the builder's own. A CPU has
    //! none.
    void setProfileStream(cudaStream_t const stream) noexcept;
    cudaStream_t getProfileStream() const noexcept;

    //! Adds a profile.
    //! \return its index, -1 when it is not valid
    int32_t addOptimizationProfile(IOptimizationProfile const* profile) noexcept;
    int32_t getNbOptimizationProfiles() const noexcept;

    //! What the engine remembers of its layers. Default kLAYER_NAMES_ONLY.
    void setProfilingVerbosity(ProfilingVerbosity verbosity) noexcept;
    ProfilingVerbosity getProfilingVerbosity() const noexcept;

    //! 0 (first kernel that works, nothing timed) to 5; greater is clipped. Default 3.
    void setBuilderOptimizationLevel(int32_t level) noexcept;
    int32_t getBuilderOptimizationLevel() noexcept;
    //! Default kNONE.
    void setHardwareCompatibilityLevel(HardwareCompatibilityLevel level) noexcept;
    HardwareCompatibilityLevel getHardwareCompatibilityLevel() const noexcept;
    //! Streams beside the caller's; -1 (default) leaves it to the builder, a CPU has none.
    void setMaxAuxStreams(int32_t nbStreams) noexcept;
    int32_t getMaxAuxStreams() const noexcept;
    //! Most kernels timed per layer, -1 (default) for no limit.
    void setMaxNbTactics(int32_t maxNbTactics) noexcept;
    int32_t getMaxNbTactics() const noexcept;

    // Bireme: at how many shapes of a profile kernels are timed: its optimum, then minimum,
    // maximum, and shapes between. Where the fastest ones differ, the engine holds steps for each,
    // and a context runs those of the nearest shape. 0, the default: 4 on a GPU at optimization
    // level 3 and above, else 1. From 0 to 16.
    void setTuningPoints(int32_t count) noexcept;
    int32_t getTuningPoints() const noexcept;
    //! Libraries that kernels may come from, on a GPU.
    //! \return false for unknown bits
    bool setTacticSources(TacticSources tacticSources) noexcept;
    TacticSources getTacticSources() const noexcept;
    void setPreviewFeature(PreviewFeature feature, bool enable) noexcept;
    bool getPreviewFeature(PreviewFeature feature) const noexcept;

    //! Receives progress and may stop the build; borrowed, null (default) for none.
    void setProgressMonitor(IProgressMonitor* monitor) noexcept;
    IProgressMonitor* getProgressMonitor() const noexcept;

    //! Device of all layers: kGPU or kCPU. Unless set, it is kGPU, and with no GPU in the machine
    //! the build takes the CPU and says so; kGPU that was set fails there. kDLA is refused at
    //! build.
    void setDefaultDeviceType(DeviceType deviceType) noexcept;
    DeviceType getDefaultDeviceType() const noexcept;
    //! Device of one layer of a network that is still alive. One engine runs on one kind of device:
    //! the build refuses a layer of another.
    void setDeviceType(ILayer const* layer, DeviceType deviceType) noexcept;
    DeviceType getDeviceType(ILayer const* layer) const noexcept;
    bool isDeviceTypeSet(ILayer const* layer) const noexcept;
    void resetDeviceType(ILayer const* layer) noexcept;
    //! False: no such device is driven.
    bool canRunOnDLA(ILayer const* layer) const noexcept;
    //! Kept, without effect: there are no cores.
    void setDLACore(int32_t dlaCore) noexcept;
    int32_t getDLACore() const noexcept;

    //! CPU threads that the engine uses: 0 (default) for all cores.
    void setNbThreads(int32_t nbThreads) noexcept;
    int32_t getNbThreads() const noexcept;

    //! True: nothing is timed. Kernels are chosen by the times of the timing cache, and where it
    //! lacks one of a layer's, by the fixed order of kernels: the same cache gives the same engine,
    //! byte for byte. Default false.
    void setDeterministic(bool deterministic) noexcept;
    bool getDeterministic() const noexcept;

    //! True: the engine does not keep its network, so that IBuilder::rebuildSerializedNetwork()
    //! cannot build it anew for another device. Default false; the network's weights are those of
    //! the engine, stored once.
    void setDeviceOnly(bool deviceOnly) noexcept;
    bool getDeviceOnly() const noexcept;

    //! Shared objects with plugins that the engine brings along; their bytes go into its file, and
    //! loading it registers their creators with the runtime, if that allows it:
    //! IRuntime::setEngineHostCodeAllowed(). Replaces what was set. Building needs them loaded as
    //! well: IPluginRegistry::loadLibrary().
    //! \param paths files, read when the network is built; copied
    void setPluginsToSerialize(AsciiChar const* const* paths, int32_t nbPaths) noexcept;
    //! Null for an index out of range; valid until the next change.
    AsciiChar const* getPluginToSerialize(int32_t index) const noexcept;
    int32_t getNbPluginsToSerialize() const noexcept;

    //! \param blob bytes of ITimingCache::serialize(), or null
    //! \param size bytes; 0 gives an empty cache
    //! \return a cache that the caller deletes; null when the bytes are damaged
    ITimingCache* createTimingCache(void const* blob, std::size_t size) const noexcept;
    //! Uses \p cache for reading and writing; it must outlive the config's builds. Its entries are
    //! kept under the device they were measured on: those of others are never used, so that none
    //! mismatches and \p ignoreMismatch has no effect. \return true
    bool setTimingCache(ITimingCache const& cache, bool ignoreMismatch) noexcept;
    //! The cache set, or null.
    ITimingCache const* getTimingCache() const noexcept;

    //! Back to the defaults.
    void reset() noexcept;
    //! As the memory pool kWORKSPACE. Of TensorRT 8.
    void setMaxWorkspaceSize(std::size_t workspaceSize) noexcept {
        setMemoryPoolLimit(MemoryPoolType::kWORKSPACE, workspaceSize);
    }
    std::size_t getMaxWorkspaceSize() const noexcept {
        return getMemoryPoolLimit(MemoryPoolType::kWORKSPACE);
    }
    //! As `delete`. Of TensorRT 8.
    void destroy() noexcept { delete this; }

private:
    friend struct ::bireme::api::Access;
    explicit IBuilderConfig(::bireme::api::Config* impl) noexcept : impl_(impl) {}
    ::bireme::api::Config* impl_;
};

BIREME_NAMESPACE_END
