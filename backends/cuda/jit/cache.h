// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/hash.h"
#include "tensor/blob.h"

#include <string>

namespace bireme::cuda {

// Compiled code by the hash of what it was made from: a map in memory, and a file each in a folder.
// A folder that cannot be written, or a file that is damaged, is as if there were none.
Blob findBinary(const Hash128& key);  // empty when unknown
void keepBinary(const Hash128& key, const Blob& bytes);
std::string binaryFolder();  // "" when none is kept

}  // namespace bireme::cuda
