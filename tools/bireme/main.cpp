// SPDX-License-Identifier: Apache-2.0
#include "bireme/version.h"
#include "tools/bireme/options.h"
#include "tools/bireme/terminal.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <functional>
#include <stdexcept>

namespace {

using bireme::cli::Options;

void addModel(CLI::App* c, Options& o, const char* what) {
    c->add_option("model,--onnx,--uff,--deploy,--loadEngine", o.model, what)->required();
}

void addBuild(CLI::App* c, Options& o) {
    c->add_option(
         "--shapes", o.shapes,
         "name:1x3x224x224 per dynamic input: one shape, or min, opt and max from the other three")
        ->delimiter(',');
    c->add_option("--minShapes", o.minShapes, "smallest shape of each dynamic input")
        ->delimiter(',');
    c->add_option("--optShapes", o.optShapes, "shape to tune for")->delimiter(',');
    c->add_option("--maxShapes", o.maxShapes, "largest shape")->delimiter(',');
    c->add_option("--uffInput", o.uffInputs,
                  "name,C,H,W of an input of a UFF file or TensorFlow graph (repeatable; default: "
                  "what the file says, in its order)");
    c->add_flag("--uffNHWC", o.uffNhwc, "the dimensions of --uffInput are H,W,C");
    c->add_option("--output", o.outputs, "outputs of a UFF file, TensorFlow graph or Caffe network")
        ->delimiter(',');
    c->add_option(
        "--model", o.caffeModel,
        "trained file (.caffemodel) of a Caffe network; without it the weights are made up");
    c->add_option("--precision", o.precision,
                  "fp32 (strict), tf32, or what layers may compute in: fp16, bf16, best (both)")
        ->check(CLI::IsMember({"fp32", "tf32", "fp16", "bf16", "best"}));
    c->add_flag("--fp16", o.fp16, "layers may compute in FP16");
    c->add_flag("--bf16", o.bf16, "layers may compute in BF16");
    c->add_flag("--noTF32", o.noTf32, "FP32 products do not round their inputs to TF32");
    c->add_flag("--stronglyTyped", o.stronglyTyped, "layers compute in the model's own types");
    c->add_option("--device", o.device, "auto, cpu or gpu")
        ->check(CLI::IsMember({"auto", "cpu", "gpu"}));
    c->add_option("--threads", o.threads, "CPU threads of the engine; 0: all cores")
        ->check(CLI::Range(0, 1024));
    c->add_option("--builderOptimizationLevel,--level", o.level, "0: no timing ... 5: everything")
        ->check(CLI::Range(0, 5));
    c->add_option("--avgTiming", o.avgTiming, "how often each kernel is timed")
        ->check(CLI::Range(1, 100));
    c->add_option("--tuningPoints", o.tuningPoints,
                  "shapes between min and max that kernels are timed at; 0: 4 on a GPU, 1 on a CPU")
        ->check(CLI::Range(0, 16));
    c->add_option(
        "--timingCacheFile", o.timingCacheFile,
        "read if it exists, written after the build; tactics that made a GPU unusable are "
        "noted beside it, in the file of that name with .denylist");
    c->add_flag("--deterministic", o.deterministic,
                "time nothing: the same timing cache gives the same engine, byte for byte");
    c->add_flag("--device-only,--deviceOnly", o.deviceOnly,
                "the engine does not keep its network: it cannot be built anew for another device");
    c->add_option("--plugins,--staticPlugins,--dynamicPlugins", o.plugins,
                  "shared objects with the plugins of the model or engine (repeatable)");
    c->add_option("--setPluginsToSerialize", o.packedPlugins,
                  "as --plugins, and put into the engine file (repeatable)");
    c->add_flag("--allowHostCode", o.allowHostCode,
                "run the code of plugin libraries that an engine file brings along");
}

void addLog(CLI::App* c, Options& o) {
    c->add_option("--verbose", o.verbose, "info, tactics (every factory's answer) or all")
        ->expected(0, 1)
        ->default_str("all");
    c->add_flag("--quiet,-q", o.quiet, "errors only");
}

void addRun(CLI::App* c, Options& o) {
    c->add_option("--loadInputs", o.loadInputs,
                  "name:file (.npy, or raw bytes); what is missing is random")
        ->delimiter(',');
    c->add_flag("--rebuild-on-mismatch,--rebuildOnMismatch", o.rebuildOnMismatch,
                "build an engine file anew, from the network that it keeps, where no device is one "
                "that it was built for; --saveEngine says where to store the result");
    c->add_option("--saveEngine", o.engine, "file for an engine that was built anew");
    c->add_flag("--lazy", o.lazyVerify, "do not verify the weights' checksums while loading");
}

void addExport(CLI::App* c, Options& o) {
    c->add_option("--exportOutput", o.exportOutput, "folder that receives one .npy per output");
}

void addBench(CLI::App* c, Options& o) {
    c->add_option("--iterations", o.iterations, "at least this many runs");
    c->add_option("--duration", o.duration, "at least this many seconds");
    c->add_option("--warmUp", o.warmUp, "milliseconds before measuring");
    c->add_option("--streams", o.streams,
                  "then the throughput of so many contexts of the engine, each with a stream and a "
                  "thread of its own")
        ->check(CLI::Range(0, 256));
    c->add_flag("--dumpProfile,--layers", o.dumpProfile,
                "print time, GFLOP/s and GB/s of every layer and its share of what this machine "
                "could do (measured), those that lose most first");
    c->add_option("--exportLayers", o.exportLayers, "write the same, and the limits, as JSON");
    c->add_option("--exportProfile", o.exportProfile, "write the time of every layer as JSON");
    c->add_option("--exportTimes", o.exportTimes, "write the time of every run as JSON");
}

void addConvert(CLI::App* c, Options& o) {
    c->add_option("conversion", o.conversion,
                  "tensorflow-to-uff, tensorflow-to-onnx, pytorch-to-onnx, mxnet-to-onnx")
        ->required()
        ->check(CLI::IsMember(
            {"tensorflow-to-uff", "tensorflow-to-onnx", "pytorch-to-onnx", "mxnet-to-onnx"}));
    c->add_option("model", o.model, "model to convert")->required();
    c->add_option("-o,--output-file", o.engine, "file to write (default: the model's name)");
    c->add_option("-O,--output-node,--output", o.outputs,
                  "outputs (default: the nodes that nobody consumes)")
        ->delimiter(',');
    c->add_option("-I,--input-node", o.inputNodes,
                  "name,newName,dtype,d1,d2,...: a node that becomes an input (to UFF)");
    c->add_flag("-l,--list", o.list, "only name the outputs (to UFF)");
    c->add_option("--params", o.params, "the .params file (MXNet)");
    c->add_option("--shapes", o.shapes, "name:1x3x224x224 of each input (PyTorch, MXNet)")
        ->delimiter(',');
    c->add_option("--python", o.python, "interpreter with Bireme and the converter (to ONNX)");
}

using Add = std::function<CLI::App*(const char* name, const char* help, int (*)(const Options&))>;

void addEngineCommands(const Add& add, Options& o) {
    CLI::App* build =
        add("build", "optimise a model (ONNX, UFF, frozen TensorFlow graph) into an engine file",
            bireme::cli::runBuild);
    addModel(build, o, "model");
    build->add_option("-o,--saveEngine", o.engine,
                      "engine file to write (default: the model's name with .engine)");
    addBuild(build, o);
    build->add_flag("--verify", o.verifyRewrites,
                    "interpret the network before and after every pass on random inputs; fails "
                    "naming the rewrite that changes a result (slow)");
    addLog(build, o);

    CLI::App* run =
        add("run", "run an engine or model once and describe the outputs", bireme::cli::runRun);
    addModel(run, o, "engine or model");
    addBuild(run, o);
    addRun(run, o);
    addExport(run, o);
    addLog(run, o);

    CLI::App* bench = add("bench", "time an engine or model", bireme::cli::runBench);
    addModel(bench, o, "engine or model");
    addBuild(bench, o);
    addRun(bench, o);
    addExport(bench, o);
    addBench(bench, o);
    addLog(bench, o);

    CLI::App* inspect =
        add("inspect", "list the layers of an engine: formats, precisions, tactics, sizes",
            bireme::cli::runInspect);
    addModel(inspect, o, "engine or model");
    addBuild(inspect, o);
    inspect->add_flag("--json", o.json, "as JSON");
    inspect->add_flag("--optimizations", o.optimizations,
                      "what the optimizer did, pass by pass, and why something was left as it is");
    CLI::Option* html = inspect->add_option(
        "--html", o.html,
        "write a page of its own: graph before and after, times, tactics, memory over time");
    inspect
        ->add_flag("--times", o.layerTimes,
                   "run it with a profiler for the page, on random inputs; else the page has the "
                   "times taken at the build")
        ->needs(html);
    addLog(inspect, o);
}

void addModelCommands(const Add& add, Options& o) {
    CLI::App* convert = add("convert", "convert a model to UFF or ONNX", bireme::cli::runConvert);
    addConvert(convert, o);
    addLog(convert, o);

    CLI::App* compare =
        add("compare",
            "compare with onnxruntime (where installed) on the same inputs, or precisions with "
            "each other",
            bireme::cli::runCompare);
    addModel(compare, o, "model (ONNX beside onnxruntime)");
    addBuild(compare, o);
    addRun(compare, o);
    compare->add_option("--tolerance", o.tolerance,
                        "largest difference allowed, as a part of each output's range");
    compare
        ->add_option(
            "--precisions", o.precisions,
            "fp32,tf32,fp16,bf16: build each and print its speed-up, largest error, cosine "
            "and top-1 agreement beside FP32 on the same device; onnxruntime is not asked")
        ->delimiter(',')
        ->check(CLI::IsMember({"fp32", "tf32", "fp16", "bf16", "best"}));
    compare->add_option("--samples", o.samples, "random inputs that precisions are compared on")
        ->check(CLI::Range(1, 100000));
    compare->add_option("--python", o.python, "interpreter that has onnxruntime and numpy");
    addLog(compare, o);

    CLI::App* check = add("check",
                          "what of a model can be imported and where its layers would run, and "
                          "what to do about the rest; builds nothing",
                          bireme::cli::runCheck);
    addModel(check, o, "model");
    addBuild(check, o);
    check->add_flag("--json", o.json, "where the layers would run, as JSON");
    addLog(check, o);
}

void addOtherCommands(const Add& add, Options& o) {
    CLI::App* opt = add("opt", "run passes on graphs in text form", bireme::cli::runOpt);
    opt->add_option("model", o.model, "text file, or - for standard input")->default_str("-");
    opt->add_option("--pass,-p", o.passes, "pass to run (repeatable; default: the whole pipeline)")
        ->delimiter(',');
    opt->add_flag("--bisect", o.bisect,
                  "check every pass on random inputs, and name the rewrite that breaks a result");
    opt->add_flag("--list", o.listPasses, "list the passes in order");

    CLI::App* doctor =
        add("doctor",
            "what this machine can do: devices, instruction sets, libraries found and missing",
            bireme::cli::runDoctor);
    doctor->add_flag("--json", o.json, "as JSON");

    CLI::App* demo =
        add("demo", "read the text off pictures with PP-OCRv4 run by Bireme", bireme::cli::runDemo);
    demo->add_option("files", o.files, "pictures (default: a scanned page)");
    demo->add_option("--python", o.python,
                     "interpreter with Bireme's Python package and the demo's requirements");
}

}  // namespace

int main(int argc, char** argv) {
    Options o;
    CLI::App app("Bireme optimises a trained network and runs it fast.", "bireme");
    app.set_version_flag("--version", "bireme " BIREME_VERSION);
    app.require_subcommand(1);
    int (*command)(const Options&) = nullptr;
    auto add = [&](const char* name, const char* help, int (*f)(const Options&)) {
        CLI::App* c = app.add_subcommand(name, help);
        c->callback([&command, f] { command = f; });
        return c;
    };
    addEngineCommands(add, o);
    addModelCommands(add, o);
    addOtherCommands(add, o);

    CLI11_PARSE(app, argc, argv);
    try {
        return command(o);
    } catch (const bireme::cli::Interrupted& e) {
        std::fprintf(stderr, "bireme: %s\n", e.what());
        return 128 + SIGINT;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "bireme: %s\n", e.what());
        return 1;
    }
}
