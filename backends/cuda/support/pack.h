// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tensor/dtype.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace bireme::cuda {

// Weights [K, C, window...] as [K, window..., C], each C filled with zeros up to `channels`.
std::vector<uint8_t> packChannelsLast(const uint8_t* from, size_t elementBytes,
                                      const std::vector<int64_t>& dims, int64_t channels);

// The layout that packChannelsLast gives, as text.
std::string channelsLastLayout(DataType type, const std::vector<int64_t>& dims, int64_t channels);

}  // namespace bireme::cuda
