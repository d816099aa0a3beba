// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/job.h"
#include "tactic/factory.h"

#include <functional>

namespace bireme::builder {

struct MadeKernel {
    tactic::Query query;  // with the combination chosen
    tactic::Created created;
};

// The kernel of the chosen candidate of `group`. Where its factory fails, the choice becomes the
// first other candidate that `fits` and can be made, one of the last resort in the end, with a
// warning that tells why. Throws the first failure when none can.
MadeKernel makeKernel(BuildJob& job, VariantJob& variant, const ir::Node& group,
                      const std::function<bool(const Candidate&)>& fits);

}  // namespace bireme::builder
