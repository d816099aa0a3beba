// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace bireme::protobuf {

/// What a reader accepts before it gives up on a file as hostile or broken.
struct Limits {
    int maxDepth = 64;                       ///< nesting of messages
    int64_t maxMessages = int64_t{4} << 20;  ///< messages opened while reading one file
    int64_t maxElements = int64_t{1} << 32;  ///< numbers copied out of packed fields, per file
};

}  // namespace bireme::protobuf
