// SPDX-License-Identifier: Apache-2.0
// Convolutions of one input as one step: each by the kernel that would run it alone, one after
// another, so that the input is still near when the next one reads it.
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/record.h"
#include "base/status.h"
#include "ops/convolution.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace bireme::cpu {

using device::Shapes;

namespace {

constexpr const char* kName = "cpu.convolution.siblings";
constexpr std::array kAlone = {"cpu.convolution.onednn", "cpu.convolution.pointwise"};

// One convolution and what follows it; operands are inputs of the whole body.
struct Sibling {
    ir::Graph body;
    std::vector<int> inputs;
    int output = 0;
};

// The body that ends in output `o`.
class SiblingReader {
public:
    explicit SiblingReader(const ir::Graph& whole) : whole_(whole) {}

    Sibling read(size_t o) {
        map_.clear();
        Sibling s;
        s.output = static_cast<int>(o);
        s.body.name = whole_.name;
        s.body.markOutput(copy(whole_.outputs()[o], s));
        return s;
    }

private:
    ir::ValueId copy(ir::ValueId v, Sibling& s) {
        if (v == ir::kNoValue) return v;
        if (auto known = map_.find(v); known != map_.end()) return known->second;
        const ir::Value& value = whole_.value(v);
        if (const ir::Node* n = whole_.producer(v)) {
            std::vector<ir::ValueId> inputs;
            for (ir::ValueId in : n->inputs) inputs.push_back(copy(in, s));
            const ir::NodeId id = s.body.addNode(n->op, std::move(inputs), 1, n->name);
            ir::Value& to = s.body.value(s.body.node(id).outputs[0]);
            to.desc = value.desc;
            return map_[v] = to.id;
        }
        const auto& all = whole_.inputs();
        const auto at = std::find(all.begin(), all.end(), v);
        if (at == all.end())
            return map_[v] = s.body.addConstant(value.name, value.desc, value.constant);
        const ir::ValueId in = s.body.addInput(value.name, value.desc);
        s.body.value(in).constant = value.constant;
        s.body.value(in).constantOutside = value.constantOutside;
        s.inputs.push_back(static_cast<int>(at - all.begin()));
        return map_[v] = in;
    }

    const ir::Graph& whole_;
    std::map<ir::ValueId, ir::ValueId> map_;
};

// A kernel of one sibling and what it sees of the step.
struct Member {
    std::unique_ptr<device::Kernel> kernel;
    std::vector<int> inputs;  // of the step
    int output = 0, constants = 0;

    Shapes shapes(const Shapes& all, int firstConstant) const {
        Shapes s;
        for (int i : inputs) {
            const auto at = static_cast<size_t>(i);
            s.inputs.push_back(all.inputs.at(at));
            s.hostInputs.push_back(at < all.hostInputs.size() ? all.hostInputs[at] : nullptr);
        }
        s.outputs.push_back(all.outputs.at(static_cast<size_t>(output)));
        for (int c = 0; c < constants && !all.constants.empty(); ++c)
            s.constants.push_back(all.constants.at(static_cast<size_t>(firstConstant + c)));
        return s;
    }
};

class SiblingsBound final : public device::Bound {
public:
    struct Part {
        std::unique_ptr<device::Bound> bound;
        const std::vector<int>* inputs;
        std::vector<const void*> arguments;
        int output, firstConstant;
    };
    explicit SiblingsBound(std::vector<Part> parts) : parts_(std::move(parts)) {}

    size_t workspace() const noexcept override {
        size_t most = 0;
        for (const Part& p : parts_) most = std::max(most, p.bound->workspace());
        return most;
    }
    Status enqueue(device::Stream& stream, const device::Launch& launch) noexcept override {
        for (Part& p : parts_) {
            for (size_t k = 0; k < p.arguments.size(); ++k)
                p.arguments[k] = launch.inputs[(*p.inputs)[k]];
            device::Launch own = launch;
            own.inputs = p.arguments.data();
            own.outputs = launch.outputs + p.output;
            own.constants = launch.constants + p.firstConstant;
            if (Status s = p.bound->enqueue(stream, own); !s.ok()) return s;
        }
        return Status::success();
    }
    std::string implementation() const override {
        std::string all;
        for (const Part& p : parts_) all += cat(all.empty() ? "" : ", ", p.bound->implementation());
        return all;
    }

private:
    std::vector<Part> parts_;
};

class SiblingsKernel final : public device::Kernel {
public:
    SiblingsKernel(int alone, std::vector<Member> members)
        : alone_(alone), members_(std::move(members)) {}

    size_t workspaceBound(const Shapes& min, const Shapes& opt, const Shapes& max) const override {
        size_t most = 0;
        int first = 0;
        for (const Member& m : members_) {
            most =
                std::max(most, m.kernel->workspaceBound(m.shapes(min, first), m.shapes(opt, first),
                                                        m.shapes(max, first)));
            first += m.constants;
        }
        return most;
    }
    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState& context) const override {
        std::vector<SiblingsBound::Part> parts;
        int first = 0;
        for (const Member& m : members_) {
            parts.push_back({m.kernel->bind(m.shapes(shapes, first), context), &m.inputs,
                             std::vector<const void*>(m.inputs.size()), m.output, first});
            first += m.constants;
        }
        return std::make_unique<SiblingsBound>(std::move(parts));
    }
    void save(ByteWriter& out) const override {
        putInts(out, {alone_, static_cast<int64_t>(members_.size())});
        for (const Member& m : members_) {
            putInts(out, m.inputs);
            putInts(out, {m.output, m.constants});
            ByteWriter own;
            m.kernel->save(own);
            const auto bytes = own.take();
            out.varint(bytes.size());
            out.raw(bytes.data(), bytes.size());
        }
    }

private:
    int alone_;  // index in kAlone
    std::vector<Member> members_;
};

class SiblingsFactory final : public tactic::KernelFactory {
public:
    explicit SiblingsFactory(const tactic::Catalog& catalog) : catalog_(catalog) {}
    std::string_view name() const override { return kName; }

    Support supports(const tactic::Query& q) const override {
        if (q.group().anchors().size() != static_cast<size_t>(q.outputs()) || q.outputs() < 2)
            return no("not several convolutions with a result each");
        for (ir::NodeId id : q.group().anchors())
            if (!q.body().node(id).op.is<ops::Convolution>())
                return no("an anchor is not a convolution");
        std::string why;
        for (const char* alone : kAlone)
            if (takesAll(q, *catalog_.find(alone), why)) return yes();
        return no(why);
    }

    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        tactic::Combination all = combination(q);
        for (size_t o = 0; o < q.body().outputs().size(); ++o) {
            const Sibling s = SiblingReader(q.body()).read(o);
            tactic::FormatList own;
            catalog_.find(kAlone[0])->formats(queryOf(q, s), own);
            if (own.empty()) return;
            for (size_t k = 0; k < s.inputs.size(); ++k)
                all.inputs[static_cast<size_t>(s.inputs[k])] = own[0].inputs[k];
            all.outputs[o] = own[0].outputs[0];
        }
        out.push_back(std::move(all));
    }

    void tactics(const tactic::Query& q, tactic::TacticList& out) const override {
        std::string why;
        for (const char* alone : kAlone)
            if (takesAll(q, *catalog_.find(alone), why)) out.push_back({kName, alone});
    }

    tactic::Created create(const tactic::Query& q, const tactic::Tactic& t) const override {
        const auto at = std::find(kAlone.begin(), kAlone.end(), t.parameters);
        if (at == kAlone.end())
            fail(ErrorCode::kUNSUPPORTED_STATE, cat("no kernel \"", t.parameters, "\""));
        const tactic::KernelFactory& alone = *catalog_.find(*at);
        tactic::Created made;
        std::vector<Member> members;
        std::map<int, int> packed, read;  // by how many siblings, per input
        for (size_t o = 0; o < q.body().outputs().size(); ++o) {
            Sibling s = SiblingReader(q.body()).read(o);
            tactic::Created own = alone.create(queryOf(q, s), {*at, {}});
            for (int k : std::set<int>(own.consumed.begin(), own.consumed.end()))
                ++packed[s.inputs[static_cast<size_t>(k)]];
            for (int i : s.inputs) ++read[i];
            members.push_back({std::move(own.kernel), std::move(s.inputs), s.output,
                               static_cast<int>(own.constants.size())});
            std::move(own.constants.begin(), own.constants.end(),
                      std::back_inserter(made.constants));
        }
        for (const auto& [i, times] : packed)  // what only some have packed must still be passed
            if (times == read[i]) made.consumed.push_back(i);
        made.kernel = std::make_unique<SiblingsKernel>(static_cast<int>(at - kAlone.begin()),
                                                       std::move(members));
        return made;
    }

    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device& device) const override {
        const auto head = getInts(in);
        if (head.size() != 2 || head[0] < 0 || head[0] >= static_cast<int64_t>(kAlone.size()) ||
            head[1] < 0 || head[1] > kMost)
            in.corrupt("siblings have a kernel and a number");
        const tactic::KernelFactory& alone = *catalog_.find(kAlone[static_cast<size_t>(head[0])]);
        std::vector<Member> members;
        for (int64_t i = 0; i < head[1]; ++i) {
            Member m;
            for (int64_t v : getInts(in)) m.inputs.push_back(static_cast<int>(v));
            const auto numbers = getInts(in);
            if (numbers.size() != 2) in.corrupt("a sibling has two numbers");
            m.output = static_cast<int>(numbers[0]), m.constants = static_cast<int>(numbers[1]);
            ByteReader own = in.sub(in.count());
            m.kernel = alone.load(own, device);
            members.push_back(std::move(m));
        }
        return std::make_unique<SiblingsKernel>(static_cast<int>(head[0]), std::move(members));
    }

private:
    static constexpr int64_t kMost = 4096;

    // The query about one sibling, in the types and formats of the whole.
    static tactic::Query queryOf(const tactic::Query& q, const Sibling& s) {
        tactic::Query own(s.body, q.device());
        own.ranges = q.ranges;
        own.min = q.min, own.opt = q.opt, own.max = q.max;
        own.flags = q.flags;
        own.log = q.log;
        tactic::Combination c;
        for (size_t k = 0; k < s.inputs.size(); ++k) {
            const int i = s.inputs[k];
            c.inputs.push_back({q.in(i).type, q.in(i).format});
            if (const Blob* bytes = q.constant(i)) own.setConstant(static_cast<int>(k), *bytes);
        }
        c.outputs.push_back({q.out(s.output).type, q.out(s.output).format});
        own.choose(c);
        return own;
    }

    static bool takesAll(const tactic::Query& q, const tactic::KernelFactory& alone,
                         std::string& why) {
        for (size_t o = 0; o < q.body().outputs().size(); ++o) {
            const Sibling s = SiblingReader(q.body()).read(o);
            const Support support = alone.supports(queryOf(q, s));
            if (support.ok) continue;
            why = support.why;
            return false;
        }
        return true;
    }

    const tactic::Catalog& catalog_;
};

}  // namespace

void registerKernel_convolution_siblings(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<SiblingsFactory>(catalog));
}

}  // namespace bireme::cpu
