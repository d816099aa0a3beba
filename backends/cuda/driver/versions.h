// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace bireme::cuda {

std::string driverVersion();    // of CUDA, "13.0"; "" when there is no driver
std::string cublasLtVersion();  // "13.1.0"; "" when it is missing
std::string cudnnVersion();     // "9.19.0"; "" when it is missing
// One sentence where an engine was built with other versions than these (of a fingerprint: "cudnn",
// "cublaslt"); empty where not.
std::string otherVersions(const std::vector<std::pair<std::string, std::string>>& engine,
                          const std::string& cudnn, const std::string& cublasLt);

// One of NVIDIA's libraries, for people.
struct LibraryReport {
    std::string name, version, path;
    std::string missing;  // why it is not there, and what that costs; "" when it is
};
std::vector<LibraryReport> libraryReports();

}  // namespace bireme::cuda
