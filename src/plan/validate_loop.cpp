// SPDX-License-Identifier: Apache-2.0
#include "plan/validate_parts.h"

namespace bireme::plan {

static bool isOne(const TensorDesc& d, DataType type) {
    return d.type == type && allStatic(d.dims) && volume(d.dims).is(1);
}

void RegionChecker::loop(const Region& r, const Step& s, int depth) {
    const LoopForm f = LoopForm::of(s);
    check(s.children.size() == 1, "loop \"", s.name, "\" has ", s.children.size(), " regions");
    check(s.inputs[0] < 0 || isOne(r.tensors[s.inputs[0]].desc, DataType::kINT64),
          "the turns of loop \"", s.name, "\" are not one integer");
    check(s.inputs[1] < 0 || isOne(r.tensors[s.inputs[1]].desc, DataType::kBOOL),
          "the condition of loop \"", s.name, "\" is not one boolean");
    check(s.inputs[0] < 0 || f.inputAxes.empty(), "loop \"", s.name,
          "\" has turns and sequences that tell them");
    const auto carried = static_cast<size_t>(f.carried);
    for (size_t k = 2; k < f.passed(); ++k) {
        check(s.inputs[k] >= 0, "loop \"", s.name, "\" lacks a value that it carries or slices");
        const TensorDesc& d = r.tensors[s.inputs[k]].desc;
        check(d.format.isLinear() && bits(d.type) >= 8, "a value of loop \"", s.name,
              "\" is not in row-major order");
        if (k < 2 + carried) continue;
        const int64_t axis = f.inputAxes[k - 2 - carried];
        check(axis >= 0 && axis < d.rank(), "loop \"", s.name, "\" slices a dim that is not there");
    }
    const Step* outer = owner_;
    region(s.children[0], &r, &s, depth + 1);
    owner_ = outer;
}

// A tensor of the region that is another in every turn.
void RegionChecker::passedTensor(const PlanTensor& t, const TensorDesc& operand, const LoopForm& f,
                                 const std::string& who) const {
    const auto k = static_cast<size_t>(t.index), carried = static_cast<size_t>(f.carried);
    check(t.desc.format.isLinear(), who, " is not in row-major order");
    if (k < 2) {
        check(isOne(t.desc, k == 0 ? DataType::kINT64 : DataType::kBOOL), who,
              " is no turn or condition");
        return;
    }
    const int rank = operand.rank() - (k < 2 + carried ? 0 : 1);
    check(t.desc.type == operand.type && t.desc.rank() == rank, who,
          " differs from the operand that it is of");
}

void RegionChecker::loopResults(const Region& r, const Region& parent, const Step& owner) const {
    const LoopForm f = LoopForm::of(owner);
    check(r.outputs.size() == 1 + owner.outputs.size(), "loop \"", owner.name, "\" has ",
          owner.outputs.size(), " results, its region ", r.outputs.size());
    for (size_t i = 0; i < r.outputs.size(); ++i) {
        const int32_t t = r.outputs[i];
        if (i == 0 && t < 0) continue;
        check(t >= 0 && t < static_cast<int32_t>(r.tensors.size()), "the region of loop \"",
              owner.name, "\" lacks a result");
        const TensorDesc& d = r.tensors[t].desc;
        check(r.tensors[root(r, t)].storage != Storage::extents && d.format.isLinear() &&
                  bits(d.type) >= 8,
              "a result of the region of loop \"", owner.name, "\" is not stored in order");
        if (i == 0) {
            check(isOne(d, DataType::kBOOL), "the condition of loop \"", owner.name,
                  "\" is not one boolean");
            continue;
        }
        const bool carried = i <= static_cast<size_t>(f.carried);
        const int32_t to = owner.outputs[i - 1];
        const int64_t axis = carried ? 0 : f.outputAxes[i - 1 - static_cast<size_t>(f.carried)];
        check(axis >= 0 && axis <= d.rank(), "loop \"", owner.name,
              "\" stacks along a dim that is not there");
        const TensorDesc& like = parent.tensors[carried  ? owner.inputs[i + 1]
                                                : to < 0 ? 0
                                                         : to]
                                     .desc;
        if (!carried && to < 0) continue;
        check(d.type == like.type && d.rank() + (carried ? 0 : 1) == like.rank(),
              "a result of the region of loop \"", owner.name, "\" has another type or rank");
        if (to < 0) continue;
        check(parent.tensors[to].desc.type == d.type &&
                  parent.tensors[to].desc.rank() == like.rank() &&
                  parent.tensors[to].desc.format.isLinear() && parent.tensors[to].aliasOf < 0,
              "a result of loop \"", owner.name, "\" has another type, rank or format");
    }
}

}  // namespace bireme::plan
