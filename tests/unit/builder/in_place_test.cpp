// SPDX-License-Identifier: Apache-2.0
// Results take the memory of operands that nothing reads any more, and of no others.
#include "builder/in_place.h"

#include <gtest/gtest.h>

namespace bireme::builder {
namespace {

plan::PlanTensor tensor(int64_t rows, plan::Storage storage = plan::Storage::arena) {
    plan::PlanTensor t;
    t.desc.type = DataType::kFLOAT;
    t.desc.dims = {Dim(rows), Dim(4)};
    t.storage = storage;
    return t;
}

plan::Step step(std::vector<int32_t> inputs, std::vector<int32_t> outputs) {
    plan::Step s;
    s.inputs = std::move(inputs), s.outputs = std::move(outputs);
    return s;
}

// input 0 -> 1 -> 2 -> 3 -> output 4
plan::Region chain() {
    plan::Region r;
    r.tensors = {tensor(3, plan::Storage::input), tensor(3), tensor(3), tensor(3),
                 tensor(3, plan::Storage::output)};
    r.steps = {step({0}, {1}), step({1}, {2}), step({2}, {3}), step({3}, {4})};
    return r;
}

const std::map<size_t, int> all{{0, 0}, {1, 0}, {2, 0}, {3, 0}};

TEST(InPlace, AChainIsOneTensor) {
    plan::Region r = chain();
    EXPECT_EQ(shareMemory(r, all), 2);
    EXPECT_EQ(r.tensors[1].aliasOf, -1);  // the user's input stays as it is
    EXPECT_EQ(r.tensors[2].aliasOf, 1);
    EXPECT_EQ(r.tensors[3].aliasOf, 1);
    EXPECT_EQ(r.tensors[4].aliasOf, -1);
}

TEST(InPlace, WhatIsReadLaterStays) {
    plan::Region r = chain();
    r.steps[3].inputs.push_back(1);
    EXPECT_EQ(shareMemory(r, all), 1);
    EXPECT_EQ(r.tensors[2].aliasOf, -1);
    EXPECT_EQ(r.tensors[3].aliasOf, 2);
    r = chain();
    r.tensors.push_back(tensor(3));  // a view that is read later
    r.tensors[5].aliasOf = 1;
    r.steps[3].inputs.push_back(5);
    EXPECT_EQ(shareMemory(r, {{1, 0}}), 0);
    r = chain();
    r.outputs = {1};  // a result of a body
    EXPECT_EQ(shareMemory(r, {{1, 0}}), 0);
}

TEST(InPlace, WhatAStepReadsTwiceStays) {
    plan::Region r = chain();
    r.tensors.push_back(tensor(3));
    r.tensors[5].aliasOf = 1;  // perhaps in another order
    r.steps[1].inputs.push_back(5);
    EXPECT_EQ(shareMemory(r, {{1, 0}}), 0);
}

TEST(InPlace, OtherExtentsTypesAndLayoutsStay) {
    plan::Region r = chain();
    r.tensors[2] = tensor(2);
    EXPECT_EQ(shareMemory(r, {{1, 0}}), 0);
    r = chain();
    r.tensors[2].desc.type = DataType::kHALF;
    EXPECT_EQ(shareMemory(r, {{1, 0}}), 0);
    r = chain();
    r.tensors[2].desc.format.order = {1, 0};
    EXPECT_EQ(shareMemory(r, {{1, 0}}), 0);
}

TEST(InPlace, AViewOfAllIsAsGood) {
    plan::Region r = chain();
    r.tensors[1] = tensor(6);
    r.tensors.push_back(tensor(3));
    r.tensors[5].aliasOf = 1;  // half of it
    r.steps[1].inputs = {5};
    EXPECT_EQ(shareMemory(r, {{1, 0}}), 0);
    r.tensors[1].desc.dims = {Dim(12)};
    EXPECT_EQ(shareMemory(r, {{1, 0}}), 1);
    EXPECT_EQ(r.tensors[2].aliasOf, 1);
}

}  // namespace
}  // namespace bireme::builder
