// SPDX-License-Identifier: Apache-2.0
// The public parser: its only noexcept boundary.
#include "bireme/parsers/caffe.h"

#include <memory>
#include <new>
#include <optional>

#include "parsers/caffe/graph_import.h"
#include "parsers/common/recorder.h"
#include "parsers/common/show_batch.h"

namespace bireme::caffe {

using namespace caffe_import;

struct BlobMap {
    std::map<std::string, ITensor*> tensors;
    std::vector<std::string> outputs;
};

struct MeanBlob {
    BlobPool pool{false};
    Blob blob;
};

struct Access {
    static IBlobNameToTensor* map(BlobMap* impl) { return new IBlobNameToTensor(impl); }
    static void destroy(IBlobNameToTensor* map) { delete map; }
    static IBinaryProtoBlob* blob(MeanBlob* impl) { return new IBinaryProtoBlob(impl); }
    static ICaffeParser* parser(ParserState* impl) { return new ICaffeParser(impl); }
};

struct DestroyMap {
    void operator()(IBlobNameToTensor* map) const { Access::destroy(map); }
};

struct ParserState {
    /// The trained file and what was made of it: the network borrows them.
    struct Loaded {
        std::shared_ptr<const Trained> trained;
        std::unique_ptr<BlobPool> pool;
        std::unique_ptr<BlobMap> map;
        std::unique_ptr<IBlobNameToTensor, DestroyMap> handle;
    };

    parsers::Report report;
    GraphImport::InputDims inputDims;
    PluginSources plugins;
    std::vector<Loaded> loaded;

    const IBlobNameToTensor* import(std::string_view deployText,
                                    std::shared_ptr<const Trained> trained,
                                    INetworkDefinition& network, DataType weights) {
        if (weights != DataType::kFLOAT && weights != DataType::kHALF)
            throw Refusal("weights are taken as kFLOAT or kHALF");
        std::optional<Deploy> deploy;
        try {
            deploy.emplace(deployText);
        } catch (const Refusal& e) {
            throw Refusal(std::string("the deploy file: ") + e.what());
        }
        for (const std::string& text : deploy->warnings()) report.warn("Caffe: " + text);
        loaded.push_back({std::move(trained),
                          std::make_unique<BlobPool>(weights == DataType::kHALF),
                          std::make_unique<BlobMap>(), nullptr});
        Loaded& entry = loaded.back();
        Net net(network, *entry.pool);
        const parsers::ScopedRecorder recorder(network, net.complaint);
        const parsers::ShowBatch view(network);
        GraphImport run(*deploy, entry.trained.get(), inputDims, net, report);
        run.plugins = plugins;
        if (!run.run()) return nullptr;
        entry.map->tensors = run.blobs();
        entry.map->outputs = run.unread();
        entry.handle.reset(Access::map(entry.map.get()));
        return entry.handle.get();
    }

    /// Runs `f`; whatever it throws becomes an error of the parser, and the result is empty.
    template <class F>
    auto guarded(F&& f) noexcept -> decltype(f()) {
        try {
            try {
                return f();
            } catch (const std::bad_alloc&) {
                report.error("Caffe: out of memory");
            } catch (const std::exception& e) {
                report.error(std::string("Caffe: ") + e.what());
            }
        } catch (...) {  // no memory even for the message
        }
        return {};
    }
};

}  // namespace bireme::caffe

namespace nvcaffeparser1 {

using bireme::caffe_import::Refusal;
using bireme::caffe_import::Trained;
using bireme::parsers::MappedFile;

nvinfer1::ITensor* IBlobNameToTensor::find(char const* name) const noexcept {
    if (name == nullptr) return nullptr;
    try {
        const auto it = impl_->tensors.find(name);
        return it == impl_->tensors.end() ? nullptr : it->second;
    } catch (...) {
        return nullptr;
    }
}

int32_t IBlobNameToTensor::getNbOutputs() const noexcept {
    return static_cast<int32_t>(impl_->outputs.size());
}

char const* IBlobNameToTensor::getOutputName(int32_t i) const noexcept {
    return i < 0 || i >= getNbOutputs() ? nullptr : impl_->outputs[static_cast<size_t>(i)].c_str();
}

IBinaryProtoBlob::~IBinaryProtoBlob() noexcept { delete impl_; }
void const* IBinaryProtoBlob::getData() noexcept { return impl_->blob.values; }
nvinfer1::Dims4 IBinaryProtoBlob::getDimensions() noexcept {
    const auto& d = impl_->blob.dims;
    return nvinfer1::Dims4(d[0], d[1], d[2], d[3]);
}
nvinfer1::DataType IBinaryProtoBlob::getDataType() noexcept { return nvinfer1::DataType::kFLOAT; }
void IBinaryProtoBlob::destroy() noexcept { delete this; }

ICaffeParser::~ICaffeParser() noexcept { delete impl_; }
void ICaffeParser::destroy() noexcept { delete this; }

IBlobNameToTensor const* ICaffeParser::parse(char const* deploy, char const* model,
                                             nvinfer1::INetworkDefinition& network,
                                             nvinfer1::DataType type) noexcept {
    impl_->report.setLogger(network.getBuilder().getLogger());
    return impl_->guarded([&] {
        if (deploy == nullptr) throw Refusal("no path of a deploy file was given");
        const auto file = MappedFile::open(deploy);
        auto trained = model == nullptr ? nullptr : Trained::fromFile(model);
        return impl_->import(file->bytes(), std::move(trained), network, type);
    });
}

IBlobNameToTensor const* ICaffeParser::parseBuffers(uint8_t const* deploy, std::size_t deploySize,
                                                    uint8_t const* model, std::size_t modelSize,
                                                    nvinfer1::INetworkDefinition& network,
                                                    nvinfer1::DataType type) noexcept {
    impl_->report.setLogger(network.getBuilder().getLogger());
    return impl_->guarded([&] {
        if (deploy == nullptr) throw Refusal("no deploy buffer was given");
        const std::string_view text(reinterpret_cast<const char*>(deploy), deploySize);
        auto trained = model == nullptr ? nullptr : Trained::fromBytes(model, modelSize);
        return impl_->import(text, std::move(trained), network, type);
    });
}

IBlobNameToTensor const* ICaffeParser::parseBuffers(char const* deploy, std::size_t deploySize,
                                                    char const* model, std::size_t modelSize,
                                                    nvinfer1::INetworkDefinition& network,
                                                    nvinfer1::DataType type) noexcept {
    return parseBuffers(reinterpret_cast<uint8_t const*>(deploy), deploySize,
                        reinterpret_cast<uint8_t const*>(model), modelSize, network, type);
}

IBinaryProtoBlob* ICaffeParser::parseBinaryProto(char const* path) noexcept {
    return impl_->guarded([&] {
        if (path == nullptr) throw Refusal("no path of a .binaryproto file was given");
        auto mean = std::make_unique<bireme::caffe::MeanBlob>();
        const auto file = MappedFile::open(path);
        try {
            const auto blob = mean->pool.decode(file->bytes(), false);
            mean->blob = mean->pool.copy({blob.values, blob.values + blob.count});
            mean->blob.dims = blob.dims;
        } catch (const std::runtime_error& e) {
            throw Refusal("\"" + std::string(path) + "\" is no .binaryproto file: " + e.what());
        }
        auto& dims = mean->blob.dims;
        if (dims.size() > 4 || mean->blob.count == 0)
            throw Refusal("\"" + std::string(path) + "\" holds no image: its shape is " +
                          bireme::caffe_import::toText(dims));
        dims.insert(dims.begin(), 4 - dims.size(), 1);
        auto* out = bireme::caffe::Access::blob(mean.get());
        (void)mean.release();
        return out;
    });
}

void ICaffeParser::setProtobufBufferSize(std::size_t) noexcept {}
void ICaffeParser::setPluginFactoryV2(IPluginFactoryV2* factory) noexcept {
    impl_->plugins.factory = factory;
}
void ICaffeParser::setPluginNamespace(char const* libNamespace) noexcept {
    impl_->guarded([&] {
        impl_->plugins.space = libNamespace == nullptr ? "" : libNamespace;
        return true;
    });
}
void ICaffeParser::setErrorRecorder(nvinfer1::IErrorRecorder* recorder) noexcept {
    impl_->report.setRecorder(recorder);
}
nvinfer1::IErrorRecorder* ICaffeParser::getErrorRecorder() const noexcept {
    return impl_->report.recorder();
}

bool ICaffeParser::setInputDimensions(char const* name, nvinfer1::Dims dims) noexcept {
    if (name == nullptr || *name == '\0' || dims.nbDims < 0 ||
        dims.nbDims > nvinfer1::Dims::MAX_DIMS)
        return false;
    return impl_->guarded([&] {
        impl_->inputDims[name] = dims;
        return true;
    });
}
void ICaffeParser::setLogger(nvinfer1::ILogger* logger) noexcept {
    impl_->report.setLogger(logger);
}
int32_t ICaffeParser::getNbErrors() const noexcept {
    return static_cast<int32_t>(impl_->report.errors().size());
}
char const* ICaffeParser::getError(int32_t i) const noexcept {
    return i < 0 || i >= getNbErrors() ? nullptr
                                       : impl_->report.errors()[static_cast<size_t>(i)].c_str();
}
void ICaffeParser::clearErrors() noexcept { impl_->report.clear(); }

ICaffeParser* createCaffeParser() noexcept {
    try {
        auto state = std::make_unique<bireme::caffe::ParserState>();
        ICaffeParser* parser = bireme::caffe::Access::parser(state.get());
        (void)state.release();
        return parser;
    } catch (...) {
        return nullptr;
    }
}

void shutdownProtobufLibrary() noexcept {}

}  // namespace nvcaffeparser1

extern "C" void* createNvCaffeParser_INTERNAL() noexcept {
    return nvcaffeparser1::createCaffeParser();
}
