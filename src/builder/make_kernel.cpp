// SPDX-License-Identifier: Apache-2.0
#include "builder/make_kernel.h"

#include "base/status.h"
#include "base/text.h"
#include "builder/prepare.h"

#include <exception>
#include <optional>

namespace bireme::builder {

namespace {

MadeKernel make(BuildJob& job, VariantJob& variant, const ir::Node& group, const Candidate& c,
                tactic::Tactic& tactic) {
    tactic::Query q = makeQuery(job, variant, group, c);
    q.choose(c.combination);
    if (!c.timed && tactic.factory.empty()) tactic = tacticsOf(job, q, c).at(0);
    tactic::Created created = c.factory->create(q, tactic);
    return {std::move(q), std::move(created)};
}

}  // namespace

MadeKernel makeKernel(BuildJob& job, VariantJob& variant, const ir::Node& group, bool asChosen) {
    GroupChoice& choice = variant.choices.at(group.id);
    const int first = choice.chosen;
    const tactic::Combination chosen = choice.choice().combination;
    std::exception_ptr failure;
    const auto attempt = [&](int index) -> std::optional<MadeKernel> {
        Candidate& c = choice.candidates[static_cast<size_t>(index)];
        try {
            MadeKernel made = make(job, variant, group, c, c.tactic);
            if (index != first)
                job.log.warning("layer \"", group.name, "\" runs on ",
                                std::string(c.factory->name()), " instead");
            choice.chosen = index;
            return made;
        } catch (const Error& e) {
            job.log.warning("layer \"", group.name, "\": kernel ", std::string(c.factory->name()),
                            " cannot be made: ", e.what());
            choice.rejected.push_back({std::string(c.factory->name()), 0, e.what()});
            if (!failure) failure = std::current_exception();
            return std::nullopt;
        }
    };
    if (auto made = attempt(first)) return std::move(*made);
    const auto others = [&](size_t from) -> std::optional<MadeKernel> {
        for (size_t i = from; i < choice.candidates.size(); ++i) {
            const Candidate& c = choice.candidates[i];
            if (static_cast<int>(i) == first || !c.factory) continue;
            if (asChosen && c.combination != chosen) continue;
            if (auto made = attempt(static_cast<int>(i))) return made;
        }
        return std::nullopt;
    };
    if (auto made = others(0)) return std::move(*made);
    const size_t listed = choice.candidates.size();
    listLastResort(job, variant, group, choice);
    if (auto made = others(listed)) return std::move(*made);
    std::rethrow_exception(failure);
}

}  // namespace bireme::builder
