// SPDX-License-Identifier: Apache-2.0
// Expressions whose parts are shared are walked part by part, not path by path.
#include "tensor/dim.h"

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
    // Every level holds the one below three times: 3^12 paths.
    Dim d = Dim::symbol("N");
    for (int i = 2; i < 14; ++i) d = floorDiv(max(d, Dim(i)) + min(d, Dim(1000 - i)) * 3, Dim(2));
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

}  // namespace
}  // namespace bireme
