// SPDX-License-Identifier: Apache-2.0
// A small plan that uses everything a file can hold.
#pragma once

#include "plan/plan.h"
#include "plan/write.h"

#include <cstring>

namespace bireme::plan::test {

// The bytes of a file, to be spoilt.
inline std::vector<uint8_t> written(const Plan& plan) {
    const Blob file = write(plan);
    return {file.data(), file.data() + file.size()};
}

inline TensorDesc desc(DimVector dims, DataType type = DataType::kFLOAT) {
    TensorDesc d;
    d.type = type;
    d.dims = std::move(dims);
    return d;
}

inline PlanTensor tensor(const char* name, TensorDesc d, Storage s, int32_t index = -1,
                         int64_t offset = 0) {
    return {name, std::move(d), s, offset, index, -1};
}

inline Step kernelStep(const char* name, std::vector<int32_t> in, std::vector<int32_t> out) {
    Step s;
    s.name = name;
    s.kernel = "toy.add";
    s.tactic = "toy.add[1]";
    s.origins = {name, "user layer"};
    s.kernelBytes = Blob::own({1, 2, 3});
    s.inputs = std::move(in);
    s.outputs = std::move(out);
    return s;
}

inline Region branch(const char* name) {
    Region r;
    Dim n = Dim::symbol("N");
    r.tensors = {tensor("in", desc({n, 4}), Storage::parent, 1),
                 tensor("out", desc({n, 4}), Storage::parent, 2)};
    r.steps = {kernelStep(name, {0}, {1})};
    r.outputs = {1};
    return r;
}

inline Plan samplePlan() {
    Plan p;
    Dim n = Dim::symbol("N");
    p.name = "sample \"net\"";
    p.metadata = {{"bireme", "0.1.0"}, {"level", "3"}};
    p.fingerprint = {{"device", "cpu"}, {"isa", "avx2"}};
    p.backend = "toy";
    p.threads = 2;
    IoTensor x{"x",  desc({n, 4}), {"batch", ""},
               true, false,        {{{1, 4}, {2, 4}, {8, 4}, {}, {}, {}}}};
    IoTensor flag{"flag", desc({}, DataType::kBOOL), {}, true, false, {}};
    IoTensor y{"y", desc({n, 4}), {}, false, false, {}};
    p.io = {x, flag, y};
    p.weights = Blob::copy(std::vector<float>(32, 0.5f).data(), 128);
    p.constants = {{0, 16, "bias"}, {64, 64, "weight"}};

    Variant v;
    v.ranges = {{"N", {1, 8}}, {"$1.0", {0, 8}}};
    v.inputSymbols = {{"N", 0, 0, false}};
    v.arenaBytes = 1024;
    Region& r = v.root;
    r.tensors = {tensor("x", desc({n, 4}), Storage::input, 0),
                 tensor("flag", desc({}, DataType::kBOOL), Storage::input, 1),
                 tensor("bias", desc({4}), Storage::constant, 0),
                 tensor("a", desc({n, 4}), Storage::arena, -1, 128),
                 tensor("y", desc({n, 4}), Storage::output, 2),
                 tensor("a flat", desc({n * Dim(4)}), Storage::arena),
                 tensor("late", desc({Dim::symbol("$1.0")}), Storage::deferred)};
    r.tensors[5].aliasOf = 3;
    r.steps = {kernelStep("add", {0, 2, -1}, {3}), kernelStep("find", {5}, {6})};
    r.steps[0].constants = {1};
    r.steps[0].constantLayouts = {"oihw"};
    r.steps[0].workspaceOffset = 512;
    r.steps[0].workspaceBound = 256;
    r.steps[0].milliseconds = 0.25f;
    r.steps[1].defines = {{"$1.0", 6, 0}};
    Step choose;
    choose.kind = StepKind::conditional;
    choose.name = "choose";
    choose.inputs = {1, 3};
    choose.outputs = {4};
    choose.children = {branch("then"), branch("else")};
    r.steps.push_back(choose);
    p.variants = {v};
    return p;
}

}  // namespace bireme::plan::test
