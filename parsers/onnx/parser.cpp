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
    std::unordered_map<std::string, std::vector<ITensor*>> nodeOutputs;
    std::vector<std::pair<std::vector<int64_t>, bool>> pieces;
    nvonnxparser::OnnxParserFlags flags =
        1U << static_cast<int32_t>(nvonnxparser::OnnxParserFlag::kNATIVE_INSTANCENORM);

    bool import(std::unique_ptr<Model> model);
    bool examine(const Model& model);

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
    run.preferPlugins =
        (flags >> static_cast<int32_t>(nvonnxparser::OnnxParserFlag::kENABLE_PLUGIN_OVERRIDE) &
         1) != 0;
    const bool ok = run.run();
    nodeOutputs.insert(run.nodeOutputs().begin(), run.nodeOutputs().end());
    return ok;
}

bool ParserState::examine(const Model& model) {
    const ImporterTable& table = ImporterTable::instance();
    const auto& nodes = model.graph().nodes;
    pieces.clear();
    bool all = true;
    for (size_t i = 0; i < nodes.size(); ++i) {
        const auto isThisOne = [&](const FunctionProto& f) {
            return f.name == nodes[i].opType && f.domain == nodes[i].domain;
        };
        const auto& functions = model.proto().functions;
        const bool ok = table.find(nodes[i].domain, nodes[i].opType) != nullptr ||
                        std::any_of(functions.begin(), functions.end(), isThisOne) ||
                        onnx_import::creatorFor(network, nodes[i]) != nullptr;
        all = all && ok;
        if (pieces.empty() || pieces.back().second != ok) pieces.push_back({{}, ok});
        pieces.back().first.push_back(static_cast<int64_t>(i));
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
