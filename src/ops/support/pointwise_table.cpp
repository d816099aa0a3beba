// SPDX-License-Identifier: Apache-2.0
#include "ops/support/pointwise_table.h"

#include "base/status.h"
#include "ops/support/pointwise_functions.h"

#include <iterator>

namespace bireme::ops {

namespace {

struct Row {
    const char* name;
    int arity;
    PointwiseResult result;
    const char* cuda;
};

constexpr Row kRows[] = {
#define PW(name, arity, result, cpp, cuda) {#name, arity, PointwiseResult::result, cuda},
#include "ops/pointwise.def"
#undef PW
};

const Row& row(PointwiseFn fn) {
    auto i = static_cast<size_t>(fn);
    if (i >= std::size(kRows)) failInvalid("unknown pointwise function");
    return kRows[i];
}

template <typename T>
constexpr ScalarFunction<T> kFunctions[] = {
#define PW(name, arity, result, cpp, cuda) PointwiseCall<PointwiseFn::name, T>::run,
#include "ops/pointwise.def"
#undef PW
};

}  // namespace

EnumNames enumNames(PointwiseFn) {
    static const EnumName names[] = {
#define PW(name, arity, result, cpp, cuda) {static_cast<int64_t>(PointwiseFn::name), #name},
#include "ops/pointwise.def"
#undef PW
    };
    return names;
}

int arity(PointwiseFn fn) { return row(fn).arity; }
PointwiseResult resultRule(PointwiseFn fn) { return row(fn).result; }
const char* name(PointwiseFn fn) { return row(fn).name; }
const char* cudaExpression(PointwiseFn fn) { return row(fn).cuda; }

template <typename T>
ScalarFunction<T> scalarFunction(PointwiseFn fn) {
    row(fn);  // checks the value
    return kFunctions<T>[static_cast<size_t>(fn)];
}
template ScalarFunction<float> scalarFunction<float>(PointwiseFn);
template ScalarFunction<double> scalarFunction<double>(PointwiseFn);
template ScalarFunction<int64_t> scalarFunction<int64_t>(PointwiseFn);

template <typename T>
T applyPointwise(PointwiseFn fn, T a, T b, T c, T alpha, T beta) {
    return scalarFunction<T>(fn)(a, b, c, alpha, beta);
}
template float applyPointwise(PointwiseFn, float, float, float, float, float);
template double applyPointwise(PointwiseFn, double, double, double, double, double);
template int64_t applyPointwise(PointwiseFn, int64_t, int64_t, int64_t, int64_t, int64_t);

}  // namespace bireme::ops
