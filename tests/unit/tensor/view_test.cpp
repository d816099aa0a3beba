// SPDX-License-Identifier: Apache-2.0
// Views as formats, judged by addresses: element by element, a view must point at what it is of.
#include "tensor/view.h"

#include <gtest/gtest.h>

using namespace bireme;

namespace {

std::vector<int64_t> addresses(const Format& f, const std::vector<int64_t>& dims) {
    auto strides = f.stridesFor(dims);
    std::vector<int64_t> at{f.offset};
    for (size_t d = 0; d < dims.size(); ++d) {
        std::vector<int64_t> next;
        for (int64_t a : at)
            for (int64_t i = 0; i < dims[d]; ++i) next.push_back(a + i * strides[d]);
        at = std::move(next);
    }
    return at;
}

TEST(View, PartOfRowsThenHeadsThenTransposed) {
    DimVector rows{Dim::symbol("B"), Dim::symbol("S"), 12}, part{rows[0], rows[1], 4};
    auto keys = partOf({}, rows, 2, 4);
    ASSERT_TRUE(keys);
    EXPECT_EQ(addresses(*keys, {1, 2, 4}), (std::vector<int64_t>{4, 5, 6, 7, 16, 17, 18, 19}));
    auto heads = reshaped(*keys, part, {rows[0], rows[1], 2, 2});
    ASSERT_TRUE(heads);
    EXPECT_EQ(addresses(*heads, {1, 2, 2, 2}), addresses(*keys, {1, 2, 4}));
    Format moved = transposed(*heads, {0, 2, 1, 3});
    EXPECT_EQ(addresses(moved, {1, 2, 2, 2}), (std::vector<int64_t>{4, 5, 16, 17, 6, 7, 18, 19}));
    EXPECT_EQ(Format::parse(moved.text()), moved);
    EXPECT_TRUE(sameOrder({rows[0], 2, rows[1], 2}, moved, transposed({}, {0, 2, 1, 3})));
    EXPECT_FALSE(sameOrder({rows[0], 2, rows[1], 2}, moved, Format::linear()));
}

TEST(View, PartOfChannelsLast) {
    Format last = Format::channelsLast(4);
    auto part = partOf(last, {2, 6, 1, 2}, 1, 4);
    ASSERT_TRUE(part);
    EXPECT_EQ(addresses(*part, {1, 2, 1, 2}), (std::vector<int64_t>{4, 10, 5, 11}));
    EXPECT_TRUE(isAligned(*part, {2, 2, 1, 2}, 2));
    EXPECT_FALSE(isAligned(*part, {2, 2, 1, 2}, 4));
}

TEST(View, WhatNeedsACopyIsNone) {
    Dim h = Dim::symbol("H");
    // Rows of unknown length before the part: only running tells where it begins.
    EXPECT_FALSE(partOf({}, {1, 6, h}, 1, 2));
    EXPECT_TRUE(partOf({}, {1, 6, h}, 1, 0));
    // Two parts of a row do not join the rows.
    auto part = partOf({}, {3, 8}, 1, 0);
    ASSERT_TRUE(part);
    EXPECT_FALSE(reshaped(*part, {3, 4}, {12}));
    EXPECT_FALSE(reshaped(Format::channelsLast(3), {1, 2, 3}, {6}));
    auto open = partOf({}, {h, 4, 4}, 2, 0);
    ASSERT_TRUE(open);
    EXPECT_FALSE(reshaped(*open, {h, 4, 2}, {2, Dim::symbol("K"), 2}));
}

TEST(View, ReshapesOfOtherOrders) {
    const Dim h = Dim::symbol("H"), w = Dim::symbol("W");
    const Format last = Format::channelsLast(4);  // N H W C
    auto groups = reshaped(last, {1, 6, h, w}, {1, 2, 3, h, w});
    ASSERT_TRUE(groups);
    EXPECT_EQ(groups->order, (std::vector<int8_t>{3, 4, 1, 2, 0}));  // an extent of 1 lies anywhere
    EXPECT_EQ(reshaped(*groups, {1, 2, 3, h, w}, {1, 6, h, w})->order,
              (std::vector<int8_t>{2, 3, 1, 0}));
    EXPECT_EQ(reshaped(last, {2, 6, h, w}, {2, 6, h * w})->order, (std::vector<int8_t>{0, 2, 1}));
    EXPECT_EQ(reshaped(last, {2, 6, 1, 1}, {2, 6}), Format::linear());
    // The halves of the channels change places: the bytes have to move.
    EXPECT_FALSE(reshaped(transposed(*groups, {0, 2, 1, 3, 4}), {1, 3, 2, h, w}, {1, 6, h, w}));
    EXPECT_FALSE(reshaped(last, {2, 6, h, w}, {2, 6 * h, w}));
    EXPECT_FALSE(reshaped(*partOf(last, {2, 6, 4, 4}, 1, 3), {2, 3, 4, 4}, {2, 3, 16}));
}

TEST(View, ReshapesWithExpressions) {
    Dim b = Dim::symbol("B"), s = Dim::symbol("S");
    // A whole tensor is one stretch, whatever the expressions are.
    EXPECT_EQ(reshaped({}, {b, 4}, {2, s}), Format::linear());
    auto part = partOf({}, {b * s, 8}, 1, 4);
    ASSERT_TRUE(part);
    auto split = reshaped(*part, {b * s, 4}, {b, s, 4});
    ASSERT_TRUE(split);
    EXPECT_EQ(addresses(*split, {2, 2, 4}), addresses(*part, {4, 4}));
    auto joined = reshaped(*split, {b, s, 4}, {b * s, 1, 4});
    ASSERT_TRUE(joined);
    EXPECT_EQ(addresses(*joined, {4, 1, 4}), addresses(*part, {4, 4}));
}

}  // namespace

TEST(View, ExtentsOfOneBeforeAPartDoNotKeepItFromBeingSplit) {
    // Rows of 32 in 96, as [8, 1, 32], under dims [8, 4, 8]: 12 heads of 8 in the buffer's rows.
    auto part = partOf({}, {8, 1, 96}, 2, 32);
    ASSERT_TRUE(part);
    auto heads = reshaped(*part, {8, 1, 32}, {8, 4, 8});
    ASSERT_TRUE(heads);
    EXPECT_EQ(heads->stridesFor({8, 4, 8}), (std::vector<int64_t>{96, 8, 1}));
    EXPECT_EQ(heads->offset, 32);
    // One of three in the middle dim: the step between rows has all three.
    auto one = partOf({}, {8, 3, 32}, 1, 2);
    ASSERT_TRUE(one);
    auto split = reshaped(*one, {8, 1, 32}, {8, 4, 8});
    ASSERT_TRUE(split);
    EXPECT_EQ(split->stridesFor({8, 4, 8}), (std::vector<int64_t>{96, 8, 1}));
    EXPECT_EQ(split->offset, 64);
}
