// SPDX-License-Identifier: Apache-2.0
#include "parsers/onnx/report.h"

#include <algorithm>

#include "parsers/common/utf8.h"
#include "parsers/onnx/access.h"

namespace bireme::onnx_import {

struct Report::Entry {
    onnx::ParserErrorRecord record;
    nvonnxparser::IParserError* handle = nullptr;
    Entry() : handle(onnx::Access::make(&record)) {}
    ~Entry() { onnx::Access::destroy(handle); }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
};

std::string Place::text() const {
    if (node < 0) return {};
    std::string out = "node " + std::to_string(node);
    if (!name.empty()) out += " \"" + name + "\"";
    out += " (" + op + ", opset " + std::to_string(opset) + ")";
    constexpr size_t kShown = 4;  // of those that call each other in a circle
    const size_t depth = functions.size();
    for (size_t i = 0; i < std::min(depth, kShown); ++i)
        out += " in function " + functions[depth - 1 - i];
    if (depth > kShown) out += " and " + std::to_string(depth - kShown) + " more";
    return out;
}

Report::Report(ILogger& logger) : logger_(logger) {}
Report::~Report() = default;

void Report::log(ILogger::Severity severity, const std::string& text) {
    if (static_cast<int>(severity) <= verbosity_) logger_.log(severity, text.c_str());
}

void Report::error(ErrorCode code, const std::string& why, const Place& place) {
    auto entry = std::make_unique<Entry>();
    onnx::ParserErrorRecord& r = entry->record;
    r.code = code;
    r.text = parsers::readable(place.node < 0 ? why : place.text() + ": " + why);
    r.node = place.node;
    r.nodeName = parsers::readable(place.name);
    r.nodeOperator = parsers::readable(place.op);
    for (const std::string& f : place.functions) r.functions.push_back(parsers::readable(f));
    for (const std::string& f : r.functions) r.functionPointers.push_back(f.c_str());
    log(ILogger::Severity::kERROR, "ONNX: " + r.text);
    errors_.push_back(std::move(entry));
}

const nvonnxparser::IParserError* Report::error(int index) const {
    return index >= 0 && index < count() ? errors_[static_cast<size_t>(index)]->handle : nullptr;
}

void Report::clear() { errors_.clear(); }

}  // namespace bireme::onnx_import

namespace nvonnxparser {

IParserError::~IParserError() noexcept = default;
ErrorCode IParserError::code() const noexcept { return impl_->code; }
char const* IParserError::desc() const noexcept { return impl_->text.c_str(); }
// The sentence tells the place in the model; the place in the parser helps nobody.
char const* IParserError::file() const noexcept { return "parsers/onnx"; }
int IParserError::line() const noexcept { return 0; }
char const* IParserError::func() const noexcept { return "parse"; }
int IParserError::node() const noexcept { return impl_->node; }
char const* IParserError::nodeName() const noexcept { return impl_->nodeName.c_str(); }
char const* IParserError::nodeOperator() const noexcept { return impl_->nodeOperator.c_str(); }
char const* const* IParserError::localFunctionStack() const noexcept {
    return impl_->functionPointers.data();
}
int32_t IParserError::localFunctionStackSize() const noexcept {
    return static_cast<int32_t>(impl_->functionPointers.size());
}

}  // namespace nvonnxparser
