// SPDX-License-Identifier: Apache-2.0
// What every kernel text may use: element types by name, and vectors of them.
#pragma once
