// SPDX-License-Identifier: Apache-2.0
#include "ops/support/samples.h"

#include "base/text.h"
#include "ir/constants.h"
#include "ops/attention.h"
#include "ops/concat.h"
#include "ops/convolution.h"
#include "ops/cumulative.h"
#include "ops/deconvolution.h"
#include "ops/depth_to_space.h"
#include "ops/expand.h"
#include "ops/gather.h"
#include "ops/grid_sample.h"
#include "ops/lrn.h"
#include "ops/matrix_multiply.h"
#include "ops/normalization.h"
#include "ops/pad.h"
#include "ops/pointwise.h"
#include "ops/pooling.h"
#include "ops/quantize.h"
#include "ops/reduce.h"
#include "ops/resample.h"
#include "ops/resize.h"
#include "ops/rotary_embedding.h"
#include "ops/slice.h"
#include "ops/softmax.h"
#include "ops/topk.h"
#include "ops/transpose.h"
#include "ops/trilu.h"

#include <algorithm>
#include <map>
#include <vector>

namespace bireme::ops {

using ir::ValueId;

namespace {

// What a value holds: a function of constants and of extents that are no number of samples, one of
// that number too, or a slice of its first axis for each sample.
enum class Holds { constant, extents, samples };

// One node whose operands are known.
struct Seen {
    const ir::Graph& graph;
    const ir::Node& node;
    std::vector<Holds> holds;  // by operand; constant where it is absent

    int inputs() const { return static_cast<int>(node.inputs.size()); }
    bool sample(int i) const {
        return i < inputs() && holds[static_cast<size_t>(i)] == Holds::samples;
    }
    bool has(int i) const {
        return i < inputs() && node.inputs[static_cast<size_t>(i)] != ir::kNoValue;
    }
    const DimVector& dims(int i) const {
        return graph.value(node.inputs[static_cast<size_t>(i)]).desc.dims;
    }
    int rank(int i) const { return static_cast<int>(dims(i).size()); }
    int outRank() const {
        return static_cast<int>(graph.value(node.outputs.at(0)).desc.dims.size());
    }
    // Operand 0 alone has samples.
    bool first() const {
        for (int i = 1; i < inputs(); ++i)
            if (sample(i)) return false;
        return sample(0);
    }
    // Operand i, broadcast to the result, has the results' samples or one for all.
    bool broadcasts(int i) const {
        if (!has(i)) return true;
        if (sample(i)) return rank(i) == outRank();
        return rank(i) < outRank() || dims(i)[0].is(1);
    }
    bool allBroadcast(int from = 0) const {
        for (int i = from; i < inputs(); ++i)
            if (!broadcasts(i)) return false;
        return true;
    }
    // No axis of operand 0 is the first; axes may count from the end.
    bool spares(const std::vector<int64_t>& axes) const {
        return std::all_of(axes.begin(), axes.end(),
                           [&](int64_t a) { return a > 0 || (a < 0 && a + rank(0) > 0); });
    }
};

bool gathers(const Seen& s, const Gather& op) {
    const bool both = s.sample(0) && s.sample(1);
    if (op.mode == GatherMode::kELEMENT) return both && s.spares({op.axis});
    if (op.elementWiseDims != 0) return both && op.elementWiseDims > 0;
    if (op.mode != GatherMode::kDEFAULT) return false;
    if (s.sample(0)) return !s.sample(1) && s.spares({op.axis});
    return op.axis == 0 && s.rank(1) > 0;
}

bool multiplies(const Seen& s, const MatrixMultiply& op) {
    if (op.opA == MatrixOperation::kVECTOR || op.opB == MatrixOperation::kVECTOR) return false;
    if (s.outRank() > 2) return s.broadcasts(0) && s.broadcasts(1);
    return s.first() && op.opA == MatrixOperation::kNONE && s.rank(0) == 2;
}

// Along an axis that is known and not the first.
bool accumulates(const Seen& s) {
    const auto axis = ir::Constants(s.graph).ints(s.node.inputs.at(1));
    return s.first() && axis && s.spares(*axis);
}

// One scale for all, or one for each slice of another axis.
bool quantizes(const Seen& s, int64_t axis) {
    if (!s.first() || s.rank(1) > 1) return false;
    return s.rank(1) == 0 || s.dims(1)[0].is(1) || s.spares({axis});
}

bool slices(const Seen& s, const Slice& op) {
    const DimVector& out = s.graph.value(s.node.outputs[0]).desc.dims;
    if (!s.first() || !(out[0] == s.dims(0)[0])) return false;
    if (!op.axes.empty() && s.spares(op.axes)) return true;
    return op.axes.empty() && !op.start.empty() && op.start[0] == 0 &&
           (op.stride.empty() || op.stride[0] == 1);
}

bool pads(const Seen& s, const Pad& op) {
    if (!s.first()) return false;
    if (!op.axes.empty()) return s.spares(op.axes);
    const size_t rank = op.pads.size() / 2;
    return rank > 0 && op.pads[0] == 0 && op.pads[rank] == 0;
}

// Of a node with samples among its operands: is each slice of its results that of one sample?
bool separates(const Seen& s) {
    const ir::Op& op = s.node.op;
    if (op.is<Pointwise>() || op.is<Attention>()) return s.allBroadcast();
    if (op.is<Convolution>() || op.is<Deconvolution>() || op.is<Lrn>() || op.is<DepthToSpace>() ||
        op.is<SpaceToDepth>())
        return s.first();
    if (const auto* o = op.as<Pooling>()) return s.first() && !o->indices;
    if (const auto* o = op.as<Normalization>())
        return s.first() && s.spares(o->axes) && s.allBroadcast(1);
    if (const auto* o = op.as<Softmax>()) return s.spares({o->axis});
    if (const auto* o = op.as<Reduce>()) return s.spares(o->axes);
    if (const auto* o = op.as<TopK>()) return s.first() && s.spares({o->axis});
    if (op.is<Cumulative>()) return accumulates(s);
    if (const auto* o = op.as<Quantize>()) return quantizes(s, o->axis);
    if (const auto* o = op.as<Dequantize>()) return quantizes(s, o->axis);
    if (op.is<Trilu>()) return s.first() && s.rank(0) > 2;
    if (op.is<GridSample>()) return s.sample(0) && s.sample(1);
    if (const auto* o = op.as<Transpose>()) return !o->permutation.empty() && !o->permutation[0];
    if (const auto* o = op.as<Concat>())
        return s.spares({o->axis}) && std::all_of(s.holds.begin(), s.holds.end(),
                                                  [](Holds h) { return h == Holds::samples; });
    if (const auto* o = op.as<Gather>()) return gathers(s, *o);
    if (const auto* o = op.as<MatrixMultiply>()) return multiplies(s, *o);
    if (const auto* o = op.as<Slice>()) return slices(s, *o);
    if (const auto* o = op.as<Pad>()) return pads(s, *o);
    if (const auto* o = op.as<Resize>())
        return s.first() && (o->scales.empty() || o->scales[0] == 1.f);
    if (const auto* o = op.as<Resample>())
        return s.first() && o->coordinates != "tf_crop_and_resize";
    if (op.is<RotaryEmbedding>()) return s.first() && s.allBroadcast(1);
    if (op.is<Expand>()) return s.first() && s.rank(0) == s.outRank();
    return op.def().has(ir::kView) && s.first();
}

class Reader {
public:
    explicit Reader(const Dim& samples) : samples_(samples) {}
    const std::string& why() const { return why_; }

    // What the outputs of a graph hold; nothing where something stands against it.
    std::vector<Holds> read(const ir::Graph& g, const std::vector<Holds>& inputs) {
        std::map<ValueId, Holds> held;
        for (size_t i = 0; i < inputs.size(); ++i) held[g.inputs()[i]] = inputs[i];
        for (ir::NodeId id : g.order())
            if (!node(g, g.node(id), held)) return {};
        std::vector<Holds> outputs;
        for (ValueId v : g.outputs()) outputs.push_back(of(g, v, held));
        return outputs;
    }

private:
    Holds of(const ir::Graph& g, ValueId v, const std::map<ValueId, Holds>& held) const {
        const auto at = held.find(v);
        if (at != held.end()) return at->second;
        return v == ir::kNoValue || g.isConstant(v) ? Holds::constant : ofExtents(g.value(v));
    }
    Holds ofExtents(const ir::Value& v) const {
        return v.known && !names(*v.known, 0) ? Holds::constant : Holds::extents;
    }
    // Does an extent from `first` on hang on the number of samples?
    bool names(const DimVector& dims, size_t first) const {
        std::vector<std::string> found;
        for (size_t i = first; i < dims.size(); ++i) dims[i].collectSymbols(found);
        return std::find(found.begin(), found.end(), samples_.text()) != found.end();
    }

    bool node(const ir::Graph& g, const ir::Node& n, std::map<ValueId, Holds>& held) {
        Seen s{g, n, {}};
        for (ValueId v : n.inputs) s.holds.push_back(of(g, v, held));
        const bool some =
            std::find(s.holds.begin(), s.holds.end(), Holds::samples) != s.holds.end();
        const bool extents =
            std::find(s.holds.begin(), s.holds.end(), Holds::extents) != s.holds.end();
        if (!n.op.isDeterministic() || n.op.def().has(ir::kSideEffect)) return mixes(n);
        if (!some && !extents) return take(n, Holds::constant, held);
        if (n.op.name() == "group") return group(n, s, held);
        if (n.op.def().has(ir::kShapeOnly) || (!some && allKnown(g, n))) {
            for (ValueId v : n.outputs) held[v] = ofExtents(g.value(v));
            return true;
        }
        // A number of samples may decide extents, never elements.
        if (extents && !n.op.is<Expand>() && !n.op.def().has(ir::kView)) return mixes(n);
        const bool spread = !some && n.op.is<Expand>() && s.broadcasts(0);  // one for all samples
        if (!spread && (!some || !separates(s))) return mixes(n);
        for (ValueId v : n.outputs)
            if (!perSample(g.value(v))) return mixes(n);
        return take(n, Holds::samples, held);
    }

    bool group(const ir::Node& n, const Seen& s, std::map<ValueId, Holds>& held) {
        const std::vector<Holds> outputs = read(n.bodies.at(0), s.holds);
        for (size_t o = 0; o < outputs.size(); ++o) held[n.outputs[o]] = outputs[o];
        return !outputs.empty();
    }

    bool perSample(const ir::Value& v) const {
        return v.kind == ir::ValueKind::tensor && !v.desc.dims.empty() &&
               v.desc.dims[0] == samples_ && !names(v.desc.dims, 1);
    }
    static bool allKnown(const ir::Graph& g, const ir::Node& n) {
        return std::all_of(n.outputs.begin(), n.outputs.end(),
                           [&](ValueId v) { return g.value(v).known.has_value(); });
    }
    static bool take(const ir::Node& n, Holds h, std::map<ValueId, Holds>& held) {
        for (ValueId v : n.outputs) held[v] = h;
        return true;
    }
    bool mixes(const ir::Node& n) {
        why_ = cat("layer \"", n.name, "\" (", n.op.name(), ") may mix samples");
        return false;
    }

    Dim samples_;
    std::string why_;
};

}  // namespace

std::string whySamplesMix(const ir::Graph& g, const Dim& samples) {
    for (ValueId v : g.inputs()) {
        const ir::Value& input = g.value(v);
        if (input.desc.dims.empty() || !(input.desc.dims[0] == samples))
            return cat("input \"", input.name, "\" does not have ", samples.text(), " samples");
    }
    Reader reader(samples);
    const auto outputs = reader.read(g, std::vector<Holds>(g.inputs().size(), Holds::samples));
    if (!reader.why().empty()) return reader.why();
    for (size_t o = 0; o < g.outputs().size(); ++o)
        if (outputs[o] != Holds::samples)
            return cat("output \"", g.value(g.outputs()[o]).name, "\" is no function of samples");
    return {};
}

}  // namespace bireme::ops
