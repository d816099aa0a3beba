// SPDX-License-Identifier: Apache-2.0
#include "passes/pass.h"

namespace bireme::passes {

Support PassContext::canRun(const ir::Graph&) const { return {}; }
Support PassContext::readsParts(const ir::Graph&) const { return {}; }
void PassContext::progress(std::string_view, size_t, size_t) const {}

void PassRun::note(std::vector<std::string>& notes, std::string text) {
    context.log.verbose(pass, ": ", text);
    if (notes.size() < context.options.maxNotes) notes.push_back(std::move(text));
}

void PassRun::did(const std::string& layer, const std::string& what) {
    ++rewrites_;
    if (rewritesLeft_ > 0) --rewritesLeft_;
    lastDone_ = cat("\"", layer, "\": ", what);
    if (!what.empty()) note(notes_, lastDone_);
}

void PassRun::didNot(const std::string& layer, const std::string& why) {
    note(misses_, cat("\"", layer, "\" left as it is: ", why));
}

}  // namespace bireme::passes
