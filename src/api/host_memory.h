// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bireme/host_memory.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::api {

struct HostMemory {
    std::vector<uint8_t> bytes;
};

// Bytes as the public object that a caller deletes.
IHostMemory* makeHostMemory(std::vector<uint8_t> bytes);

}  // namespace bireme::api
