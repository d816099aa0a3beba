// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/onednn/context.h"

#include "backends/cpu/support/isa.h"
#include "base/text.h"

namespace bireme::cpu {

// The library keeps to the cap of our own kernels. Refused (and then its own switch holds) once it
// has made code, by another user of it in this process.
static void capLibrary() {
    const dnnl::cpu_isa caps[] = {dnnl::cpu_isa::sse41,       dnnl::cpu_isa::sse41,
                                  dnnl::cpu_isa::avx2,        dnnl::cpu_isa::avx512_core,
                                  dnnl::cpu_isa::avx512_core, dnnl::cpu_isa::avx512_core_bf16};
    if (kernelIsa() < machineIsa())
        (void)dnnl_set_max_cpu_isa(
            static_cast<dnnl_cpu_isa_t>(caps[static_cast<int>(kernelIsa())]));
}

const dnnl::engine& dnnlEngine() {
    static const auto* engine = [] {
        capLibrary();
        return new dnnl::engine(dnnl::engine::kind::cpu, 0);
    }();
    return *engine;
}

dnnl::stream& dnnlStream() {
    thread_local dnnl::stream stream(dnnlEngine());
    return stream;
}

bool multipliesBytes() {
    (void)dnnlEngine();  // the cap holds from here on
    switch (dnnl::get_effective_cpu_isa()) {
        case dnnl::cpu_isa::sse41:
        case dnnl::cpu_isa::avx:
        case dnnl::cpu_isa::avx2:
        case dnnl::cpu_isa::avx512_core: return false;  // sums of two products saturate at 16 bits
        default: return true;
    }
}

std::string libraryVersion() {
    const dnnl_version_t* v = dnnl_version();
    return cat(v->major, ".", v->minor, ".", v->patch);
}

}  // namespace bireme::cpu
