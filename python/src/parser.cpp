// SPDX-License-Identifier: Apache-2.0
#include "bireme/parsers/onnx.h"

#include <nanobind/stl/list.h>
#include <nanobind/stl/vector.h>

#include <memory>
#include <vector>

#include "bindings.h"

namespace bireme::python {

namespace {

using nvonnxparser::IParser;
using nvonnxparser::IParserError;
using nvonnxparser::OnnxParserFlag;
using ParserErrorCode = nvonnxparser::ErrorCode;
constexpr int kAllMessages = 4;

// Weights are borrowed from the parser: the network shares it, so that scripts may drop theirs.
struct PyParser {
    std::shared_ptr<IParser> parser;
    INetworkDefinition* network;
};

nb::handle networkObject(const PyParser& s) { return nb::find(s.network); }

bool parseBytes(PyParser& s, nb::object model, const Text& path) {
    BytesView bytes(model);
    nb::keep_alive_obj(networkObject(s), model);
    nb::gil_scoped_release unlocked;
    return s.parser->parse(bytes.data(), bytes.size(), orNull(path));
}

bool supports(PyParser& s, nb::object model, const Text& path) {
    BytesView bytes(model);
    nb::gil_scoped_release unlocked;
    return s.parser->supportsModelV2(bytes.data(), bytes.size(), orNull(path));
}

// Data as TensorRT takes it, an address and a size in bytes, or as a buffer that is kept alive.
bool loadInitializer(PyParser& s, const char* name, nb::object data, size_t size) {
    if (nb::isinstance<nb::int_>(data)) {
        const auto address = nb::cast<uintptr_t>(data);
        return s.parser->loadInitializer(name, reinterpret_cast<const void*>(address), size);
    }
    BytesView bytes(data);
    nb::keep_alive_obj(networkObject(s), data);
    return s.parser->loadInitializer(name, bytes.data(), bytes.size());
}

std::vector<int64_t> subgraphNodes(PyParser& s, int64_t index) {
    int64_t count = 0;
    const int64_t* nodes = s.parser->getSubgraphNodes(index, count);
    if (!nodes) throw nb::index_error("no such subgraph");
    return {nodes, nodes + count};
}

nb::tuple supportsModel(PyParser& s, nb::object model, const Text& path) {
    const bool all = supports(s, model, path);
    nb::list pieces;
    for (int64_t i = 0; i < s.parser->getNbSubgraphs(); ++i)
        pieces.append(
            nb::make_tuple(nb::cast(subgraphNodes(s, i)), s.parser->isSubgraphSupported(i)));
    return nb::make_tuple(all, pieces);
}

std::string describe(const IParserError& e) {
    std::string text = e.desc();
    return e.node() < 0 ? text : "node " + std::to_string(e.node()) + ": " + text;
}

void bindErrors(nb::module_& m) {
    using E = ParserErrorCode;
    nb::enum_<E> code(m, "ErrorCode", "Kind of a parser's error.");
    code.value("SUCCESS", E::kSUCCESS)
        .value("INTERNAL_ERROR", E::kINTERNAL_ERROR)
        .value("MEM_ALLOC_FAILED", E::kMEM_ALLOC_FAILED)
        .value("MODEL_DESERIALIZE_FAILED", E::kMODEL_DESERIALIZE_FAILED)
        .value("INVALID_VALUE", E::kINVALID_VALUE)
        .value("INVALID_GRAPH", E::kINVALID_GRAPH)
        .value("INVALID_NODE", E::kINVALID_NODE)
        .value("UNSUPPORTED_GRAPH", E::kUNSUPPORTED_GRAPH)
        .value("UNSUPPORTED_NODE", E::kUNSUPPORTED_NODE)
        .value("UNSUPPORTED_NODE_ATTR", E::kUNSUPPORTED_NODE_ATTR)
        .value("UNSUPPORTED_NODE_INPUT", E::kUNSUPPORTED_NODE_INPUT)
        .value("UNSUPPORTED_NODE_DATATYPE", E::kUNSUPPORTED_NODE_DATATYPE)
        .value("UNSUPPORTED_NODE_DYNAMIC", E::kUNSUPPORTED_NODE_DYNAMIC)
        .value("UNSUPPORTED_NODE_SHAPE", E::kUNSUPPORTED_NODE_SHAPE)
        .value("REFIT_FAILED", E::kREFIT_FAILED);
    finishEnum(code);
    nb::enum_<OnnxParserFlag> flag(m, "OnnxParserFlag");
    flag.value("NATIVE_INSTANCENORM", OnnxParserFlag::kNATIVE_INSTANCENORM)
        .value("ENABLE_UINT8_AND_ASYMMETRIC_QUANTIZATION_DLA",
               OnnxParserFlag::kENABLE_UINT8_AND_ASYMMETRIC_QUANTIZATION_DLA)
        .value("REPORT_CAPABILITY_DLA", OnnxParserFlag::kREPORT_CAPABILITY_DLA)
        .value("ENABLE_PLUGIN_OVERRIDE", OnnxParserFlag::kENABLE_PLUGIN_OVERRIDE)
        .value("ADJUST_FOR_DLA", OnnxParserFlag::kADJUST_FOR_DLA);
    finishEnum(flag);
    nb::class_<IParserError>(m, "ParserError", "One error of the parser.")
        .def("code", &IParserError::code)
        .def("desc", &IParserError::desc)
        .def("file", &IParserError::file)
        .def("line", &IParserError::line)
        .def("func", &IParserError::func)
        .def("node", &IParserError::node)
        .def("node_name", &IParserError::nodeName)
        .def("node_operator", &IParserError::nodeOperator)
        .def("local_function_stack",
             [](const IParserError& e) {
                 const char* const* names = e.localFunctionStack();
                 return std::vector<std::string>(names, names + e.localFunctionStackSize());
             })
        .def("__str__", &describe)
        .def("__repr__", &describe);
}

void bindSupport(nb::class_<PyParser>& cls) {
    using P = PyParser;
    cls.def(
           "supports_operator", [](P& s, const char* op) { return s.parser->supportsOperator(op); },
           "op_name"_a)
        .def("supports_model", &supportsModel, "model"_a, "path"_a = nb::none())
        .def("supports_model_v2", &supports, "model"_a, "path"_a = nb::none())
        .def_prop_ro("num_subgraphs", [](P& s) { return s.parser->getNbSubgraphs(); })
        .def(
            "is_subgraph_supported",
            [](P& s, int64_t i) { return s.parser->isSubgraphSupported(i); }, "index"_a)
        .def("get_subgraph_nodes", &subgraphNodes, "index"_a);
}

void bindFlags(nb::class_<PyParser>& cls) {
    using P = PyParser;
    cls.def_prop_rw(
           "flags", [](P& s) { return s.parser->getFlags(); },
           [](P& s, uint32_t flags) { s.parser->setFlags(flags); })
        .def(
            "set_flag", [](P& s, OnnxParserFlag f) { s.parser->setFlag(f); }, "flag"_a)
        .def(
            "clear_flag", [](P& s, OnnxParserFlag f) { s.parser->clearFlag(f); }, "flag"_a)
        .def(
            "get_flag", [](P& s, OnnxParserFlag f) { return s.parser->getFlag(f); }, "flag"_a);
}

void init(PyParser* self, Self<INetworkDefinition> network, ILogger& logger) {
    std::shared_ptr<IParser> parser(nvonnxparser::createParser(*network.p, logger));
    if (!parser) throw std::runtime_error("the parser could not be made; see the log");
    new (self) PyParser{parser, network.p};
    nb::keep_alive_cb(network.h, new std::shared_ptr<IParser>(parser), [](void* held) noexcept {
        delete static_cast<std::shared_ptr<IParser>*>(held);
    });
}

}  // namespace

void bindParser(nb::module_& m) {
    using P = PyParser;
    bindErrors(m);
    nb::class_<P> cls(m, "OnnxParser", "Adds an ONNX model to a network.");
    cls.def("__init__", &init, "network"_a, "logger"_a, nb::keep_alive<1, 2>(),
            nb::keep_alive<1, 3>(), nb::keep_alive<2, 3>())
        .def("parse", &parseBytes, "model"_a, "path"_a = nb::none())
        .def(
            "parse_from_file",
            [](P& s, const std::string& path) {
                nb::gil_scoped_release unlocked;
                return s.parser->parseFromFile(path.c_str(), kAllMessages);
            },
            "model"_a)
        .def(
            "load_model_proto",
            [](P& s, nb::object model, const Text& path) {
                BytesView bytes(model);
                return s.parser->loadModelProto(bytes.data(), bytes.size(), orNull(path));
            },
            "model"_a, "path"_a = nb::none())
        .def("load_initializer", &loadInitializer, "name"_a, "data"_a, "size"_a = 0)
        .def("parse_model_proto",
             [](P& s) {
                 nb::gil_scoped_release unlocked;
                 return s.parser->parseModelProto();
             })
        .def(
            "set_builder_config",
            [](P& s, const IBuilderConfig* config) { return s.parser->setBuilderConfig(config); },
            "builder_config"_a)
        .def("get_used_vc_plugin_libraries", [](P&) { return std::vector<std::string>(); })
        .def_prop_ro("num_errors", [](P& s) { return s.parser->getNbErrors(); })
        .def(
            "get_error", [](P& s, int i) { return s.parser->getError(i); }, "index"_a,
            nb::rv_policy::reference_internal)
        .def("clear_errors", [](P& s) { s.parser->clearErrors(); })
        .def(
            "get_layer_output_tensor",
            [](P& s, const char* name, int64_t i) {
                return s.parser->getLayerOutputTensor(name, i);
            },
            "name"_a, "i"_a, nb::rv_policy::reference_internal);
    bindSupport(cls);
    bindFlags(cls);
    contextManager(cls);
    m.def("get_nv_onnx_parser_version", [] { return getNvOnnxParserVersion(); });
}

}  // namespace bireme::python
