// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file parsers/tensorflow.h
//! From a frozen TensorFlow graph to UFF, without TensorFlow.

#include "bireme/dims.h"
#include "bireme/logger.h"

namespace bireme {
namespace tensorflow {
struct Access;
struct ConverterState;
}  // namespace tensorflow
}  // namespace bireme

BIREME_NAMESPACE_BEGIN

//! Writes a UFF file node for node as NVIDIA's converter did. Made by createTensorFlowConverter();
//! free it with `delete`.
//!
//! Operations that UFF lacks become custom nodes (`_Name`), each with a warning.
class BIREME_API ITensorFlowConverter : public INoCopy {
public:
    ~ITensorFlowConverter() noexcept override;

    //! Makes a node an output. Without a call: the nodes that nobody consumes.
    //! \return false for an empty name
    bool addOutput(char const* name) noexcept;
    //! Makes a node an input instead of what it is, under a new name.
    //! \param newName null keeps the name \param type kFLOAT, kHALF, kINT32 or kINT64
    //! \param dims in TensorFlow's order, batch included, -1 where unknown
    //! \return false for other types
    bool replaceInput(char const* name, char const* newName, DataType type,
                      Dims const& dims) noexcept;

    //! \param graph bytes of a GraphDef, read during the call
    //! \return false with all reasons in the log and getError()
    bool convert(void const* graph, size_t size) noexcept;
    bool convertFile(char const* path) noexcept;
    //! Names of the outputs that the graph would get by default, joined by newlines; null when the
    //! bytes are no graph. Valid until the next call.
    char const* findOutputs(void const* graph, size_t size) noexcept;

    //! The UFF file of the last conversion that succeeded.
    void const* data() const noexcept;
    size_t size() const noexcept;
    int32_t getNbErrors() const noexcept;
    //! One sentence with node and reason; null out of range.
    char const* getError(int32_t index) const noexcept;

private:
    friend struct ::bireme::tensorflow::Access;
    explicit ITensorFlowConverter(::bireme::tensorflow::ConverterState* impl) noexcept
        : impl_(impl) {}
    ::bireme::tensorflow::ConverterState* impl_;
};

//! Null when out of memory. The logger must outlive the converter.
BIREME_API ITensorFlowConverter* createTensorFlowConverter(ILogger& logger) noexcept;

BIREME_NAMESPACE_END
