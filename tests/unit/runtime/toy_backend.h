// SPDX-License-Identifier: Apache-2.0
// A host backend of tiny kernels on dense floats, registered for the whole test program as "toy".
//   toy.add       out = in0 + in1 (elementwise) or in0 + constants[0] (one number)
//   toy.double    out = 2 * in0
//   toy.count     out = in0 + number of runs in this context before (KernelState)
//   toy.positive  out = positive elements of in0, through the sink
//   toy.size      out (one INT64) = number of elements of in0
//   toy.ints      out = the INT64 elements of in0 as numbers
//   toy.sum       out (one number) = sum of in0
//   toy.fail      a bad status
//   toy.refuse    bind throws
#pragma once

#include "plan/plan.h"

#include <atomic>
#include <string>
#include <vector>

namespace bireme::runtime::test {

extern std::atomic<int> bindings;  // kernels bound so far

// Builds a plan of one variant, tensor by tensor and step by step.
class PlanBuilder {
public:
    PlanBuilder();
    // io tensors come first, in this order; the tensor of the root region is the answer.
    int32_t input(const char* name, DimVector dims, std::vector<int64_t> min,
                  std::vector<int64_t> max, DataType type = DataType::kFLOAT);
    int32_t output(const char* name, DimVector dims, DataType type = DataType::kFLOAT);
    int32_t scratch(const char* name, DimVector dims,
                    DataType type = DataType::kFLOAT);  // its own place at the bound
    int32_t deferred(const char* name, DimVector dims, DataType type = DataType::kFLOAT);
    int32_t constant(const std::vector<float>& values);
    int32_t packed(const std::vector<float>& values);  // index for Step::constants
    void symbol(const std::string& name, int64_t min, int64_t max) {
        variant().ranges.push_back({name, {min, max}});
    }
    plan::Step& step(const char* kernel, std::vector<int32_t> in, std::vector<int32_t> out);
    plan::Step& step(plan::Region& region, const char* kernel, std::vector<int32_t> in,
                     std::vector<int32_t> out);

    plan::Variant& variant() { return plan.variants[0]; }
    plan::Region& root() { return variant().root; }
    std::shared_ptr<const plan::Plan> finish();  // fills the weights

    plan::Plan plan;

private:
    int32_t add(const char* name, DimVector dims, DataType type, plan::Storage storage,
                int32_t index);
    std::vector<float> weights_;
};

TensorDesc desc(DimVector dims, DataType type = DataType::kFLOAT);

}  // namespace bireme::runtime::test
