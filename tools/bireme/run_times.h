// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/bireme/session.h"

#include <vector>

namespace bireme::cli {

double nowMs();

// Milliseconds of each of `runs` runs, ascending: on a GPU by its own clock, transfers left out,
// else by the clock on the wall.
std::vector<double> runTimes(Session& session, int runs);

// Runs per second of `streams` contexts of one engine, each with a stream and a thread of its own,
// kept busy for `seconds`. Throws std::runtime_error.
double streamThroughput(Session& session, int streams, double seconds);

}  // namespace bireme::cli
