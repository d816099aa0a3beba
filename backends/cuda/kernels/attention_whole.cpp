// SPDX-License-Identifier: Apache-2.0
// Attention over up to 256 keys by the instructions of compute capability 9.0: all scores of a
// query at once, keys and values of a head read once by a block.
#include "backends/cuda/device.h"
#include "backends/cuda/support/attention_query.h"
#include "backends/cuda/support/warpgroup_text.h"
#include "ops/attention.h"

#include <algorithm>

namespace bireme::cuda {

using device::Shapes;
using device::TensorShape;

namespace {

constexpr int kWidth = 64, kQueries = 64, kMostKeys = 256;

// As Parameters of cu/attention_whole.cuh.
struct Parameters {
    CUtensorMap q, k, v;
    const void* mask = nullptr;
    void* y = nullptr;
    int32_t queries = 0, keys = 0, heads = 1, tiles = 1;
    float scale = 1;
    int32_t keyHeads = 1, keyImages = 1;
    int64_t ys[3] = {}, ms[4] = {};
};

// A matrix for each image and head, brought in boxes of 64 columns; zeros behind its end.
struct Heads {
    cuuint64_t dims[4] = {kWidth, 1, 1, 1}, strides[3] = {};  // columns, rows, heads, images; bytes
    cuuint32_t box[4] = {kWidth, 1, 1, 1};

    static Heads of(const TensorShape& t, int boxRows) {
        Heads h;
        size_t rank = t.dims.size();
        int64_t steps[3] = {};
        attentionSteps(t, steps, 3);
        for (size_t d = 0; d < 3; ++d) {
            if (d + 2 <= rank) h.dims[d + 1] = static_cast<cuuint64_t>(t.dims[rank - 2 - d]);
            // What is never stepped over needs a legal step all the same.
            int64_t step = steps[2 - d] ? steps[2 - d] : kWidth;
            if (step % 8 != 0) failInvalid("rows of attention are not aligned to 16 bytes");
            h.strides[d] = static_cast<cuuint64_t>(step) * 2;
        }
        h.box[1] = static_cast<cuuint32_t>(boxRows);
        return h;
    }
    Status describe(CUtensorMap& map, CUtensorMapDataType type, const void* at) const noexcept {
        cuuint32_t each[] = {1, 1, 1, 1};
        return BIREME_CU(cuTensorMapEncodeTiled, &map, type, 4, const_cast<void*>(at), dims,
                         strides, box, each, CU_TENSOR_MAP_INTERLEAVE_NONE,
                         CU_TENSOR_MAP_SWIZZLE_128B, CU_TENSOR_MAP_L2_PROMOTION_L2_256B,
                         CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
    }
};

class AttentionBound final : public device::Bound {
public:
    AttentionBound(CUfunction f, const Grid& grid, const Parameters& p, Shapes s, int keys,
                   CUtensorMapDataType type)
        : function_(f), grid_(grid), parameters_(p), shapes_(std::move(s)), type_(type) {
        for (size_t i = 0; i < 3; ++i)
            heads_[i] = Heads::of(shapes_.inputs[i], i == 0 ? kQueries : keys);
    }
    Status enqueue(device::Stream& stream, const device::Launch& l) noexcept override {
        if (grid_.x == 0) return Status::success();
        Parameters& p = parameters_;
        CUtensorMap* maps[] = {&p.q, &p.k, &p.v};
        for (size_t i = 0; i < 3; ++i)
            if (Status s =
                    heads_[i].describe(*maps[i], type_, start(l.inputs[i], shapes_.inputs[i]));
                !s.ok())
                return s;
        bool masked = shapes_.inputs.size() > 3 && shapes_.inputs[3].present;
        p.mask = masked ? start(l.inputs[3], shapes_.inputs[3]) : nullptr;
        p.y = const_cast<char*>(start(l.outputs[0], shapes_.outputs[0]));
        return launch(stream, function_, grid_, &p);
    }
    std::string implementation() const override {
        return cat(parameters_.tiles * kQueries, " queries of a head a block");
    }

private:
    CUfunction function_;
    Grid grid_;
    Parameters parameters_;
    Shapes shapes_;
    Heads heads_[3];
    CUtensorMapDataType type_;
};

struct Record {
    ops::Attention op;
    int keys = 16, tiles = 1;  // a block has so many times 64 queries
    bool bfloat = false;

    // As Memory of cu/attention_whole.cuh, and what aligns it.
    int sharedBytes() const { return (2 * keys + 2 * kQueries) * kWidth * 2 + 2048; }
    // Of a multiprocessor: registers for all scores, or shared memory.
    int blocks() const { return keys <= 128 ? 4 : keys <= 208 ? 3 : 2; }

    void save(ByteWriter& out) const {
        putAttributes(out, op);
        putInts(out, std::vector<int>{keys, tiles, bfloat});
    }
    static Record load(ByteReader& in) {
        Record r;
        r.op = getAttributes<ops::Attention>(in);
        auto v = getInts(in);
        if (v.size() != 3 || v[0] < 16 || v[0] > kMostKeys || v[0] % 16 != 0 || v[1] < 1 ||
            v[1] > 64)
            in.corrupt("an attention kernel's record");
        r.keys = static_cast<int>(v[0]), r.tiles = static_cast<int>(v[1]), r.bfloat = v[2] != 0;
        return r;
    }

    std::unique_ptr<device::Bound> bind(const Code& code, const Shapes& s) const {
        const TensorShape &q = s.inputs[0], &k = s.inputs[1];
        size_t rank = q.dims.size();
        Parameters p{};
        p.queries = static_cast<int32_t>(q.dims[rank - 2]);
        p.keys = static_cast<int32_t>(k.dims[rank - 2]);
        if (p.keys > keys) failInvalid("attention over more keys than its kernel was made for");
        p.heads = rank > 2 ? static_cast<int32_t>(q.dims[rank - 3]) : 1;
        p.tiles = tiles;
        p.scale = op.scale * 1.4426950408889634f;
        p.keyHeads = rank > 2 && k.dims[rank - 3] > 1, p.keyImages = rank > 3 && k.dims[0] > 1;
        attentionSteps(s.outputs[0], p.ys, 3);
        if (s.inputs.size() > 3 && s.inputs[3].present) attentionSteps(s.inputs[3], p.ms, 4);
        int64_t all = (rank > 3 ? q.dims[0] : 1) * p.heads;
        if (all > 65535) failInvalid("attention of more than 65535 heads");
        Grid grid;
        grid.threads = 128;
        grid.sharedBytes = static_cast<unsigned>(sharedBytes());
        grid.y = static_cast<unsigned>(all);
        grid.x = all && p.keys ? divideUp(p.queries, int64_t{kQueries} * tiles) : 0;
        return std::make_unique<AttentionBound>(
            code.function("attention_whole", grid.sharedBytes), grid, p, s, keys,
            bfloat ? CU_TENSOR_MAP_DATA_TYPE_BFLOAT16 : CU_TENSOR_MAP_DATA_TYPE_FLOAT16);
    }
};

class Factory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return "cuda.attention.whole"; }

    Support supports(const tactic::Query& q) const override {
        const auto* device = dynamic_cast<const CudaDevice*>(&q.device());
        if (architectureOf(q) != 90 || (device && device->capability() != 90))
            return no("its instructions are of compute capability 9.0 alone");
        if (Support s = attentionSupport(q); !s.ok) return s;
        for (int i : {0, 2})
            if (!q.in(i).dims.back().is(kWidth)) return no("heads are not 64 wide");
        // A head of the keys is one of the values, and of the queries or of all.
        for (size_t d = 0; d + 2 < q.in(0).dims.size(); ++d) {
            const Dim &k = q.in(1).dims[d], &v = q.in(2).dims[d], &mine = q.in(0).dims[d];
            if (!(k == v) || (!(k == mine) && !k.is(1))) return no("heads are shared in groups");
        }
        int64_t keys = mostKeys(q);
        if (keys < 1 || keys > kMostKeys) return no("not 1 to 256 keys");
        return yes();
    }

    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        attentionFormats(q, out);
    }

    void tactics(const tactic::Query& q, tactic::TacticList& out) const override {
        auto dims = q.dimsAt(q.in(0), ir::GroupShape::opt);
        int64_t all = std::max<int64_t>(1, divideUp(dims[dims.size() - 2], kQueries));
        for (int64_t tiles = 1; tiles <= 4; tiles *= 2)
            if (tiles == 1 || tiles / 2 < all) out.push_back({std::string(name()), cat(tiles)});
    }

    tactic::Created create(const tactic::Query& q, const tactic::Tactic& t) const override {
        Record r;
        r.op = *q.group().anchorAs<ops::Attention>();
        r.keys = static_cast<int>((mostKeys(q) + 15) / 16 * 16);
        r.tiles = std::atoi(t.parameters.c_str());
        r.bfloat = q.in(0).type == DataType::kBF16;
        if (r.tiles < 1) fail(ErrorCode::kINVALID_STATE, cat("no such tactic: ", t.text()));
        const Dim& keys = q.in(1).dims[q.in(1).dims.size() - 2];
        std::string text = cat(
            "#include \"common.cuh\"\ntypedef ", typeText(q.in(0).type), " T;\n#define KEYS ",
            r.keys, "\n#define FIXED ", keys.isStatic() ? keys.value() : 0, "\n#define MASKED ",
            attentionMask(q), "\n#define CAUSAL ", r.op.causal ? 1 : 0, "\n#define ZERO_HIDDEN ",
            r.op.zeroHidden ? 1 : 0, "\n", productText("score", r.keys, r.bfloat),
            mixText("mix", kWidth, r.bfloat),
            "#include \"attention_whole.cuh\"\nextern \"C\" __global__ void "
            "__launch_bounds__(128, ",
            r.blocks(), ") attention_whole(const __grid_constant__ Parameters p) { attend(p); }\n");
        Code code(q.device(), compile({"attention", text, {}}, architectureOf(q)));
        return {std::make_unique<JitKernel<Record>>(std::move(code), r), {}, {}};
    }

    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device& device) const override {
        Code code = Code::load(in, device);
        return std::make_unique<JitKernel<Record>>(std::move(code), Record::load(in));
    }

private:
    static int64_t mostKeys(const tactic::Query& q) {
        auto dims = q.dimsAt(q.in(1), ir::GroupShape::max);
        return dims[dims.size() - 2];
    }
};

}  // namespace

void registerKernel_attention_whole(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<Factory>());
}

}  // namespace bireme::cuda
