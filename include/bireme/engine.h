// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file engine.h
//! An engine: a built network, ready to run.

#include "bireme/context.h"
#include "bireme/device_memory.h"
#include "bireme/error.h"
#include "bireme/host_memory.h"
#include "bireme/inspector.h"
#include "bireme/profile.h"

BIREME_NAMESPACE_BEGIN

//! Numbers about an engine.
enum class EngineStat : int32_t {
    kTOTAL_WEIGHTS_SIZE = 0,     //!< bytes of weights
    kSTRIPPED_WEIGHTS_SIZE = 1,  //!< bytes of weights left out of the file, -1 when none are
};
BIREME_ENUM_MAX(EngineStat, 2)

//! Options of an execution context.
class BIREME_API IRuntimeConfig : public INoCopy {
public:
    ~IRuntimeConfig() noexcept override;

    //! Default kSTATIC.
    void setExecutionContextAllocationStrategy(
        ExecutionContextAllocationStrategy strategy) noexcept;
    ExecutionContextAllocationStrategy getExecutionContextAllocationStrategy() const noexcept;

private:
    friend struct ::bireme::api::Access;
    explicit IRuntimeConfig(::bireme::api::RuntimeConfig* impl) noexcept : impl_(impl) {}
    ::bireme::api::RuntimeConfig* impl_;
};

//! A built network. Immutable and thread-safe; every thread makes its own execution context. Free
//! it with `delete`; contexts made from it keep what they need alive.
//!
//! Functions that take a tensor's name give the stated neutral value for an unknown name, and an
//! error that names the nearest one.
class BIREME_API ICudaEngine : public INoCopy {
public:
    ~ICudaEngine() noexcept override;

    //! Number of inputs and outputs; inputs first, both in the network's order.
    int32_t getNbIOTensors() const noexcept;
    //! Null when out of range.
    char const* getIOTensorName(int32_t index) const noexcept;
    //! kNONE when unknown.
    TensorIOMode getTensorIOMode(char const* tensorName) const noexcept;
    //! -1 for every run-time extent; `nbDims` -1 when unknown.
    Dims getTensorShape(char const* tensorName) const noexcept;
    //! kFLOAT when unknown.
    DataType getTensorDataType(char const* tensorName) const noexcept;
    //! kHOST for tensors that are shapes.
    TensorLocation getTensorLocation(char const* tensorName) const noexcept;
    //! True when the values take part in the calculation of shapes.
    bool isShapeInferenceIO(char const* tensorName) const noexcept;
    //! Name of the input whose memory an output shares, or null.
    char const* getAliasedInputTensor(char const* tensorName) const noexcept;

    //! \name Layout of inputs and outputs
    //!@{
    int32_t getTensorBytesPerComponent(char const* tensorName) const noexcept;
    int32_t getTensorBytesPerComponent(char const* tensorName, int32_t profileIndex) const noexcept;
    //! Components that stand together, -1 when not vectorised.
    int32_t getTensorComponentsPerElement(char const* tensorName) const noexcept;
    int32_t getTensorComponentsPerElement(char const* tensorName,
                                          int32_t profileIndex) const noexcept;
    TensorFormat getTensorFormat(char const* tensorName) const noexcept;
    TensorFormat getTensorFormat(char const* tensorName, int32_t profileIndex) const noexcept;
    //! The layout as a sentence, such as "Row-major linear FP32 format".
    char const* getTensorFormatDesc(char const* tensorName) const noexcept;
    char const* getTensorFormatDesc(char const* tensorName, int32_t profileIndex) const noexcept;
    //! Dimension of the components that stand together, -1 when not vectorised.
    int32_t getTensorVectorizedDim(char const* tensorName) const noexcept;
    int32_t getTensorVectorizedDim(char const* tensorName, int32_t profileIndex) const noexcept;
    //!@}

    //! \name Profiles
    //!@{
    //! At least 1.
    int32_t getNbOptimizationProfiles() const noexcept;
    //! `nbDims` -1 when unknown or not an input.
    Dims getProfileShape(char const* tensorName, int32_t profileIndex,
                         OptProfileSelector select) const noexcept;
    //! Values of a shape input, or null.
    int64_t const* getProfileTensorValuesV2(char const* tensorName, int32_t profileIndex,
                                            OptProfileSelector select) const noexcept;
    //!@}

    //! \name Contexts
    //!@{
    //! \return a context that the caller deletes; null on failure
    IExecutionContext* createExecutionContext(
        ExecutionContextAllocationStrategy strategy =
            ExecutionContextAllocationStrategy::kSTATIC) noexcept;
    IExecutionContext* createExecutionContext(IRuntimeConfig* runtimeConfig) noexcept;
    //! As kUSER_MANAGED.
    IExecutionContext* createExecutionContextWithoutDeviceMemory() noexcept;
    IRuntimeConfig* createRuntimeConfig() noexcept;
    //! Bytes of scratch that a context needs at most, over all profiles.
    int64_t getDeviceMemorySizeV2() const noexcept;
    std::size_t getDeviceMemorySize() const noexcept;
    //! Bytes of scratch that a context needs at most in one profile; 0 when out of range.
    int64_t getDeviceMemorySizeForProfileV2(int32_t profileIndex) const noexcept;
    std::size_t getDeviceMemorySizeForProfile(int32_t profileIndex) const noexcept;
    //!@}

    //! Memory where the engine runs, for inputs and outputs. \param size bytes
    //! \return an object that the caller deletes; null when there is none. Not in TensorRT.
    IDeviceMemory* allocateMemory(std::size_t size) const noexcept;

    //! The engine file as bytes; the caller deletes them.
    IHostMemory* serialize() const noexcept;

    //! \name Properties
    //!@{
    //! Name of the network.
    char const* getName() const noexcept;
    //! Number of steps after optimisation.
    int32_t getNbLayers() const noexcept;
    //! Kind of device that the engine was built for: kCPU or kGPU.
    DeviceType getDeviceType() const noexcept;
    //! CPU threads that it uses; 0 for all cores.
    int32_t getNbThreads() const noexcept;
    bool isRefittable() const noexcept;
    EngineCapability getEngineCapability() const noexcept;
    ProfilingVerbosity getProfilingVerbosity() const noexcept;
    TacticSources getTacticSources() const noexcept;
    HardwareCompatibilityLevel getHardwareCompatibilityLevel() const noexcept;
    int32_t getNbAuxStreams() const noexcept;
    //! True when the network had an implicit batch: getTensorShape() counts it,
    //! getBindingDimensions() does not.
    bool hasImplicitBatchDimension() const noexcept;
    int64_t getEngineStat(EngineStat stat) const noexcept;
    //! \return an inspector that the caller deletes
    IEngineInspector* createEngineInspector() const noexcept;
    void setErrorRecorder(IErrorRecorder* recorder) noexcept;
    IErrorRecorder* getErrorRecorder() const noexcept;
    //!@}

    //! \name Bindings, of TensorRT 8 and older
    //! Binding p * getNbIOTensors() + i is tensor i of profile p.
    //!@{
    int32_t getNbBindings() const noexcept;
    //! -1 when unknown.
    int32_t getBindingIndex(char const* name) const noexcept;
    //! Null when out of range. Behind the first profile with " [profile p]".
    char const* getBindingName(int32_t bindingIndex) const noexcept;
    bool bindingIsInput(int32_t bindingIndex) const noexcept;
    //! Without the batch when it is implicit.
    Dims getBindingDimensions(int32_t bindingIndex) const noexcept;
    DataType getBindingDataType(int32_t bindingIndex) const noexcept;
    TensorFormat getBindingFormat(int32_t bindingIndex) const noexcept;
    TensorLocation getLocation(int32_t bindingIndex) const noexcept;
    bool isShapeBinding(int32_t bindingIndex) const noexcept;
    Dims getProfileDimensions(int32_t bindingIndex, int32_t profileIndex,
                              OptProfileSelector select) const noexcept;
    //! Largest batch of execute(); 1 when the batch is explicit.
    int32_t getMaxBatchSize() const noexcept;
    //! As `delete`.
    void destroy() noexcept;
    //!@}

private:
    friend struct ::bireme::api::Access;
    explicit ICudaEngine(::bireme::api::Engine* impl) noexcept : impl_(impl) {}
    ::bireme::api::Engine* impl_;
};

BIREME_NAMESPACE_END
