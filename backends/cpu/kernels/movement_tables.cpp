// SPDX-License-Identifier: Apache-2.0
// Ops that only move elements of one input: transpose, slice, pad, expand, tile, nearest resize,
// depth/space, copies between formats. Each says, per output axis, which input offset every index
// reads; movement/table_copy does the rest.
#include "backends/cpu/movement/table_copy.h"
#include "backends/cpu/support/attributes.h"
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/record.h"
#include "base/status.h"
#include "ops/depth_to_space.h"
#include "ops/expand.h"
#include "ops/identity.h"
#include "ops/pad.h"
#include "ops/pointwise.h"
#include "ops/resize.h"
#include "ops/slice.h"
#include "ops/support/resize_taps.h"
#include "ops/support/slice_extent.h"
#include "ops/support/window.h"
#include "ops/tile.h"
#include "ops/transpose.h"
#include "tensor/convert.h"

#include <optional>

namespace bireme::cpu {

using device::Shapes;
using ir::Op;

namespace {

constexpr const char* kName = "cpu.movement.tables";

// Integer operands known at build: shapes of slices, pads and the like, by operand index.
using Arguments = std::vector<std::optional<std::vector<int64_t>>>;

std::vector<int64_t> integers(const void* data, DataType type, int64_t count) {
    std::vector<int64_t> v(static_cast<size_t>(count));
    convertElements(type, data, DataType::kINT64, v.data(), count);
    return v;
}

class Layout {
public:
    Layout(const Op& op, const Shapes& shapes, const Arguments& arguments)
        : op_(op),
          in_(shapes.inputs[0].dims),
          out_(shapes.outputs[0].dims),
          arguments_(arguments),
          inSteps_(shapes.inputs[0].format.stridesFor(in_)),
          outSteps_(shapes.outputs[0].format.stridesFor(out_)) {}

    TableCopy copy(const Shapes& shapes) {
        size_t size = static_cast<size_t>(bits(shapes.outputs[0].type)) / 8;
        if (op_.is<ops::DepthToSpace>() || op_.is<ops::SpaceToDepth>())
            return TableCopy(split(), size, shapes.inputs[0].format.offset,
                             shapes.outputs[0].format.offset);
        std::vector<CopyAxis> axes(out_.size());
        for (size_t d = 0; d < out_.size(); ++d)
            axes[d].count = out_[d], axes[d].outStep = outSteps_[d];
        for (size_t d = 0; d < out_.size(); ++d) axis(axes[d], d);
        return TableCopy(std::move(axes), size, shapes.inputs[0].format.offset,
                         shapes.outputs[0].format.offset);
    }

private:
    std::vector<int64_t> argument(int i, const std::vector<int64_t>& attribute) const {
        auto k = static_cast<size_t>(i);
        return k < arguments_.size() && arguments_[k] ? *arguments_[k] : attribute;
    }
    static size_t wrapped(int64_t axis, size_t rank) {
        return static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(rank) : axis);
    }

    void table(CopyAxis& a, const std::vector<int64_t>& indices, int64_t step) {
        a.offsets = indices;
        for (int64_t& i : a.offsets) i = i < 0 ? -1 : i * step;
    }

    void axis(CopyAxis& a, size_t d) {
        size_t missing = out_.size() - in_.size();  // expand may add leading dims
        if (const auto* t = op_.as<ops::Transpose>()) {
            size_t from = t->permutation.empty() ? in_.size() - 1 - d
                                                 : wrapped(t->permutation[d], in_.size());
            a.step = inSteps_[from];
        } else if (const auto* s = op_.as<ops::Slice>()) {
            slice(*s, a, d);
        } else if (const auto* p = op_.as<ops::Pad>()) {
            pad(*p, a, d);
        } else if (op_.is<ops::Expand>()) {
            a.step = d < missing || in_[d - missing] == 1 ? 0 : inSteps_[d - missing];
        } else if (op_.is<ops::Tile>()) {
            std::vector<int64_t> indices(static_cast<size_t>(out_[d]));
            for (int64_t i = 0; i < out_[d]; ++i) indices[static_cast<size_t>(i)] = i % in_[d];
            table(a, indices, inSteps_[d]);
        } else if (const auto* r = op_.as<ops::Resize>()) {
            float scale = r->scales.empty()
                              ? static_cast<float>(out_[d]) / static_cast<float>(in_[d])
                              : r->scales[d];
            std::vector<int64_t> indices;
            for (const auto& t : ops::resizeTaps(*r, in_[d], out_[d], scale))
                indices.push_back(t.index[0]);
            table(a, indices, inSteps_[d]);
        } else {
            a.step = inSteps_[d];  // a copy
        }
    }

    void slice(const ops::Slice& s, CopyAxis& a, size_t d) {
        auto start = argument(1, s.start), size = argument(2, s.size),
             stride = argument(3, s.stride), axes = argument(5, s.axes);
        stride.resize(start.size(), 1);
        for (size_t k = 0; k < start.size(); ++k) {
            if ((axes.empty() ? k : wrapped(axes[k], in_.size())) != d) continue;
            int64_t first =
                s.useEnds ? ops::sliceBounds(in_[d], start[k], size[k], stride[k]).start : start[k];
            auto indices = ops::windowIndices(in_[d], first, stride[k], out_[d],
                                              s.useEnds ? SampleMode::kSTRICT_BOUNDS : s.mode);
            return table(a, indices, inSteps_[d]);
        }
        a.step = inSteps_[d];
    }

    void pad(const ops::Pad& p, CopyAxis& a, size_t d) {
        auto pads = argument(1, p.pads), axes = argument(3, p.axes);
        SampleMode mode = p.mode == "reflect" ? SampleMode::kREFLECT
                          : p.mode == "edge"  ? SampleMode::kCLAMP
                          : p.mode == "wrap"  ? SampleMode::kWRAP
                                              : SampleMode::kFILL;
        int64_t start = 0;
        for (size_t k = 0; k < pads.size() / 2; ++k)
            if ((axes.empty() ? k : wrapped(axes[k], in_.size())) == d) start = -pads[k];
        table(a, ops::windowIndices(in_[d], start, 1, out_[d], mode), inSteps_[d]);
    }

    // [N, C, H, W] with the blocks as axes of their own.
    std::vector<CopyAxis> split() {
        bool toSpace = op_.is<ops::DepthToSpace>();
        int64_t b = toSpace ? op_.as<ops::DepthToSpace>()->blockSize
                            : op_.as<ops::SpaceToDepth>()->blockSize;
        bool columnRowDepth = toSpace && op_.as<ops::DepthToSpace>()->mode == "CRD";
        // `deep` has the channels b*b times, `wide` the space.
        const auto &deepDims = toSpace ? in_ : out_, &deep = toSpace ? inSteps_ : outSteps_,
                   &wide = toSpace ? outSteps_ : inSteps_;
        int64_t channels = deepDims[1] / (b * b);
        int64_t blockStep = columnRowDepth ? deep[1] : channels * deep[1],
                channelStep = columnRowDepth ? b * b * deep[1] : deep[1];
        auto make = [&](int64_t count, int64_t deepStep, int64_t wideStep) {
            CopyAxis a;
            a.count = count;
            a.outStep = toSpace ? wideStep : deepStep;
            a.step = toSpace ? deepStep : wideStep;
            return a;
        };
        return {make(deepDims[0], deep[0], wide[0]),     make(channels, channelStep, wide[1]),
                make(deepDims[2], deep[2], b * wide[2]), make(b, b * blockStep, wide[2]),
                make(deepDims[3], deep[3], b * wide[3]), make(b, blockStep, wide[3])};
    }

    const Op& op_;
    const std::vector<int64_t>&in_, &out_;
    const Arguments& arguments_;
    std::vector<int64_t> inSteps_, outSteps_;
};

class MovementBound final : public device::Bound {
public:
    MovementBound(const Op& op, const Shapes& shapes, const Arguments& arguments,
                  const std::vector<int>& slots, const std::vector<uint8_t>& fill, int fillSlot,
                  bool late)
        : op_(op),
          shapes_(shapes),
          arguments_(arguments),
          slots_(slots),
          fill_(fill),
          fillSlot_(fillSlot),
          late_(late) {
        if (!late_) copy_ = Layout(op_, shapes_, arguments_).copy(shapes_);
    }

    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        const void* fill = fillSlot_ >= 0  ? launch.inputs[fillSlot_]
                           : fill_.empty() ? nullptr
                                           : fill_.data();
        if (!late_) {
            copy_.run(launch.outputs[0], launch.inputs[0], fill);
            return Status::success();
        }
        try {  // bounds that only running gives
            Arguments arguments = arguments_;
            for (size_t i = 1; i < slots_.size(); ++i) {
                int slot = slots_[i];
                if (slot < 0 || slot == fillSlot_ || arguments[i]) continue;
                const auto& s = shapes_.inputs[static_cast<size_t>(slot)];
                arguments[i] = integers(launch.inputs[slot], s.type, product(s.dims));
            }
            Layout(op_, shapes_, arguments)
                .copy(shapes_)
                .run(launch.outputs[0], launch.inputs[0], fill);
        } catch (const std::exception&) {
            return Status::failure(ErrorCode::kFAILED_EXECUTION,
                                   "the bounds given reach outside the input");
        }
        return Status::success();
    }

private:
    const Op& op_;
    Shapes shapes_;
    Arguments arguments_;
    std::vector<int> slots_;  // body input of each operand of the op, -1 where there is none
    TableCopy copy_;
    std::vector<uint8_t> fill_;
    int fillSlot_;
    bool late_;
};

int fillOperandOf(const Op& op) { return op.is<ops::Slice>() ? 4 : op.is<ops::Pad>() ? 2 : -1; }

class MovementKernel final : public device::Kernel {
public:
    MovementKernel(Op op, Arguments arguments, std::vector<int> slots, std::vector<uint8_t> fill)
        : op_(std::move(op)),
          arguments_(std::move(arguments)),
          slots_(std::move(slots)),
          fill_(std::move(fill)) {}

    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override { return 0; }

    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState&) const override {
        auto fillOperand = static_cast<size_t>(fillOperandOf(op_));
        bool late = false;
        for (size_t i = 1; i < slots_.size() && (op_.is<ops::Slice>() || op_.is<ops::Pad>()); ++i)
            late = late || (i != fillOperand && slots_[i] >= 0 && !arguments_[i]);
        int fillSlot = fill_.empty() && fillOperand < slots_.size() ? slots_[fillOperand] : -1;
        return std::make_unique<MovementBound>(op_, shapes, arguments_, slots_, fill_, fillSlot,
                                               late);
    }

    void save(ByteWriter& out) const override {
        out.string(op_.name());
        auto bytes = ir::attributeBytes(op_);
        out.raw(bytes.data(), bytes.size());
        out.varint(arguments_.size());
        for (const auto& a : arguments_) {
            out.put<uint8_t>(a.has_value());
            if (a) putInts(out, *a);
        }
        putInts(out, {slots_.begin(), slots_.end()});
        out.string(std::string_view(reinterpret_cast<const char*>(fill_.data()), fill_.size()));
    }

    static std::unique_ptr<device::Kernel> load(ByteReader& in) {
        std::string name = in.string();
        const ir::OpDef* def = ir::OpRegistry::global().find(name);
        if (!def) in.corrupt(cat("unknown op \"", name, "\""));
        Op op(*def);
        ir::readAttributes(op, in);
        Arguments arguments(in.count());
        for (auto& a : arguments)
            if (in.get<uint8_t>()) a = getInts(in);
        auto slots = getInts(in);
        if (slots.size() != arguments.size()) in.corrupt("operands do not fit");
        std::string fill = in.string();
        return std::make_unique<MovementKernel>(std::move(op), std::move(arguments),
                                                std::vector<int>(slots.begin(), slots.end()),
                                                std::vector<uint8_t>(fill.begin(), fill.end()));
    }

private:
    Op op_;
    Arguments arguments_;
    std::vector<int> slots_;
    std::vector<uint8_t> fill_;
};

class MovementFactory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return kName; }

    Support supports(const tactic::Query& q) const override {
        const ir::Node* n = q.group().anchor();
        if (!n || !q.group().single()) return no("the group is not one lone node");
        const Op& op = n->op;
        const auto* r = op.as<ops::Resize>();
        bool known = op.is<ops::Transpose>() || op.is<ops::Slice>() || op.is<ops::Pad>() ||
                     op.is<ops::Expand>() || op.is<ops::Tile>() || op.is<ops::Identity>() ||
                     op.is<ops::DepthToSpace>() || op.is<ops::SpaceToDepth>() ||
                     (r && r->mode == InterpolationMode::kNEAREST);
        if (!known) return no("the op does more than move elements");
        if (bits(q.in(0).type) % 8 != 0) return no("elements are smaller than a byte");
        if (q.in(0).type != q.out(0).type) return no("the type changes");
        if (op.is<ops::Tile>() && hasEmpty(q)) return no("the input may be empty");
        return yes();
    }

    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        auto add = [&](tactic::Combination c) {
            c.acceptsViews = true;
            out.push_back(std::move(c));
        };
        add(combination(q));
        int rank = q.out(0).rank();
        if (rank < 3 || q.in(0).rank() != rank) return;
        auto mixed = [&](bool in, bool outLast) {
            tactic::Combination c = combination(q);
            if (in) c.inputs[0].format = Format::channelsLast(rank);
            if (outLast) c.outputs[0].format = Format::channelsLast(rank);
            return c;
        };
        add(mixed(true, true));
        add(mixed(true, false));
        add(mixed(false, true));
    }

    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        const ir::Node& n = *q.group().anchor();
        Arguments arguments(n.inputs.size());
        std::vector<int> slots(n.inputs.size(), -1);
        std::vector<uint8_t> fill;
        tactic::Created made;
        int fillOperand = fillOperandOf(n.op);
        for (size_t i = 0; i < n.inputs.size(); ++i) {
            int k = slots[i] = q.group().anchorInput(static_cast<int>(i));
            if (k < 0 || i == 0) continue;
            const Blob* b = q.constant(k);
            if (static_cast<int>(i) == fillOperand) {
                if (!b) continue;
                fill.assign(b->data(), b->data() + b->size());
            } else if (b) {
                arguments[i] = integers(b->data(), q.in(k).type, volume(q.in(k).dims).value());
            } else {
                continue;
            }
            made.consumed.push_back(k);
        }
        const auto* p = n.op.as<ops::Pad>();
        if (p && n.inputs.size() <= 2) {
            fill.resize(static_cast<size_t>(bits(q.in(0).type)) / 8);
            convertElements(DataType::kFLOAT, &p->value, q.in(0).type, fill.data(), 1);
        }
        made.kernel = std::make_unique<MovementKernel>(n.op, std::move(arguments), std::move(slots),
                                                       std::move(fill));
        return made;
    }

    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device&) const override {
        return MovementKernel::load(in);
    }

private:
    static bool hasEmpty(const tactic::Query& q) {
        for (int64_t d : q.dimsAt(q.in(0), ir::GroupShape::min))
            if (d == 0) return true;
        return false;
    }
};

// Changes of format between layers: any strides on both sides.
class ReorderFactory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return "cpu.reorder"; }
    Support supports(const tactic::Query& q) const override {
        const ir::Node* n = q.group().anchor();
        if (!n || !n->op.is<ops::Identity>()) return no("the group is no copy");
        if (q.in(0).type != q.out(0).type) return no("the type changes");
        if (!q.in(0).format.inner.empty() || !q.out(0).format.inner.empty())
            return no("a format has blocks");
        return bits(q.in(0).type) % 8 == 0 ? yes() : no("elements are smaller than a byte");
    }
    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        tactic::Created made;
        made.kernel = std::make_unique<MovementKernel>(q.group().anchor()->op, Arguments(1),
                                                       std::vector<int>{0}, std::vector<uint8_t>());
        return made;
    }
    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device&) const override {
        return MovementKernel::load(in);
    }
};

}  // namespace

void registerKernel_movement_tables(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<MovementFactory>());
    catalog.add(std::make_unique<ReorderFactory>());
}

}  // namespace bireme::cpu
