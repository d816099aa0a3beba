// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/support/jit_kernel.h"
#include "backends/cuda/support/walk.h"
#include "ops/normalization.h"
#include "ops/support/axis_set.h"

#include <algorithm>

namespace bireme::cuda {

using device::Shapes;

namespace {

struct Parameters {
    void* y = nullptr;
    const void* x = nullptr;
    const void* scale = nullptr;
    const void* bias = nullptr;
    Loops<4> rows, elements;
    float epsilon = 0;
};

using Ints = std::vector<int64_t>;

struct Record {
    ops::Normalization op;
    int input = 0, scale = -1, bias = -1;  // body inputs
    int64_t width = 0, per = 0;  // of rows that a warp holds: vector, vectors a thread; or 0

    void save(ByteWriter& out) const {
        putAttributes(out, op);
        putInts(out, Ints{input, scale, bias, width, per});
    }
    static Record load(ByteReader& in) {
        Record r;
        r.op = getAttributes<ops::Normalization>(in);
        auto v = getInts(in);
        if (v.size() != 5) in.corrupt("a normalization has five numbers");
        r.input = static_cast<int>(v[0]), r.scale = static_cast<int>(v[1]);
        r.bias = static_cast<int>(v[2]), r.width = v[3], r.per = v[4];
        return r;
    }

    // Steps of a parameter over the input's dims, missing leading dims as ones; with groups, dim 1
    // is two: the group and the channel in it.
    Ints steps(const device::TensorShape& s, const Ints& to) const {
        size_t rank = to.size(), lead = rank - s.dims.size();
        Ints out(rank, 0), own = s.format.stridesFor(s.dims);
        for (size_t d = 0; d < s.dims.size(); ++d)
            if (s.dims[d] != 1) out[lead + d] = own[d];
        if (op.groups == 1) return out;
        int64_t extent = lead <= 1 ? s.dims[1 - lead] : 1, step = out[1];
        bool perGroup = extent == op.groups && extent != to[1];
        out[1] = perGroup ? step : step * (to[1] / op.groups);
        out.insert(out.begin() + 2, perGroup ? 0 : step);
        return out;
    }

    std::unique_ptr<device::Bound> bind(const Code& code, const Shapes& s) const {
        const auto& x = s.inputs[static_cast<size_t>(input)];
        const auto& y = s.outputs[0];
        auto set = ops::axisSet(op.axes, static_cast<int>(x.dims.size()));
        Ints dims = x.dims;
        std::vector<Ints> all{steps(y, x.dims), steps(x, x.dims)};
        for (int i : {scale, bias})
            all.push_back(i < 0 ? Ints(all[0].size(), 0)
                                : steps(s.inputs[static_cast<size_t>(i)], x.dims));
        if (op.groups != 1) {
            dims[1] = op.groups;
            dims.insert(dims.begin() + 2, x.dims[1] / op.groups);
            set.insert(set.begin() + 2, true);
        }
        Ints rowDims, elementDims;
        std::vector<Ints> rowSteps(4), elementSteps(4);
        for (size_t d = 0; d < dims.size(); ++d) {
            (set[d] ? elementDims : rowDims).push_back(dims[d]);
            for (size_t k = 0; k < 4; ++k)
                (set[d] ? elementSteps : rowSteps)[k].push_back(all[k][d]);
        }
        Parameters p;
        if (!fillLoops(collapse(rowDims, rowSteps, 0), 1, p.rows) ||
            !fillLoops(collapse(elementDims, elementSteps, 0), 1, p.elements))
            failInvalid("a normalization has too many loops");
        p.epsilon = op.epsilon;
        bool warp = fitsWarp(rowSteps, elementDims, elementSteps);
        for (const auto& t : {x, y})
            warp = warp && t.format.offset % std::max<int64_t>(width, 1) == 0;
        Grid grid;
        grid.threads = std::clamp((p.elements.count + 127) / 128 * 32, 32u, 512u);
        bool empty = std::find(dims.begin(), dims.end(), 0) != dims.end();
        grid.x = empty ? 0 : std::min(p.rows.count, 1u << 20);
        // Few rows do not fill the device with a warp each.
        bool block = warp && p.rows.count < 1024 && per > 1;
        if (block) {
            grid.threads = divideUp(p.elements.count, 32 * width) * 32;
            grid.x = empty ? 0 : p.rows.count;
        } else if (warp) {
            grid.threads = 128;
            grid.x = empty ? 0 : divideUp(p.rows.count, 4);
        }
        std::vector<device::TensorShape> shapes{y, x};
        for (int i : {scale, bias}) shapes.push_back(i < 0 ? x : s.inputs[static_cast<size_t>(i)]);
        auto place = [*this, shapes](Parameters& parameters, const device::Launch& l) {
            auto at = [&](int i, size_t k) -> const void* {
                return i < 0 ? nullptr : start(l.inputs[i], shapes[k]);
            };
            parameters.y = const_cast<char*>(start(l.outputs[0], shapes[0]));
            parameters.x = at(input, 1);
            parameters.scale = at(scale, 2);
            parameters.bias = at(bias, 3);
        };
        const char* function = block ? "normalize_vectors" : warp ? "normalize_warp" : "normalize";
        return launchBound(code.function(function), grid, p, place,
                           warp && !block ? "a warp a row" : cat(grid.threads, " threads a row"));
    }

    // Whether every operand's rows are runs of vectors, or absent.
    bool fitsWarp(const std::vector<Ints>& rowSteps, const Ints& elementDims,
                  const std::vector<Ints>& elementSteps) const {
        int64_t n = product(elementDims);
        if (per == 0 || n % width != 0 || n > 32 * width * per) return false;
        auto dense = Format::linear().stridesFor(elementDims);
        for (size_t k = 0; k < 4; ++k) {
            if ((k == 2 && scale < 0) || (k == 3 && bias < 0)) continue;
            for (size_t d = 0; d < elementDims.size(); ++d)
                if (elementDims[d] != 1 && elementSteps[k][d] != dense[d]) return false;
            for (int64_t step : rowSteps[k])
                if (step % width != 0) return false;
        }
        return true;
    }
};

class Factory final : public JitFactory<Record> {
public:
    Factory() : JitFactory("cuda.normalization.jit") {}
    Support read(const tactic::Query& q, Record& r, JitText& text) const override {
        const auto* op = q.group().anchorAs<ops::Normalization>();
        if (!op || !q.group().single()) return no("not a lone normalization");
        if (Support s = operandsFit(q); !s.ok) return s;
        r.op = *op;
        r.input = q.group().anchorInput(0);
        const auto& inputs = q.group().anchor()->inputs;
        r.scale = inputs.size() > 1 ? q.group().anchorInput(1) : -1;
        r.bias = inputs.size() > 2 ? q.group().anchorInput(2) : -1;
        DataType parameter = r.scale >= 0  ? q.in(r.scale).type
                             : r.bias >= 0 ? q.in(r.bias).type
                                           : q.in(r.input).type;
        if (r.bias >= 0 && q.in(r.bias).type != parameter)
            return no("scale and bias are of different types");
        if (q.in(r.input).type == DataType::kDOUBLE) return no("f64 elements");
        holdsRow(q, r, parameter);
        text.program =
            programOf("normalization.cu",
                      {cat("-DT=", typeText(q.in(r.input).type)), cat("-DP=", typeText(parameter)),
                       cat("-DRMS=", op->rms ? 1 : 0), cat("-DFLOOR=", op->floor ? 1 : 0)});
        if (r.per > 0)
            for (const char* name : {"WIDTH", "PER"})
                text.program.options.push_back(
                    cat("-D", name, "=", name[0] == 'W' ? r.width : r.per));
        return yes();
    }
    // Fills width and per for rows of known length that a warp's registers hold.
    static void holdsRow(const tactic::Query& q, Record& r, DataType parameter) {
        const TensorDesc& x = q.in(r.input);
        auto set = ops::axisSet(r.op.axes, x.rank());
        int64_t n = 1;
        for (size_t d = 0; d < set.size(); ++d) {
            if (!set[d]) continue;
            if (!x.dims[d].isStatic()) return;
            n *= x.dims[d].value();
        }
        r.width = 128 / std::max(bits(x.type), bits(parameter));
        while (r.width > 1 && n % r.width != 0) r.width /= 2;
        r.per = (n + 32 * r.width - 1) / (32 * r.width);
        if (r.op.groups != 1 || n < 1 || r.width * r.per > 64) r.width = r.per = 0;
    }
    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        auto add = [&](const tactic::Combination& c) {
            out.push_back(c);
            out.back().acceptsViews = true;
            out.back().overwrites = q.group().anchorInput(0);
        };
        add(combination(q));
        if (q.out(0).rank() >= 3) {
            tactic::Combination c = combination(q);
            c.inputs[static_cast<size_t>(q.group().anchorInput(0))].format = c.outputs[0].format =
                Format::channelsLast(q.out(0).rank());
            add(c);
        }
    }
};

}  // namespace

void registerKernel_normalization_jit(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<Factory>());
}

}  // namespace bireme::cuda
