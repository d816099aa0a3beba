// SPDX-License-Identifier: Apache-2.0
// What a machine could do at best: the limits that `bench --layers` holds layers against.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bireme::cli {

enum class Width { bits32, bits16, bits8 };  // of the numbers that are multiplied

// Of a data type as engines name it ("BF16"); types without limits of their own count as FP32.
Width widthOf(std::string_view typeName);

struct Roof {
    struct Copy {
        double bytes;      // of what is read and written together
        double perSecond;  // bytes read and written
    };
    std::array<double, 3> operations{};  // per second by Width, a product and a sum being two
    std::vector<Copy> copies;            // by ascending bytes; data that fits a cache moves faster
    std::string source;                  // where the numbers are from, for people

    // Seconds that so much work takes at least; the data are where they move fastest.
    double seconds(double operations, double bytes, Width width) const;
};

// Measured for about half a second on `threads` threads (0: all cores): products and sums in the
// registers of the widest instructions, and copies of several sizes.
Roof measuredRoof(int threads);

// Of the first GPU by what its driver tells: multiprocessors, clocks, width of the memory bus.
// FP32 products are TF32's with `tf32`. Nothing without a driver or for an unknown generation.
std::optional<Roof> roofOfGpu(bool tf32);

// Of two measurements of a machine the better figures: what is lower, other programs took.
Roof higher(const Roof& a, const Roof& b);

std::string describe(const Roof& roof);  // one line
std::string json(const Roof& roof);

}  // namespace bireme::cli
