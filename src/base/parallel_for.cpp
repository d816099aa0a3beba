// SPDX-License-Identifier: Apache-2.0
#include "base/parallel_for.h"

#include <sched.h>
#include <algorithm>

#ifdef _OPENMP
#include <omp.h>
#else  // a build without OpenMP (fuzzing, lean) runs loops on the calling thread
static int omp_get_max_threads() { return 1; }
static int omp_get_num_threads() { return 1; }
static int omp_get_thread_num() { return 0; }
static int omp_get_num_procs() { return 1; }
static int omp_in_parallel() { return 0; }
static void omp_set_num_threads(int) {}
#endif

namespace bireme {

namespace parallel_detail {
void run(int64_t count, int64_t grain, Body body, void* context) {
    if (count <= 0) return;
    int64_t chunks = grain > 0 ? (count + grain - 1) / grain : count;
    int threads = static_cast<int>(std::min<int64_t>(omp_get_max_threads(), chunks));
    if (threads <= 1 || omp_in_parallel()) return body(context, 0, count);
#ifdef _OPENMP
#pragma omp parallel num_threads(threads)
#endif
    {
        int64_t n = omp_get_num_threads(), i = omp_get_thread_num();
        int64_t begin = count * i / n, end = count * (i + 1) / n;
        if (begin < end) body(context, begin, end);
    }
}
}  // namespace parallel_detail

int maxThreads() { return omp_get_max_threads(); }

int hardwareThreads() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
    return std::max(1, omp_get_num_procs());
}

ThreadCount::ThreadCount(int threads) noexcept : before_(omp_get_max_threads()) {
    if (threads > 0 && threads != before_) omp_set_num_threads(threads);
}

ThreadCount::~ThreadCount() {
    if (omp_get_max_threads() != before_) omp_set_num_threads(before_);
}

}  // namespace bireme
