// SPDX-License-Identifier: Apache-2.0
// Sequences of launches recorded once per memory they work on, and launched as one afterwards.
#include "runtime/executor.h"

#include <algorithm>

namespace bireme::runtime {

constexpr size_t kRecordings = 4;  // sets of addresses that are kept per segment

Recording& Executor::recordingFor(int32_t region, BoundSegment& bound, bool& seen) {
    pointers_.clear();
    pointers_.push_back(run_.scratch);
    for (int32_t t : bound.pointedTo)
        pointers_.push_back(state_->addresses[region][static_cast<size_t>(t)]);
    seen = true;
    for (Recording& r : bound.recordings)
        if (r.key == pointers_) return r;
    seen = false;
    if (bound.recordings.size() < kRecordings) {
        bound.recordings.reserve(kRecordings);
        bound.recordings.emplace_back();
        bound.recordings.back().key = pointers_;
        return bound.recordings.back();
    }
    auto older = [](const Recording& a, const Recording& b) { return a.lastUse < b.lastUse; };
    Recording& oldest = *std::min_element(bound.recordings.begin(), bound.recordings.end(), older);
    oldest.key = pointers_;
    return oldest;  // its graph is changed in place when this memory comes again
}

Status Executor::runRecorded(int32_t region, size_t index, BoundSegment& bound) {
    const LoadedRegion& r = variant_->regions[region];
    auto begin = static_cast<size_t>(r.segments[index].begin);
    for (size_t i = 0; i < bound.recordable; ++i)
        for (const auto& [tensor, bytes] : bound.steps[i].acquire)
            if (!acquire(region, tensor, bytes)) {
                failed_ = r.steps[begin + i].plan;
                return Status::failure(ErrorCode::kFAILED_ALLOCATION, "no memory for an output");
            }
    bool seen = false;
    Recording& recording = recordingFor(region, bound, seen);
    recording.lastUse = ++clock_;
    if (!seen) {
        recording.stale = true;
        return walk(region, index, bound, 0, bound.recordable);
    }
    if (recording.stale || !recording.graph)
        if (Status s = record(region, index, bound, recording); !s.ok()) {
            // What cannot be recorded still runs.
            context_.log.verbose("a sequence of steps is not recorded: ", s.message);
            size_t steps = bound.recordable;
            bound.recordable = 0;
            return walk(region, index, bound, 0, steps);
        }
    return recording.graph->launch(*run_.stream);
}

Status Executor::record(int32_t region, size_t index, BoundSegment& bound, Recording& recording) {
    if (Status s = run_.stream->beginCapture(); !s.ok()) return s;
    Status walked = walk(region, index, bound, 0, bound.recordable);
    Status ended = run_.stream->endCapture(recording.graph);
    if (!walked.ok()) return walked;
    recording.stale = !ended.ok();
    return ended;
}

}  // namespace bireme::runtime
