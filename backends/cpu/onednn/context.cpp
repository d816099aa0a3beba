// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/onednn/context.h"

#include "base/text.h"

namespace bireme::cpu {

const dnnl::engine& dnnlEngine() {
    static const auto* engine = new dnnl::engine(dnnl::engine::kind::cpu, 0);
    return *engine;
}

dnnl::stream& dnnlStream() {
    thread_local dnnl::stream stream(dnnlEngine());
    return stream;
}

std::string libraryVersion() {
    const dnnl_version_t* v = dnnl_version();
    return cat(v->major, ".", v->minor, ".", v->patch);
}

}  // namespace bireme::cpu
