// SPDX-License-Identifier: Apache-2.0
// Models from one format to another. To UFF by the library; to ONNX by the converters that are kept
// well, in Python.
#include <unistd.h>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <sstream>
#include <stdexcept>

#include "bireme/parsers/tensorflow.h"
#include "tools/bireme/npy.h"
#include "tools/bireme/terminal.h"

namespace bireme::cli {

namespace {

DataType typeOf(const std::string& name) {
    if (name == "float32" || name == "float") return DataType::kFLOAT;
    if (name == "float16" || name == "half") return DataType::kHALF;
    if (name == "int32") return DataType::kINT32;
    if (name == "int64") return DataType::kINT64;
    throw std::runtime_error("the type \"" + name + "\" is none of float32, float16, int32, int64");
}

// "name,newName,dtype,d1,d2,..."
void replaceInput(ITensorFlowConverter& converter, const std::string& text) {
    std::vector<std::string> parts;
    std::stringstream stream(text);
    for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
    if (parts.size() < 3 || parts.size() > 3 + Dims::MAX_DIMS)
        throw std::runtime_error("--input-node is written name,newName,dtype,d1,d2,..., got \"" +
                                 text + "\"");
    Dims dims{};
    for (size_t i = 3; i < parts.size(); ++i)
        dims.d[dims.nbDims++] = std::strtoll(parts[i].c_str(), nullptr, 10);
    converter.replaceInput(parts[0].c_str(), parts[1].c_str(), typeOf(parts[2]), dims);
}

int toUff(const Options& o) {
    TerminalLogger logger(o);
    std::unique_ptr<ITensorFlowConverter> converter(createTensorFlowConverter(logger));
    if (o.list) {
        const std::vector<uint8_t> graph = readFile(o.model);
        const char* names = converter->findOutputs(graph.data(), graph.size());
        if (names == nullptr) throw std::runtime_error(converter->getError(0));
        std::printf("%s\n", names);
        return 0;
    }
    for (const std::string& name : o.outputs) converter->addOutput(name.c_str());
    for (const std::string& input : o.inputNodes) replaceInput(*converter, input);
    if (!converter->convertFile(o.model.c_str())) {
        std::string all;
        for (int i = 0; i < converter->getNbErrors(); ++i)
            all += (i ? "\n" : "") + std::string(converter->getError(i));
        throw std::runtime_error(all);
    }
    const std::string target =
        o.engine.empty() ? std::filesystem::path(o.model).replace_extension(".uff").string()
                         : o.engine;
    writeFile(target, converter->data(), converter->size());
    if (!o.quiet)
        std::printf("%s: %.1f MB\n", target.c_str(), static_cast<double>(converter->size()) / 1e6);
    return 0;
}

}  // namespace

int runConvert(const Options& o) {
    if (o.conversion == "tensorflow-to-uff") return toUff(o);
    std::vector<std::string> words = {o.python, "-m", "bireme.convert", o.conversion, o.model};
    const auto add = [&](const char* flag, const std::string& value) {
        words.insert(words.end(), {flag, value});
    };
    if (!o.engine.empty()) add("-o", o.engine);
    if (!o.params.empty()) add("--params", o.params);
    for (const std::string& s : o.shapes) add("--shapes", s);
    for (const std::string& s : o.outputs) add("--output", s);
    std::vector<char*> argv;
    for (auto& w : words) argv.push_back(w.data());
    argv.push_back(nullptr);
    ::execvp(argv[0], argv.data());
    throw std::runtime_error("cannot start " + o.python + "; name an interpreter with --python");
}

}  // namespace bireme::cli
