// SPDX-License-Identifier: Apache-2.0
// The public parser: its only noexcept boundary.
#include <memory>
#include <new>

#include "parsers/common/recorder.h"
#include "parsers/common/show_batch.h"
#include "parsers/uff/graph_import.h"

namespace bireme::uff {

using namespace uff_import;

struct ParserState {
    /// Files and constants live on: the network borrows their weights.
    struct Loaded {
        std::unique_ptr<const File> file;
        std::unique_ptr<ConstantPool> pool;
    };

    Requests requests;
    Report report;
    std::vector<Loaded> loaded;

    bool import(std::unique_ptr<const File> file, INetworkDefinition& network, DataType weights) {
        if (weights != DataType::kFLOAT && weights != DataType::kHALF)
            throw Refusal("weights are taken as kFLOAT or kHALF");
        loaded.push_back(
            {std::move(file), std::make_unique<ConstantPool>(weights == DataType::kHALF)});
        Net net(network, *loaded.back().pool);
        const parsers::ScopedRecorder recorder(network, net.complaint);
        const parsers::ShowBatch view(network);
        return GraphImport(*loaded.back().file, net, report, requests).run();
    }

    /// Runs `f`; whatever it throws becomes an error of the parser.
    template <class F>
    bool guarded(F&& f) noexcept {
        try {
            try {
                return f();
            } catch (const std::bad_alloc&) {
                report.error("UffParser: out of memory");
            } catch (const std::exception& e) {
                report.error(std::string("UffParser: ") + e.what());
            }
        } catch (...) {  // no memory even for the message
        }
        return false;
    }
};

struct Access {
    static IUffParser* make(ParserState* state) { return new IUffParser(state); }
};

}  // namespace bireme::uff

namespace nvuffparser {

using bireme::uff_import::File;
using bireme::uff_import::Refusal;

IUffParser::~IUffParser() noexcept { delete impl_; }

bool IUffParser::registerInput(char const* name, nvinfer1::Dims dims,
                               UffInputOrder order) noexcept {
    if (name == nullptr || *name == '\0' || dims.nbDims < 0 ||
        dims.nbDims > nvinfer1::Dims::MAX_DIMS)
        return false;
    return impl_->guarded([&] {
        impl_->requests.inputs.push_back({name, dims, order});
        return true;
    });
}

bool IUffParser::registerOutput(char const* name) noexcept {
    if (name == nullptr || *name == '\0') return false;
    return impl_->guarded([&] {
        impl_->requests.outputs.emplace_back(name);
        return true;
    });
}

bool IUffParser::parse(char const* file, nvinfer1::INetworkDefinition& network,
                       nvinfer1::DataType weightsType) noexcept {
    impl_->report.setLogger(network.getBuilder().getLogger());
    return impl_->guarded([&] {
        if (file == nullptr) throw Refusal("no path was given");
        return impl_->import(File::fromPath(file), network, weightsType);
    });
}

bool IUffParser::parseBuffer(char const* buffer, size_t size, nvinfer1::INetworkDefinition& network,
                             nvinfer1::DataType weightsType) noexcept {
    impl_->report.setLogger(network.getBuilder().getLogger());
    return impl_->guarded(
        [&] { return impl_->import(File::fromBytes(buffer, size), network, weightsType); });
}

int IUffParser::getUffRequiredVersionMajor() noexcept { return UFF_REQUIRED_VERSION_MAJOR; }
int IUffParser::getUffRequiredVersionMinor() noexcept { return UFF_REQUIRED_VERSION_MINOR; }
int IUffParser::getUffRequiredVersionPatch() noexcept { return UFF_REQUIRED_VERSION_PATCH; }

void IUffParser::setPluginNamespace(char const* name) noexcept {
    impl_->guarded([&] {
        impl_->requests.pluginNamespace = name == nullptr ? "" : name;
        return true;
    });
}

void IUffParser::setErrorRecorder(nvinfer1::IErrorRecorder* recorder) noexcept {
    impl_->report.setRecorder(recorder);
}
nvinfer1::IErrorRecorder* IUffParser::getErrorRecorder() const noexcept {
    return impl_->report.recorder();
}

void IUffParser::destroy() noexcept { delete this; }

void IUffParser::setDefaultInputOrder(UffInputOrder order) noexcept {
    impl_->requests.defaultOrder = order;
}
int32_t IUffParser::getNbErrors() const noexcept {
    return static_cast<int32_t>(impl_->report.errors().size());
}
char const* IUffParser::getError(int32_t i) const noexcept {
    return i < 0 || i >= getNbErrors() ? nullptr
                                       : impl_->report.errors()[static_cast<size_t>(i)].c_str();
}
void IUffParser::clearErrors() noexcept { impl_->report.clear(); }

IUffParser* createUffParser() noexcept {
    try {
        auto state = std::make_unique<bireme::uff::ParserState>();
        IUffParser* parser = bireme::uff::Access::make(state.get());
        (void)state.release();
        return parser;
    } catch (...) {
        return nullptr;
    }
}

void shutdownProtobufLibrary() noexcept {}

}  // namespace nvuffparser

extern "C" void* createNvUffParser_INTERNAL() noexcept { return nvuffparser::createUffParser(); }
