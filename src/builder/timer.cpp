// SPDX-License-Identifier: Apache-2.0
#include "base/parallel_for.h"
#include "base/status.h"
#include "base/text.h"
#include "builder/job.h"
#include "ir/group.h"
#include "tensor/convert.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <limits>

namespace bireme::builder {

namespace {

constexpr float kNever = std::numeric_limits<float>::infinity();

double nowMs() {
    return std::chrono::duration<double, std::milli>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

// Device memory for one operand, freed with it.
class Buffer {
public:
    Buffer(device::Device& d, size_t size)
        : device_(d), p_(d.allocate(std::max<size_t>(size, 64), 64, nullptr)) {
        if (!p_)
            fail(ErrorCode::kFAILED_ALLOCATION,
                 cat("no memory for a buffer of ", humanBytes(size), " while timing"));
    }
    Buffer(Buffer&& o) noexcept : device_(o.device_), p_(o.p_) { o.p_ = nullptr; }
    ~Buffer() {
        if (p_) device_.deallocate(p_, nullptr);
    }
    void* get() const { return p_; }

private:
    device::Device& device_;
    void* p_;
};

size_t bytesOf(const device::TensorShape& s) {
    return bytesFor(s.type, s.format.bufferElements(s.dims));
}

// Small reals and zero integers: denormals and NaN must not decide which kernel is fastest.
void fillOperand(device::Device& d, device::Stream& stream, void* to,
                 const device::TensorShape& s) {
    std::vector<uint8_t> host(bytesOf(s), 0);
    if (isReal(s.type)) {
        size_t count = s.format.bufferElements(s.dims);
        std::vector<float> reals(count);
        for (size_t i = 0; i < count; ++i)
            reals[i] =
                static_cast<float>(static_cast<int>(i * 2654435761u >> 20 & 1023) - 512) / 512.0f;
        convertElements(DataType::kFLOAT, reals.data(), s.type, host.data(),
                        static_cast<int64_t>(count));
    }
    if (!host.empty()) (void)d.copy(to, host.data(), host.size(), stream);
}

class Sink final : public device::OutputSink {
public:
    explicit Sink(device::Device& d) : device_(d) {}
    void* resize(int, const int64_t* dims, int rank) noexcept override {
        size_t n = 8;
        for (int i = 0; i < rank; ++i) n *= static_cast<size_t>(dims[i]);
        try {
            held_.emplace_back(device_, n);
            return held_.back().get();
        } catch (const std::exception&) {
            return nullptr;
        }
    }

private:
    device::Device& device_;
    std::vector<Buffer> held_;
};

class Timer {
public:
    Timer(BuildJob& job, VariantJob& variant, const ir::Node& group)
        : job_(job),
          variant_(variant),
          group_(group),
          query_(makeQuery(job, variant, group)),
          stream_(job.device->createStream()) {}

    // Fastest tactic of one candidate; kNever when none runs.
    TimingCache::Entry time(const Candidate& c) {
        take(c);
        tactic::TacticList tactics;
        c.factory->tactics(query_, tactics);
        if (job_.options.level <= 1 && tactics.size() > 2) tactics.resize(2);
        if (job_.options.maxTactics > 0 &&
            static_cast<int>(tactics.size()) > job_.options.maxTactics)
            tactics.resize(static_cast<size_t>(job_.options.maxTactics));
        TimingCache::Entry best{{}, kNever};
        for (const auto& t : tactics) {
            float ms = timeTactic(c, t);
            if (ms < best.milliseconds) best = {t, ms};
        }
        return best;
    }

    Hash128 key(const Candidate& c) {
        take(c);
        return hash128(cat(query_.keyText(), c.factory->name(), " ", c.factory->revision(), "\n"));
    }

private:
    void take(const Candidate& c) {
        if (c.lowered != lowered_) query_ = makeQuery(job_, variant_, group_, c);
        lowered_ = c.lowered;
        query_.choose(c.combination);
    }

    float timeTactic(const Candidate& c, const tactic::Tactic& t) {
        try {
            return run(c, t);
        } catch (const std::exception& e) {
            job_.log.verbose("tactic ", t.text(), " failed while timing: ", e.what());
            return kNever;
        }
    }

    float run(const Candidate& c, const tactic::Tactic& t) {
        tactic::Created made = c.factory->create(query_, t);
        device::Shapes shapes = query_.shapes(ir::GroupShape::opt);
        std::vector<Buffer> buffers;
        std::vector<const void*> in;
        std::vector<void*> out;
        for (const auto& p : made.constants) {
            buffers.emplace_back(*job_.device, p.bytes.size());
            (void)job_.device->copy(buffers.back().get(), p.bytes.data(), p.bytes.size(), *stream_);
            shapes.constants.push_back(buffers.back().get());
        }
        shapes.hostInputs.resize(shapes.inputs.size(), nullptr);
        for (size_t i = 0; i < shapes.inputs.size(); ++i) {
            bool consumed = std::find(made.consumed.begin(), made.consumed.end(),
                                      static_cast<int>(i)) != made.consumed.end();
            if (consumed) {
                in.push_back(nullptr);
                continue;
            }
            buffers.emplace_back(*job_.device, bytesOf(shapes.inputs[i]));
            const Blob* constant = query_.constant(static_cast<int>(i));
            if (constant)
                (void)job_.device->copy(buffers.back().get(), constant->data(), constant->size(),
                                        *stream_);
            else if (std::vector<uint8_t> known = knownBytes(i, shapes.inputs[i].type);
                     !known.empty())
                (void)job_.device->copy(buffers.back().get(), known.data(), known.size(), *stream_);
            else
                fillOperand(*job_.device, *stream_, buffers.back().get(), shapes.inputs[i]);
            in.push_back(buffers.back().get());
            bool decided = constant || query_.body().value(query_.body().inputs()[i]).known;
            if (job_.device->properties().hostMemory && decided) shapes.hostInputs[i] = in.back();
        }
        for (const auto& s : shapes.outputs) {
            buffers.emplace_back(*job_.device, bytesOf(s));
            out.push_back(buffers.back().get());
        }
        device::ContextState state;
        auto bound = made.kernel->bind(shapes, state);
        if (bound->workspace() > job_.options.workspaceLimit) return kNever;
        Buffer workspace(*job_.device, bound->workspace());
        Sink sink(*job_.device);
        device::Launch launch{in.data(), out.data(), shapes.constants.data(), workspace.get(),
                              &sink};
        return measure(*bound, launch);
    }

    // Elements of a shape operand at the shapes that are tuned for: bounds of a slice must fit its
    // input.
    std::vector<uint8_t> knownBytes(size_t input, DataType type) {
        const auto& known = query_.body().value(query_.body().inputs()[input]).known;
        if (!known) return {};
        std::vector<int64_t> elements;
        for (const Dim& d : *known) {
            auto v = d.eval(query_.opt);
            if (!v) return {};
            elements.push_back(*v);
        }
        std::vector<uint8_t> bytes(bytesFor(type, static_cast<int64_t>(elements.size())));
        convertElements(DataType::kINT64, elements.data(), type, bytes.data(),
                        static_cast<int64_t>(elements.size()));
        return bytes;
    }

    float measure(device::Bound& bound, const device::Launch& launch) {
        auto once = [&] {
            double begin = nowMs();
            Status s = bound.enqueue(*stream_, launch);
            if (s.ok()) s = stream_->synchronize();
            if (!s.ok()) fail(s.code, s.message);
            return nowMs() - begin;
        };
        double first = once(), best = once();
        // Short kernels are repeated until two milliseconds are spent; long ones run a few times.
        int repeats = std::clamp(static_cast<int>(2.0 / std::max(best, 1e-3)), 1, 30) *
                      std::max(1, job_.options.timingIterations);
        for (int i = 0; i < repeats; ++i) best = std::min(best, once());
        return static_cast<float>(std::min(first, best));
    }

    BuildJob& job_;
    VariantJob& variant_;
    const ir::Node& group_;
    int lowered_ = -1;  // whose query it is
    tactic::Query query_;
    std::unique_ptr<device::Stream> stream_;
};

// Without timing: the first candidates, those in the smallest type before others.
void guess(const BuildJob& job, VariantJob& variant, const ir::Node& group, GroupChoice& choice) {
    float position = 0;
    for (Candidate& c : choice.candidates) {
        tactic::Query chosen = makeQuery(job, variant, group, c);
        chosen.choose(c.combination);
        tactic::TacticList tactics;
        c.factory->tactics(chosen, tactics);
        if (tactics.empty())
            c.milliseconds = kNever;
        else {
            c.tactic = tactics[0];
            c.milliseconds = 1e-3f * position + (c.lowered < 0 ? 1e-2f : 0);
        }
        position += c.factory == choice.candidates.front().factory ? 0 : 1;
    }
}

}  // namespace

static void timeGroup(BuildJob& job, VariantJob& variant, GroupChoice& choice) {
    const ir::Node& group = variant.graph.node(choice.node);
    bool skip = job.options.level == 0 ||
                (choice.candidates.size() == 1 && choice.candidates[0].factory->lastResort());
    if (skip) return guess(job, variant, group, choice);
    Timer timer(job, variant, group);
    for (Candidate& c : choice.candidates) {
        Hash128 key = timer.key(c);
        auto entry = job.cache->find(key);
        if (entry && !entry->tactic.factory.empty()) {
            ++job.report.timingHits;
        } else {
            if (job.options.errorOnTimingMiss)
                throw Error(ErrorCode::kINVALID_STATE,
                            cat("the timing cache has no entry for ", c.factory->name()),
                            group.name);
            entry = timer.time(c);
            if (entry->milliseconds < kNever) job.cache->insert(key, *entry);
            ++job.report.timed;
        }
        c.tactic = entry->tactic;
        c.milliseconds = entry->milliseconds;
        c.timed = true;
        std::string formats;
        for (const auto& o : c.combination.inputs)
            formats += cat(bireme::name(o.type), " ", o.format.text(), " ");
        job.log.verbose("\"", group.name, "\" ", c.tactic.text(), " ", formats, c.milliseconds,
                        " ms");
    }
    std::erase_if(choice.candidates, [](const Candidate& c) { return c.milliseconds == kNever; });
    if (choice.candidates.empty())
        throw Error(ErrorCode::kUNSUPPORTED_STATE,
                    "every kernel failed while it was timed; the verbose log has the reasons",
                    group.name);
}

void timeCandidates(BuildJob& job, VariantJob& variant) {
    ThreadCount threads(job.threads);
    int step = 0;
    for (ir::NodeId id : variant.order) {
        GroupChoice& choice = variant.choices[id];
        job.checkCancelled("timing", step++);
        if (!choice.view) timeGroup(job, variant, choice);
    }
}

}  // namespace bireme::builder
