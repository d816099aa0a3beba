// SPDX-License-Identifier: Apache-2.0
// What the parser says: errors kept for the caller, messages for the logger.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bireme/logger.h"
#include "parsers/onnx/refusal.h"

namespace bireme::onnx {

struct ParserErrorRecord {
    nvonnxparser::ErrorCode code = nvonnxparser::ErrorCode::kSUCCESS;
    std::string text;
    int node = -1;
    std::string nodeName;
    std::string nodeOperator;
    std::vector<std::string> functions;
    std::vector<const char*> functionPointers;
};

}  // namespace bireme::onnx

namespace bireme::onnx_import {

/// Where in the model something happened.
struct Place {
    int node = -1;
    std::string name;
    std::string op;
    int64_t opset = 0;
    std::vector<std::string> functions;

    /// `node 3 "conv1" (Conv, opset 13)`.
    std::string text() const;
};

class Report {
public:
    explicit Report(ILogger& logger);
    ~Report();

    void error(ErrorCode code, const std::string& why, const Place& place = {});
    void warn(const std::string& text) { log(ILogger::Severity::kWARNING, text); }
    void info(const std::string& text) { log(ILogger::Severity::kINFO, text); }

    int count() const { return static_cast<int>(errors_.size()); }
    const nvonnxparser::IParserError* error(int index) const;
    void clear();
    void setVerbosity(int verbosity) { verbosity_ = verbosity; }

private:
    struct Entry;
    void log(ILogger::Severity severity, const std::string& text);

    ILogger& logger_;
    int verbosity_ = static_cast<int>(ILogger::Severity::kVERBOSE);
    std::vector<std::unique_ptr<Entry>> errors_;
};

}  // namespace bireme::onnx_import
