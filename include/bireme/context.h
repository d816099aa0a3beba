// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file context.h
//! An execution context: one run of an engine at a time, with its own memory.

#include "bireme/allocator.h"
#include "bireme/error.h"
#include "bireme/profiler.h"

BIREME_NAMESPACE_BEGIN

class ICudaEngine;

//! Who supplies a context's scratch, and how much.
enum class ExecutionContextAllocationStrategy : int32_t {
    kSTATIC = 0,             //!< the context, enough for every profile
    kON_PROFILE_CHANGE = 1,  //!< the context, enough for the profile in use
    kUSER_MANAGED = 2,       //!< the user, by setDeviceMemoryV2()
};
BIREME_ENUM_MAX(ExecutionContextAllocationStrategy, 3)

//! Receives the values of tensors marked for debugging. Implemented by the user.
class BIREME_API IDebugListener : public IVersionedInterface {
public:
    InterfaceInfo getInterfaceInfo() const noexcept override { return {"IDebugListener", 1, 0}; }
    //! \param addr the values, valid during the call \param location host or device
    //! \return false to report a failure
    virtual bool processDebugTensor(void const* addr, TensorLocation location, DataType type,
                                    Dims const& shape, char const* name, cudaStream_t stream) = 0;
    ~IDebugListener() override = default;
};

//! Runs an engine. Made by ICudaEngine::createExecutionContext(); free it with `delete`. One thread
//! at a time; different contexts run at the same time.
//!
//! The order of calls: shapes of inputs with run-time extents, addresses of all inputs and outputs,
//! then enqueueV3(). Both stay until they are set again. On a CPU engine every address is host
//! memory, the stream is null and enqueueV3() returns when the results are there.
class BIREME_API IExecutionContext : public INoCopy {
public:
    ~IExecutionContext() noexcept override;

    ICudaEngine const& getEngine() const noexcept;
    //! Name for messages.
    void setName(char const* name) noexcept;
    char const* getName() const noexcept;

    //! \name Profile and shapes
    //!@{
    //! Switches to a profile, 0 at first, and forgets the shapes. \param stream null on a CPU
    //! \return false when out of range
    bool setOptimizationProfileAsync(int32_t profileIndex, cudaStream_t stream) noexcept;
    //! Index of the profile in use.
    int32_t getOptimizationProfile() const noexcept;
    //! \param tensorName an input \param dims all extents, inside the profile
    //! \return false with an error that names the tensor, its range and the profile
    bool setInputShape(char const* tensorName, Dims const& dims) noexcept;
    //! Extents now; -1 where they follow from inputs not set or from data.
    Dims getTensorShape(char const* tensorName) const noexcept;
    //! Distances of neighbours in every dimension, counted in elements. `nbDims` -1 while unknown.
    Dims getTensorStrides(char const* tensorName) const noexcept;
    //! True when every run-time extent of the inputs is set.
    bool allInputDimensionsSpecified() const noexcept;
    //! True when the values of all shape inputs are set.
    bool allInputShapesSpecified() const noexcept;
    //! Checks the inputs and computes all shapes, and the values of outputs that are shapes and
    //! have an address. \return 0 when complete, n > 0 when n inputs are not specified (up to \p
    //! nbMaxNames of their names are written to \p tensorNames), -1 on error
    int32_t inferShapes(int32_t nbMaxNames, char const** tensorNames) noexcept;
    //!@}

    //! \name Addresses
    //!@{
    //! \param data at least the tensor's bytes, aligned to its type, on a GPU to 16 bytes; null
    //! unsets it
    bool setTensorAddress(char const* tensorName, void* data) noexcept;
    //! Null when unset or unknown.
    void const* getTensorAddress(char const* tensorName) const noexcept;
    bool setInputTensorAddress(char const* tensorName, void const* data) noexcept;
    bool setOutputTensorAddress(char const* tensorName, void* data) noexcept;
    void* getOutputTensorAddress(char const* tensorName) const noexcept;
    //! Supplies an output's memory when its size is known; null goes back to the address.
    bool setOutputAllocator(char const* tensorName, IOutputAllocator* outputAllocator) noexcept;
    IOutputAllocator* getOutputAllocator(char const* tensorName) const noexcept;
    //! Upper bound of an output's bytes for the shapes set, -1 when there is none.
    int64_t getMaxOutputSize(char const* tensorName) const noexcept;
    //!@}

    //! \name Running
    //!@{
    //! Runs with the addresses set. \param stream null on a CPU
    //! \return false on failure
    bool enqueueV3(cudaStream_t stream) noexcept;
    //! Waits for the work of the last enqueueV3(). \return false when that work failed.
    //! Not in TensorRT.
    bool wait() noexcept;
    //! Runs and waits. \param bindings addresses in the order of ICudaEngine::getIOTensorName()
    bool executeV2(void* const* bindings) noexcept;
    //!@}

    //! \name Running, of TensorRT 8 and older
    //!@{
    //! Runs an engine with an implicit batch, and waits. \param batchSize 1 to
    //! ICudaEngine::getMaxBatchSize() \param bindings addresses by binding index
    bool execute(int32_t batchSize, void* const* bindings) noexcept;
    //! As execute(), without waiting. \param inputConsumed null: no event of a GPU is recorded
    bool enqueue(int32_t batchSize, void* const* bindings, cudaStream_t stream,
                 cudaEvent_t* inputConsumed) noexcept;
    //! As executeV2(), without waiting. \param inputConsumed null
    bool enqueueV2(void* const* bindings, cudaStream_t stream, cudaEvent_t* inputConsumed) noexcept;
    bool setBindingDimensions(int32_t bindingIndex, Dims dimensions) noexcept;
    Dims getBindingDimensions(int32_t bindingIndex) const noexcept;
    //! As `delete`.
    void destroy() noexcept;
    //!@}

    //! \name Memory
    //!@{
    //! Scratch of a kUSER_MANAGED context. \param size bytes, at least what the shapes need
    void setDeviceMemoryV2(void* memory, int64_t size) noexcept;
    //! As setDeviceMemoryV2() with ICudaEngine::getDeviceMemorySizeV2() bytes.
    void setDeviceMemory(void* memory) noexcept;
    //! Bytes of scratch that the shapes set need; 0 on error.
    std::size_t updateDeviceMemorySizeForShapes() noexcept;
    //!@}

    //! \name Watching
    //!@{
    //! Receives layer times; null for none. Runs are slower while it is set.
    void setProfiler(IProfiler* profiler) noexcept;
    IProfiler* getProfiler() const noexcept;
    //! True (default): enqueueV3() reports to the profiler itself; false: reportToProfiler() does.
    void setEnqueueEmitsProfile(bool enqueueEmitsProfile) noexcept;
    bool getEnqueueEmitsProfile() const noexcept;
    //! Reports the times of the last run.
    //! \return false when there was none
    bool reportToProfiler() const noexcept;
    //! True: wait and check after every layer.
    void setDebugSync(bool sync) noexcept;
    bool getDebugSync() const noexcept;
    void setErrorRecorder(IErrorRecorder* recorder) noexcept;
    IErrorRecorder* getErrorRecorder() const noexcept;
    //!@}

private:
    friend struct ::bireme::api::Access;
    explicit IExecutionContext(::bireme::api::Context* impl) noexcept : impl_(impl) {}
    ::bireme::api::Context* impl_;
};

BIREME_NAMESPACE_END
