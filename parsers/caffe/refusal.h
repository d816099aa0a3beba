// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

namespace bireme::caffe_import {

/// Why a layer or a file cannot be imported. Caught per layer: the others go on.
class Refusal : public std::runtime_error {
public:
    explicit Refusal(const std::string& why) : std::runtime_error(why) {}
};

}  // namespace bireme::caffe_import
