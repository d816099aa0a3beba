// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tactic/record.h"

namespace bireme::cpu {

using tactic::getAttributes;
using tactic::getInt;
using tactic::getInts;
using tactic::putAttributes;
using tactic::putInt;
using tactic::putInts;

}  // namespace bireme::cpu
