// SPDX-License-Identifier: Apache-2.0
// bireme check: what of a model can be imported, and where its layers would run; builds nothing.
#include "bireme/parsers/onnx.h"
#include "tools/bireme/options.h"
#include "tools/bireme/session.h"

#include <cstdio>
#include <map>
#include <stdexcept>
#include <vector>

namespace bireme::cli {

namespace {

using Code = nvonnxparser::ErrorCode;

const char* adviceFor(Code code) {
    switch (code) {
        case Code::kUNSUPPORTED_NODE:
            return "export with another operator set or without the custom operator, or provide a "
                   "plugin of its name";
        case Code::kUNSUPPORTED_NODE_ATTR:
            return "export without this option, or rewrite the node by plainer operators";
        case Code::kUNSUPPORTED_NODE_INPUT:
            return "make the input a constant: fold constants (onnxsim, or torch's "
                   "do_constant_folding) before you build";
        case Code::kUNSUPPORTED_NODE_DATATYPE: return "convert the model to a type that is carried";
        case Code::kUNSUPPORTED_NODE_DYNAMIC:
            return "fix the dimension: export with a number in its place";
        case Code::kUNSUPPORTED_NODE_SHAPE: return "reshape to at most 8 dimensions";
        case Code::kINVALID_NODE:
        case Code::kINVALID_GRAPH:
            return "the model breaks ONNX's rules: onnx.checker.check_model tells more; export "
                   "again";
        default: return "";
    }
}

// Errors that differ in their node alone.
struct Fault {
    Code code = Code::kSUCCESS;
    int count = 0;
    std::string where;  // the first nodes
};

// "node 3 "conv1" (Conv, opset 13): reason" -> "reason"
std::string reasonOf(const nvonnxparser::IParserError& e) {
    const std::string text = e.desc();
    const size_t at = text.find("): ");
    return e.node() < 0 || at == std::string::npos ? text : text.substr(at + 3);
}

void printFaults(nvonnxparser::IParser& parser) {
    constexpr int kNamed = 5;
    std::map<std::pair<std::string, std::string>, Fault> faults;  // by operator and reason
    for (int i = 0; i < parser.getNbErrors(); ++i) {
        const nvonnxparser::IParserError& e = *parser.getError(i);
        Fault& fault = faults[{e.nodeOperator(), reasonOf(e)}];
        fault.code = e.code();
        if (++fault.count > kNamed || e.node() < 0) continue;
        const std::string name = e.nodeName();
        fault.where += (fault.where.empty() ? "" : ", ") +
                       (name.empty() ? "node " + std::to_string(e.node()) : "\"" + name + "\"");
    }
    for (const auto& [key, fault] : faults) {
        const auto& [op, reason] = key;
        std::printf("  %s%s%s\n", op.c_str(), op.empty() ? "" : ": ", reason.c_str());
        if (!fault.where.empty())
            std::printf("    at %s%s\n", fault.where.c_str(),
                        fault.count > kNamed
                            ? (" and " + std::to_string(fault.count - kNamed) + " more").c_str()
                            : "");
        if (const char* advice = adviceFor(fault.code); *advice)
            std::printf("    to do: %s\n", advice);
    }
}

int unsupported(const Options& o, nvonnxparser::IParser& parser) {
    // Once more, past the nodes that failed.
    const auto bytes = readFile(o.model);
    parser.clearErrors();
    parser.supportsModelV2(bytes.data(), bytes.size(), o.model.c_str());
    int64_t bad = 0;
    int64_t all = 0;
    for (int64_t i = 0; i < parser.getNbSubgraphs(); ++i) {
        int64_t count = 0;
        parser.getSubgraphNodes(i, count);
        all += count;
        if (!parser.isSubgraphSupported(i)) bad += count;
    }
    if (bad > 0)
        std::printf("%s cannot be built: %lld of %lld nodes are not supported.\n", o.model.c_str(),
                    static_cast<long long>(bad), static_cast<long long>(all));
    else  // weights that are missing, outputs that nothing makes
        std::printf("%s cannot be built.\n", o.model.c_str());
    printFaults(parser);
    return 1;
}

// Shapes for inputs that the options leave open, the same number for dimensions of one name.
std::vector<std::string> assumedShapes(const Options& o, INetworkDefinition& network) {
    std::vector<std::string> out;
    Shapes given = parseShapes(o.shapes);
    for (const auto* list : {&o.minShapes, &o.optShapes, &o.maxShapes})
        given.merge(parseShapes(*list));
    std::map<std::string, int64_t> named;
    for (int32_t i = 0; i < network.getNbInputs(); ++i) {
        const ITensor& t = *network.getInput(i);
        Dims dims = t.getDimensions();
        bool open = false;
        std::string text;
        for (int32_t k = 0; k < dims.nbDims; ++k) {
            if (dims.d[k] < 0) {
                open = true;
                const char* name = t.getDimensionName(k);
                dims.d[k] = k == 0 ? 1 : dims.nbDims == 4 && k >= 2 ? 224 : 16;
                if (name != nullptr) dims.d[k] = named.emplace(name, dims.d[k]).first->second;
            }
            text += (k ? "x" : "") + std::to_string(dims.d[k]);
        }
        if (open && given.count(t.getName()) == 0)
            out.push_back(std::string(t.getName()) + ":" + text);
    }
    return out;
}

}  // namespace

int runCheck(const Options& given) {
    Options o = given;
    loadPlugins(o);
    TerminalLogger logger(o);
    std::unique_ptr<IBuilder> builder(createInferBuilder(logger));
    std::unique_ptr<INetworkDefinition> network(builder->createNetworkV2(0));
    std::shared_ptr<void> owner;
    if (kindOf(o.model) == FileKind::kOnnx) {
        std::shared_ptr<nvonnxparser::IParser> parser(nvonnxparser::createParser(*network, logger));
        if (!parser->parseFromFile(o.model.c_str(),
                                   static_cast<int>(ILogger::Severity::kVERBOSE))) {
            if (parser->getNbErrors() > 0 &&
                parser->getError(0)->code() == Code::kMODEL_DESERIALIZE_FAILED)
                throw std::runtime_error(parser->getError(0)->desc());
            return unsupported(o, *parser);
        }
        owner = parser;
    } else {
        owner = parseModel(o, *network, logger);
    }
    const std::vector<std::string> assumed = assumedShapes(o, *network);
    o.shapes.insert(o.shapes.end(), assumed.begin(), assumed.end());
    std::unique_ptr<IBuilderConfig> config(builder->createBuilderConfig());
    configure(o, *config);
    addProfile(o, *builder, *network, *config, logger);
    const std::unique_ptr<IHostMemory> text(builder->checkNetwork(
        *network, *config,
        o.json ? LayerInformationFormat::kJSON : LayerInformationFormat::kONELINE));
    if (!o.json) {
        std::printf("%s can be imported whole.\n", o.model.c_str());
        for (const std::string& shape : assumed)
            std::printf("  assumed for want of --shapes: %s\n", shape.c_str());
    }
    if (!text)
        throw std::runtime_error(std::string("these shapes cannot be built: ") + logger.errors() +
                                 (assumed.empty() ? "" : "; give --shapes"));
    std::fwrite(text->data(), 1, text->size(), stdout);
    return std::string_view(static_cast<const char*>(text->data()), text->size())
                       .find("\"Place\": \"nowhere\"") == std::string_view::npos
               ? 0
               : 1;
}

}  // namespace bireme::cli
