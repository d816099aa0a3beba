// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/edit.h"
#include "ir/pattern.h"
#include "passes/pass.h"

#include <initializer_list>

namespace bireme::passes {

using ir::done;
using ir::Edit;
using ir::Match;
using ir::no;
using ir::Outcome;
using ir::Pattern;

// One rewrite: its equation stands as a comment above the class.
class Rule {
public:
    virtual ~Rule() = default;
    virtual Pattern pattern() const = 0;
    // Proposes the change; it is applied when the outcome is done. An empty `why` is not reported.
    virtual Outcome apply(Edit& e, const Match& m) const = 0;
};

// Tries the rules on every node until nothing changes any more, operands before readers.
void applyRules(PassRun& run, std::initializer_list<const Rule*> rules);

}  // namespace bireme::passes
