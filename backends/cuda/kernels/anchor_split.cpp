// SPDX-License-Identifier: Apache-2.0
// A library's convolution or product, and behind it what the library does not do, as one pointwise
// kernel in place: two launches, and the library's speed for any chain.
#include "backends/cuda/support/factory.h"
#include "backends/cuda/support/record.h"
#include "backends/cuda/support/split.h"

#include <algorithm>

namespace bireme::cuda {

using device::Shapes;

namespace {

const char* const kLibraries[] = {"cuda.matmul.cublaslt", "cuda.convolution.cudnn"};
const char* const kRest = "cuda.pointwise.jit";

size_t bytesOf(const device::TensorShape& s) {
    return bytesFor(s.type, s.format.bufferElements(s.dims));
}

struct Wiring {
    std::vector<int> front, rest;  // inputs of the whole, -1: what lies between
    int frontConstants = 0;
    DataType between = DataType::kFLOAT;
    bool inPlace = true;  // what lies between has the result's place
};

class SplitBound final : public device::Bound {
public:
    SplitBound(std::unique_ptr<device::Bound> front, std::unique_ptr<device::Bound> rest,
               const Wiring& w, size_t between)
        : front_(std::move(front)),
          rest_(std::move(rest)),
          wiring_(w),
          between_((between + 255) / 256 * 256),
          frontInputs_(w.front.size()),
          restInputs_(w.rest.size()) {}

    size_t workspace() const noexcept override {
        return between_ + std::max(front_->workspace(), rest_->workspace());
    }
    Status enqueue(device::Stream& stream, const device::Launch& l) noexcept override {
        void* between = wiring_.inPlace ? l.outputs[0] : l.workspace;
        for (size_t i = 0; i < wiring_.front.size(); ++i)
            frontInputs_[i] = l.inputs[wiring_.front[i]];
        for (size_t i = 0; i < wiring_.rest.size(); ++i)
            restInputs_[i] = wiring_.rest[i] < 0 ? between : l.inputs[wiring_.rest[i]];
        device::Launch half = l;
        half.workspace = static_cast<char*>(l.workspace) + between_;
        half.inputs = frontInputs_.data();
        half.outputs = &between;
        if (Status s = front_->enqueue(stream, half); !s.ok()) return s;
        half.inputs = restInputs_.data();
        half.outputs = l.outputs;
        half.constants = l.constants + wiring_.frontConstants;
        return rest_->enqueue(stream, half);
    }
    std::string implementation() const override {
        return front_->implementation() + " + pointwise";
    }

private:
    std::unique_ptr<device::Bound> front_, rest_;
    Wiring wiring_;
    size_t between_;
    std::vector<const void*> frontInputs_, restInputs_;
};

class SplitKernel final : public device::Kernel {
public:
    SplitKernel(std::string library, std::unique_ptr<device::Kernel> front,
                std::unique_ptr<device::Kernel> rest, Wiring w)
        : library_(std::move(library)),
          front_(std::move(front)),
          rest_(std::move(rest)),
          wiring_(std::move(w)) {}

    size_t workspaceBound(const Shapes& min, const Shapes& opt, const Shapes& max) const override {
        auto bound = [&](const device::Kernel& k, bool first) {
            return k.workspaceBound(half(min, first), half(opt, first), half(max, first));
        };
        return betweenBytes(max) + 256 + std::max(bound(*front_, true), bound(*rest_, false));
    }
    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState& context) const override {
        return std::make_unique<SplitBound>(front_->bind(half(shapes, true), context),
                                            rest_->bind(half(shapes, false), context), wiring_,
                                            betweenBytes(shapes));
    }
    void save(ByteWriter& out) const override {
        out.string(library_);
        putInts(out, wiring_.front);
        putInts(out, wiring_.rest);
        putInts<int64_t>(
            out, {wiring_.frontConstants, static_cast<int64_t>(wiring_.between), wiring_.inPlace});
        for (const auto* k : {front_.get(), rest_.get()}) {
            ByteWriter part;
            k->save(part);
            out.varint(part.size());
            out.raw(part.bytes().data(), part.size());
        }
    }

private:
    size_t betweenBytes(const Shapes& s) const { return wiring_.inPlace ? 0 : bytesOf(between(s)); }
    device::TensorShape between(const Shapes& s) const {
        device::TensorShape t = s.outputs.at(0);
        t.type = wiring_.between;
        return t;
    }
    Shapes half(const Shapes& s, bool first) const {
        Shapes h;
        for (int i : first ? wiring_.front : wiring_.rest) {
            h.inputs.push_back(i < 0 ? between(s) : s.inputs.at(static_cast<size_t>(i)));
            h.hostInputs.push_back(nullptr);
        }
        h.outputs.push_back(first ? between(s) : s.outputs.at(0));
        size_t n = std::min(static_cast<size_t>(wiring_.frontConstants), s.constants.size());
        auto at = s.constants.begin() + static_cast<std::ptrdiff_t>(n);
        h.constants = first ? std::vector<const void*>(s.constants.begin(), at)
                            : std::vector<const void*>(at, s.constants.end());
        return h;
    }

    std::string library_;
    std::unique_ptr<device::Kernel> front_, rest_;
    Wiring wiring_;
};

// The longest part in front that a library takes.
struct Choice {
    const tactic::KernelFactory* library = nullptr;
    std::unique_ptr<Split> split;
};

class SplitFactory final : public tactic::KernelFactory {
public:
    explicit SplitFactory(const tactic::Catalog& catalog) : catalog_(catalog) {}
    std::string_view name() const override { return "cuda.split"; }

    Support supports(const tactic::Query& q) const override {
        if (!q.group().anchor() || q.group().single()) return no("nothing follows an anchor");
        auto choices = choose(q);
        if (choices.empty()) return no("no library takes a part of the group");
        return yes();
    }

    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        for (const Choice& c : choose(q)) {
            tactic::FormatList front;
            c.library->formats(c.split->query(q, c.split->front), front);
            for (const auto& f : front) {
                tactic::Combination whole = wholeOf(q, *c.split, f);
                if (std::find(out.begin(), out.end(), whole) == out.end()) out.push_back(whole);
            }
        }
    }

    void tactics(const tactic::Query& q, tactic::TacticList& out) const override {
        for (const Choice& c : choose(q)) {
            tactic::Query front = c.split->query(q, c.split->front);
            if (!offers(*c.library, front, c.split->combination(q, c.split->front))) continue;
            front.choose(c.split->combination(q, c.split->front));
            tactic::TacticList list;
            c.library->tactics(front, list);
            for (const auto& t : list)
                out.push_back({std::string(name()), t.factory + "|" + t.parameters});
        }
    }

    tactic::Created create(const tactic::Query& q, const tactic::Tactic& t) const override {
        auto bar = t.parameters.find('|');
        std::string library = t.parameters.substr(0, bar);
        for (const Choice& c : choose(q))
            if (c.library->name() == library)
                return create(q, c, {library, t.parameters.substr(bar + 1)});
        fail(ErrorCode::kINVALID_STATE, cat("no such tactic: ", t.text()));
    }

    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device& device) const override {
        std::string library = in.string();
        Wiring w;
        for (auto* list : {&w.front, &w.rest})
            for (int64_t i : getInts(in)) list->push_back(static_cast<int>(i));
        auto v = getInts(in);
        const auto *front = catalog_.find(library), *rest = catalog_.find(kRest);
        if (!front || !rest || v.size() != 3) in.corrupt("a group in two parts");
        w.frontConstants = static_cast<int>(v[0]);
        w.between = static_cast<DataType>(v[1]);
        w.inPlace = v[2] != 0;
        ByteReader first = in.sub(in.count());
        auto frontKernel = front->load(first, device);
        ByteReader second = in.sub(in.count());
        return std::make_unique<SplitKernel>(std::move(library), std::move(frontKernel),
                                             rest->load(second, device), std::move(w));
    }

private:
    // One choice per library; none for a library that takes the whole group.
    std::vector<Choice> choose(const tactic::Query& q) const {
        std::vector<Choice> out;
        const auto* rest = catalog_.find(kRest);
        if (!rest || !q.group().anchor()) return out;
        for (const char* name : kLibraries) {
            const auto* library = catalog_.find(name);
            if (!library || library->supports(q).ok) continue;
            size_t most = q.group().hasChainEpilogue() ? q.group().epilogue().size() : 1;
            for (size_t n = most; n-- > 0;) {
                auto split = splitAfter(q, n);
                if (!split || !library->supports(split->query(q, split->front)).ok) continue;
                if (!rest->supports(split->query(q, split->rest)).ok) continue;
                out.push_back({library, std::move(split)});
                break;
            }
        }
        return out;
    }

    static tactic::Combination wholeOf(const tactic::Query& q, const Split& s,
                                       const tactic::Combination& front) {
        const Format& f = front.outputs[0].format;
        tactic::Combination c =
            f.isLinear() ? bireme::cuda::combination(q) : channelsLastCombination(q);
        c.outputs[0].format = f;
        for (size_t i = 0; i < s.front.inputs.size(); ++i)
            c.inputs[static_cast<size_t>(s.front.inputs[i])].format = front.inputs[i].format;
        return c;
    }

    static bool offers(const tactic::KernelFactory& library, const tactic::Query& q,
                       const tactic::Combination& wanted) {
        tactic::FormatList list;
        library.formats(q, list);
        return std::any_of(list.begin(), list.end(), [&](const tactic::Combination& c) {
            return c.inputs == wanted.inputs && c.outputs == wanted.outputs;
        });
    }

    tactic::Created create(const tactic::Query& q, const Choice& c,
                           const tactic::Tactic& front) const {
        const Split& s = *c.split;
        tactic::Query fq = s.query(q, s.front), rq = s.query(q, s.rest);
        tactic::Combination fc = s.combination(q, s.front);
        fq.choose(fc);
        rq.choose(s.combination(q, s.rest));
        const auto& rest = *catalog_.find(kRest);
        tactic::TacticList list;
        rest.tactics(rq, list);
        tactic::Created a = c.library->create(fq, front), b = rest.create(rq, list.at(0));
        Wiring w{s.front.inputs, s.rest.inputs, static_cast<int>(a.constants.size()),
                 fc.outputs[0].type, bits(fc.outputs[0].type) == bits(q.out(0).type)};
        tactic::Created made;
        made.constants = std::move(a.constants);
        for (auto& k : b.constants) made.constants.push_back(std::move(k));
        made.consumed = consumed(q, s, a.consumed, b.consumed);
        made.kernel = std::make_unique<SplitKernel>(front.factory, std::move(a.kernel),
                                                    std::move(b.kernel), std::move(w));
        return made;
    }

    // Inputs that no half reads any more.
    static std::vector<int> consumed(const tactic::Query& q, const Split& s,
                                     const std::vector<int>& front, const std::vector<int>& rest) {
        std::vector<int> out;
        auto reads = [](const Half& h, const std::vector<int>& gone, int input) {
            for (size_t i = 0; i < h.inputs.size(); ++i)
                if (h.inputs[i] == input &&
                    std::find(gone.begin(), gone.end(), static_cast<int>(i)) == gone.end())
                    return true;
            return false;
        };
        for (int i = 0; i < q.inputs(); ++i)
            if (!reads(s.front, front, i) && !reads(s.rest, rest, i)) out.push_back(i);
        return out;
    }

    const tactic::Catalog& catalog_;
};

}  // namespace

void registerKernel_anchor_split(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<SplitFactory>(catalog));
}

}  // namespace bireme::cuda
