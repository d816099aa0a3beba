// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file host_memory.h
//! Bytes that the library hands out (an engine file, a timing cache), and streams of bytes.

#include "bireme/types.h"

BIREME_NAMESPACE_BEGIN

//! A buffer owned by the library; free it with `delete`.
class BIREME_API IHostMemory : public INoCopy {
public:
    ~IHostMemory() noexcept override;

    //! First byte; valid until the object is deleted.
    void* data() const noexcept;
    //! Size in bytes.
    std::size_t size() const noexcept;
    //! Type of the elements; kINT8 for opaque bytes.
    DataType type() const noexcept;
    //! As `delete`. Of TensorRT 8.
    void destroy() noexcept { delete this; }

private:
    friend struct ::bireme::api::Access;
    explicit IHostMemory(::bireme::api::HostMemory* impl) noexcept : impl_(impl) {}
    ::bireme::api::HostMemory* impl_;
};

//! Reads an engine from wherever the user keeps it, front to back.
class BIREME_API IStreamReader : public IVersionedInterface {
public:
    InterfaceInfo getInterfaceInfo() const noexcept override { return {"IStreamReader", 1, 0}; }
    //! \return the number of bytes read, less than \p nbBytes only at the end; negative on error
    virtual int64_t read(void* destination, int64_t nbBytes) = 0;

    IStreamReader() = default;
    ~IStreamReader() override = default;
};

//! From where seek() counts.
enum class SeekPosition : int32_t { kSET = 0, kCUR = 1, kEND = 2 };
BIREME_ENUM_MAX(SeekPosition, 3)

//! Reads an engine with random access.
class BIREME_API IStreamReaderV2 : public IVersionedInterface {
public:
    InterfaceInfo getInterfaceInfo() const noexcept override { return {"IStreamReaderV2", 1, 0}; }
    //! \param destination host or device memory; for a CPU engine always host
    //! \return the number of bytes read, less than \p nbBytes only at the end; negative on error
    virtual int64_t read(void* destination, int64_t nbBytes, cudaStream_t stream) noexcept = 0;
    //! Moves the position by \p offset bytes from \p where.
    //! \return false on failure
    virtual bool seek(int64_t offset, SeekPosition where) noexcept = 0;

    IStreamReaderV2() = default;
    ~IStreamReaderV2() override = default;
};

//! Writes an engine to wherever the user wants it, front to back.
class BIREME_API IStreamWriter : public IVersionedInterface {
public:
    InterfaceInfo getInterfaceInfo() const noexcept override { return {"IStreamWriter", 1, 0}; }
    //! \return the number of bytes written; less than \p nbBytes is a failure
    virtual int64_t write(void const* data, int64_t nbBytes) = 0;

    IStreamWriter() = default;
    ~IStreamWriter() override = default;
};

BIREME_NAMESPACE_END
