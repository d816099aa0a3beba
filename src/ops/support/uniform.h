// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>

namespace bireme::ops {

// Random numbers in [0, 1): those of numpy's RandomState of the same seed, as onnx's own evaluator
// draws them. A negative seed takes one from the system.
class Uniform {
public:
    explicit Uniform(int64_t seed)
        : generator_(seed < 0 ? std::random_device{}() : static_cast<uint32_t>(seed)) {}
    double operator()() {
        const auto high = static_cast<double>(generator_() >> 5);
        return (high * 0x1p26 + static_cast<double>(generator_() >> 6)) * 0x1p-53;
    }

private:
    std::mt19937 generator_;
};

}  // namespace bireme::ops
