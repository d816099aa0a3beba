// SPDX-License-Identifier: Apache-2.0
// Convolution of bytes by oneDNN, with the zero point of x inside; what the kernel's zero point
// adds to a sum is taken off it afterwards, by the sums of windows.
#include "backends/cpu/onednn/bytes.h"
#include "backends/cpu/onednn/desc.h"
#include "backends/cpu/support/lone_op.h"
#include "base/parallel_for.h"
#include "ops/integer_convolution.h"
#include "ops/support/sliding_window.h"

#include <unordered_map>

namespace bireme::cpu {

namespace {

using dnnl::memory;
using ops::WindowGrid;

constexpr const char* kWhat = "integer convolution";

ops::WindowGrid gridOf(const LoneShapes& s) {
    return WindowGrid(ops::convolutionAxes(
        ops::WindowAttributes::of(*s.op.as<ops::IntegerConvolution>()),
        ops::spatialDims(toDims(s.in(0).dims)), ops::spatialDims(toDims(s.in(1).dims))));
}

// Spatial dims of rank 1 become rank 2.
memory::dims planar(memory::dims d) {
    if (d.size() == 3) d.insert(d.begin() + 2, 1);
    return d;
}

memory::desc lying(const memory::dims& dims, memory::data_type type, bool channelsLast) {
    const auto rank = static_cast<int>(dims.size());
    const Format f = channelsLast ? Format::channelsLast(rank) : Format::linear();
    return {dims, type, f.stridesFor(dims)};
}

// Sums over the windows of one group's channels of x less its zero point, one output plane.
void sumWindows(const WindowGrid& g, int64_t channels, const uint8_t* x, int32_t zero,
                std::vector<int32_t>& plane, int32_t* y) {
    plane.assign(static_cast<size_t>(g.inputSize()), static_cast<int32_t>(channels) * -zero);
    for (int64_t c = 0; c < channels; ++c, x += g.inputSize())
        for (size_t i = 0; i < plane.size(); ++i) plane[i] += x[i];
    const auto inside = [&](size_t d, int64_t o, int64_t t, int64_t& at) {
        at = o * g.stride[d] + t * g.dilation[d] - g.before[d];
        return at >= 0 && at < g.input[d];
    };
    std::fill_n(y, g.outputSize(), 0);
    for (int64_t tap = 0; tap < g.windowSize(); ++tap)
        for (int64_t line = 0; line < g.output[0] * g.output[1]; ++line) {
            int64_t pz, py, px;
            if (!inside(0, line / g.output[1], tap / (g.window[1] * g.window[2]), pz) ||
                !inside(1, line % g.output[1], tap / g.window[2] % g.window[1], py))
                continue;
            const int32_t* row = plane.data() + (pz * g.input[1] + py) * g.input[2];
            for (int64_t o = 0; o < g.output[2]; ++o)
                if (inside(2, o, tap % g.window[2], px)) y[line * g.output[2] + o] += row[px];
        }
}

class IntegerConvolutionBound final : public LoneBound {
public:
    explicit IntegerConvolutionBound(const LoneShapes& s)
        : LoneBound(s),
          groups_(s.op.as<ops::IntegerConvolution>()->groups),
          grid_(gridOf(s)),
          fixed_(s.isConstant(1) && (!s.has(3) || s.isConstant(3))) {
        if (product(s.in(0).dims) == 0 || product(s.out(0).dims) == 0) return;
        guarded(kWhat, [&] { describe(s); });
        laid_.resize(in_.get_size());
        sums_.resize(out_.get_size());
        packed_.resize(pd_.weights_desc().get_size());
    }
    std::string implementation() const override {
        return pd_ ? pd_.impl_info_str() : "no elements";
    }

private:
    void describe(const LoneShapes& s) {
        const memory::dims x = planar(s.in(0).dims), y = planar(s.out(0).dims);
        kernel_ = planar(s.in(1).dims);
        if (groups_ > 1) {
            kernel_[0] /= groups_;
            kernel_.insert(kernel_.begin(), groups_);
        }
        memory::dims stride, dilation, before, after;
        for (size_t d = 5 - x.size(); d < 3; ++d) {
            stride.push_back(grid_.stride[d]);
            dilation.push_back(grid_.dilation[d] - 1);
            before.push_back(grid_.before[d]);
            after.push_back((grid_.output[d] - 1) * grid_.stride[d] +
                            (grid_.window[d] - 1) * grid_.dilation[d] + 1 - grid_.input[d] -
                            grid_.before[d]);
        }
        in_ = lying(x, memory::data_type::u8, true);
        out_ = lying(y, memory::data_type::s32, true);
        plainIn_ = lying(x, memory::data_type::u8, false);
        plainOut_ = lying(y, memory::data_type::s32, false);
        dnnl::primitive_attr attributes = scratchByUser();
        // With it the library adds up in FLOAT, which is exact up to sums of 2^24.
        if (hasZero()) attributes.set_zero_points_mask(DNNL_ARG_SRC, 0);
        pd_ = {dnnlEngine(),
               dnnl::prop_kind::forward_inference,
               dnnl::algorithm::convolution_direct,
               in_,
               memory::desc(kernel_, memory::data_type::s8, memory::format_tag::any),
               out_,
               stride,
               dilation,
               before,
               after,
               attributes};
        primitive_ = BytePrimitive(dnnl::convolution_forward(pd_), pd_);
    }

    bool hasZero() const { return has(2) || in(0).type == DataType::kINT8; }

    void run() override {
        auto* y = reinterpret_cast<int32_t*>(result(0));
        if (!pd_) {
            if (y) std::fill_n(y, product(out(0).dims), 0);
            return;
        }
        guarded(kWhat, [&] {
            if (zeros_.empty() || !fixed_) packKernel();
            const bool flip = in(0).type == DataType::kINT8;
            const auto* x = reinterpret_cast<const uint8_t*>(data(0));
            if (flip) {
                flipped_.resize(static_cast<size_t>(count(0)));
                flipBytes(x, flipped_.data(), count(0));
                x = flipped_.data();
            }
            zero_ = (has(2) ? *reinterpret_cast<const int32_t*>(data(2)) : 0) + (flip ? 128 : 0);
            move(plainIn_, x, in_, laid_.data());
            const memory::desc one({1}, memory::data_type::s32, memory::format_tag::a);
            std::unordered_map<int, memory> arguments{
                {DNNL_ARG_SRC, memoryAt(in_, laid_.data())},
                {DNNL_ARG_WEIGHTS, memoryAt(pd_.weights_desc(), packed_.data())},
                {DNNL_ARG_DST, memoryAt(out_, sums_.data())}};
            if (hasZero())
                arguments.emplace(DNNL_ARG_ATTR_ZERO_POINTS | DNNL_ARG_SRC, memoryAt(one, &zero_));
            primitive_.run(std::move(arguments));
            move(out_, sums_.data(), plainOut_, y);
            takeOff(x, y);
        });
    }

    static void move(const memory::desc& a, const void* from, const memory::desc& b, void* to) {
        memory source = memoryAt(a, from), target = memoryAt(b, to);
        dnnl::reorder(source, target).execute(dnnlStream(), source, target);
    }

    // The kernel as INT8: less its zero point where that fits, else as it is, with the zero points
    // left to take off.
    void packKernel() {
        const int64_t maps = out(0).dims[1], size = count(1) / maps;
        const bool isByte = in(1).type == DataType::kUINT8;
        const auto* w = reinterpret_cast<const uint8_t*>(data(1));
        const auto* z = has(3) ? reinterpret_cast<const int32_t*>(data(3)) : nullptr;
        std::vector<int32_t> values(static_cast<size_t>(count(1)));
        zeros_.assign(static_cast<size_t>(maps), 0);
        bool fits = true;
        for (size_t i = 0; i < values.size(); ++i) {
            const auto map = static_cast<int64_t>(i) / size;
            const int32_t zero = z ? z[count(3) == 1 ? 0 : map] : 0;
            const int32_t v = isByte ? w[i] : static_cast<int8_t>(w[i]);
            values[i] = v - zero;
            zeros_[static_cast<size_t>(map)] = zero - (isByte ? 128 : 0);
            fits = fits && values[i] >= -128 && values[i] <= 127;
        }
        std::vector<int8_t> plain(values.size());
        for (size_t i = 0; i < plain.size(); ++i)
            plain[i] = static_cast<int8_t>(
                fits ? values[i] : values[i] + zeros_[i / static_cast<size_t>(size)]);
        if (fits) std::fill(zeros_.begin(), zeros_.end(), 0);
        move(lying(kernel_, memory::data_type::s8, false), plain.data(), pd_.weights_desc(),
             packed_.data());
    }

    // y -= zero point of the map * sum of the window
    void takeOff(const uint8_t* x, int32_t* y) const {
        if (std::all_of(zeros_.begin(), zeros_.end(), [](int32_t z) { return z == 0; })) return;
        const int64_t maps = out(0).dims[1], perGroup = maps / groups_, size = grid_.outputSize(),
                      channels = in(0).dims[1] / groups_;
        parallelFor(in(0).dims[0] * groups_, 1, [&](int64_t begin, int64_t end) {
            std::vector<int32_t> plane, windows(static_cast<size_t>(size));
            for (int64_t t = begin; t < end; ++t) {
                sumWindows(grid_, channels, x + t * channels * grid_.inputSize(), zero_, plane,
                           windows.data());
                for (int64_t k = 0; k < perGroup; ++k) {
                    const auto zero = static_cast<uint32_t>(
                        zeros_[static_cast<size_t>(t % groups_ * perGroup + k)]);
                    auto* to = reinterpret_cast<uint32_t*>(y + (t * perGroup + k) * size);
                    for (int64_t i = 0; i < size; ++i)
                        to[i] -= zero * static_cast<uint32_t>(windows[static_cast<size_t>(i)]);
                }
            }
        });
    }

    int64_t groups_;
    WindowGrid grid_;
    bool fixed_;           // the kernel is the same at every launch
    memory::dims kernel_;  // with the groups in front
    memory::desc in_, out_, plainIn_, plainOut_;
    dnnl::convolution_forward::primitive_desc pd_;
    BytePrimitive primitive_;
    int32_t zero_ = 0;
    std::vector<int32_t> zeros_;
    std::vector<uint8_t> flipped_, laid_, sums_, packed_;
};

Support supports(const tactic::Query& q, const ir::Node& node) {
    if (!multipliesBytes())
        return no("the machine has no exact products of bytes (AVX-VNNI or AVX512-VNNI)");
    if (q.body().value(node.inputs[0]).desc.rank() > 5) return no("more than three spatial dims");
    return yes();
}

}  // namespace

void registerKernel_integer_convolution_onednn(tactic::Catalog& catalog) {
    catalog.add(loneFactory({"cpu.integer_convolution.onednn", "integer_convolution", supports,
                             bindLone<IntegerConvolutionBound>}));
}

}  // namespace bireme::cpu
