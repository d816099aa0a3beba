// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace bireme::cuda {

// NVTX ranges of the calling thread, which Nsight Systems and its kin show; nothing happens where
// no such tool watches, or where this was built without NVTX's headers.
void beginRange(const char* name) noexcept;
void endRange() noexcept;
bool hasRanges() noexcept;

}  // namespace bireme::cuda
