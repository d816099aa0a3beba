// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bireme/host_memory.h"
#include "tensor/blob.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::api {

struct HostMemory {
    Blob bytes;
};

// Bytes as the public object that a caller deletes.
IHostMemory* makeHostMemory(Blob bytes);
IHostMemory* makeHostMemory(std::vector<uint8_t> bytes);

}  // namespace bireme::api
