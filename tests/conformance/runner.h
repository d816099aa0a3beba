// SPDX-License-Identifier: Apache-2.0
// Runs every kernel of every backend that takes a small graph, in every format and tactic, against
// the reference result; once as made and once saved and loaded again.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <ostream>
#include <string>
#include <vector>

namespace bireme::conformance {

// A graph in the text form of ir/print.h. Its constants become constant operands of one group of
// all its nodes; its symbols' ranges are the profile, the optimum lies in the middle.
struct Case {
    std::string name;
    std::string graph;
    std::vector<std::string> mustRun;  // factories that have to take it
    double tolerance =
        2e-6;  // max difference, relative to the largest absolute result (at least 1)
    double low = -2, high = 2;         // of real inputs
    int64_t intLow = -4, intHigh = 4;  // of integer inputs
    std::map<std::string, std::vector<int64_t>> values =
        {};               // of integer inputs, which the host knows when binding
    bool exact = false;   // every bit agrees (moves of data)
    bool search = false;  // tactics of `mustRun` as the highest level of optimization lists them
    bool tf32 = false;    // products may round their inputs of FP32
    bool plainWeights = false;  // packed constants of `mustRun` hold the given numbers, moved alone
};

inline void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

void run(const Case& c);

class Conformance : public testing::TestWithParam<Case> {};

}  // namespace bireme::conformance

#define BIREME_CONFORMANCE(suite, ...)                                              \
    class suite : public bireme::conformance::Conformance {};                       \
    TEST_P(suite, AgreesWithReference) { bireme::conformance::run(GetParam()); }    \
    static const std::vector<bireme::conformance::Case> suite##Cases = __VA_ARGS__; \
    INSTANTIATE_TEST_SUITE_P(Conformance, suite, testing::ValuesIn(suite##Cases),   \
                             [](const auto& info) { return info.param.name; })
