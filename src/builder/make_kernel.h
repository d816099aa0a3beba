// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/job.h"
#include "tactic/factory.h"

namespace bireme::builder {

struct MadeKernel {
    tactic::Query query;  // with the combination chosen
    tactic::Created created;
};

// The kernel of the chosen candidate of `group`. Where its factory fails, the choice becomes the
// first other candidate that can be made (of the same combination, where `asChosen`), one of the
// last resort in the end, with a warning that tells why. Throws the first failure when none can.
MadeKernel makeKernel(BuildJob& job, VariantJob& variant, const ir::Node& group, bool asChosen);

}  // namespace bireme::builder
