// SPDX-License-Identifier: Apache-2.0
#include "api/build/profile.h"

#include "api/access.h"
#include "api/convert.h"

#include <algorithm>
#include <limits>

namespace bireme::api {

namespace {

constexpr int32_t kMaxShapeValues = 64;
const char* const kCornerNames[kCorners] = {"min", "opt", "max"};

size_t cornerIndex(OptProfileSelector select) {
    auto i = static_cast<size_t>(select);
    require(i < kCorners, "a profile has no corner ", static_cast<int>(select));
    return i;
}

// "" unless two set corners differ in length or fall: min <= opt <= max, element by element.
std::string disorder(const std::array<std::vector<int64_t>, kCorners>& corners,
                     const std::array<bool, kCorners>& set) {
    for (size_t a = 0; a < kCorners; ++a)
        for (size_t b = a + 1; b < kCorners; ++b) {
            if (!set[a] || !set[b]) continue;
            if (corners[a].size() != corners[b].size())
                return cat(kCornerNames[a], " has ", corners[a].size(), " numbers, ",
                           kCornerNames[b], " has ", corners[b].size());
            for (size_t i = 0; i < corners[a].size(); ++i)
                if (corners[a][i] > corners[b][i])
                    return cat("number ", i, " of ", kCornerNames[a], " is ", corners[a][i],
                               ", of ", kCornerNames[b], " ", corners[b][i]);
        }
    return {};
}

bool complete(const std::array<bool, kCorners>& set) { return set[0] && set[1] && set[2]; }
bool any(const std::array<bool, kCorners>& set) { return set[0] || set[1] || set[2]; }

}  // namespace

std::string ProfileData::problem() const {
    for (const auto& [name, in] : inputs) {
        std::string why = disorder(in.dims, in.dimsSet);
        if (why.empty()) why = disorder(in.values, in.valuesSet);
        if (why.empty() && any(in.dimsSet) && !complete(in.dimsSet))
            why = "min, opt or max of its shape is not set";
        if (why.empty() && any(in.valuesSet) && !complete(in.valuesSet))
            why = "min, opt or max of its values is not set";
        if (!why.empty()) return cat("input \"", name, "\": ", why);
    }
    return {};
}

builder::Profile ProfileData::toBuilder() const {
    builder::Profile out;
    for (const auto& [name, in] : inputs)
        out.inputs[name] = {in.dims[0],   in.dims[1],   in.dims[2],
                            in.values[0], in.values[1], in.values[2]};
    return out;
}

// Sets one corner of one input, or throws and leaves it as it was.
static void setValues(Profile& p, const char* name, OptProfileSelector select,
                      const std::vector<int64_t>& values) {
    size_t corner = cornerIndex(select);
    std::string input = requireName(name, "the input's name");
    require(!input.empty(), "the input's name is empty");
    ProfileInput changed = p.data->inputs[input];
    changed.values[corner] = values;
    changed.valuesSet[corner] = true;
    std::string why = disorder(changed.values, changed.valuesSet);
    require(why.empty(), "profile, values of input \"", input, "\": ", why);
    changed.values32[corner].clear();
    for (int64_t v : values)
        changed.values32[corner].push_back(static_cast<int32_t>(std::clamp<int64_t>(
            v, std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max())));
    p.data->inputs[input] = std::move(changed);
}

template <typename T>
static bool setShapeValues(Profile& p, const char* name, OptProfileSelector select, const T* values,
                           int32_t count) noexcept {
    return guard(p.reporter, false, [&] {
        require(count >= 0 && count <= kMaxShapeValues && (values || count == 0),
                "profile, values of input \"", name ? name : "", "\": ", count,
                " values, not 0 to ", kMaxShapeValues, ", or null");
        setValues(p, name, select, {values, values + count});
        return true;
    });
}

static const ProfileInput* find(const Profile& p, const char* name) noexcept {
    if (!name) return nullptr;
    auto it = p.data->inputs.find(std::string_view(name));
    return it == p.data->inputs.end() ? nullptr : &it->second;
}

}  // namespace bireme::api

namespace nvinfer1 {

using bireme::api::guard;
using bireme::api::kCorners;
using bireme::api::require;
namespace api = bireme::api;

IOptimizationProfile::~IOptimizationProfile() noexcept { delete impl_; }

bool IOptimizationProfile::setDimensions(char const* inputName, OptProfileSelector select,
                                         Dims const& dims) noexcept {
    return guard(impl_->reporter, false, [&] {
        size_t corner = api::cornerIndex(select);
        require(*api::requireName(inputName, "the input's name") != 0, "the input's name is empty");
        std::vector<int64_t> values = api::toVector(dims, "the profile's shape");
        for (int64_t d : values)
            require(d >= 0, "profile, input \"", inputName, "\": extent ", d, " is negative");
        api::ProfileInput changed = impl_->data->inputs[inputName];
        changed.dims[corner] = std::move(values);
        changed.dimsSet[corner] = true;
        std::string why = api::disorder(changed.dims, changed.dimsSet);
        require(why.empty(), "profile, input \"", inputName, "\": ", why);
        impl_->data->inputs[inputName] = std::move(changed);
        return true;
    });
}

Dims IOptimizationProfile::getDimensions(char const* inputName,
                                         OptProfileSelector select) const noexcept {
    const api::ProfileInput* in = api::find(*impl_, inputName);
    auto corner = static_cast<size_t>(select);
    return in && corner < kCorners && in->dimsSet[corner] ? api::publicDims(in->dims[corner])
                                                          : api::kNoDims;
}

bool IOptimizationProfile::setShapeValuesV2(char const* inputName, OptProfileSelector select,
                                            int64_t const* values, int32_t nbValues) noexcept {
    return api::setShapeValues(*impl_, inputName, select, values, nbValues);
}

int64_t const* IOptimizationProfile::getShapeValuesV2(char const* inputName,
                                                      OptProfileSelector select) const noexcept {
    const api::ProfileInput* in = api::find(*impl_, inputName);
    auto corner = static_cast<size_t>(select);
    return in && corner < kCorners && in->valuesSet[corner] ? in->values[corner].data() : nullptr;
}

bool IOptimizationProfile::setShapeValues(char const* inputName, OptProfileSelector select,
                                          int32_t const* values, int32_t nbValues) noexcept {
    return api::setShapeValues(*impl_, inputName, select, values, nbValues);
}

int32_t const* IOptimizationProfile::getShapeValues(char const* inputName,
                                                    OptProfileSelector select) const noexcept {
    const api::ProfileInput* in = api::find(*impl_, inputName);
    auto corner = static_cast<size_t>(select);
    return in && corner < kCorners && in->valuesSet[corner] ? in->values32[corner].data() : nullptr;
}

int32_t IOptimizationProfile::getNbShapeValues(char const* inputName) const noexcept {
    const api::ProfileInput* in = api::find(*impl_, inputName);
    if (!in) return -1;
    for (size_t c = 0; c < kCorners; ++c)
        if (in->valuesSet[c]) return static_cast<int32_t>(in->values[c].size());
    return -1;
}

bool IOptimizationProfile::setExtraMemoryTarget(float target) noexcept {
    if (!(target >= 0 && target <= 1)) return false;
    impl_->data->extraMemory = target;
    return true;
}

float IOptimizationProfile::getExtraMemoryTarget() const noexcept {
    return impl_->data->extraMemory;
}

bool IOptimizationProfile::isValid() const noexcept {
    return guard(impl_->reporter, false, [&] { return impl_->data->problem().empty(); });
}

}  // namespace nvinfer1
