// SPDX-License-Identifier: Apache-2.0
#include "tools/bireme/session.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <utility>

namespace bireme::cli {

void loadPlugins(const Options& o) {
    static bool done = false;
    if (std::exchange(done, true)) return;
    for (const auto* paths : {&o.plugins, &o.packedPlugins})
        for (const std::string& path : *paths)
            if (!getPluginRegistry()->loadLibrary(path.c_str()))
                throw std::runtime_error("the plugins of \"" + path + "\" cannot be used");
}

Session::Session(const Options& o) : logger_(o), runtime_(createInferRuntime(logger_)) {
    loadPlugins(o);
    auto begin = std::chrono::steady_clock::now();
    if (kindOf(o.model) != FileKind::kEngine) {
        auto plan = buildEngine(o, logger_);
        runtime_->setEngineHostCodeAllowed(true);  // of the libraries that were given just now
        begin = std::chrono::steady_clock::now();
        engine_.reset(runtime_->deserializeCudaEngine(plan->data(), plan->size()));
    } else if (auto plan = rebuilt(o)) {
        runtime_->setEngineHostCodeAllowed(o.allowHostCode);
        begin = std::chrono::steady_clock::now();
        engine_.reset(runtime_->deserializeCudaEngine(plan->data(), plan->size()));
    } else {
        runtime_->setEngineHostCodeAllowed(o.allowHostCode);
        engine_.reset(runtime_->deserializeCudaEngineFromFile(
            o.model.c_str(), o.lazyVerify ? EngineVerify::kLAZY : EngineVerify::kFULL));
    }
    if (engine_) context_.reset(engine_->createExecutionContext());
    if (!context_) throw std::runtime_error(logger_.errors());
    loadSeconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// The engine file built anew, when it may be and no device here runs it.
std::unique_ptr<IHostMemory> Session::rebuilt(const Options& o) {
    if (!o.rebuildOnMismatch) return nullptr;
    const std::vector<uint8_t> old = readFile(o.model);
    std::unique_ptr<IBuilder> builder(createInferBuilder(logger_));
    if (!builder->needsRebuild(old.data(), old.size())) return nullptr;
    std::unique_ptr<IBuilderConfig> config(builder->createBuilderConfig());
    configure(o, *config);
    TerminalProgress progress(o.quiet);
    config->setProgressMonitor(&progress);
    std::unique_ptr<IHostMemory> plan(
        builder->rebuildSerializedNetwork(old.data(), old.size(), *config));
    if (!plan) TerminalProgress::throwIfInterrupted();
    if (!plan) throw std::runtime_error(logger_.errors());
    if (!o.engine.empty()) writeFile(o.engine, plan->data(), plan->size());
    return plan;
}

static std::vector<int64_t> vectorOf(const Dims& d) { return {d.d, d.d + std::max(0, d.nbDims)}; }

static Dims extentsOf(const std::vector<int64_t>& v) {
    if (v.size() > Dims::MAX_DIMS) throw std::runtime_error("a shape has more than 8 dimensions");
    Dims d{};
    d.nbDims = static_cast<int32_t>(v.size());
    std::copy(v.begin(), v.end(), d.d);
    return d;
}

// Reals in -1..1, integers 0 or 1: legal for almost every network, and reproducible.
static void fillRandom(Array& a, uint32_t seed) {
    uint32_t state = 12345 + seed * 2654435761u;
    auto next = [&] { return (state = state * 1664525u + 1013904223u) >> 8; };
    if (a.type == DataType::kFLOAT) {
        for (size_t i = 0; i + 4 <= a.bytes.size(); i += 4) {
            float f = static_cast<float>(next()) / 8388608.0f - 1.0f;
            std::memcpy(a.bytes.data() + i, &f, 4);
        }
        return;
    }
    size_t size = elementBytes(a.type);
    if (a.type == DataType::kHALF)  // 0.5 to 1 and the negatives of it: no exponent to compute
        for (size_t i = 0; i + 2 <= a.bytes.size(); i += 2) {
            uint32_t r = next();
            auto h = static_cast<uint16_t>(0x3800 | (r & 0x3FF) | (r & 0x400) << 5);
            std::memcpy(a.bytes.data() + i, &h, 2);
        }
    bool real =
        a.type == DataType::kHALF || a.type == DataType::kBF16 || a.type == DataType::kDOUBLE;
    for (size_t i = 0; !real && i < a.bytes.size(); i += size) a.bytes[i] = next() & 1;
}

static Array loadInput(const std::string& path, DataType type, const std::vector<int64_t>& dims) {
    if (path.ends_with(".npy")) return readNpy(path);
    Array a{type, dims, readFile(path)};
    return a;
}

void Session::setInputs(const Options& o, uint32_t seed) {
    Shapes wanted = parseShapes(o.shapes);
    std::map<std::string, std::string> files;
    for (const auto& f : o.loadInputs) {
        size_t colon = f.find(':');
        if (colon == std::string::npos)
            throw std::runtime_error("--loadInputs takes name:file, got \"" + f + "\"");
        files[f.substr(0, colon)] = f.substr(colon + 1);
    }
    for (int32_t i = 0; i < engine_->getNbIOTensors(); ++i) {
        const char* name = engine_->getIOTensorName(i);
        if (engine_->getTensorIOMode(name) != TensorIOMode::kINPUT) {
            outputs_[name].engine = engine_.get();
            context_->setOutputAllocator(name, &outputs_[name]);
            continue;
        }
        Array& a = inputs_[name];
        a.type = engine_->getTensorDataType(name);
        a.dims = vectorOf(engine_->getProfileShape(name, 0, OptProfileSelector::kOPT));
        if (wanted.count(name)) a.dims = wanted[name];
        if (files.count(name)) a = loadInput(files[name], a.type, a.dims);
        if (a.type != engine_->getTensorDataType(name))
            throw std::runtime_error(std::string("input \"") + name + "\" is " +
                                     typeName(engine_->getTensorDataType(name)) +
                                     ", the file holds " + typeName(a.type));
        size_t size = elementBytes(a.type);
        for (int64_t d : a.dims) size *= static_cast<size_t>(d);
        if (files.count(name) && a.bytes.size() != size)
            throw std::runtime_error(std::string("the file for input \"") + name + "\" has " +
                                     std::to_string(a.bytes.size()) + " bytes, shape " +
                                     shapeText(a.dims) + " needs " + std::to_string(size));
        a.bytes.resize(std::max<size_t>(size, 1));
        if (!files.count(name)) fillRandom(a, seed);
        if (!context_->setInputShape(name, extentsOf(a.dims)) ||
            !context_->setInputTensorAddress(name, reachable(name, a)))
            throw std::runtime_error(logger_.errors());
    }
}

bool Session::bindTo(IExecutionContext& context,
                     std::map<std::string, std::unique_ptr<IDeviceMemory>>& outputs) {
    for (auto& [name, a] : inputs_) {
        auto memory = inputMemory_.find(name);
        void* data = memory == inputMemory_.end() ? a.bytes.data() : memory->second->data();
        if (!context.setInputShape(name.c_str(), extentsOf(a.dims)) ||
            !context.setInputTensorAddress(name.c_str(), data))
            return false;
    }
    for (const auto& [name, o] : outputs_) {
        const int64_t size = context.getMaxOutputSize(name.c_str());
        if (size < 0) return false;
        auto& memory = outputs[name];
        memory.reset(engine_->allocateMemory(static_cast<size_t>(std::max<int64_t>(size, 1))));
        if (!memory || !context.setOutputTensorAddress(name.c_str(), memory->data())) return false;
    }
    return true;
}

// Where the engine reads an input: shapes stay on the host.
void* Session::reachable(const std::string& name, Array& a) {
    if (!onGpu() || engine_->isShapeInferenceIO(name.c_str())) return a.bytes.data();
    auto& memory = inputMemory_[name];
    memory.reset(engine_->allocateMemory(a.bytes.size()));
    if (!memory || !memory->copyFromHost(a.bytes.data(), a.bytes.size()))
        throw std::runtime_error(logger_.errors());
    return memory->data();
}

void Session::enqueue() {
    if (!context_->enqueueV3(nullptr)) throw std::runtime_error(logger_.errors());
}

void Session::wait() {
    if (!context_->wait()) throw std::runtime_error(logger_.errors());
}

void* Session::Output::reallocateOutput(char const*, void*, uint64_t size, uint64_t) noexcept {
    if (!memory || memory->size() < size)
        memory.reset(engine->allocateMemory(std::max<size_t>(size, 1)));
    return memory ? memory->data() : nullptr;
}

void Session::Output::notifyShape(char const*, Dims const& d) noexcept { dims = vectorOf(d); }

std::map<std::string, Array> Session::outputs() const {
    std::map<std::string, Array> out;
    for (const auto& [name, o] : outputs_) {
        Array& a = out[name];
        a.type = engine_->getTensorDataType(name.c_str());
        a.dims = o.dims;
        size_t size = elementBytes(a.type);
        for (int64_t d : a.dims) size *= static_cast<size_t>(d);
        a.bytes.resize(std::min(size, o.memory ? o.memory->size() : 0));
        if (!a.bytes.empty() && !o.memory->copyToHost(a.bytes.data(), a.bytes.size()))
            throw std::runtime_error(logger_.errors());
    }
    return out;
}

void Session::exportOutputs(const std::string& folder) const {
    std::filesystem::create_directories(folder);
    for (const auto& [name, a] : outputs()) {
        std::string file = name;
        std::replace(file.begin(), file.end(), '/', '_');
        writeNpy(folder + "/" + file + ".npy", a);
    }
}

}  // namespace bireme::cli
