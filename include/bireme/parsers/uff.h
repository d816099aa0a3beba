// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file parsers/uff.h
//! The UFF parser: from a file that NVIDIA's converter (or Bireme's) made of a frozen TensorFlow
//! graph to a network.

#include "bireme/builder.h"

//! Version of the format's Python package that files may come from.
#define UFF_REQUIRED_VERSION_MAJOR 0
#define UFF_REQUIRED_VERSION_MINOR 6
#define UFF_REQUIRED_VERSION_PATCH 9

namespace nvuffparser {
class IUffParser;
}

namespace bireme {
namespace uff {
using namespace nvuffparser;
//! Gives the parser's implementation the pointer behind a handle.
struct Access;
struct ParserState;
}  // namespace uff
}  // namespace bireme

namespace nvuffparser {

//! In which order the dimensions of an input are registered and bound.
enum class UffInputOrder : int32_t {
    kNCHW = 0,   //!< C, H, W
    kNHWC = 1,   //!< H, W, C
    kNC = 2,     //!< C, or any dimensions as the file has them
    kFILE = 64,  //!< as the file has them, batch included
};

//! Adds a UFF file to a network. Made by createUffParser(); free it with `delete` or destroy().
//!
//! Every operation means what TensorFlow means by it: axes count the batch, dimensions stand in
//! TensorFlow's order. Convolutions read N, H, W, C without transposes, as long as only
//! order-preserving operations stand between them.
//!
//! The batch is an explicit dimension. Dims registered without it get the batch that the file
//! fixes, else 1; dims with it may have -1 there, for an optimization profile.
//!
//! Weights are taken by reference: the parser must live until the network is built.
class BIREME_API IUffParser {
public:
    virtual ~IUffParser() noexcept;

    //! Makes the file's Input node \p inputName an input of the network.
    //! \param inputDims in the order \p inputOrder, without the batch, or with it where the file
    //!        has that many dimensions
    //! \return false for an empty name or more than 8 dimensions
    bool registerInput(char const* inputName, nvinfer1::Dims inputDims,
                       UffInputOrder inputOrder) noexcept;
    //! Makes a node an output of the network, whose tensor gets that name.
    //!
    //! A MarkOutput node gives its input in TensorFlow's order. Any other node does too, unless an
    //! input was registered as kNCHW and the node is a feature map of four dimensions: that one
    //! comes as N, C, H, W. Without a call, all nodes that the file's MarkOutput nodes name. An
    //! input that is asked for as an output is copied to "NAME/output".
    bool registerOutput(char const* outputName) noexcept;

    //! \param weightsType kFLOAT, or kHALF: constants keep no more precision than half
    //! \return false with all reasons in the log, the error recorder and getError()
    bool parse(char const* file, nvinfer1::INetworkDefinition& network,
               nvinfer1::DataType weightsType = nvinfer1::DataType::kFLOAT) noexcept;
    //! \param buffer bytes of a file, copied
    bool parseBuffer(char const* buffer, size_t size, nvinfer1::INetworkDefinition& network,
                     nvinfer1::DataType weightsType = nvinfer1::DataType::kFLOAT) noexcept;

    int getUffRequiredVersionMajor() noexcept;
    int getUffRequiredVersionMinor() noexcept;
    int getUffRequiredVersionPatch() noexcept;
    //! Namespace in which plugins for custom nodes are looked up; default "".
    void setPluginNamespace(char const* libNamespace) noexcept;
    void setErrorRecorder(nvinfer1::IErrorRecorder* recorder) noexcept;
    nvinfer1::IErrorRecorder* getErrorRecorder() const noexcept;
    //! As `delete`.
    void destroy() noexcept;

    //! \name Beyond TensorRT
    //!@{
    //! Order of the inputs that are not registered: they are taken from the file, with the batch.
    //! kFILE (default) or kNCHW. As soon as one input is registered in another order than kFILE,
    //! all that are needed must be.
    void setDefaultInputOrder(UffInputOrder order) noexcept;
    int32_t getNbErrors() const noexcept;
    //! One sentence with node and reason; null out of range.
    char const* getError(int32_t index) const noexcept;
    void clearErrors() noexcept;
    //!@}

private:
    friend struct ::bireme::uff::Access;
    explicit IUffParser(::bireme::uff::ParserState* impl) noexcept : impl_(impl) {}
    IUffParser(IUffParser const&) = delete;
    IUffParser& operator=(IUffParser const&) = delete;
    ::bireme::uff::ParserState* impl_;
};

//! Null when out of memory.
BIREME_API IUffParser* createUffParser() noexcept;
//! Nothing to shut down; kept for programs that call it.
BIREME_API void shutdownProtobufLibrary() noexcept;

}  // namespace nvuffparser

extern "C" BIREME_API void* createNvUffParser_INTERNAL() noexcept;
