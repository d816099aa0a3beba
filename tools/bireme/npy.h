// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bireme/types.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::cli {

struct Array {
    DataType type = DataType::kFLOAT;
    std::vector<int64_t> dims;
    std::vector<uint8_t> bytes;
};

// NumPy's .npy, versions 1 and 2, C order, little endian. Throws std::runtime_error naming the
// file.
Array readNpy(const std::string& path);
void writeNpy(const std::string& path, const Array& array);

std::vector<uint8_t> readFile(const std::string& path);
void writeFile(const std::string& path, const void* data, size_t size);
size_t elementBytes(DataType type);
const char* typeName(DataType type);

}  // namespace bireme::cli
