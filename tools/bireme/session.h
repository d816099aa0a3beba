// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bireme/bireme.h"
#include "tools/bireme/model.h"
#include "tools/bireme/npy.h"
#include "tools/bireme/terminal.h"

#include <map>
#include <memory>
#include <string>

namespace bireme::cli {

using Shapes = std::map<std::string, std::vector<int64_t>>;
// "x:1x3x224x224" each; throws std::runtime_error.
Shapes parseShapes(const std::vector<std::string>& texts);
std::string shapeText(const std::vector<int64_t>& dims);

// Loads the libraries of --plugins, once. Throws std::runtime_error; the reason goes to stderr.
void loadPlugins(const Options& o);
// One profile from --shapes and --minShapes, --optShapes, --maxShapes. Without any, a dynamic batch
// dimension is 1; other dynamic dimensions have no sensible default, so the error says what to
// write.
void addProfile(const Options& o, IBuilder& builder, INetworkDefinition& network,
                IBuilderConfig& config, TerminalLogger& logger);
// Precision, device, threads and the like.
void configure(const Options& o, IBuilderConfig& config);

// Parses and builds; returns the serialized engine. Throws std::runtime_error with all reasons.
std::unique_ptr<IHostMemory> buildEngine(const Options& o, TerminalLogger& logger);

// A loaded engine with buffers for one set of shapes.
class Session {
public:
    explicit Session(const Options& o);  // loads, or builds a model first

    ICudaEngine& engine() { return *engine_; }
    IExecutionContext& context() { return *context_; }
    double loadSeconds() const { return loadSeconds_; }

    // Shapes from --shapes, files or the profile; bytes from files, or random by `seed`.
    void setInputs(const Options& o, uint32_t seed = 0);
    // The inputs of this session for another context of its engine, whose outputs go into memory of
    // their own, made here. False on failure; outputs whose size only running tells are one.
    bool bindTo(IExecutionContext& context,
                std::map<std::string, std::unique_ptr<IDeviceMemory>>& outputs);
    void enqueue();  // throws on failure
    void wait();
    void run() {
        enqueue();
        wait();
    }
    bool onGpu() const { return engine_->getDeviceType() == DeviceType::kGPU; }
    std::map<std::string, Array> inputs() const { return inputs_; }
    std::map<std::string, Array> outputs() const;
    // NAME.npy each, with _ for the slashes of its name; makes the folder.
    void exportOutputs(const std::string& folder) const;
    TerminalLogger& logger() { return logger_; }

private:
    class Output final : public IOutputAllocator {
    public:
        void* reallocateOutput(char const*, void*, uint64_t size, uint64_t) noexcept override;
        void* reallocateOutputAsync(char const* n, void* p, uint64_t size, uint64_t a,
                                    cudaStream_t) override {
            return reallocateOutput(n, p, size, a);
        }
        void notifyShape(char const*, Dims const& dims) noexcept override;
        const ICudaEngine* engine = nullptr;
        std::unique_ptr<IDeviceMemory> memory;
        std::vector<int64_t> dims;
    };

    std::unique_ptr<IHostMemory> rebuilt(const Options& o);
    void* reachable(const std::string& name, Array& a);

    TerminalLogger logger_;
    std::unique_ptr<IRuntime> runtime_;
    std::unique_ptr<ICudaEngine> engine_;
    std::unique_ptr<IExecutionContext> context_;
    std::map<std::string, Array> inputs_;
    std::map<std::string, std::unique_ptr<IDeviceMemory>> inputMemory_;  // on a GPU
    std::map<std::string, Output> outputs_;
    double loadSeconds_ = 0;
};

}  // namespace bireme::cli
