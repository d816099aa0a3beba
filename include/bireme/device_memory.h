// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file device_memory.h
//! Memory where an engine runs, for programs that have no CUDA of their own. An addition to
//! TensorRT's API.

#include "bireme/types.h"

BIREME_NAMESPACE_BEGIN

//! A piece of memory of an engine's device: of the GPU, or of the host for a CPU engine. Made by
//! ICudaEngine::allocateMemory(); free it with `delete`, before the engine. The copies run on the
//! default stream and return when they are done.
class BIREME_API IDeviceMemory : public INoCopy {
public:
    ~IDeviceMemory() noexcept override;
    //! What setTensorAddress() takes.
    void* data() const noexcept;
    //! Bytes.
    std::size_t size() const noexcept;
    //! \param host bytes to copy here \param size at most size()
    //! \return false on failure
    bool copyFromHost(void const* host, std::size_t size) noexcept;
    //! \param host room for \p size bytes, at most size()
    //! \return false on failure
    bool copyToHost(void* host, std::size_t size) const noexcept;

private:
    friend struct ::bireme::api::Access;
    explicit IDeviceMemory(::bireme::api::DeviceMemory* impl) noexcept : impl_(impl) {}
    ::bireme::api::DeviceMemory* impl_;
};

BIREME_NAMESPACE_END
