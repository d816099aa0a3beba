// SPDX-License-Identifier: Apache-2.0
#include "ir/origins.h"

#include <gtest/gtest.h>

#include <string>

namespace bireme {
namespace {

using Names = std::vector<std::string>;

TEST(Origins, NamesComeOnceInTheirOrder) {
    ir::Origins a{"a", "b"}, b{"c", "a"}, none;
    EXPECT_TRUE(none.empty());
    EXPECT_EQ(none.list(), Names{});
    a.add(none);
    ir::Origins before = a;
    a.add(b);
    a.add({"d"});
    b.add(a);
    none.add(b);
    EXPECT_EQ(a.list(), (Names{"a", "b", "c", "d"}));
    EXPECT_EQ(b.list(), (Names{"c", "a", "b", "d"}));
    EXPECT_EQ(before.list(), (Names{"a", "b"}));
    EXPECT_EQ(none.list(), b.list());
    EXPECT_EQ(none.front(), "c");
}

TEST(Origins, HoldHoweverManySteps) {
    constexpr int kMany = 200000;
    ir::Origins after{"0"}, before{"0"};
    for (int i = 1; i < kMany; ++i) {
        after.add({std::to_string(i)});
        ir::Origins next{std::to_string(i)};
        next.add(before);
        before = next;
    }
    Names list = after.list(), reversed = before.list();
    ASSERT_EQ(list.size(), static_cast<size_t>(kMany));
    for (int i = 0; i < kMany; ++i) ASSERT_EQ(list[static_cast<size_t>(i)], std::to_string(i));
    EXPECT_EQ(Names(reversed.rbegin(), reversed.rend()), list);
    EXPECT_EQ(after.front(), "0");
    EXPECT_EQ(before.front(), std::to_string(kMany - 1));
}

// Each step has both halves of the step before it: 2^100 parts, were shared ones not read once.
TEST(Origins, SharedPartsAreReadOnce) {
    ir::Origins all{"x"};
    for (int i = 0; i < 100; ++i) {
        ir::Origins left = all, right = all;
        left.add({"l" + std::to_string(i)});
        right.add({"r" + std::to_string(i)});
        left.add(right);
        all = left;
    }
    const Names list = all.list();
    ASSERT_EQ(list.size(), 201u);
    EXPECT_EQ((Names{list[0], list[1], list[2], list[3]}), (Names{"x", "l0", "r0", "l1"}));
}

}  // namespace
}  // namespace bireme
