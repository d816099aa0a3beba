// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace bireme {

// A folder that can be written below the one of BIREME_CACHE, made if it is not there; "" where
// nothing is to be kept or nothing can be.
std::string cacheFolder(const std::string& part);

}  // namespace bireme
