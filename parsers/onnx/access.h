// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bireme/parsers/onnx.h"

namespace bireme::onnx {

/// The one friend of the parser's public classes.
struct Access {
    static nvonnxparser::IParserError* make(ParserErrorRecord* record) {
        return new nvonnxparser::IParserError(record);
    }
    static void destroy(nvonnxparser::IParserError* error) { delete error; }
    static nvonnxparser::IParser* make(ParserState* state) {
        return new nvonnxparser::IParser(state);
    }
};

}  // namespace bireme::onnx
