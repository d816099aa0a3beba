// SPDX-License-Identifier: Apache-2.0
// Expressions whose parts are shared are walked part by part, not path by path.
#include "tensor/dim.h"

#include "base/status.h"

#include <gtest/gtest.h>

namespace bireme {
namespace {

TEST(Dim, MinimaInsideOfOtherFunctionsAreDecided) {
    const Dim n = Dim::symbol("N"), s = Dim::symbol("S");
    const Dim inner = min(s, Dim(512));
    const Dim whole = max(floorDiv(inner + 1, Dim(2)), n) * inner + floorDiv(n, Dim(3));
    const std::map<std::string, DimRange, std::less<>> ranges{{"N", {1, 400}}, {"S", {16, 512}}};
    EXPECT_EQ(whole.simplified(ranges).text(),
              (max(floorDiv(s + 1, Dim(2)), n) * s + floorDiv(n, Dim(3))).text());
    const Dim settled = max(floorDiv(s, Dim(2)), n);
    EXPECT_EQ(settled.simplified(ranges).text(), settled.text());
    EXPECT_EQ(whole.eval({{"N", 7}, {"S", 20}}), 10 * 20 + 2);
    EXPECT_EQ(whole.substitute({{"S", n}}).eval({{"N", 7}}), 7 * 7 + 2);
}

TEST(Dim, SharedPartsAreWalkedOnce) {
    // Every level holds the one below twice: 2^10 paths.
    Dim d = Dim::symbol("N");
    for (int i = 2; i < 12; ++i) d = floorDiv(max(d, Dim(i)) + min(d, Dim(1000 - i)) * 3, Dim(2));
    const std::map<std::string, DimRange, std::less<>> ranges{{"N", {1, 1 << 20}}};
    const Dim less = d.simplified(ranges);
    for (int64_t n : {1, 5, 900, 1 << 20}) {
        EXPECT_EQ(less.eval({{"N", n}}), d.eval({{"N", n}}));
        EXPECT_GE(d.range(ranges).max, *d.eval({{"N", n}}));
    }
    std::vector<std::string> names;
    d.collectSymbols(names);
    EXPECT_EQ(names, std::vector<std::string>{"N"});
}

TEST(Dim, GrowthEndsWithAnError) {
    // Two halves of an extent together, again and again: every text is twice as long as the last.
    Dim d = Dim::symbol("N");
    auto halves = [&] {
        for (int i = 0; i < 40; ++i) d = floorDiv(d, Dim(2)) + floorDiv(d + 1, Dim(2));
    };
    EXPECT_THROW(halves(), Error);
    EXPECT_LT(d.text().size(), 1u << 21);
    // What can be made can be read back.
    d = Dim::symbol("N");
    try {
        for (int i = 0; i < 1000; ++i) d = floorDiv(d * 3, Dim(2));
        FAIL();
    } catch (const Error& e) {
        EXPECT_NE(e.message().find("functions inside one another"), std::string::npos);
    }
    EXPECT_EQ(Dim::parse(d.text()), d);
    // Divisions are joined as long as the divisor is a number.
    d = Dim::symbol("N");
    for (int i = 0; i < 100; ++i) d = floorDiv(d, Dim(2)) + 1;
    EXPECT_EQ(d.eval({{"N", 1000}}), 2);
}

}  // namespace
}  // namespace bireme
