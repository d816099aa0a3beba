// SPDX-License-Identifier: Apache-2.0
#include "plan/validate.h"
#include "base/status.h"
#include "plan/describe.h"
#include "plan/loop.h"
#include "sample_plan.h"

#include <gtest/gtest.h>

using namespace bireme;
using namespace bireme::plan;
using test::desc;
using test::samplePlan;

namespace {

struct Case {
    const char* expected;  // part of the message
    void (*damage)(Plan&);
};

Region& root(Plan& p) { return p.variants[0].root; }

// The sample's conditional as a loop that carries one value.
Step& loopOf(Plan& p, const LoopForm& form = {.carried = 1}) {
    Step& s = root(p).steps[2];
    s.kind = StepKind::loop;
    s.kernelBytes = Blob::own(form.bytes());
    s.inputs = {-1, 1, 3};
    s.children.pop_back();
    Region& body = s.children[0];
    body.tensors[0].index = 2;
    body.tensors[1].storage = Storage::arena;
    body.tensors[1].offset = 768;
    body.outputs = {-1, 1};
    return s;
}

Format& formatOf(Plan& p, size_t tensor) { return root(p).tensors[tensor].desc.format; }

const Case kCases[] = {
    {"outside the scratch", [](Plan& p) { root(p).tensors[3].offset = 960; }},
    {"not aligned", [](Plan& p) { root(p).tensors[3].offset = 4; }},
    {"not aligned", [](Plan& p) { root(p).tensors[3].offset = -64; }},
    {"no constant", [](Plan& p) { root(p).tensors[2].index = 2; }},
    {"larger than its constant", [](Plan& p) { root(p).tensors[2].desc.dims = {5}; }},
    {"no input or output", [](Plan& p) { root(p).tensors[0].index = 3; }},
    {"differs from", [](Plan& p) { root(p).tensors[0].index = 2; }},
    {"differs from", [](Plan& p) { root(p).tensors[0].desc.type = DataType::kINT64; }},
    {"chained without end", [](Plan& p) { root(p).tensors[3].aliasOf = 5; }},
    {"does not exist", [](Plan& p) { root(p).tensors[5].aliasOf = 99; }},
    {"unknown symbol", [](Plan& p) { root(p).tensors[3].desc.dims[0] = Dim::symbol("Q"); }},
    {"operand that does not exist", [](Plan& p) { root(p).steps[0].inputs[0] = 7; }},
    {"operand that does not exist", [](Plan& p) { root(p).steps[0].outputs[0] = -2; }},
    {"must not change", [](Plan& p) { root(p).steps[0].outputs[0] = 2; }},
    {"must not change", [](Plan& p) { root(p).steps[0].outputs[0] = 0; }},
    {"constant that does not exist", [](Plan& p) { root(p).steps[0].constants[0] = 2; }},
    {"workspace", [](Plan& p) { root(p).steps[0].workspaceBound = 513; }},
    {"names no kernel", [](Plan& p) { root(p).steps[0].kernel.clear(); }},
    {"not its output", [](Plan& p) { root(p).steps[1].defines[0].index = 1; }},
    {"no symbol of a step", [](Plan& p) { root(p).steps[1].defines[0].symbol = "N"; }},
    {"two branches", [](Plan& p) { root(p).steps[2].children.pop_back(); }},
    {"not one boolean", [](Plan& p) { root(p).steps[2].inputs[0] = 0; }},
    {"has 0 results", [](Plan& p) { root(p).steps[2].children[0].outputs.clear(); }},
    {"no operand of its region",
     [](Plan& p) { root(p).steps[2].children[0].tensors[0].index = 3; }},
    {"differs from the operand",
     [](Plan& p) { root(p).steps[2].children[0].tensors[0].index = 0; }},
    {"no operand of its region", [](Plan& p) { root(p).tensors[3].storage = Storage::parent; }},
    {"a loop", [](Plan& p) { root(p).steps[2].kind = StepKind::loop; }},
    {"do not fit the step", [](Plan& p) { loopOf(p, {.carried = 2}); }},
    {"2 regions", [](Plan& p) { loopOf(p).children.push_back(test::branch("more")); }},
    {"turns of loop", [](Plan& p) { loopOf(p).inputs[0] = 3; }},
    {"condition of loop", [](Plan& p) { loopOf(p).inputs[1] = 3; }},
    {"lacks a value", [](Plan& p) { loopOf(p).inputs[2] = -1; }},
    {"not in row-major order",
     [](Plan& p) {
         loopOf(p), formatOf(p, 3).order = {1, 0};
     }},
    {"slices a dim",
     [](Plan& p) {
         loopOf(p,
                {.inputAxes = {2}, .inputBackward = {0}, .outputAxes = {0}, .outputBackward = {0}});
     }},
    {"is of a result of its loop", [](Plan& p) { loopOf(p).children[0].tensors[0].index = 3; }},
    {"differs from the operand",
     [](Plan& p) { loopOf(p).children[0].tensors[0].desc.dims.pop_back(); }},
    {"no turn or condition", [](Plan& p) { loopOf(p).children[0].tensors[0].index = 1; }},
    {"results, its region", [](Plan& p) { loopOf(p).children[0].outputs.pop_back(); }},
    {"lacks a result", [](Plan& p) { loopOf(p).children[0].outputs[1] = -1; }},
    {"not one boolean", [](Plan& p) { loopOf(p).children[0].outputs[0] = 1; }},
    {"another type or rank",
     [](Plan& p) { loopOf(p, {.outputAxes = {0}, .outputBackward = {0}}); }},
    {"unknown kind", [](Plan& p) { root(p).steps[2].kind = static_cast<StepKind>(9); }},
    {"unknown type", [](Plan& p) { root(p).tensors[3].desc.type = static_cast<DataType>(33); }},
    {"order of dimensions", [](Plan& p) { root(p).tensors[5].desc.format.order = {3}; }},
    {"strided without",
     [](Plan& p) {
         root(p).tensors[3].desc.format.strides = {4, 1};
     }},
    {"has no range", [](Plan& p) { p.variants[0].inputSymbols[0].symbol = "M"; }},
    {"comes from no dimension", [](Plan& p) { p.variants[0].inputSymbols[0].index = 2; }},
    {"empty range",
     [](Plan& p) {
         p.variants[0].ranges[0].second = {4, 2};
     }},
    {"samples at a time", [](Plan& p) { p.variants[0].slices.lanes = 0; }},
    {"samples at a time", [](Plan& p) { p.variants[0].slices.extent = -1; }},
    {"has no samples to slice",
     [](Plan& p) {
         p.variants[0].slices = {1, 2, "N"};
     }},
    {"profile", [](Plan& p) { p.io[0].profiles.clear(); }},
    {"min <= opt <= max",
     [](Plan& p) {
         p.io[0].profiles[0].max = {1, 4};
     }},
    {"of another", [](Plan& p) { p.io[2].name = "x"; }},
    {"outside the weights", [](Plan& p) { p.constants[1].size = 65; }},
    {"outside the weights", [](Plan& p) { p.constants[1].offset = 32; }},
    {"profile 1", [](Plan& p) { p.variants[0].profile = 1; }},
    {"no steps", [](Plan& p) { p.variants.clear(); }},
    {"0 profiles", [](Plan& p) { p.profileCount = 0; }},
    {"impossible time", [](Plan& p) { root(p).steps[0].milliseconds = -1; }},
    {"reads back no integers",
     [](Plan& p) {
         root(p).steps[1].kind = StepKind::readback;
         root(p).steps[1].outputs.clear();
     }},
};

}  // namespace

TEST(Validate, TheSampleIsValid) {
    Plan p = samplePlan();
    EXPECT_NO_THROW(validate(p));
    loopOf(p);
    EXPECT_NO_THROW(validate(p));
}

TEST(Validate, EveryDamageIsNamed) {
    for (const Case& c : kCases) {
        Plan p = samplePlan();
        c.damage(p);
        try {
            validate(p);
            ADD_FAILURE() << "accepted: " << c.expected;
        } catch (const Error& e) {
            EXPECT_NE(std::string(e.what()).find(c.expected), std::string::npos)
                << e.what() << "\nexpected: " << c.expected;
        }
    }
}

TEST(Validate, RegionsNestedTooDeepAreRefused) {
    Plan p = samplePlan();
    Region inner = test::branch("leaf");
    for (int i = 0; i < 40; ++i) {
        Region outer;
        outer.tensors = {test::tensor("flag", desc({}, DataType::kBOOL), Storage::input, 1),
                         test::tensor("in", desc({Dim::symbol("N"), 4}), Storage::parent, 1),
                         test::tensor("out", desc({Dim::symbol("N"), 4}), Storage::parent, 2)};
        Step s;
        s.kind = StepKind::conditional;
        s.name = "nested";
        s.inputs = {0, 1};
        s.outputs = {2};
        s.children = {inner, test::branch("leaf")};
        outer.steps = {s};
        outer.outputs = {2};
        inner = outer;
    }
    root(p).steps[2].children[0] = inner;
    EXPECT_THROW(validate(p), Error);
}

TEST(Describe, TellsLayersFormatsAndSizes) {
    Plan p = samplePlan();
    std::string text = engineText(p, {});
    EXPECT_NE(text.find("toy.add[1]"), std::string::npos) << text;
    EXPECT_NE(text.find("profiles: [1,4] .. [2,4] .. [8,4]"), std::string::npos) << text;
    EXPECT_NE(text.find("workspace 256"), std::string::npos) << text;
    EXPECT_NE(text.find("then"), std::string::npos) << text;
    Dim::Values values{{"N", 3}};
    DescribeOptions o;
    o.symbols = &values;
    EXPECT_NE(layerJson(p, 0, o).find("\"Dimensions\": [3,4]"), std::string::npos)
        << layerJson(p, 0, o);
    EXPECT_EQ(layerCount(p), 3);
    EXPECT_NE(engineJson(p, {}).find("\"sample \\\"net\\\"\""), std::string::npos);
    EXPECT_EQ(layerText(p, 0, {false, true, 0, nullptr}), "add");
}
