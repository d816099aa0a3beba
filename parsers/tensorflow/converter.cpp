// SPDX-License-Identifier: Apache-2.0
// The public converter: its only noexcept boundary.
#include <memory>
#include <new>

#include "bireme/parsers/tensorflow.h"
#include "parsers/common/file.h"
#include "parsers/tensorflow/conversion.h"

namespace bireme::tensorflow {

struct ConverterState {
    explicit ConverterState(ILogger& l) : logger(l) {}

    ILogger& logger;
    std::vector<std::string> outputs;
    std::vector<Replacement> replacements;
    std::vector<std::string> errors;
    std::string file;
    std::string names;

    void error(const std::string& text) {
        errors.push_back("TensorFlow to UFF: " + text);
        logger.log(ILogger::Severity::kERROR, errors.back().c_str());
    }

    bool convert(std::string_view bytes) {
        Graph graph(bytes);
        Conversion run(graph);
        std::string out = run.run(outputs, replacements);
        for (const std::string& text : run.warnings())
            logger.log(ILogger::Severity::kWARNING, text.c_str());
        for (const std::string& text : run.errors()) error(text);
        if (!run.errors().empty()) return false;
        file = std::move(out);
        return true;
    }

    template <class F>
    bool guarded(F&& f) noexcept {
        try {
            try {
                return f();
            } catch (const std::bad_alloc&) {
                error("out of memory");
            } catch (const std::exception& e) {
                error(e.what());
            }
        } catch (...) {  // no memory even for the message
        }
        return false;
    }
};

struct Access {
    static ITensorFlowConverter* make(ConverterState* state) {
        return new ITensorFlowConverter(state);
    }
};

namespace {

std::string_view viewOf(const void* bytes, size_t size) {
    if (bytes == nullptr || size == 0) throw Refusal("the buffer is empty");
    return {static_cast<const char*>(bytes), size};
}

int64_t uffTypeOf(DataType type) {
    switch (type) {
        case DataType::kFLOAT: return 0x20020;
        case DataType::kHALF: return 0x20010;
        case DataType::kINT32: return 0x10020;
        case DataType::kINT64: return 0x10040;
        default: return 7;
    }
}

}  // namespace

}  // namespace bireme::tensorflow

namespace nvinfer1 {

namespace tensorflow = bireme::tensorflow;

ITensorFlowConverter::~ITensorFlowConverter() noexcept { delete impl_; }

bool ITensorFlowConverter::addOutput(char const* name) noexcept {
    if (name == nullptr || *name == '\0') return false;
    return impl_->guarded([&] {
        impl_->outputs.emplace_back(name);
        return true;
    });
}

bool ITensorFlowConverter::replaceInput(char const* name, char const* newName, DataType type,
                                        Dims const& dims) noexcept {
    const int64_t uff = tensorflow::uffTypeOf(type);
    if (name == nullptr || uff == 7 || dims.nbDims < 0 || dims.nbDims > Dims::MAX_DIMS)
        return false;
    return impl_->guarded([&] {
        tensorflow::Replacement r{name, newName == nullptr ? name : newName, uff, {}};
        r.shape.assign(dims.d, dims.d + dims.nbDims);
        impl_->replacements.push_back(std::move(r));
        return true;
    });
}

bool ITensorFlowConverter::convert(void const* graph, size_t size) noexcept {
    impl_->errors.clear();
    return impl_->guarded([&] { return impl_->convert(tensorflow::viewOf(graph, size)); });
}

bool ITensorFlowConverter::convertFile(char const* path) noexcept {
    impl_->errors.clear();
    return impl_->guarded([&] {
        if (path == nullptr) throw tensorflow::Refusal("no path was given");
        const auto file = bireme::parsers::MappedFile::open(path);
        return impl_->convert(file->bytes());
    });
}

char const* ITensorFlowConverter::findOutputs(void const* bytes, size_t size) noexcept {
    impl_->errors.clear();
    const bool ok = impl_->guarded([&] {
        tensorflow::Graph graph(tensorflow::viewOf(bytes, size));
        tensorflow::removeAsserts(graph);
        impl_->names.clear();
        for (const std::string& name : tensorflow::defaultOutputs(graph))
            impl_->names += (impl_->names.empty() ? "" : "\n") + name;
        return true;
    });
    return ok ? impl_->names.c_str() : nullptr;
}

void const* ITensorFlowConverter::data() const noexcept { return impl_->file.data(); }
size_t ITensorFlowConverter::size() const noexcept { return impl_->file.size(); }
int32_t ITensorFlowConverter::getNbErrors() const noexcept {
    return static_cast<int32_t>(impl_->errors.size());
}
char const* ITensorFlowConverter::getError(int32_t i) const noexcept {
    return i < 0 || i >= getNbErrors() ? nullptr : impl_->errors[static_cast<size_t>(i)].c_str();
}

ITensorFlowConverter* createTensorFlowConverter(ILogger& logger) noexcept {
    try {
        auto state = std::make_unique<tensorflow::ConverterState>(logger);
        ITensorFlowConverter* converter = tensorflow::Access::make(state.get());
        (void)state.release();
        return converter;
    } catch (...) {
        return nullptr;
    }
}

}  // namespace nvinfer1
