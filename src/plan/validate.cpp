// SPDX-License-Identifier: Apache-2.0
#include "plan/validate.h"

#include "base/status.h"
#include "base/text.h"
#include "plan/sizes.h"
#include "plan/validate_parts.h"

#include <algorithm>
#include <set>

namespace bireme::plan {

static void checkProfiles(const IoTensor& t, int32_t profiles) {
    std::string who = cat("input \"", t.name, "\"");
    check(t.profiles.size() == static_cast<size_t>(profiles), who, " has ", t.profiles.size(),
          " of ", profiles, " profiles");
    for (const ProfileShape& p : t.profiles) {
        size_t rank = t.desc.dims.size();
        check(p.min.size() == rank && p.opt.size() == rank && p.max.size() == rank, who,
              " has a profile of another rank");
        for (size_t i = 0; i < rank; ++i)
            check(p.min[i] >= 0 && p.min[i] <= p.opt[i] && p.opt[i] <= p.max[i], who,
                  " has a profile that is not min <= opt <= max");
        check(p.optValues.size() == p.minValues.size() && p.maxValues.size() == p.minValues.size(),
              who, " has a profile of values of different lengths");
        check(p.minValues.size() <= kMaxShapeValues, who, " has too many values in a profile");
    }
}

static void checkIo(const Plan& plan) {
    std::set<std::string> names;
    for (const IoTensor& t : plan.io) {
        check(!t.name.empty() && names.insert(t.name).second, "an input or output has the name \"",
              t.name, "\" of another");
        checkDesc(t.desc, cat("\"", t.name, "\""));
        check(t.desc.format.isDense(), "\"", t.name, "\" is not dense");
        check(t.dimNames.empty() || t.dimNames.size() == t.desc.dims.size(), "\"", t.name,
              "\" has names for other dims");
        if (t.input && !(allStatic(t.desc.dims) && t.profiles.empty()))
            checkProfiles(t, plan.profileCount);
        if (t.input && t.shapeTensor)
            check(!isReal(t.desc.type) && t.desc.rank() <= 1, "shape tensor \"", t.name,
                  "\" is not a list of integers");
    }
}

static void checkConstants(const Plan& plan) {
    for (const ConstantRef& c : plan.constants) {
        bool inside = c.offset <= plan.weights.size() && c.size <= plan.weights.size() - c.offset;
        check(!c.halves || c.size % sizeof(float) == 0, "constant \"", c.name, "\" is no floats");
        check(inside && c.offset % kAlignment == 0, "constant \"", c.name,
              "\" lies outside the weights");
    }
    check(!plan.weights || reinterpret_cast<uintptr_t>(plan.weights.data()) % kAlignment == 0 ||
              plan.weights.size() == 0,
          "the weights are not aligned to ", kAlignment, " bytes");
}

static void checkKept(const Plan& plan) {
    for (const KeptWeight& w : plan.keptWeights) {
        check(w.constant >= 0 && static_cast<size_t>(w.constant) < plan.constants.size(),
              "a weight of the network is constant ", w.constant, ", which does not exist");
        const ConstantRef& c = plan.constants[static_cast<size_t>(w.constant)];
        const std::string who = cat("weight \"", c.name, "\" of the network");
        checkDesc(w.desc, who);
        check(allStatic(w.desc.dims) && w.desc.format.isDense(), who, " is not dense");
        auto bytes = extentBytes(w.desc.type, w.desc.format, staticValues(w.desc.dims));
        check(bytes && static_cast<uint64_t>(*bytes) <= c.size, who,
              " is larger than the constant that holds it");
    }
}

// Every input and output has a whole number of bytes for each sample.
static void checkSlices(const Plan& plan, const Variant& v, RegionChecker& checker) {
    const Slices& s = v.slices;
    check(s.extent >= 0 && s.lanes >= 1 && s.lanes <= 4096, "a variant has ", s.extent,
          " samples at a time in ", s.lanes, " lanes");
    if (s.extent == 0) return;
    check(!plan.io.empty() && plan.io[0].input, "slices are of no input");
    for (const IoTensor& t : plan.io) {
        check(t.desc.rank() > 0 && bits(t.desc.type) % 8 == 0 && !t.shapeTensor &&
                  t.desc.format.isLinear(),
              "\"", t.name, "\" has no samples to slice");
        for (const Dim& d : t.desc.dims) {
            std::vector<std::string> symbols;
            d.collectSymbols(symbols);
            for (const auto& name : symbols)
                check(checker.inputSymbols.count(name) != 0, "an extent of \"", t.name,
                      "\" does not follow from inputs, which slices need");
        }
    }
    if (s.symbol.empty()) return;
    auto range = checker.ranges.find(s.symbol);
    check(range != checker.ranges.end(), "slices name the unknown symbol \"", s.symbol, "\"");
    range->second = {std::min(range->second.min, s.extent), s.extent};
}

static void checkVariant(const Plan& plan, const Variant& v) {
    check(v.profile >= 0 && v.profile < plan.profileCount, "a variant is of profile ", v.profile,
          ", which does not exist");
    check(v.arenaBytes >= 0 && v.arenaBytes <= (int64_t{1} << 46), "a variant needs ", v.arenaBytes,
          " bytes of scratch");
    RegionChecker checker(plan, v);
    for (const auto& [symbol, range] : v.ranges) {
        check(!symbol.empty() && checker.ranges.emplace(symbol, range).second, "symbol \"", symbol,
              "\" has two ranges");
        check(range.min <= range.max, "symbol \"", symbol, "\" has an empty range");
    }
    for (const InputSymbol& s : v.inputSymbols) {
        check(checker.ranges.count(s.symbol) != 0, "symbol \"", s.symbol, "\" has no range");
        check(s.io >= 0 && s.io < static_cast<int32_t>(plan.io.size()) && plan.io[s.io].input,
              "symbol \"", s.symbol, "\" comes from no input");
        const IoTensor& t = plan.io[s.io];
        if (s.element)
            check(t.shapeTensor && s.index >= 0 && s.index < static_cast<int32_t>(kMaxShapeValues),
                  "symbol \"", s.symbol, "\" comes from no shape input");
        else
            check(s.index >= 0 && s.index < t.desc.rank(), "symbol \"", s.symbol,
                  "\" comes from no dimension");
        checker.inputSymbols.insert(s.symbol);
    }
    checkSlices(plan, v, checker);
    for (const auto& point : v.points)
        check(point.size() == v.inputSymbols.size(), "a variant was timed at ", point.size(),
              " extents, it has ", v.inputSymbols.size());
    checker.region(v.root, nullptr, nullptr, 0);
}

void validate(const Plan& plan) {
    check(plan.profileCount >= 1 && plan.profileCount <= 4096, plan.profileCount, " profiles");
    check(plan.threads >= 0 && plan.threads <= 65536, plan.threads, " threads");
    check(!plan.backend.empty(), "no backend is named");
    checkIo(plan);
    checkConstants(plan);
    checkKept(plan);
    for (const SourceLayer& l : plan.network)
        for (int32_t i : l.inputs)
            check(i >= -1 && i < static_cast<int32_t>(plan.network.size()), "layer \"", l.name,
                  "\" of the network reads a layer that does not exist");
    std::set<int32_t> profiles;
    for (const Variant& v : plan.variants) {
        checkVariant(plan, v);
        profiles.insert(v.profile);
    }
    check(profiles.size() == static_cast<size_t>(plan.profileCount), "some profile has no steps");
}

}  // namespace bireme::plan
