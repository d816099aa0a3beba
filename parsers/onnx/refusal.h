// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

#include "bireme/parsers/onnx.h"

namespace bireme::onnx_import {

using ErrorCode = nvonnxparser::ErrorCode;

/// Why a node or a model cannot be imported. Caught per node: the others go on.
class Refusal : public std::runtime_error {
public:
    Refusal(ErrorCode code, const std::string& why) : std::runtime_error(why), code_(code) {}
    ErrorCode code() const { return code_; }

private:
    ErrorCode code_;
};

}  // namespace bireme::onnx_import
