// SPDX-License-Identifier: Apache-2.0
// The options of all subcommands, filled by main.cpp from its one table. Names are trtexec's where
// it has them.
#pragma once

#include <string>
#include <vector>

namespace bireme::cli {

struct Options {
    std::string model;                // positional: a model, or an engine
    std::string engine;               // -o, --saveEngine
    std::vector<std::string> shapes;  // --shapes name:1x3x224x224
    std::vector<std::string> minShapes, optShapes, maxShapes;
    std::string precision = "fp32";  // fp32 (strict), tf32, fp16, bf16 or best
    bool fp16 = false, bf16 = false, noTf32 = false, stronglyTyped = false;
    std::string device = "auto";  // auto, cpu, gpu
    int threads = 0;
    int level = 3;  // --builderOptimizationLevel
    int avgTiming = 1;
    int tuningPoints = 0;
    std::string timingCacheFile;
    bool deterministic = false;
    bool deviceOnly = false;         // the engine does not keep its network
    bool rebuildOnMismatch = false;  // build an engine anew that runs on no device here
    std::string verbose;             // "", "info", "tactics", "all"
    bool quiet = false;
    bool lazyVerify = false;
    std::vector<std::string> plugins;  // --plugins: libraries
    std::vector<std::string>
        packedPlugins;            // --setPluginsToSerialize: libraries for the engine file
    bool allowHostCode = false;   // of the libraries that an engine file brings along
    bool verifyRewrites = false;  // build --verify
    bool bisect = false;          // opt --bisect

    std::vector<std::string> outputs;    // --output: UFF, TensorFlow and Caffe
    std::string caffeModel;              // --model: the trained file of a Caffe network
    std::vector<std::string> uffInputs;  // --uffInput name,C,H,W
    bool uffNhwc = false;

    std::string conversion;               // convert: tensorflow-to-uff, ...-to-onnx
    std::string params;                   // convert mxnet-to-onnx: the .params file
    std::vector<std::string> inputNodes;  // convert: name,newName,dtype,d1,d2,...
    bool list = false;                    // convert: say the outputs only

    std::vector<std::string> loadInputs;  // name:file.npy or raw
    std::string exportOutput;             // folder that receives name.npy
    int iterations = 10;
    double duration = 3;  // seconds
    double warmUp = 200;  // milliseconds
    bool dumpProfile = false;
    std::string exportProfile, exportTimes, exportLayers;

    bool json = false;
    bool optimizations = false;       // inspect: what the optimizer did
    std::string html;                 // inspect: page to write
    bool layerTimes = false;          // inspect --html: run it for the layers' times
    std::vector<std::string> passes;  // opt --pass
    bool listPasses = false;
    double tolerance = 1e-4;              // compare: of the output's range
    std::vector<std::string> precisions;  // compare: with FP32 instead of with onnxruntime
    int samples = 4;                      // compare --precisions: random inputs
    int streams = 0;                      // bench: contexts beside each other
    std::string python = "python3";
    std::vector<std::string> files;  // demo
};

int runBuild(const Options& o);
int runConvert(const Options& o);
int runRun(const Options& o);
int runBench(const Options& o);
int runInspect(const Options& o);
int runCompare(const Options& o);
int comparePrecisions(const Options& o);  // of runCompare
int runOpt(const Options& o);
int runCheck(const Options& o);
int runDoctor(const Options& o);
int runDemo(const Options& o);

}  // namespace bireme::cli
