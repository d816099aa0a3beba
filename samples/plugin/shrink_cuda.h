// SPDX-License-Identifier: Apache-2.0
// The loop of hard_shrink.cpp on a GPU. It is PTX, which the driver compiles for the GPU that is
// there, so that the library needs no CUDA toolkit; a plugin with nvcc would launch its kernel.
#pragma once

#include <dlfcn.h>

#include <cstdint>

class ShrinkCuda {
public:
    ShrinkCuda() {
        void* driver = dlopen("libcuda.so.1", RTLD_NOW);
        if (!driver) return;
        auto* load = function<int(void**, void const*)>(driver, "cuModuleLoadData");
        auto* find = function<int(void**, void*, char const*)>(driver, "cuModuleGetFunction");
        launch_ = function<Launch>(driver, "cuLaunchKernel");
        void* module = nullptr;
        if (!load || !find || load(&module, kProgram) || find(&kernel_, module, "shrink"))
            kernel_ = nullptr;
    }

    // y = x where |x| > bound, else 0, over device memory. True when it is under way.
    bool run(float const* x, float* y, int64_t count, float bound, void* stream) const {
        if (!kernel_ || !launch_) return false;
        if (count == 0) return true;
        void* arguments[] = {&x, &y, &count, &bound};
        auto const blocks = static_cast<unsigned>((count + 255) / 256);
        return launch_(kernel_, blocks, 1, 1, 256, 1, 1, 0, stream, arguments, nullptr) == 0;
    }

private:
    using Launch = int(void*, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                       void*, void**, void**);
    template <typename F>
    static F* function(void* library, char const* name) {
        return reinterpret_cast<F*>(dlsym(library, name));
    }

    static constexpr char const* kProgram = R"(
.version 7.0
.target sm_80
.address_size 64
.visible .entry shrink(.param .u64 x, .param .u64 y, .param .u64 count, .param .f32 bound) {
    .reg .pred %past, %keep;
    .reg .f32 %value, %size, %bound;
    .reg .b32 %block, %width, %thread;
    .reg .b64 %from, %to, %n, %i, %lane;
    ld.param.u64 %from, [x];
    ld.param.u64 %to, [y];
    ld.param.u64 %n, [count];
    ld.param.f32 %bound, [bound];
    mov.u32 %block, %ctaid.x;
    mov.u32 %width, %ntid.x;
    mov.u32 %thread, %tid.x;
    mul.wide.u32 %i, %block, %width;
    cvt.u64.u32 %lane, %thread;
    add.u64 %i, %i, %lane;
    setp.ge.u64 %past, %i, %n;
    @%past bra done;
    shl.b64 %i, %i, 2;
    add.u64 %from, %from, %i;
    add.u64 %to, %to, %i;
    ld.global.f32 %value, [%from];
    abs.f32 %size, %value;
    setp.gt.f32 %keep, %size, %bound;
    selp.f32 %value, %value, 0f00000000, %keep;
    st.global.f32 [%to], %value;
done:
    ret;
}
)";

    void* kernel_ = nullptr;
    Launch* launch_ = nullptr;
};
