// SPDX-License-Identifier: Apache-2.0
// The scores of an attention as exporters write them, read from the softmax upwards.
#pragma once

#include "ir/edit.h"

#include <string>
#include <vector>

namespace bireme::passes {

// What is under the softmax: a product of q and k, times a number, plus a mask.
struct Scores {
    ir::ValueId product = ir::kNoValue, mask = ir::kNoValue;
    ir::ValueId visible = ir::kNoValue;  // a mask of truth values, with `hidden` for the others
    bool inverted = false;               // true hides
    double hidden = 0;
    double scale = 1;
    ir::ValueId perHead = ir::kNoValue;  // a constant that scales all scores of a matrix
    ir::ValueId outer = ir::kNoValue;    // a mask of the scores with their first dim split
    DimVector split;                     // into these dims
    std::vector<ir::NodeId> nodes;
};

// False when `v` is no product with perhaps a scale and masks.
bool readScores(ir::Edit& e, ir::ValueId v, Scores& s);

// An operand of the product that is itself times a number (torch takes the root of the scale into
// both): the rest of it.
ir::ValueId unscaled(ir::Edit& e, ir::ValueId v, Scores& s);

// q times a constant, which goes before a transpose: what makes the queries may take it then.
ir::ValueId scaled(ir::Edit& e, ir::ValueId q, ir::ValueId constant);

// v with its first dim split as that of the scores was; kNoValue where the extents do not tell.
ir::ValueId splitFirst(ir::Edit& e, ir::ValueId v, const DimVector& scores, const DimVector& split);

// What is added to the scores, in their rank; kNoValue and `why` when it cannot be told.
ir::ValueId maskOf(ir::Edit& e, const Scores& s, std::string& why);

}  // namespace bireme::passes
