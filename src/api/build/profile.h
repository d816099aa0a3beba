// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/guard.h"
#include "bireme/profile.h"
#include "builder/options.h"

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace bireme::api {

constexpr size_t kCorners = 3;

// What one profile says of one input; empty vectors are not set.
struct ProfileInput {
    std::array<std::vector<int64_t>, kCorners> dims;
    std::array<bool, kCorners> dimsSet{};
    std::array<std::vector<int64_t>, kCorners> values;
    std::array<std::vector<int32_t>, kCorners> values32;  // for the getter of the old type
    std::array<bool, kCorners> valuesSet{};
};

struct ProfileData {
    std::map<std::string, ProfileInput, std::less<>> inputs;
    float extraMemory = 1;

    // "" when complete and consistent, else what is wrong.
    std::string problem() const;
    builder::Profile toBuilder() const;
};

// Behind IOptimizationProfile; configs share the data, so that it may be completed after it was
// added.
struct Profile {
    explicit Profile(const Reporter& r) : reporter(r) {}
    Reporter reporter;
    std::shared_ptr<ProfileData> data = std::make_shared<ProfileData>();
};

}  // namespace bireme::api
