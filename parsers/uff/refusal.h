// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

namespace bireme::uff_import {

/// Why a node or a file cannot be imported. Caught per node: the others go on.
class Refusal : public std::runtime_error {
public:
    explicit Refusal(const std::string& why) : std::runtime_error(why) {}
};

}  // namespace bireme::uff_import
