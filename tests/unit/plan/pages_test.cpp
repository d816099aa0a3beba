// SPDX-License-Identifier: Apache-2.0
#include "base/pages.h"

#include "plan/read.h"
#include "sample_plan.h"

#include <gtest/gtest.h>

#include <algorithm>

using namespace bireme;

namespace {

TEST(Pages, AreZeroAndAligned) {
    for (size_t size : {size_t{0}, size_t{5}, size_t{4096}, (size_t{9} << 20) + 7}) {
        const auto p = zeroedPages(size);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(p.get()) % 4096, 0u);
        EXPECT_TRUE(std::all_of(p.get(), p.get() + size, [](uint8_t b) { return b == 0; }));
    }
}

TEST(Pages, GrowWithoutMoving) {
    GrowingPages pages;
    pages.resize(3);
    uint8_t* begin = pages.data();
    std::fill(begin, begin + 3, uint8_t{7});
    begin[-1] = 9;  // the room before
    const size_t large = size_t{150} << 20;
    pages.resize(large);
    EXPECT_EQ(pages.data(), begin);
    EXPECT_EQ(pages.size(), large);
    EXPECT_EQ(begin[2], 7);
    EXPECT_EQ(begin[3], 0);
    begin[large - 1] = 1;
    begin[-static_cast<ptrdiff_t>(GrowingPages::kRoom)] = 1;
    EXPECT_THROW(pages.resize(size_t{1} << 60), std::bad_alloc);
}

TEST(Pages, AFileInTheMemoryOfItsWeightsIsTheSame) {
    plan::Plan p = plan::test::samplePlan();
    const std::vector<uint8_t> copied = plan::test::written(p);
    auto pages = std::make_shared<GrowingPages>();
    pages->resize(p.weights.size());
    copyBytes(pages->data(), p.weights.data(), p.weights.size());
    p.weights = Blob::hold(pages->data(), pages->size(), pages);
    p.pages = pages;
    const uint8_t* weights = pages->data();
    pages.reset();
    const Blob file = plan::write(std::move(p));
    EXPECT_EQ(std::vector<uint8_t>(file.data(), file.data() + file.size()), copied);
    EXPECT_TRUE(weights > file.data() && weights < file.data() + file.size());
}

}  // namespace
