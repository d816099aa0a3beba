// SPDX-License-Identifier: Apache-2.0
#ifdef BIREME_HAVE_CUDNN_FRONTEND
#include "backends/cuda/cudnn/graph.h"

#include "backends/cuda/driver/cudnn_api.h"
#include "base/status.h"
#include "base/text.h"

#define NV_CUDNN_FRONTEND_USE_DYNAMIC_LOADING
#define CUDNN_FRONTEND_SKIP_JSON_LIB
#include <cudnn_frontend.h>

#include <algorithm>
#include <memory>

namespace cudnn_frontend {
void* cudnn_dlhandle = nullptr;
}

namespace bireme::cuda::dnn {

namespace fe = cudnn_frontend;
using ops::PointwiseFn;
using TensorPtr = std::shared_ptr<fe::graph::Tensor_attributes>;

namespace {

void check(fe::error_t e, const char* what) {
    if (e.is_bad())
        fail(ErrorCode::kUNSUPPORTED_STATE, cat("cuDNN: ", what, ": ", e.get_message()));
}

fe::DataType_t typeOf(DataType t) {
    switch (t) {
        case DataType::kFLOAT: return fe::DataType_t::FLOAT;
        case DataType::kHALF: return fe::DataType_t::HALF;
        case DataType::kBF16: return fe::DataType_t::BFLOAT16;
        default: fail(ErrorCode::kUNSUPPORTED_STATE, "cuDNN: a data type without convolutions");
    }
}

fe::PointwiseMode_t modeOf(PointwiseFn fn) {
    using M = fe::PointwiseMode_t;
    switch (fn) {
        case PointwiseFn::sum: return M::ADD;
        case PointwiseFn::sub: return M::SUB;
        case PointwiseFn::prod: return M::MUL;
        case PointwiseFn::div: return M::DIV;
        case PointwiseFn::max: return M::MAX;
        case PointwiseFn::min: return M::MIN;
        case PointwiseFn::relu:
        case PointwiseFn::clip:
        case PointwiseFn::leaky_relu: return M::RELU_FWD;
        case PointwiseFn::sigmoid: return M::SIGMOID_FWD;
        case PointwiseFn::tanh: return M::TANH_FWD;
        case PointwiseFn::elu: return M::ELU_FWD;
        case PointwiseFn::softplus: return M::SOFTPLUS_FWD;
        case PointwiseFn::swish: return M::SWISH_FWD;
        case PointwiseFn::gelu_erf: return M::GELU_FWD;
        case PointwiseFn::gelu_tanh: return M::GELU_APPROX_TANH_FWD;
        case PointwiseFn::exp: return M::EXP;
        case PointwiseFn::log: return M::LOG;
        case PointwiseFn::sqrt: return M::SQRT;
        case PointwiseFn::abs: return M::ABS;
        case PointwiseFn::neg: return M::NEG;
        case PointwiseFn::erf: return M::ERF;
        case PointwiseFn::copy: return M::IDENTITY;
        default: fail(ErrorCode::kUNSUPPORTED_STATE, cat("cuDNN has no function ", ops::name(fn)));
    }
}

fe::graph::Pointwise_attributes attributesOf(const Step& s) {
    fe::graph::Pointwise_attributes a;
    a.set_mode(modeOf(s.fn)).set_compute_data_type(fe::DataType_t::FLOAT);
    if (s.fn == PointwiseFn::clip) a.set_relu_lower_clip(s.alpha).set_relu_upper_clip(s.beta);
    if (s.fn == PointwiseFn::leaky_relu) a.set_relu_lower_clip_slope(s.alpha);
    if (s.fn == PointwiseFn::swish) a.set_swish_beta(s.alpha);
    if (s.fn == PointwiseFn::elu) a.set_elu_alpha(s.alpha);
    return a;
}

// One graph of cudnn-frontend, made from a spec.
class Graph {
public:
    Graph(const GraphSpec& spec, cudnnHandle_t handle) : spec_(spec), handle_(handle) {
        fe::cudnn_dlhandle = cudnn().library.handle();
        graph_.set_io_data_type(typeOf(spec.operands[0].type))
            .set_intermediate_data_type(fe::DataType_t::FLOAT)
            .set_compute_data_type(fe::DataType_t::FLOAT);
        for (size_t i = 0; i + 1 < spec.operands.size(); ++i) tensors_.push_back(input(i));
        TensorPtr running = anchor();
        for (const Step& s : spec.steps) {
            auto a = attributesOf(s);
            if (s.operand < 0)
                running = graph_.pointwise(running, a);
            else if (s.through == 0)
                running = graph_.pointwise(running, tensor(s.operand), a);
            else
                running = graph_.pointwise(tensor(s.operand), running, a);
        }
        const Operand& y = spec.operands.back();
        running->set_output(true)
            .set_uid(static_cast<int64_t>(spec.operands.size()))
            .set_data_type(typeOf(y.type))
            .set_dim(y.dims)
            .set_stride(y.strides);
        check(graph_.validate(), "the graph is not legal");
        check(graph_.build_operation_graph(handle_), "the graph is refused");
    }

    std::vector<Engine> engines() {
        std::vector<Engine> out;
        if (graph_.create_execution_plans({fe::HeurMode_t::A, fe::HeurMode_t::FALLBACK}).is_bad())
            return out;
        for (int64_t i = 0; i < graph_.get_execution_plan_count(); ++i) {
            Engine e;
            if (!describe(i, e)) continue;
            bool known = std::any_of(out.begin(), out.end(),
                                     [&](const Engine& o) { return o.name == e.name; });
            if (!known) out.push_back(std::move(e));
        }
        return out;
    }

    BuiltPlan build(const std::string& engine) {
        return planOf(graph_.description(), engine, handle_);
    }

private:
    // What the frontend keeps to itself.
    struct Open : fe::graph::Graph {
        cudnnBackendDescriptor_t description() const { return operation_graph->get_raw_desc(); }
        const std::vector<fe::NumericalNote_t>& notes(int64_t at) const {
            return plans.numeric_notes[static_cast<size_t>(at)];
        }
    };

    TensorPtr input(size_t i) {
        const Operand& o = spec_.operands[i];
        return graph_.tensor(fe::graph::Tensor_attributes()
                                 .set_name(cat("t", i))
                                 .set_uid(static_cast<int64_t>(i) + 1)
                                 .set_data_type(typeOf(o.type))
                                 .set_dim(o.dims)
                                 .set_stride(o.strides));
    }
    TensorPtr tensor(int operand) const { return tensors_.at(static_cast<size_t>(operand)); }

    TensorPtr anchor() {
        switch (spec_.anchor) {
            case Anchor::matmul:
                return graph_.matmul(
                    tensor(0), tensor(1),
                    fe::graph::Matmul_attributes().set_compute_data_type(fe::DataType_t::FLOAT));
            case Anchor::deconvolution: {
                auto y = graph_.conv_dgrad(tensor(0), tensor(1),
                                           window(fe::graph::Conv_dgrad_attributes()));
                y->set_dim(spec_.operands.back().dims);
                return y;
            }
            case Anchor::convolution: break;
        }
        return graph_.conv_fprop(tensor(0), tensor(1), window(fe::graph::Conv_fprop_attributes()));
    }

    template <typename Attributes>
    Attributes window(Attributes a) const {
        a.set_pre_padding(spec_.before)
            .set_post_padding(spec_.after)
            .set_stride(spec_.stride)
            .set_dilation(spec_.dilation);
        return a;
    }

    bool describe(int64_t at, Engine& e) const {
        std::vector<fe::BehaviorNote_t> behaviour;
        if (graph_.get_plan_name_at_index(at, e.name).is_bad()) return false;
        if (graph_.get_behavior_notes_for_plan_at_index(at, behaviour).is_bad()) return false;
        e.compiled = std::find(behaviour.begin(), behaviour.end(),
                               fe::BehaviorNote_t::RUNTIME_COMPILATION) != behaviour.end();
        return keepsPromises(graph_.notes(at));
    }

    bool keepsPromises(const std::vector<fe::NumericalNote_t>& notes) const {
        using Note = fe::NumericalNote_t;
        bool strict = spec_.operands[0].type == DataType::kFLOAT && !spec_.tf32;
        return std::none_of(notes.begin(), notes.end(), [&](Note n) {
            if (n == Note::NONDETERMINISTIC) return spec_.deterministic;
            if (n == Note::TENSOR_CORE || n == Note::DOWN_CONVERT_INPUTS) return strict;
            return n == Note::REDUCED_PRECISION_REDUCTION || n == Note::FFT ||
                   n == Note::WINOGRAD_TILE_6x6 || n == Note::WINOGRAD_TILE_13x13;
        });
    }

    const GraphSpec& spec_;
    cudnnHandle_t handle_;
    Open graph_;
    std::vector<TensorPtr> tensors_;
};

// The frontend throws its own exceptions in some places.
template <typename F>
auto guarded(F f) {
    try {
        return f();
    } catch (const Error&) {
        throw;
    } catch (const std::exception& e) {
        fail(ErrorCode::kUNSUPPORTED_STATE, cat("cuDNN: ", e.what()));
    }
}

}  // namespace

std::vector<Engine> enginesFor(const GraphSpec& spec, cudnnHandle_t handle) {
    return guarded([&] { return Graph(spec, handle).engines(); });
}

BuiltPlan buildPlan(const GraphSpec& spec, const std::string& engine, cudnnHandle_t handle) {
    return guarded([&] { return Graph(spec, handle).build(engine); });
}

BuiltPlan buildFirstPlan(const GraphSpec& spec, size_t workspace, cudnnHandle_t handle) {
    std::string why = "cuDNN has no engine for it";
    auto engines = enginesFor(spec, handle);
    std::stable_partition(engines.begin(), engines.end(),
                          [](const Engine& e) { return !e.compiled; });
    for (const Engine& e : engines) {
        try {
            BuiltPlan plan = buildPlan(spec, e.name, handle);
            if (plan.workspace <= workspace) return plan;
            why = cat("its engines need more than ", humanBytes(workspace), " of workspace");
        } catch (const Error& error) {
            why = error.message();
        }
    }
    fail(ErrorCode::kUNSUPPORTED_STATE, why);
}

}  // namespace bireme::cuda::dnn
#endif
