// SPDX-License-Identifier: Apache-2.0
#include "tools/bireme/model.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "bireme/parsers/caffe.h"
#include "bireme/parsers/onnx.h"
#include "bireme/parsers/tensorflow.h"
#include "bireme/parsers/uff.h"
#include "tools/bireme/session.h"

namespace bireme::cli {

namespace {

using nvuffparser::UffInputOrder;

template <class Parser, class Text>
std::string errorsOf(Parser& parser, const TerminalLogger& logger, Text&& text) {
    std::string out;
    for (int i = 0; i < parser.getNbErrors(); ++i) out += (i ? "\n" : "") + std::string(text(i));
    return out.empty() ? logger.errors() : out;
}

std::shared_ptr<void> parseOnnx(const Options& o, INetworkDefinition& network,
                                TerminalLogger& logger) {
    std::shared_ptr<nvonnxparser::IParser> parser(nvonnxparser::createParser(network, logger));
    if (!parser->parseFromFile(o.model.c_str(), static_cast<int>(ILogger::Severity::kVERBOSE)))
        throw std::runtime_error(
            errorsOf(*parser, logger, [&](int i) { return parser->getError(i)->desc(); }));
    return parser;
}

// "name,3,224,224"
void registerInput(nvuffparser::IUffParser& parser, const std::string& text, bool channelsLast) {
    const size_t comma = text.find(',');
    Dims dims{};
    for (size_t at = comma; at != std::string::npos; at = text.find(',', at + 1)) {
        if (dims.nbDims == Dims::MAX_DIMS)
            throw std::runtime_error("--uffInput has more than 8 dimensions: " + text);
        char* end = nullptr;
        dims.d[dims.nbDims++] = std::strtoll(text.c_str() + at + 1, &end, 10);
        if (end == text.c_str() + at + 1 || (*end != '\0' && *end != ','))
            throw std::runtime_error("--uffInput is written name,C,H,W, got \"" + text + "\"");
    }
    if (comma == std::string::npos || comma == 0)
        throw std::runtime_error("--uffInput is written name,C,H,W, got \"" + text + "\"");
    const UffInputOrder order = dims.nbDims < 3 ? UffInputOrder::kNC
                                : channelsLast  ? UffInputOrder::kNHWC
                                                : UffInputOrder::kNCHW;
    parser.registerInput(text.substr(0, comma).c_str(), dims, order);
}

std::string fromTensorFlow(const Options& o, TerminalLogger& logger) {
    std::unique_ptr<ITensorFlowConverter> converter(createTensorFlowConverter(logger));
    for (const std::string& name : o.outputs)
        if (name.rfind("MarkOutput_", 0) != 0) converter->addOutput(name.c_str());
    if (!converter->convertFile(o.model.c_str()))
        throw std::runtime_error(
            errorsOf(*converter, logger, [&](int i) { return converter->getError(i); }));
    return {static_cast<const char*>(converter->data()), converter->size()};
}

std::shared_ptr<void> parseUff(const Options& o, INetworkDefinition& network,
                               TerminalLogger& logger, FileKind kind) {
    std::shared_ptr<nvuffparser::IUffParser> parser(nvuffparser::createUffParser());
    if (!parser) throw std::runtime_error("out of memory");
    for (const std::string& input : o.uffInputs) registerInput(*parser, input, o.uffNhwc);
    for (const std::string& output : o.outputs) parser->registerOutput(output.c_str());
    bool ok = false;
    if (kind == FileKind::kTensorFlow) {
        const std::string uff = fromTensorFlow(o, logger);
        ok = parser->parseBuffer(uff.data(), uff.size(), network);
    } else {
        ok = parser->parse(o.model.c_str(), network);
    }
    if (!ok)
        throw std::runtime_error(
            errorsOf(*parser, logger, [&](int i) { return parser->getError(i); }));
    return parser;
}

// --shapes and its kin stand for the file's own dimensions; an extent that differs among them is
// left to the profile.
void setInputDimensions(nvcaffeparser1::ICaffeParser& parser, const Options& o) {
    std::map<std::string, Dims> wanted;
    for (const auto* list : {&o.shapes, &o.minShapes, &o.optShapes, &o.maxShapes}) {
        for (const auto& [name, shape] : parseShapes(*list)) {
            if (shape.size() > Dims::MAX_DIMS)
                throw std::runtime_error("a shape has more than 8 dimensions");
            const auto [slot, fresh] = wanted.try_emplace(name);
            Dims& d = slot->second;
            const auto rank = static_cast<int32_t>(shape.size());
            if (!fresh && d.nbDims != rank)
                throw std::runtime_error("the shapes of input \"" + name + "\" differ in rank");
            d.nbDims = rank;
            for (size_t i = 0; i < shape.size(); ++i)
                d.d[i] = fresh || d.d[i] == shape[i] ? shape[i] : -1;
        }
    }
    for (const auto& [name, dims] : wanted) parser.setInputDimensions(name.c_str(), dims);
}

std::shared_ptr<void> parseCaffe(const Options& o, INetworkDefinition& network) {
    std::shared_ptr<nvcaffeparser1::ICaffeParser> parser(nvcaffeparser1::createCaffeParser());
    if (!parser) throw std::runtime_error("out of memory");
    setInputDimensions(*parser, o);
    const char* model = o.caffeModel.empty() ? nullptr : o.caffeModel.c_str();
    const auto* blobs = parser->parse(o.model.c_str(), model, network, DataType::kFLOAT);
    std::string errors;
    for (int i = 0; i < parser->getNbErrors(); ++i)
        errors += (i ? "\n" : "") + std::string(parser->getError(i));
    if (blobs == nullptr) throw std::runtime_error(errors);
    std::vector<std::string> outputs = o.outputs;
    if (outputs.empty())
        for (int i = 0; i < blobs->getNbOutputs(); ++i)
            outputs.emplace_back(blobs->getOutputName(i));
    for (const std::string& name : outputs) {
        ITensor* tensor = blobs->find(name.c_str());
        if (tensor == nullptr)
            throw std::runtime_error("\"" + o.model + "\" has no blob \"" + name + "\"");
        network.markOutput(*tensor);
    }
    return parser;
}

// A text whose first word is a field of Caffe's NetParameter.
bool isPrototxt(std::string_view head) {
    if (head.starts_with("\xEF\xBB\xBF")) head.remove_prefix(3);
    while (!head.empty()) {
        const size_t at = head.find_first_not_of(" \t\r\n");
        if (at == head.npos) return false;
        head.remove_prefix(at);
        if (head[0] != '#') break;
        head.remove_prefix(std::min(head.find('\n'), head.size()));
    }
    const std::string_view word =
        head.substr(0, head.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789"));
    const char* const fields[] = {"name",  "layer",          "layers",
                                  "input", "input_dim",      "input_shape",
                                  "state", "force_backward", "debug_info"};
    return std::any_of(std::begin(fields), std::end(fields),
                       [&](const char* f) { return word == f; });
}

}  // namespace

FileKind kindOf(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string head(4096, '\0');
    file.read(head.data(), static_cast<std::streamsize>(head.size()));
    head.resize(static_cast<size_t>(file.gcount()));
    if (head.starts_with("BIREMEPL")) return FileKind::kEngine;
    if (isPrototxt(head)) return FileKind::kCaffe;
    // Two numbers in front: MetaGraph's versions. ONNX has a text as its second field.
    if (head.size() > 4 && head[0] == '\x08' && head[2] == '\x10') return FileKind::kUff;
    // A message whose first field is a text: NodeDef's name.
    if (head.size() > 4 && head[0] == '\x0a') {
        size_t at = 1;
        while (at < head.size() && (head[at] & '\x80') != 0) ++at;
        if (at + 1 < head.size() && head[at + 1] == '\x0a') return FileKind::kTensorFlow;
    }
    return FileKind::kOnnx;
}

std::shared_ptr<void> parseModel(const Options& o, INetworkDefinition& network,
                                 TerminalLogger& logger) {
    const FileKind kind = kindOf(o.model);
    if (kind == FileKind::kUff || kind == FileKind::kTensorFlow)
        return parseUff(o, network, logger, kind);
    if (!o.uffInputs.empty() || o.uffNhwc)
        throw std::runtime_error("\"" + o.model +
                                 "\" is no UFF file and no TensorFlow graph: --uffInput and "
                                 "--uffNHWC do not apply");
    if (kind == FileKind::kCaffe) return parseCaffe(o, network);
    if (!o.outputs.empty() || !o.caffeModel.empty())
        throw std::runtime_error("\"" + o.model +
                                 "\" is an ONNX model: --output and --model do not apply");
    return parseOnnx(o, network, logger);
}

}  // namespace bireme::cli
