// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file parsers/caffe.h
//! The Caffe parser: from a .prototxt and a .caffemodel file to a network.

#include "bireme/builder.h"
#include "bireme/plugin_v2.h"

namespace nvcaffeparser1 {
class ICaffeParser;
class IBlobNameToTensor;
class IBinaryProtoBlob;
}  // namespace nvcaffeparser1

namespace bireme {
namespace caffe {
using namespace nvcaffeparser1;
//! Gives the parser's implementation the pointer behind a handle.
struct Access;
struct ParserState;
struct BlobMap;
struct MeanBlob;
}  // namespace caffe
}  // namespace bireme

namespace nvcaffeparser1 {

//! The tensors of a network by the names of its blobs. Owned by the parser.
class BIREME_API IBlobNameToTensor {
public:
    //! The tensor that a blob stands for at the end of the network; null when there is none.
    nvinfer1::ITensor* find(char const* name) const noexcept;

    //! \name Beyond TensorRT
    //!@{
    //! Blobs that no layer reads, in the order of the file: the outputs of the network.
    int32_t getNbOutputs() const noexcept;
    //! Null when out of range.
    char const* getOutputName(int32_t index) const noexcept;
    //!@}

private:
    friend struct ::bireme::caffe::Access;
    explicit IBlobNameToTensor(::bireme::caffe::BlobMap* impl) noexcept : impl_(impl) {}
    ~IBlobNameToTensor() noexcept = default;
    IBlobNameToTensor(IBlobNameToTensor const&) = delete;
    IBlobNameToTensor& operator=(IBlobNameToTensor const&) = delete;
    ::bireme::caffe::BlobMap* impl_;
};

//! The values of a .binaryproto file, such as a mean image. Free it with `delete` or destroy().
class BIREME_API IBinaryProtoBlob {
public:
    virtual ~IBinaryProtoBlob() noexcept;
    //! FP32 values in the order N, C, H, W.
    void const* getData() noexcept;
    //! N, C, H, W; a file of fewer dimensions gets leading extents of 1.
    nvinfer1::Dims4 getDimensions() noexcept;
    //! kFLOAT.
    nvinfer1::DataType getDataType() noexcept;
    //! As `delete`.
    void destroy() noexcept;

private:
    friend struct ::bireme::caffe::Access;
    explicit IBinaryProtoBlob(::bireme::caffe::MeanBlob* impl) noexcept : impl_(impl) {}
    IBinaryProtoBlob(IBinaryProtoBlob const&) = delete;
    IBinaryProtoBlob& operator=(IBinaryProtoBlob const&) = delete;
    ::bireme::caffe::MeanBlob* impl_;
};

//! Makes plugins for layers of the deploy file by their names. Implemented by the user.
class BIREME_API IPluginFactoryV2 {
public:
    virtual ~IPluginFactoryV2() noexcept = default;
    //! Is the layer one of the factory's?
    virtual bool isPluginV2(char const* layerName) noexcept = 0;
    //! \param weights trained blobs of the layer as kFLOAT, valid until the network is built
    //! \return a plugin that stays the factory's: the network clones it. Null on failure
    virtual nvinfer1::IPluginV2* createPlugin(char const* layerName,
                                              nvinfer1::Weights const* weights, int32_t nbWeights,
                                              char const* libNamespace = "") noexcept = 0;
};

//! Adds a Caffe network to a network. Made by createCaffeParser(); free it with `delete` or
//! destroy().
//!
//! The layers are those of the deploy file for the phase TEST. Their trained values are looked up
//! in the model file by name, so that a training network's file will do. Layers and tensors get the
//! names of Caffe. The batch is an explicit dimension, with the extent of the file.
//!
//! Weights are taken by reference: the parser must live until the network is built.
class BIREME_API ICaffeParser {
public:
    virtual ~ICaffeParser() noexcept;

    //! \param deploy the .prototxt file
    //! \param model the .caffemodel file; null for made-up weights, to measure speed
    //! \param weightType kFLOAT, or kHALF: weights keep no more precision than half
    //! \return null on failure, with all reasons in the log, the error recorder and getError()
    IBlobNameToTensor const* parse(char const* deploy, char const* model,
                                   nvinfer1::INetworkDefinition& network,
                                   nvinfer1::DataType weightType) noexcept;
    //! As parse(), from memory. Both buffers are copied. \param modelBuffer may be null
    IBlobNameToTensor const* parseBuffers(uint8_t const* deployBuffer, std::size_t deployLength,
                                          uint8_t const* modelBuffer, std::size_t modelLength,
                                          nvinfer1::INetworkDefinition& network,
                                          nvinfer1::DataType weightType) noexcept;
    IBlobNameToTensor const* parseBuffers(char const* deployBuffer, std::size_t deployLength,
                                          char const* modelBuffer, std::size_t modelLength,
                                          nvinfer1::INetworkDefinition& network,
                                          nvinfer1::DataType weightType) noexcept;
    //! Reads a .binaryproto file. \return null on failure; the caller destroys it
    IBinaryProtoBlob* parseBinaryProto(char const* fileName) noexcept;
    //! Asked for every layer before the parser's own; null (default) for none. Plugins of fixed
    //! shapes do not see the batch. Layers of a type that neither knows become plugins of that
    //! name and version 1 in the plugin registry; their fields are the trained blobs blob0,
    //! blob1...
    void setPluginFactoryV2(IPluginFactoryV2* factory) noexcept;
    //! Namespace of the plugins; default "".
    void setPluginNamespace(char const* libNamespace) noexcept;
    //! Without effect: files may be as large as they are.
    void setProtobufBufferSize(std::size_t size) noexcept;
    void setErrorRecorder(nvinfer1::IErrorRecorder* recorder) noexcept;
    nvinfer1::IErrorRecorder* getErrorRecorder() const noexcept;
    //! As `delete`.
    void destroy() noexcept;

    //! \name Beyond TensorRT
    //!@{
    //! Dimensions of an input instead of the file's, for the parses that follow; -1 for an extent
    //! that an optimization profile gives. \return false for an empty name or more than 8
    bool setInputDimensions(char const* name, nvinfer1::Dims dims) noexcept;
    //! Receives messages that come before a network is known; parse() uses the builder's.
    void setLogger(nvinfer1::ILogger* logger) noexcept;
    int32_t getNbErrors() const noexcept;
    //! One sentence with layer and reason; null out of range.
    char const* getError(int32_t index) const noexcept;
    void clearErrors() noexcept;
    //!@}

private:
    friend struct ::bireme::caffe::Access;
    explicit ICaffeParser(::bireme::caffe::ParserState* impl) noexcept : impl_(impl) {}
    ICaffeParser(ICaffeParser const&) = delete;
    ICaffeParser& operator=(ICaffeParser const&) = delete;
    ::bireme::caffe::ParserState* impl_;
};

//! Null when out of memory.
BIREME_API ICaffeParser* createCaffeParser() noexcept;
//! Nothing to shut down; kept for programs that call it.
BIREME_API void shutdownProtobufLibrary() noexcept;

}  // namespace nvcaffeparser1

extern "C" BIREME_API void* createNvCaffeParser_INTERNAL() noexcept;
