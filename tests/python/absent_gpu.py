# SPDX-License-Identifier: Apache-2.0
"""Libraries that stand for an NVIDIA driver and NVRTC where there is no GPU: the builder chooses kernels as for a GPU of compute
capability 9.0 without cuDNN and cuBLASLt. Memory and copies are real, kernels do nothing."""

import pathlib
import re
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
DEFINED = r"""
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
int cuDriverGetVersion(int *v) { *v = 13000; return 0; }
int cuGetErrorName(int e, const char **s) { *s = "error"; return 0; }
int cuGetErrorString(int e, const char **s) { *s = "error"; return 0; }
int cuDeviceGetCount(int *n) { *n = 1; return 0; }
int cuDeviceGetName(char *n, int size, int d) { strncpy(n, "absent GPU", size); return 0; }
int cuDeviceGetAttribute(int *v, int a, int d) {
    switch (a) {
        case 75: *v = 9; break;        /* compute capability */
        case 76: *v = 0; break;
        case 16: *v = 132; break;      /* multiprocessors */
        case 97: *v = 232448; break;   /* shared memory of a block */
        case 38: *v = 50 << 20; break; /* cache */
        default: *v = 1024;
    }
    return 0;
}
int cuDeviceTotalMem_v2(size_t *n, int d) { *n = (size_t)8 << 30; return 0; }
int cuDevicePrimaryCtxRetain(void **c, int d) { *c = (void *)1; return 0; }
int cuCtxGetCurrent(void **c) { *c = (void *)1; return 0; }
int cuMemAlloc_v2(void **p, size_t n) { *p = calloc(1, n + 256); return 0; }
int cuMemFree_v2(void *p) { free(p); return 0; }
int cuMemAllocFromPoolAsync(void **p, size_t n, void *q, void *s) { *p = calloc(1, n + 256); return 0; }
int cuMemFreeAsync(void *p, void *s) { free(p); return 0; }
int cuMemcpyAsync(void *to, void *from, size_t n, void *s) { memcpy(to, from, n); return 0; }
int cuMemsetD8Async(void *to, unsigned char v, size_t n, void *s) { memset(to, v, n); return 0; }
struct Copy2D { size_t fromX, fromY; int fromKind; void *fromHost; char *from; void *fromArray; size_t fromPitch;
                size_t toX, toY; int toKind; void *toHost; char *to; void *toArray; size_t toPitch, width, height; };
int cuMemcpy2DAsync_v2(struct Copy2D *c, void *s) {
    for (size_t i = 0; i < c->height; ++i) memcpy(c->to + i * c->toPitch, c->from + i * c->fromPitch, c->width);
    return 0;
}
int cuStreamIsCapturing(void *s, int *c) { *c = 0; return 0; }
int cuStreamBeginCapture_v2(void *s, int mode) { return 801; }
int cuGraphInstantiateWithFlags(void) { return 801; }
int nvrtcVersion(int *a, int *b) { *a = 13; *b = 0; return 0; }
const char *nvrtcGetErrorString(int e) { return "error"; }
int nvrtcCreateProgram(void **p) { *p = (void *)7; return 0; }
int nvrtcGetCUBINSize(void *p, size_t *n) { *n = 16; return 0; }
int nvrtcGetCUBIN(void *p, char *c) { memset(c, 1, 16); return 0; }
int nvrtcGetProgramLogSize(void *p, size_t *n) { *n = 1; return 0; }
int nvrtcGetProgramLog(void *p, char *c) { *c = 0; return 0; }
"""
LIBRARIES = {"libcuda.so.1": "cuda", "libnvrtc.so.13": "nvrtc", "libcudnn.so.9": None, "libcublasLt.so.13": None}


def compiler():
    return shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


def libraries(folder):
    """Makes them in `folder`, which BIREME_CUDA_PATH has to name. All functions that the backend asks for are there."""
    driver = HERE.parents[1] / "backends" / "cuda" / "driver"
    for library, table in LIBRARIES.items():
        text = "int nothing;\n"
        if table:
            names = re.findall(r"_FN\((\w+)\)", (driver / f"{table}.def").read_text())
            # cuda.h may call a function by the name of its newest version.
            names = [n + version for n in names for version in ("", "_v2", "_v3")]
            text = DEFINED + "".join(f"int {n}(void) {{ return 0; }}\n" for n in names if f" {n}(" not in DEFINED and f"*{n}(" not in DEFINED)
        source = folder / f"{library}.c"
        source.write_text(text)
        subprocess.run([compiler(), "-shared", "-fPIC", "-w", "-o", folder / library, source], check=True)
