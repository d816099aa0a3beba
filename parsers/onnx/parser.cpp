// SPDX-License-Identifier: Apache-2.0
// The public parser: its only noexcept boundary.
#include "bireme/parsers/onnx.h"

#include <algorithm>
#include <new>

#include "parsers/common/recorder.h"
#include "parsers/onnx/access.h"
#include "parsers/onnx/graph_import.h"
#include "parsers/onnx/plugin.h"

namespace bireme::onnx {

using namespace onnx_import;

struct ParserState {
    ParserState(INetworkDefinition& n, ILogger& l) : network(n), report(l) {}

    /// Models and conversions live on: the network borrows their weights.
    struct Loaded {
        std::unique_ptr<Model> model;
        std::unique_ptr<Net> net;
    };

    INetworkDefinition& network;
    Report report;
    std::vector<Loaded> loaded;
    std::unique_ptr<Model> pending;  ///< given by loadModelProto(), not parsed yet
    std::unordered_map<std::string, std::vector<ITensor*>> nodeOutputs;
    std::vector<std::pair<std::vector<int64_t>, bool>> pieces;
    nvonnxparser::OnnxParserFlags flags =
        1U << static_cast<int32_t>(nvonnxparser::OnnxParserFlag::kNATIVE_INSTANCENORM);

    bool import(std::unique_ptr<Model> model);
    bool examine(Model& model);
    bool prefersPlugins() const {
        using Flag = nvonnxparser::OnnxParserFlag;
        return ((flags >> static_cast<int32_t>(Flag::kENABLE_PLUGIN_OVERRIDE)) & 1U) != 0;
    }

    /// Runs `f`; whatever it throws becomes an error of the parser.
    template <class F>
    bool guarded(F&& f) noexcept {
        try {
            try {
                return f();
            } catch (const Refusal& e) {
                report.error(e.code(), e.what());
            } catch (const std::bad_alloc&) {
                report.error(nvonnxparser::ErrorCode::kMEM_ALLOC_FAILED,
                             "out of memory while reading the model");
            } catch (const std::exception& e) {
                report.error(nvonnxparser::ErrorCode::kINTERNAL_ERROR, e.what());
            }
        } catch (...) {  // no memory even for the message
        }
        return false;
    }
};

bool ParserState::import(std::unique_ptr<Model> model) {
    for (const std::string& text : model->warnings()) report.warn("ONNX: " + text);
    if (network.hasImplicitBatchDimension())
        throw Refusal(nvonnxparser::ErrorCode::kUNSUPPORTED_GRAPH,
                      "an ONNX model needs an explicit batch: create the network with "
                      "kEXPLICIT_BATCH");
    loaded.push_back({std::move(model), nullptr});
    Loaded& entry = loaded.back();
    entry.net = std::make_unique<Net>(network, entry.model->constants());
    const parsers::ScopedRecorder recorder(network, entry.net->complaint);
    GraphImport run(*entry.model, *entry.net, report, ImporterTable::instance());
    run.preferPlugins = prefersPlugins();
    const bool ok = run.run();
    nodeOutputs.insert(run.nodeOutputs().begin(), run.nodeOutputs().end());
    return ok;
}

/// Imports into a network that is thrown away; a piece is a run of nodes that all can be imported,
/// or all cannot.
bool ParserState::examine(Model& model) {
    pieces.clear();
    const std::unique_ptr<INetworkDefinition> scratch(network.createBody());
    if (scratch == nullptr)
        throw Refusal(nvonnxparser::ErrorCode::kINTERNAL_ERROR, "no network could be made");
    Net net(*scratch, model.constants());
    const parsers::ScopedRecorder recorder(*scratch, net.complaint);
    GraphImport run(model, net, report, ImporterTable::instance());
    run.preferPlugins = prefersPlugins();
    const bool all = run.examine();
    const auto nodes = static_cast<int>(model.graph().nodes.size());
    for (int i = 0; i < nodes; ++i) {
        const bool ok = run.failedNodes().count(i) == 0;
        if (pieces.empty() || pieces.back().second != ok) pieces.push_back({{}, ok});
        pieces.back().first.push_back(i);
    }
    return all;
}

}  // namespace bireme::onnx

namespace nvonnxparser {

using bireme::onnx_import::Model;

IParser::~IParser() noexcept { delete impl_; }

bool IParser::parse(void const* model, size_t size, char const* path) noexcept {
    return impl_->guarded(
        [&] { return impl_->import(Model::fromBytes(model, size, path != nullptr ? path : "")); });
}

bool IParser::parseFromFile(char const* file, int verbosity) noexcept {
    impl_->report.setVerbosity(verbosity);
    return impl_->guarded([&] {
        if (file == nullptr)
            throw bireme::onnx_import::Refusal(ErrorCode::kINVALID_VALUE, "no path was given");
        return impl_->import(Model::fromFile(file));
    });
}

bool IParser::supportsOperator(char const* name) const noexcept {
    return name != nullptr && impl_->guarded([&] {
        return bireme::onnx_import::ImporterTable::instance().find("", name) != nullptr;
    });
}

bool IParser::supportsModelV2(void const* model, size_t size, char const* path) noexcept {
    return impl_->guarded([&] {
        return impl_->examine(*Model::fromBytes(model, size, path != nullptr ? path : ""));
    });
}

bool IParser::supportsModel(void const* model, size_t size, SubGraphCollection_t& subgraphs,
                            char const* path) noexcept {
    const bool all = supportsModelV2(model, size, path);
    const bool copied = impl_->guarded([&] {
        subgraphs.clear();
        for (const auto& [nodes, ok] : impl_->pieces)
            subgraphs.emplace_back(std::vector<size_t>(nodes.begin(), nodes.end()), ok);
        return true;
    });
    return all && copied;
}

bool IParser::parseWithWeightDescriptors(void const* model, size_t size) noexcept {
    return parse(model, size);
}

bool IParser::loadModelProto(void const* model, size_t size, char const* path) noexcept {
    return impl_->guarded([&] {
        impl_->pending = Model::fromBytes(model, size, path != nullptr ? path : "");
        return true;
    });
}

bool IParser::loadInitializer(char const* name, void const* data, size_t size) noexcept {
    return impl_->guarded([&] {
        using bireme::onnx_import::Refusal;
        if (impl_->pending == nullptr)
            throw Refusal(ErrorCode::kINVALID_VALUE, "loadModelProto() comes before the weights");
        if (name == nullptr || data == nullptr)
            throw Refusal(ErrorCode::kINVALID_VALUE, "an initializer needs a name and data");
        const auto& known = impl_->pending->graph().initializers;
        if (std::none_of(known.begin(), known.end(), [&](const auto& t) { return t.name == name; }))
            throw Refusal(ErrorCode::kINVALID_VALUE,
                          "the model has no initializer \"" + std::string(name) + "\"");
        impl_->pending->constants().supply(name, {static_cast<const char*>(data), size});
        return true;
    });
}

bool IParser::parseModelProto() noexcept {
    return impl_->guarded([&] {
        if (impl_->pending == nullptr)
            throw bireme::onnx_import::Refusal(ErrorCode::kINVALID_VALUE,
                                               "loadModelProto() comes before parseModelProto()");
        return impl_->import(std::move(impl_->pending));
    });
}

bool IParser::setBuilderConfig(nvinfer1::IBuilderConfig const* const config) noexcept {
    return config != nullptr;
}

char const* const* IParser::getUsedVCPluginLibraries(int64_t& count) const noexcept {
    count = 0;
    return nullptr;
}

int64_t IParser::getNbSubgraphs() noexcept { return static_cast<int64_t>(impl_->pieces.size()); }

bool IParser::isSubgraphSupported(int64_t const i) noexcept {
    return i >= 0 && i < getNbSubgraphs() && impl_->pieces[static_cast<size_t>(i)].second;
}

int64_t* IParser::getSubgraphNodes(int64_t const i, int64_t& length) noexcept {
    length = 0;
    if (i < 0 || i >= getNbSubgraphs()) return nullptr;
    auto& nodes = impl_->pieces[static_cast<size_t>(i)].first;
    length = static_cast<int64_t>(nodes.size());
    return nodes.data();
}

int IParser::getNbErrors() const noexcept { return impl_->report.count(); }
IParserError const* IParser::getError(int i) const noexcept { return impl_->report.error(i); }
void IParser::clearErrors() noexcept { impl_->report.clear(); }

void IParser::setFlags(OnnxParserFlags flags) noexcept { impl_->flags = flags; }
OnnxParserFlags IParser::getFlags() const noexcept { return impl_->flags; }
void IParser::setFlag(OnnxParserFlag flag) noexcept {
    impl_->flags |= 1U << static_cast<int32_t>(flag);
}
void IParser::clearFlag(OnnxParserFlag flag) noexcept {
    impl_->flags &= ~(1U << static_cast<int32_t>(flag));
}
bool IParser::getFlag(OnnxParserFlag flag) const noexcept {
    return ((impl_->flags >> static_cast<int32_t>(flag)) & 1U) != 0;
}

nvinfer1::ITensor const* IParser::getLayerOutputTensor(char const* name, int64_t i) noexcept {
    nvinfer1::ITensor const* found = nullptr;
    impl_->guarded([&] {
        const auto it = impl_->nodeOutputs.find(name != nullptr ? name : "");
        if (it != impl_->nodeOutputs.end() && i >= 0 && i < static_cast<int64_t>(it->second.size()))
            found = it->second[static_cast<size_t>(i)];
        return true;
    });
    return found;
}

}  // namespace nvonnxparser

extern "C" int getNvOnnxParserVersion() noexcept { return nvonnxparser::kVERSION; }

extern "C" void* createNvOnnxParser_INTERNAL(void* network, void* logger, int version) noexcept {
    if (network == nullptr || logger == nullptr) return nullptr;
    auto& log = *static_cast<nvinfer1::ILogger*>(logger);
    try {
        if (version / 10000 != NV_ONNX_PARSER_MAJOR) {
            log.log(nvinfer1::ILogger::Severity::kERROR,
                    "ONNX: the program was compiled against another major version of the parser");
            return nullptr;
        }
        auto state = std::make_unique<bireme::onnx::ParserState>(
            *static_cast<nvinfer1::INetworkDefinition*>(network), log);
        auto* parser = bireme::onnx::Access::make(state.get());
        (void)state.release();
        return parser;
    } catch (...) {
        log.log(nvinfer1::ILogger::Severity::kERROR, "ONNX: out of memory");
        return nullptr;
    }
}
