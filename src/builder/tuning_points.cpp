// SPDX-License-Identifier: Apache-2.0
#include "builder/tuning_points.h"

#include "plan/distance.h"
#include "plan/write.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace bireme::builder {

namespace {

// The extents of all inputs, one after another; those of 0 are not worth a point.
using Point = std::vector<int64_t>;

Point pointOf(const Profile& p, std::vector<int64_t> plan::ProfileShape::*which) {
    Point point;
    for (const auto& [name, shape] : p.inputs)
        for (int64_t d : shape.*which) point.push_back(std::max<int64_t>(d, 1));
    return point;
}

// Between two extents by ratio; a power of two where one lies between, as batches mostly are.
int64_t between(int64_t a, int64_t b) {
    const double middle = std::sqrt(static_cast<double>(a) * static_cast<double>(b));
    const int64_t power = int64_t{1} << std::llround(std::log2(middle));
    const auto [low, high] = std::minmax(a, b);
    return power > low && power < high ? power : std::llround(middle);
}

Point between(const Point& a, const Point& b) {
    Point m;
    for (size_t i = 0; i < a.size(); ++i) m.push_back(between(a[i], b[i]));
    return m;
}

Profile at(const Profile& p, const Point& point) {
    Profile tuned = p;
    size_t k = 0;
    for (auto& [name, shape] : tuned.inputs)
        for (size_t i = 0; i < shape.opt.size(); ++i, ++k)
            shape.opt[i] = std::clamp(point[k], shape.min[i], shape.max[i]);
    return tuned;
}

}  // namespace

std::vector<Profile> tuningPoints(const Profile& profile, int count) {
    constexpr double kApart = 0.6;  // log of a factor of 1.8
    const auto most = static_cast<size_t>(std::max(count, 1));
    const Point low = pointOf(profile, &plan::ProfileShape::min),
                best = pointOf(profile, &plan::ProfileShape::opt),
                high = pointOf(profile, &plan::ProfileShape::max);
    std::vector<Point> line{best}, found{best};
    auto add = [&](const Point& p, std::vector<Point>::iterator where) {
        for (const Point& other : line)
            if (plan::distance(p, other) < kApart) return false;
        line.insert(where, p);
        found.push_back(p);
        return true;
    };
    if (found.size() < most) add(low, line.begin());
    if (found.size() < most) add(high, line.end());
    while (found.size() < most) {
        size_t widest = 0;
        double gap = 0;
        for (size_t i = 0; i + 1 < line.size(); ++i)
            if (double d = plan::distance(line[i], line[i + 1]); d > gap) gap = d, widest = i;
        if (gap == 0) break;
        const Point middle = between(line[widest], line[widest + 1]);
        if (!add(middle, line.begin() + static_cast<std::ptrdiff_t>(widest) + 1)) break;
    }
    std::vector<Profile> points;
    for (const Point& p : found) points.push_back(at(profile, p));
    points[0] = profile;
    return points;
}

// Without what is said of steps beside what they do.
static void strip(plan::Region& r) {
    for (plan::Step& s : r.steps) {
        s.milliseconds = 0;
        s.considered.clear();
        for (plan::Region& child : s.children) strip(child);
    }
}

static plan::Variant stepsOf(const plan::Variant& v) {
    plan::Variant bare = v;
    bare.points.clear();
    strip(bare.root);
    return bare;
}

void addVariant(plan::Plan& plan, plan::Variant variant) {
    const std::vector<uint8_t> steps = plan::bytesOf(stepsOf(variant));
    for (plan::Variant& earlier : plan.variants) {
        if (earlier.profile != variant.profile || earlier.points.empty() ||
            plan::bytesOf(stepsOf(earlier)) != steps)
            continue;
        std::move(variant.points.begin(), variant.points.end(), std::back_inserter(earlier.points));
        return;
    }
    plan.variants.push_back(std::move(variant));
}

}  // namespace bireme::builder
