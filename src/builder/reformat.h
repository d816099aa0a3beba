// SPDX-License-Identifier: Apache-2.0
// A copy of a tensor in another format or type: what stands between neighbours that disagree.
#pragma once

#include "builder/job.h"

#include <memory>
#include <string>

namespace bireme::builder {

class Reformat {
public:
    Reformat(const BuildJob& job, const VariantJob& variant, const std::string& name,
             const TensorDesc& source, const TensorDesc& target);

    const tactic::KernelFactory* factory() const { return factory_; }  // null when nothing does it
    const std::string& reasons() const { return reasons_; }            // why not
    const tactic::Query& query() const { return *query_; }             // over this object's graph

private:
    VariantJob scratch_;  // a graph of one copy
    std::unique_ptr<tactic::Query> query_;
    const tactic::KernelFactory* factory_ = nullptr;
    std::string reasons_;
};

}  // namespace bireme::builder
