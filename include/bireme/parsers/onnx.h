// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file parsers/onnx.h
//! The ONNX parser: from a model file to a network.

#include <utility>
#include <vector>

#include "bireme/builder.h"

#define NV_ONNX_PARSER_MAJOR 0
#define NV_ONNX_PARSER_MINOR 1
#define NV_ONNX_PARSER_PATCH 0

namespace nvonnxparser {
class IParser;
}

namespace bireme {
namespace onnx {
using namespace nvonnxparser;
//! Gives the parser's implementation the pointer behind a handle.
struct Access;
struct ParserState;
struct ParserErrorRecord;
}  // namespace onnx
}  // namespace bireme

namespace nvonnxparser {

//! Kind of a parser's error.
enum class ErrorCode : int {
    kSUCCESS = 0,
    kINTERNAL_ERROR = 1,
    kMEM_ALLOC_FAILED = 2,
    kMODEL_DESERIALIZE_FAILED = 3,  //!< the bytes are not a model
    kINVALID_VALUE = 4,
    kINVALID_GRAPH = 5,  //!< cycles, tensors without a producer
    kINVALID_NODE = 6,   //!< a node breaks its operator's rules
    kUNSUPPORTED_GRAPH = 7,
    kUNSUPPORTED_NODE = 8,  //!< no importer for the operator
    kUNSUPPORTED_NODE_ATTR = 9,
    kUNSUPPORTED_NODE_INPUT = 10,
    kUNSUPPORTED_NODE_DATATYPE = 11,
    kUNSUPPORTED_NODE_DYNAMIC = 12,
    kUNSUPPORTED_NODE_SHAPE = 13,
    kREFIT_FAILED = 14,
};

//! Node indices of a piece of a model, and whether it is supported.
using SubGraph_t = std::pair<std::vector<size_t>, bool>;
using SubGraphCollection_t = std::vector<SubGraph_t>;

//! Set of OnnxParserFlag: bit `1U << int32_t(flag)`.
using OnnxParserFlags = uint32_t;

enum class OnnxParserFlag : int32_t {
    kNATIVE_INSTANCENORM = 0,  //!< set by default, without effect: there is no other way
    kENABLE_UINT8_AND_ASYMMETRIC_QUANTIZATION_DLA = 1,  //!< without effect
    kREPORT_CAPABILITY_DLA = 2,                         //!< without effect
    kENABLE_PLUGIN_OVERRIDE = 3,  //!< a plugin of an operator's name wins over the importer
    kADJUST_FOR_DLA = 4,          //!< without effect
};

//! One error of the parser. Owned by the parser, valid until its errors are cleared.
class BIREME_API IParserError {
public:
    ErrorCode code() const noexcept;
    //! Node, operator, opset and reason, as one sentence.
    char const* desc() const noexcept;
    //! Place in the library's source.
    char const* file() const noexcept;
    int line() const noexcept;
    char const* func() const noexcept;
    //! Index of the node in its graph, -1 when no node is to blame.
    int node() const noexcept;
    char const* nodeName() const noexcept;
    char const* nodeOperator() const noexcept;
    //! Model functions that the node stands in, from the outside.
    char const* const* localFunctionStack() const noexcept;
    int32_t localFunctionStackSize() const noexcept;

protected:
    friend struct ::bireme::onnx::Access;
    explicit IParserError(::bireme::onnx::ParserErrorRecord* impl) noexcept : impl_(impl) {}
    virtual ~IParserError() noexcept;
    IParserError(IParserError const&) = delete;
    IParserError& operator=(IParserError const&) = delete;
    ::bireme::onnx::ParserErrorRecord* impl_;
};

//! Adds an ONNX model to a network. Made by createParser(); free it with `delete`.
//!
//! Weights are taken by reference: the parser must live until the network is built. Tensors of the
//! network have the names of the model's inputs and outputs, layers those of its nodes. Opsets 9
//! and newer. On failure all errors are reported at once.
class BIREME_API IParser {
public:
    virtual ~IParser() noexcept;

    //! \param serialized_onnx_model bytes of a ModelProto, copied
    //! \param model_path file the bytes come from, to find external data beside it; may be null
    bool parse(void const* serialized_onnx_model, size_t serialized_onnx_model_size,
               char const* model_path = nullptr) noexcept;
    //! \param verbosity highest int of ILogger::Severity that is logged
    bool parseFromFile(char const* onnxModelFile, int verbosity) noexcept;
    //! As parse(). \deprecated
    bool parseWithWeightDescriptors(void const* serialized_onnx_model,
                                    size_t serialized_onnx_model_size) noexcept;

    //! \name A model whose weights lie elsewhere, in three steps
    //!@{
    //! Reads the graph, copied. \param modelPath as for parse()
    //! \return false when the bytes are no model
    bool loadModelProto(void const* serializedOnnxModel, size_t serializedOnnxModelSize,
                        char const* modelPath = nullptr) noexcept;
    //! Data of an initializer, instead of what the model says of it: row-major elements of the
    //! initializer's type, borrowed until the network is built.
    //! \return false when the model has no initializer of that name
    bool loadInitializer(char const* name, void const* data, size_t size) noexcept;
    //! Adds the loaded model to the network, as parse().
    bool parseModelProto() noexcept;
    //!@}

    //! True when the operator has an importer in some version. Versions and attributes are looked
    //! at by supportsModelV2().
    bool supportsOperator(char const* op_name) const noexcept;

    //! \name What of a model could be imported
    //!@{
    //! Imports the model into a network of its own that is thrown away; the reasons are errors as
    //! after parse(). Nodes behind one that is not supported are looked at as far as the model
    //! tells the dims of its values (run ONNX's shape inference on it first, to see all at once).
    //! \return true when the whole model is supported
    bool supportsModelV2(void const* serializedOnnxModel, size_t serializedOnnxModelSize,
                         char const* modelPath = nullptr) noexcept;
    //! As supportsModelV2(), with the pieces. \deprecated
    bool supportsModel(void const* serialized_onnx_model, size_t serialized_onnx_model_size,
                       SubGraphCollection_t& sub_graph_collection,
                       char const* model_path = nullptr) noexcept;
    //! Number of pieces that supportsModelV2() found: runs of nodes that are all supported or all
    //! not, in the model's order.
    int64_t getNbSubgraphs() noexcept;
    bool isSubgraphSupported(int64_t const index) noexcept;
    //! Node indices of a piece. \param subgraphLength receives their number
    //! \return null out of range
    int64_t* getSubgraphNodes(int64_t const index, int64_t& subgraphLength) noexcept;
    //!@}

    int getNbErrors() const noexcept;
    //! Null when out of range.
    IParserError const* getError(int index) const noexcept;
    void clearErrors() noexcept;

    //! Without effect. \return false for null
    bool setBuilderConfig(nvinfer1::IBuilderConfig const* const builderConfig) noexcept;
    //! None: plugins of version-compatible engines are loaded by name. \return null
    char const* const* getUsedVCPluginLibraries(int64_t& nbPluginLibs) const noexcept;

    void setFlags(OnnxParserFlags onnxParserFlags) noexcept;
    OnnxParserFlags getFlags() const noexcept;
    void setFlag(OnnxParserFlag onnxParserFlag) noexcept;
    void clearFlag(OnnxParserFlag onnxParserFlag) noexcept;
    bool getFlag(OnnxParserFlag onnxParserFlag) const noexcept;

    //! Output \p i of the layer made for node \p name; null when there is none.
    nvinfer1::ITensor const* getLayerOutputTensor(char const* name, int64_t i) noexcept;

private:
    friend struct ::bireme::onnx::Access;
    explicit IParser(::bireme::onnx::ParserState* impl) noexcept : impl_(impl) {}
    IParser(IParser const&) = delete;
    IParser& operator=(IParser const&) = delete;
    ::bireme::onnx::ParserState* impl_;
};

}  // namespace nvonnxparser

//! \param network nvinfer1::INetworkDefinition* \param logger nvinfer1::ILogger*
//! \param version version of this header
extern "C" BIREME_API void* createNvOnnxParser_INTERNAL(void* network, void* logger,
                                                        int version) noexcept;
//! major * 10000 + minor * 100 + patch of the parser.
extern "C" BIREME_API int getNvOnnxParserVersion() noexcept;

namespace nvonnxparser {

//! Version of this header, as createNvOnnxParser_INTERNAL() wants it.
constexpr int kVERSION =
    NV_ONNX_PARSER_MAJOR * 10000 + NV_ONNX_PARSER_MINOR * 100 + NV_ONNX_PARSER_PATCH;

//! Makes a parser that adds to \p network; null on failure. Both must outlive it.
inline IParser* createParser(nvinfer1::INetworkDefinition& network,
                             nvinfer1::ILogger& logger) noexcept {
    return static_cast<IParser*>(createNvOnnxParser_INTERNAL(&network, &logger, kVERSION));
}

}  // namespace nvonnxparser
