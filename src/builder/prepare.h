// SPDX-License-Identifier: Apache-2.0
// Kernels of a GPU made ahead on all cores: compiling them takes longer than timing them. What is
// made is thrown away; the caches of compiled code keep what is dear about it.
#pragma once

#include "builder/job.h"

#include <memory>

namespace bireme::builder {

// The tactics of one candidate that are worth timing; those of the denylist are left out.
tactic::TacticList tacticsOf(const BuildJob& job, const tactic::Query& q, const Candidate& c);
// What the timing cache calls it: a hash of all that changes which tactic is the fastest.
Hash128 timingKey(const BuildJob& job, const tactic::Query& q, const Candidate& c);

class Preparer {
public:
    // Begins with the groups in their order; those that the timing cache knows are left out.
    Preparer(BuildJob& job, VariantJob& variant);
    ~Preparer();
    Preparer(const Preparer&) = delete;
    Preparer& operator=(const Preparer&) = delete;
    void await(ir::NodeId group);  // until everything of that group is made

private:
    struct Work;
    std::unique_ptr<Work> work_;
};

}  // namespace bireme::builder
