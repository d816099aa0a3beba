// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <type_traits>

namespace bireme {

namespace parallel_detail {
using Body = void (*)(void* context, int64_t begin, int64_t end);
void run(int64_t count, int64_t grain, Body body, void* context);
}  // namespace parallel_detail

// Calls f(begin, end) over [0, count) in chunks of at least `grain`, on OpenMP threads; f must not
// throw.
template <typename F>
void parallelFor(int64_t count, int64_t grain, F&& f) {
    auto body = [](void* c, int64_t b, int64_t e) {
        (*static_cast<std::remove_reference_t<F>*>(c))(b, e);
    };
    parallel_detail::run(count, grain, body, const_cast<void*>(static_cast<const void*>(&f)));
}

int maxThreads();       // threads that parallelFor and oneDNN use on this calling thread
int hardwareThreads();  // cores this process may use

// Sets the calling thread's OpenMP thread count, restores it at the end of the scope.
class ThreadCount {
public:
    explicit ThreadCount(int threads) noexcept;
    ~ThreadCount();
    ThreadCount(const ThreadCount&) = delete;
    ThreadCount& operator=(const ThreadCount&) = delete;

private:
    int before_;
};

}  // namespace bireme
