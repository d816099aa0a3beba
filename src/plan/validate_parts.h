// SPDX-License-Identifier: Apache-2.0
// Parts of validate(): descriptions and regions.
#pragma once

#include "base/status.h"
#include "base/text.h"
#include "plan/loop.h"
#include "plan/plan.h"
#include "plan/sizes.h"

#include <set>
#include <string>

namespace bireme::plan {

constexpr int kMaxRank = 64;
constexpr size_t kMaxShapeValues = 4096;

template <typename... Args>
void check(bool ok, const Args&... message) {
    if (!ok) failInvalid(cat(message...));
}

// Type, rank and format are possible.
void checkDesc(const TensorDesc& d, const std::string& who);

class RegionChecker {
public:
    RegionChecker(const Plan& plan, const Variant& variant) : plan_(plan), variant_(variant) {}
    SymbolRanges ranges;
    std::set<std::string, std::less<>> inputSymbols;

    // `parent` and `step` are the region and the step that own a child region.
    void region(const Region& r, const Region* parent, const Step* step, int depth);

private:
    void tensor(const Region& r, size_t index, const Region* parent, const Step* step) const;
    void parentTensor(const PlanTensor& t, const Region& parent, const Step& owner,
                      const std::string& who) const;
    void findRoots(const Region& r);
    void step(const Region& r, const Step& s, int depth);
    void kindOf(const Region& r, const Step& s, int depth);
    void loop(const Region& r, const Step& s, int depth);
    void passedTensor(const PlanTensor& t, const TensorDesc& operand, const LoopForm& f,
                      const std::string& who) const;
    void loopResults(const Region& r, const Region& parent, const Step& owner) const;
    void writable(const Region& r, int32_t tensor, const Step& s) const;
    void defines(const Region& r, const Step& s) const;
    int32_t root(const Region& r, int32_t tensor) const;

    const Plan& plan_;
    const Variant& variant_;
    const Step* owner_ = nullptr;  // of the region being checked
};

}  // namespace bireme::plan
