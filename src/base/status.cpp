// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"

#include <cstring>

namespace bireme {

static std::string compose(const std::string& message, const std::string& layer,
                           const std::string& source) {
    if (layer.empty()) return message;
    std::string text = "layer \"" + layer + "\"";
    if (!source.empty() && source != layer) text += " (" + source + ")";
    return text + ": " + message;
}

Error::Error(ErrorCode code, std::string message, std::string layer, std::string source)
    : code_(code),
      message_(std::move(message)),
      layer_(std::move(layer)),
      source_(std::move(source)),
      text_(compose(message_, layer_, source_)) {}

Error Error::at(const std::string& layer, const std::string& source) const {
    return layer_.empty() ? Error(code_, message_, layer, source) : *this;
}

void fail(ErrorCode code, std::string message) { throw Error(code, std::move(message)); }

void failInvalid(std::string message) {
    throw Error(ErrorCode::kINVALID_ARGUMENT, std::move(message));
}

void assertionFailed(const char* condition, const char* file, int line) {
    const char* base = std::strrchr(file, '/');
    throw Error(ErrorCode::kINTERNAL_ERROR, std::string("internal error: ") + condition +
                                                " does not hold (" + (base ? base + 1 : file) +
                                                ":" + std::to_string(line) + ")");
}

}  // namespace bireme
