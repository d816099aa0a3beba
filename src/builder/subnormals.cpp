// SPDX-License-Identifier: Apache-2.0
#include "builder/subnormals.h"

#include "ops/group.h"

#include <algorithm>
#include <cstring>

namespace bireme::builder {

namespace {

constexpr uint32_t kNormal = 0x00800000;            // bits of 2^-126
constexpr uint32_t kLarge = kNormal + (40u << 23);  // bits of 2^-86
constexpr uint32_t kMagnitude = 0x7FFFFFFF;         // without the sign

bool multiplies(const ir::Node& n) {
    static const std::set<std::string_view> products = {"convolution", "deconvolution",   "gru",
                                                        "lstm",        "matrix_multiply", "rnn"};
    if (products.count(n.op.name())) return true;
    if (!n.op.is<ops::Group>()) return false;
    const ir::Graph& body = n.bodies.at(0);
    const std::vector<ir::NodeId> ids = body.nodeIds();
    return std::any_of(ids.begin(), ids.end(),
                       [&](ir::NodeId id) { return products.count(body.node(id).op.name()) != 0; });
}

uint32_t bitsOf(float f) {
    uint32_t u;
    std::memcpy(&u, &f, sizeof u);
    return u & kMagnitude;
}

// Subnormal ones, where they do not matter beside the largest.
int64_t countNegligible(const float* x, int64_t n) {
    int64_t count = 0;
    uint32_t largest = 0;
    for (int64_t i = 0; i < n; ++i) {
        const uint32_t u = bitsOf(x[i]);
        count += u - 1 < kNormal - 1;
        largest = std::max(largest, u);
    }
    return largest >= kLarge ? count : 0;
}

Blob withoutSubnormals(const float* x, int64_t n) {
    std::vector<float> y(x, x + n);
    for (float& f : y)
        if (bitsOf(f) < kNormal) f = 0;
    return Blob::of(y);
}

}  // namespace

void zeroSubnormals(BuildJob& job) {
    if (job.device->properties().type != DeviceType::kCPU || job.backend->name() == "reference")
        return;
    int64_t all = 0;
    for (ir::ValueId id : job.graph.valueIds()) {
        ir::Value& v = job.graph.value(id);
        if (!v.constant || v.desc.type != DataType::kFLOAT || job.graph.isOutput(id)) continue;
        auto multiplied = [&](const ir::Use& u) { return multiplies(job.graph.node(u.node)); };
        if (!std::all_of(v.users.begin(), v.users.end(), multiplied)) continue;
        const auto n = static_cast<int64_t>(v.constant.size() / sizeof(float));
        const int64_t count = countNegligible(v.constant.as<float>(), n);
        if (count > 0) v.constant = withoutSubnormals(v.constant.as<float>(), n);
        all += count;
    }
    if (all > 0)
        job.log.info(all,
                     " weights below FP32's normal range are taken as zero: nothing is lost "
                     "beside the others, and processors are slow on them");
}

}  // namespace bireme::builder
