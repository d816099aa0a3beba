// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/guard.h"
#include "bireme/builder.h"

namespace bireme::api {

// Where a builder's calls report their errors.
const Reporter& reporterOf(const IBuilder& builder);

}  // namespace bireme::api
