// SPDX-License-Identifier: Apache-2.0
// Attention of 16-bit queries, keys and values on tensor cores in one pass; scores stay in
// registers, and heads may lie where projections left them.
#include "backends/cuda/support/attention_query.h"
#include "backends/cuda/support/jit_kernel.h"
#include "ops/attention.h"

#include <algorithm>

namespace bireme::cuda {

using device::Shapes;

namespace {

struct Parameters {
    const void *q = nullptr, *k = nullptr, *v = nullptr, *mask = nullptr;
    void* y = nullptr;
    int32_t queries = 0, keys = 0, heads = 1;
    float scale = 1;
    int64_t qs[3] = {}, ks[3] = {}, vs[3] = {}, ys[3] = {}, ms[4] = {};
};

constexpr int kSplitKeys = 32, kSharedBytes = 98 * 1024;  // every GPU lends a block so much

struct Record {
    ops::Attention op;
    int warps = 4, tiles = 1;  // a warp has 16 * tiles queries
    bool split = false;        // warps share 16 queries, not the keys
    int depth = 64, features = 64;

    // As Part of cu/attention_split.cu, for all warps.
    int sharedBytes() const {
        int rows = kSplitKeys * (depth + features + 16) * 2, sums = 16 * (features + 6) * 4;
        return split ? warps * std::max(rows, sums) : 0;
    }

    void save(ByteWriter& out) const {
        putAttributes(out, op);
        putInts(out, std::vector<int>{warps, split, depth, features, tiles});
    }
    static Record load(ByteReader& in) {
        Record r;
        r.op = getAttributes<ops::Attention>(in);
        auto v = getInts(in);
        if (v.size() != 5 || v[4] < 1 || v[4] > 2 || v[0] < 1 || v[0] > 16 || v[2] < 16 ||
            v[2] > 128 || v[3] < 16 || v[3] > 128)
            in.corrupt("an attention kernel's record");
        r.warps = static_cast<int>(v[0]), r.split = v[1] != 0;
        r.depth = static_cast<int>(v[2]), r.features = static_cast<int>(v[3]);
        r.tiles = static_cast<int>(v[4]);
        return r;
    }

    std::unique_ptr<device::Bound> bind(const Code& code, const Shapes& s) const {
        const device::TensorShape &q = s.inputs[0], &k = s.inputs[1];
        size_t rank = q.dims.size();
        Parameters p;
        p.queries = static_cast<int32_t>(q.dims[rank - 2]);
        p.keys = static_cast<int32_t>(k.dims[rank - 2]);
        p.heads = rank > 2 ? static_cast<int32_t>(q.dims[rank - 3]) : 1;
        p.scale = op.scale * 1.4426950408889634f;
        attentionSteps(q, p.qs, 3), attentionSteps(k, p.ks, 3);
        attentionSteps(s.inputs[2], p.vs, 3);
        attentionSteps(s.outputs[0], p.ys, 3);
        bool masked = s.inputs.size() > 3 && s.inputs[3].present;
        if (masked) attentionSteps(s.inputs[3], p.ms, 4);
        int64_t images = rank > 3 ? q.dims[0] : 1;
        Grid grid;
        grid.threads = static_cast<unsigned>(warps) * 32;
        grid.x = divideUp(p.queries, int64_t{16} * (split ? 1 : warps * tiles));
        grid.sharedBytes = static_cast<unsigned>(sharedBytes());
        grid.y = static_cast<unsigned>(images * p.heads);
        if (grid.y == 0) grid.x = 0;
        if (grid.y > 65535) failInvalid("attention of more than 65535 heads");
        auto place = [s, masked](Parameters& to, const device::Launch& l) {
            to.q = start(l.inputs[0], s.inputs[0]);
            to.k = start(l.inputs[1], s.inputs[1]);
            to.v = start(l.inputs[2], s.inputs[2]);
            to.mask = masked ? start(l.inputs[3], s.inputs[3]) : nullptr;
            to.y = const_cast<char*>(start(l.outputs[0], s.outputs[0]));
        };
        return launchBound(code.function(split ? "attention_split" : "attention", grid.sharedBytes),
                           grid, p, place,
                           split ? cat(warps, " warps for 16 queries")
                                 : cat(warps, " warps of ", 16 * tiles, " queries"));
    }
};

class Factory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return "cuda.attention.mma"; }

    Support supports(const tactic::Query& q) const override { return attentionSupport(q); }

    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        attentionFormats(q, out);
    }

    void tactics(const tactic::Query& q, tactic::TacticList& out) const override {
        for (int warps : {1, 2, 4, 8}) out.push_back({std::string(name()), cat(warps)});
        for (int warps : {2, 4}) out.push_back({std::string(name()), cat(warps, "x2")});
        Record r;
        r.split = true;
        r.depth = static_cast<int>(q.in(0).dims.back().value());
        r.features = static_cast<int>(q.in(2).dims.back().value());
        for (r.warps = 2; r.warps <= 8 && r.sharedBytes() <= kSharedBytes; r.warps *= 2)
            out.push_back({std::string(name()), cat("split", r.warps)});
    }

    tactic::Created create(const tactic::Query& q, const tactic::Tactic& t) const override {
        Record r;
        r.op = *q.group().anchorAs<ops::Attention>();
        r.split = t.parameters.starts_with("split");
        r.warps = std::atoi(t.parameters.c_str() + (r.split ? 5 : 0));
        r.tiles = t.parameters.ends_with("x2") ? 2 : 1;
        if (r.warps < 1 || r.warps > 16)
            fail(ErrorCode::kINVALID_STATE, cat("no such tactic: ", t.text()));
        auto width = [&](int i) { return q.in(i).dims.back().value(); };
        r.depth = static_cast<int>(width(0)), r.features = static_cast<int>(width(2));
        DeviceProgram program =
            programOf(r.split ? "attention_split.cu" : "attention.cu",
                      {cat("-DT=", typeText(q.in(0).type)), cat("-DDEPTH=", width(0)),
                       cat("-DFEATURES=", width(2)), cat("-DWARPS=", r.warps),
                       cat("-DTILES=", r.tiles), cat("-DKEYS=", r.split ? kSplitKeys : 64),
                       cat("-DMASKED=", attentionMask(q)), cat("-DCAUSAL=", r.op.causal ? 1 : 0),
                       cat("-DZERO_HIDDEN=", r.op.zeroHidden ? 1 : 0)});
        Code code(q.device(), compile(program, architectureOf(q)));
        return {std::make_unique<JitKernel<Record>>(std::move(code), r), {}, {}};
    }

    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device& device) const override {
        Code code = Code::load(in, device);
        return std::make_unique<JitKernel<Record>>(std::move(code), Record::load(in));
    }
};

}  // namespace

void registerKernel_attention_mma(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<Factory>());
}

}  // namespace bireme::cuda
