// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file allocator.h
//! Interfaces by which the application supplies memory: for scratch, for weights, for outputs.

#include "bireme/types.h"

BIREME_NAMESPACE_BEGIN

//! Property of an allocation.
enum class AllocatorFlag : int32_t {
    kRESIZABLE = 0,  //!< reallocate() may be called on it
};
BIREME_ENUM_MAX(AllocatorFlag, 1)

//! Set of AllocatorFlag: bit `1U << int32_t(flag)`.
using AllocatorFlags = uint32_t;

//! Supplies the memory of a device. Implemented by the user, thread-safe.
//!
//! For a CPU engine the pointers are host memory and the stream is null.
class BIREME_API IGpuAllocator : public IVersionedInterface {
public:
    InterfaceInfo getInterfaceInfo() const noexcept override { return {"IGpuAllocator", 1, 0}; }

    //! \param size bytes; 0 must give null
    //! \param alignment power of two, bytes
    //! \return the memory, or null when there is none
    virtual void* allocate(uint64_t const size, uint64_t const alignment,
                           AllocatorFlags const flags) noexcept = 0;

    //! Changes the size in place or moves.
    //! \return null when it cannot: the old memory stays valid.
    virtual void* reallocate(void* const /*baseAddr*/, uint64_t /*alignment*/,
                             uint64_t /*newSize*/) noexcept {
        return nullptr;
    }

    //! Frees what allocate() or reallocate() gave; null is allowed.
    //! \return false on failure.
    virtual bool deallocate(void* const memory) noexcept = 0;

    //! As allocate(), ordered in \p stream.
    virtual void* allocateAsync(uint64_t const size, uint64_t const alignment,
                                AllocatorFlags const flags, cudaStream_t /*stream*/) noexcept {
        return allocate(size, alignment, flags);
    }

    //! As deallocate(), ordered in \p stream.
    virtual bool deallocateAsync(void* const memory, cudaStream_t /*stream*/) noexcept {
        return deallocate(memory);
    }

    IGpuAllocator() = default;
    ~IGpuAllocator() override = default;

protected:
    IGpuAllocator(IGpuAllocator const&) = default;
    IGpuAllocator(IGpuAllocator&&) = default;
    IGpuAllocator& operator=(IGpuAllocator const&) & = default;
    IGpuAllocator& operator=(IGpuAllocator&&) & = default;
};

//! An allocator whose stream-ordered pair is the real one.
class BIREME_API IGpuAsyncAllocator : public IGpuAllocator {
public:
    InterfaceInfo getInterfaceInfo() const noexcept override { return {"IGpuAllocator", 1, 0}; }

    void* allocateAsync(uint64_t const size, uint64_t const alignment, AllocatorFlags const flags,
                        cudaStream_t stream) noexcept override = 0;
    bool deallocateAsync(void* const memory, cudaStream_t stream) noexcept override = 0;

    void* allocate(uint64_t const size, uint64_t const alignment,
                   AllocatorFlags const flags) noexcept override {
        return allocateAsync(size, alignment, flags, nullptr);
    }
    bool deallocate(void* const memory) noexcept override {
        return deallocateAsync(memory, nullptr);
    }
};

//! Supplies the memory of an output whose size is known only after its layer has run.
class BIREME_API IOutputAllocator : public IVersionedInterface {
public:
    InterfaceInfo getInterfaceInfo() const noexcept override { return {"IOutputAllocator", 1, 0}; }

    //! \param tensorName name of the output
    //! \param currentMemory what was set as its address, or null
    //! \param size bytes needed \param alignment bytes
    //! \return memory of at least \p size bytes, null for failure
    virtual void* reallocateOutput(char const* /*tensorName*/, void* /*currentMemory*/,
                                   uint64_t /*size*/, uint64_t /*alignment*/) noexcept {
        return nullptr;
    }

    //! As reallocateOutput(), ordered in \p stream.
    virtual void* reallocateOutputAsync(char const* tensorName, void* currentMemory, uint64_t size,
                                        uint64_t alignment, cudaStream_t /*stream*/) {
        return reallocateOutput(tensorName, currentMemory, size, alignment);
    }

    //! Says the final extents; called once per execution, after the memory was asked for.
    virtual void notifyShape(char const* tensorName, Dims const& dims) noexcept = 0;
};

BIREME_NAMESPACE_END
