// SPDX-License-Identifier: Apache-2.0
// Packed layouts against positions that are written out.
#include "tensor/packed_layout.h"

#include "base/status.h"

#include <gtest/gtest.h>

using namespace bireme;

namespace {

Blob numbers(int64_t n) {
    std::vector<float> v(static_cast<size_t>(n));
    for (int64_t i = 0; i < n; ++i) v[static_cast<size_t>(i)] = static_cast<float>(i + 1);
    return Blob::of(v);
}

// Channels last, three channels of four; then maps in blocks of 4, split in pairs of channels.
TEST(PackedLayout, PositionsAreThose) {
    constexpr int64_t K = 5, C = 3, H = 2;
    const Blob dense = numbers(K * C * H);
    const float* x = dense.as<float>();
    std::vector<float> last(static_cast<size_t>(K * H * 4)), blocks(8 * 4 * H);
    for (int64_t k = 0; k < K; ++k)
        for (int64_t c = 0; c < C; ++c)
            for (int64_t h = 0; h < H; ++h) {
                const float v = x[(k * C + c) * H + h];
                last[static_cast<size_t>((k * H + h) * 4 + c)] = v;
                // "ABc4a2b": k / 4, c / 2, h, k % 4, c % 2
                blocks[static_cast<size_t>((((k / 4 * 2 + c / 2) * H + h) * 4 + k % 4) * 2 +
                                           c % 2)] = v;
            }
    for (const auto& [text, packed] :
         {std::pair{"f32 5x3x2 acB4b", Blob::of(last)}, {"f32 5x3x2 ABc4a2b", Blob::of(blocks)}}) {
        const auto layout = parseLayout(text);
        ASSERT_TRUE(layout) << text;
        EXPECT_TRUE(layoutHolds(packed, *layout, dense)) << text;
        const Blob back = unpackLayout(packed, *layout);
        ASSERT_EQ(back.size(), dense.size());
        EXPECT_EQ(std::vector<float>(back.as<float>(), back.as<float>() + K * C * H),
                  std::vector<float>(x, x + K * C * H));
        std::vector<float> wrong(packed.as<float>(), packed.as<float>() + packed.size() / 4);
        wrong[2] += 1;  // an element, not padding
        EXPECT_FALSE(layoutHolds(Blob::of(wrong), *layout, dense)) << text;
    }
}

// Longer than one table of positions, and of 16 bits.
TEST(PackedLayout, LargeOnesInRows) {
    constexpr int64_t K = 200, C = 300;
    std::vector<uint16_t> dense(K * C), packed(K * C);
    for (int64_t k = 0; k < K; ++k)
        for (int64_t c = 0; c < C; ++c) {
            const auto v = static_cast<uint16_t>(k * C + c + 1);
            dense[static_cast<size_t>(k * C + c)] = v;
            packed[static_cast<size_t>((k / 8 * C + c) * 8 + k % 8)] = v;  // "Ab8a"
        }
    const TensorDesc layout = *parseLayout("bf16 200x300 Ab8a");
    EXPECT_TRUE(layoutHolds(Blob::of(packed), layout, Blob::of(dense)));
    const Blob back = unpackLayout(Blob::of(packed), layout);
    EXPECT_EQ(std::vector<uint16_t>(back.as<uint16_t>(), back.as<uint16_t>() + K * C), dense);
    packed.back() ^= 1;
    EXPECT_FALSE(layoutHolds(Blob::of(packed), layout, Blob::of(dense)));
}

TEST(PackedLayout, DimsTheOtherWayRound) {
    const Blob dense = numbers(6);  // [2, 3]
    const Blob turned = Blob::of(std::vector<float>{1, 4, 2, 5, 3, 6});
    const TensorDesc layout = *parseLayout("f32 3x2 ab");
    EXPECT_FALSE(layoutHolds(turned, layout, dense));
    EXPECT_TRUE(layoutHolds(turned, swapDims(layout, 0, 1), dense));
}

TEST(PackedLayout, OtherTextIsNone) {
    for (const char* text : {"", "n, k", "f32 2x3", "f32 2x3 abc", "f32 2x3 aa", "f32 2xq ab",
                             "f32 2x3 ab0a", "i4 2x3 ab", "f32 2x3 ab4", "f32 2x3 ab4z"})
        EXPECT_FALSE(parseLayout(text)) << text;
    EXPECT_THROW(unpackLayout(numbers(5), *parseLayout("f32 2x3 ba")), Error);
}

}  // namespace
