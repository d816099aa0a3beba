// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/runner.h"

namespace {
const char* const kOneDnn = "cpu.convolution.onednn";
const char* const kDepthwise = "cpu.convolution.depthwise";
const char* const kWinograd = "cpu.convolution.winograd";
}  // namespace

BIREME_CONFORMANCE(Convolution,
                   {
                       {"bias_relu",
                        R"(graph g(%x: f32[1,16,9,11]) -> (%y) {
        %w = const f32[24,16,3,3] random(1, -0.3, 0.3)
        %b = const f32[24] random(2)
        %c = convolution(%x, %w, %b) {prePadding=[1,1], postPadding=[1,1]}
        %y = pointwise(%c) {fn=relu}
    })",
                        {kOneDnn}},
                       {"first_layer_dynamic",
                        R"(graph g(%x: f32[N,3,H,W]) -> (%c) {
        symbol N = 1..3
        symbol H = 17..49
        symbol W = 16..40
        %w = const f32[32,3,7,7] random(1, -0.3, 0.3)
        %c = convolution(%x, %w, _) {stride=[2,2], prePadding=[3,3], postPadding=[3,3]}
    })",
                        {kOneDnn},
                        5e-6},
                       {"pointwise_kernel_residual",
                        R"(graph g(%x: f32[N,20,7,5], %r: f32[N,33,7,5]) -> (%y) {
        symbol N = 1..4
        %w = const f32[33,20,1,1] random(1, -0.3, 0.3)
        %b = const f32[33] random(2)
        %c = convolution(%x, %w, %b)
        %s = pointwise(%c, %r) {fn=sum}
        %y = pointwise(%s) {fn=relu}
    })",
                        {"cpu.convolution.pointwise"}},
                       {"pointwise_kernel_of_many_panels",
                        R"(graph g(%x: f32[N,600,7,5], %r: f32[N,150,7,5]) -> (%y) {
        symbol N = 1..3
        %w = const f32[150,600,1,1] random(1, -0.1, 0.1)
        %b = const f32[150] random(2)
        %c = convolution(%x, %w, %b)
        %s = pointwise(%c, %r) {fn=sum}
        %y = pointwise(%s) {fn=relu}
    })",
                        {"cpu.convolution.pointwise"},
                        5e-6},
                       {"siblings",
                        R"(graph g(%x: f32[N,20,7,5]) -> (%y, %z, %v) {
        symbol N = 1..4
        %w = const f32[33,20,1,1] random(1, -0.3, 0.3)
        %b = const f32[33] random(2)
        %c = convolution(%x, %w, %b)
        %y = pointwise(%c) {fn=relu}
        %u = const f32[16,20,1,1] random(3, -0.3, 0.3)
        %s = const f32[1,16,1,1] random(4)
        %d = convolution(%x, %u)
        %e = pointwise(%d, %s) {fn=sum}
        %z = pointwise(%e) {fn=sigmoid}
        %t = const f32[2,20,1,1] random(5, -0.3, 0.3)
        %v = convolution(%x, %t)
    })",
                        {"cpu.convolution.siblings"}},
                       {"depthwise_hard_swish",
                        R"(graph g(%x: f32[N,40,H,13]) -> (%y) {
        symbol N = 1..2
        symbol H = 8..30
        %w = const f32[40,1,5,5] random(1, -0.3, 0.3)
        %b = const f32[40] random(2)
        %c = convolution(%x, %w, %b) {groups=40, stride=[2,1], prePadding=[2,2], postPadding=[2,2]}
        %y = pointwise(%c) {fn=hard_swish}
    })",
                        {kOneDnn}},
                       {"depthwise_line_of_constant_data", R"(graph g(%b: f32[4]) -> (%y) {
        %x = const f32[2,4,9] random(1)
        %w = const f32[4,1,4] random(2)
        %c = convolution(%x, %w, %b) {groups=4}
        %y = pointwise(%c) {fn=hard_swish}
    })"},
                       {"groups_dilation_same_upper",
                        R"(graph g(%x: f32[2,8,12,12]) -> (%y) {
        %w = const f32[12,4,3,3] random(1, -0.3, 0.3)
        %c = convolution(%x, %w, _) {groups=2, dilation=[2,2], paddingMode=same_upper}
        %y = pointwise(%c) {fn=swish, alpha=1}
    })",
                        {kOneDnn},
                        1e-5},
                       {"selu_of_5x5",
                        R"(graph g(%x: f32[2,8,12,12]) -> (%y) {
        %w = const f32[12,8,5,5] random(1, -0.3, 0.3)
        %c = convolution(%x, %w, _) {prePadding=[2,2], postPadding=[2,2]}
        %y = pointwise(%c) {fn=selu, alpha=1.6732632, beta=1.0507010}
    })",
                        {kOneDnn},
                        1e-5},
                       {"prelu_of_5x5_stride_two",
                        R"(graph g(%x: f32[N,8,H,12]) -> (%y) {
        symbol N = 1..2
        symbol H = 5..30
        %w = const f32[37,8,5,5] random(1, -0.3, 0.3)
        %b = const f32[37] random(2)
        %s = const f32[37,1,1] random(3)
        %c = convolution(%x, %w, %b) {stride=[2,2], prePadding=[2,2], postPadding=[2,2]}
        %y = pointwise(%c, %s) {fn=prelu}
    })",
                        {kOneDnn},
                        5e-6},
                       {"prelu_of_groups_between_terms",
                        R"(graph g(%x: f32[2,16,9,12]) -> (%y) {
        %w = const f32[32,8,3,3] random(1, -0.3, 0.3)
        %t = const f32[1,32,1,1] random(2)
        %s = const f32[1,32,1,1] random(3)
        %c = convolution(%x, %w, _) {groups=2, prePadding=[1,1], postPadding=[1,1]}
        %m = pointwise(%c, %t) {fn=prod}
        %p = pointwise(%m, %s) {fn=prelu}
        %y = pointwise(%p) {fn=clip, alpha=-1, beta=3}
    })",
                        {kOneDnn},
                        5e-6},
                       {"prelu_of_one_dimension",
                        R"(graph g(%x: f32[2,24,L], %s: f32[1,40,1]) -> (%y) {
        symbol L = 4..20
        %w = const f32[40,24,3] random(1, -0.3, 0.3)
        %b = const f32[40] random(2)
        %c = convolution(%x, %w, %b) {prePadding=[1], postPadding=[1]}
        %y = pointwise(%c, %s) {fn=prelu}
    })",
                        {kOneDnn},
                        5e-6},
                       {"prelu_of_bfloat",
                        R"(graph g(%x: bf16[2,32,10,10]) -> (%y) {
        %w = const bf16[37,32,5,5] random(1, -0.1, 0.1)
        %b = const bf16[37] random(2)
        %s = const bf16[37,1,1] random(3)
        %c = convolution(%x, %w, %b) {prePadding=[2,2], postPadding=[2,2]}
        %y = pointwise(%c, %s) {fn=prelu}
    })",
                        {},
                        2e-2},
                       {"round_up_and_remainder",
                        R"(graph g(%x: f32[1,5,10,10]) -> (%c) {
        %w = const f32[6,5,3,3] random(1)
        %c = convolution(%x, %w, _) {stride=[2,2], paddingMode=explicit_round_up}
    })",
                        {kOneDnn},
                        5e-6},
                       {"remainder_dropped",
                        R"(graph g(%x: f32[1,5,12,12]) -> (%c) {
        %w = const f32[6,5,3,3] random(1)
        %c = convolution(%x, %w, _) {stride=[4,4]}
    })",
                        {kOneDnn},
                        5e-6},
                       {"one_dimensional",
                        R"(graph g(%x: f32[N,129,L]) -> (%y) {
        symbol N = 1..2
        symbol L = 4..20
        %w = const f32[64,129,3] random(1, -0.1, 0.1)
        %b = const f32[64] random(2)
        %c = convolution(%x, %w, %b) {prePadding=[1], postPadding=[1]}
        %y = pointwise(%c) {fn=relu}
    })",
                        {kOneDnn},
                        5e-6},
                       {"one_column",
                        R"(graph g(%x: f32[N,12,L,1]) -> (%y) {
        symbol N = 1..2
        symbol L = 5..40
        %w = const f32[20,12,5,1] random(1, -0.3, 0.3)
        %r = const f32[20,1,1] random(2)
        %c = convolution(%x, %w, _) {stride=[2,1], prePadding=[1,0], postPadding=[2,0]}
        %s = pointwise(%c, %r) {fn=sum}
        %y = pointwise(%s) {fn=relu}
    })",
                        {kOneDnn},
                        5e-6},
                       // At length 1 the library has only plain loops for row-major data.
                       {"one_dimensional_to_one_element",
                        R"(graph g(%x: f32[1,128,L]) -> (%y) {
        symbol L = 1..32
        %w = const f32[1,128,1] random(1, -0.1, 0.1)
        %b = const f32[1] random(2)
        %c = convolution(%x, %w, %b)
        %y = pointwise(%c) {fn=sigmoid}
    })",
                        {kOneDnn},
                        5e-6},
                       {"three_dimensional",
                        R"(graph g(%x: f32[1,4,5,6,7]) -> (%c) {
        %w = const f32[6,4,3,3,3] random(1, -0.2, 0.2)
        %c = convolution(%x, %w, _) {prePadding=[1,1,1], postPadding=[1,1,1]}
    })",
                        {kOneDnn},
                        5e-6},
                       {"per_channel_terms",
                        R"(graph g(%x: f32[1,8,6,6]) -> (%y) {
        %w = const f32[10,8,1,1] random(1)
        %s = const f32[10,1,1] random(3)
        %t = const f32[1,10,1,1] random(4)
        %k = const f32[] {0.5}
        %c = convolution(%x, %w, _)
        %m = pointwise(%c, %s) {fn=prod}
        %a = pointwise(%m, %t) {fn=sum}
        %h = pointwise(%a, %k) {fn=prod}
        %y = pointwise(%h) {fn=clip, alpha=-1, beta=3}
    })",
                        {kOneDnn},
                        5e-6},
                       {"subtracted_from_residual",
                        R"(graph g(%x: f32[1,8,6,6], %r: f32[1,10,6,6]) -> (%y) {
        %w = const f32[10,8,1,1] random(1)
        %c = convolution(%x, %w, _)
        %y = pointwise(%r, %c) {fn=sub}
    })",
                        {"cpu.convolution.pointwise"},
                        5e-6},
                       {"gelu",
                        R"(graph g(%x: f32[1,8,6,6]) -> (%y) {
        %w = const f32[10,8,1,1] random(1)
        %c = convolution(%x, %w, _)
        %y = pointwise(%c) {fn=gelu_erf}
    })",
                        {kOneDnn},
                        1e-5},
                       {"half_residual_relu",
                        R"(graph g(%x: f16[N,64,14,14], %r: f16[N,128,7,7]) -> (%y) {
        symbol N = 1..3
        %w = const f16[128,64,3,3] random(1, -0.05, 0.05)
        %b = const f16[128] random(2)
        %c = convolution(%x, %w, %b) {stride=[2,2], prePadding=[1,1], postPadding=[1,1]}
        %s = pointwise(%c, %r) {fn=sum}
        %y = pointwise(%s) {fn=relu}
    })",
                        {},
                        2e-3},
                       {"half_first_layer",
                        R"(graph g(%x: f16[2,3,32,32]) -> (%y) {
        %w = const f16[16,3,7,7] random(1, -0.2, 0.2)
        %b = const f16[16] random(2)
        %c = convolution(%x, %w, %b) {stride=[2,2], prePadding=[3,3], postPadding=[3,3]}
        %y = pointwise(%c) {fn=relu}
    })",
                        {},
                        2e-3},
                       {"half_pointwise_kernel",
                        R"(graph g(%x: f16[2,64,9,9], %r: f16[2,48,9,9]) -> (%y) {
        %w = const f16[48,64,1,1] random(1, -0.2, 0.2)
        %b = const f16[48] random(2)
        %c = convolution(%x, %w, %b)
        %s = pointwise(%r, %c) {fn=sum}
        %y = pointwise(%s) {fn=relu}
    })",
                        {},
                        2e-3},
                       {"half_depthwise_clip",
                        R"(graph g(%x: f16[N,40,15,13]) -> (%y) {
        symbol N = 1..2
        %w = const f16[40,1,3,3] random(1, -0.5, 0.5)
        %b = const f16[40] random(2)
        %c = convolution(%x, %w, %b) {groups=40, stride=[2,2], prePadding=[1,1], postPadding=[1,1]}
        %y = pointwise(%c) {fn=clip, alpha=0, beta=6}
    })",
                        {},
                        2e-3},
                       {"three_maps_residual",
                        R"(graph g(%x: f32[N,40,7,H], %r: f32[N,3,7,H]) -> (%y) {
        symbol N = 1..2
        symbol H = 1..9
        %w = const f32[3,40,1,1] random(1, -0.3, 0.3)
        %b = const f32[3] random(2)
        %c = convolution(%x, %w, %b)
        %s = pointwise(%c, %r) {fn=sum}
        %y = pointwise(%s) {fn=relu}
    })",
                        {"cpu.convolution.pointwise"},
                        5e-6},
                       {"one_map_tanh",
                        R"(graph g(%x: f32[1,300,5,9]) -> (%y) {
        %w = const f32[1,300,1,1] random(1, -0.1, 0.1)
        %c = convolution(%x, %w, _)
        %y = pointwise(%c) {fn=tanh}
    })",
                        {"cpu.convolution.pointwise"},
                        1e-5},  // cuDNN has a tanh of its own
                       {"winograd_bias_clip_dynamic",
                        R"(graph g(%x: f32[N,20,H,W]) -> (%y) {
        symbol N = 1..3
        symbol H = 3..31
        symbol W = 4..20
        %w = const f32[43,20,3,3] random(1, -0.3, 0.3)
        %b = const f32[43] random(2)
        %c = convolution(%x, %w, %b) {prePadding=[1,1], postPadding=[1,1]}
        %y = pointwise(%c) {fn=clip, alpha=-1, beta=6}
    })",
                        {kOneDnn, kWinograd},
                        2e-5},
                       {"winograd_residual_swish_uneven_padding",
                        R"(graph g(%x: f32[2,64,13,9], %r: f32[2,32,14,8]) -> (%y) {
        %w = const f32[32,64,3,3] random(1, -0.1, 0.1)
        %c = convolution(%x, %w, _) {prePadding=[2,0], postPadding=[1,1]}
        %s = pointwise(%c, %r) {fn=sum}
        %y = pointwise(%s) {fn=swish, alpha=1}
    })",
                        {kOneDnn, kWinograd},
                        2e-5},
                       {"winograd_many_channels",
                        R"(graph g(%x: f32[1,512,7,7]) -> (%y) {
        %w = const f32[130,512,3,3] random(1, -0.05, 0.05)
        %b = const f32[130] random(2)
        %c = convolution(%x, %w, %b) {paddingMode=same_upper}
        %y = pointwise(%c) {fn=relu}
    })",
                        {kOneDnn, kWinograd},
                        2e-5},
                       {"winograd_large_kernel_in_blocks",
                        R"(graph g(%x: f32[60,1024,2,1]) -> (%c) {
        %w = const f32[128,1024,3,3] random(1, -0.05, 0.05)
        %c = convolution(%x, %w, _) {prePadding=[1,1], postPadding=[1,1]}
    })",
                        {kOneDnn, kWinograd},
                        2e-5},
                       {"winograd_large_kernel_residual_clip_dynamic",
                        R"(graph g(%x: f32[N,700,H,6], %r: f32[N,180,H,6]) -> (%y) {
        symbol N = 1..2
        symbol H = 3..9
        %w = const f32[180,700,3,3] random(1, -0.05, 0.05)
        %b = const f32[180] random(2)
        %c = convolution(%x, %w, %b) {prePadding=[1,1], postPadding=[1,1]}
        %s = pointwise(%c, %r) {fn=sum}
        %y = pointwise(%s) {fn=relu}
    })",
                        {kWinograd},
                        2e-5},
                       {"winograd_of_plain_weights_dynamic",
                        R"(graph g(%x: f32[N,40,H,9]) -> (%y) {
        symbol N = 1..3
        symbol H = 3..15
        %w = const f32[43,40,3,3] random(1, -0.1, 0.1)
        %b = const f32[43] random(2)
        %c = convolution(%x, %w, %b) {prePadding=[1,1], postPadding=[1,1]}
        %y = pointwise(%c) {fn=relu}
    })",
                        {kOneDnn, kWinograd},
                        2e-5,
                        -2,
                        2,
                        -4,
                        4,
                        {},
                        false,
                        false,
                        false,
                        true},
                       {"winograd_many_tiles",
                        R"(graph g(%x: f32[1,24,160,150]) -> (%c) {
        %w = const f32[16,24,3,3] random(1, -0.1, 0.1)
        %c = convolution(%x, %w, _)
    })",
                        {kOneDnn, kWinograd},
                        2e-5},
                       {"pointwise_kernel_of_bfloat_swish",
                        R"(graph g(%x: bf16[N,24,7,H]) -> (%y) {
        symbol N = 1..2
        symbol H = 1..17
        %w = const bf16[37,24,1,1] random(1, -0.3, 0.3)
        %b = const bf16[37] random(2)
        %c = convolution(%x, %w, %b)
        %y = pointwise(%c) {fn=swish, alpha=1}
    })",
                        {},
                        1e-2},
                       {"pointwise_kernel_of_bfloat_residual",
                        R"(graph g(%x: bf16[2,64,9,9], %r: bf16[2,48,9,9]) -> (%y) {
        %w = const bf16[48,64,1,1] random(1, -0.2, 0.2)
        %b = const bf16[48] random(2)
        %c = convolution(%x, %w, %b)
        %s = pointwise(%c, %r) {fn=sum}
        %y = pointwise(%s) {fn=relu}
    })",
                        {},
                        1e-2},
                       {"pointwise_kernel_of_any_width",
                        R"(graph g(%x: f32[N,30,H,5]) -> (%y) {
        symbol N = 1..2
        symbol H = 1..17
        %w = const f32[45,30,1,1] random(1, -0.3, 0.3)
        %b = const f32[45] random(2)
        %c = convolution(%x, %w, %b)
        %y = pointwise(%c) {fn=swish, alpha=1}
    })",
                        {kOneDnn, "cpu.convolution.pointwise"},
                        1e-5},
                       {"depthwise_swish_stride_two",
                        R"(graph g(%x: f32[N,43,H,13]) -> (%y) {
        symbol N = 1..2
        symbol H = 4..30
        %w = const f32[43,1,3,3] random(1, -0.3, 0.3)
        %b = const f32[43] random(2)
        %c = convolution(%x, %w, %b) {groups=43, stride=[2,2], prePadding=[1,1], postPadding=[1,1]}
        %y = pointwise(%c) {fn=swish, alpha=1}
    })",
                        {kOneDnn, kDepthwise},
                        5e-6},
                       {"depthwise_five_by_five_hard_swish",
                        R"(graph g(%x: f32[2,32,9,14]) -> (%y) {
        %w = const f32[32,1,5,5] random(1, -0.3, 0.3)
        %c = convolution(%x, %w, _) {groups=32, prePadding=[2,2], postPadding=[2,2]}
        %y = pointwise(%c) {fn=hard_swish}
    })",
                        {kOneDnn, kDepthwise},
                        5e-6},
                       {"depthwise_seven_by_seven",
                        R"(graph g(%x: f32[N,43,H,13]) -> (%y) {
        symbol N = 1..2
        symbol H = 3..20
        %w = const f32[43,1,7,7] random(1, -0.3, 0.3)
        %b = const f32[43] random(2)
        %y = convolution(%x, %w, %b) {groups=43, prePadding=[3,3], postPadding=[3,3]}
    })",
                        {kOneDnn, kDepthwise},
                        5e-6},
                       {"depthwise_seven_by_seven_swish_stride_two",
                        R"(graph g(%x: f32[1,32,15,18]) -> (%y) {
        %w = const f32[32,1,7,7] random(1, -0.3, 0.3)
        %c = convolution(%x, %w, _) {groups=32, stride=[2,2], prePadding=[3,3], postPadding=[3,3]}
        %y = pointwise(%c) {fn=swish, alpha=1}
    })",
                        {kOneDnn, kDepthwise},
                        5e-6},
                       {"depthwise_prelu",
                        R"(graph g(%x: f32[N,43,H,13], %s: f32[43,1,1]) -> (%y) {
        symbol N = 1..2
        symbol H = 4..30
        %w = const f32[43,1,3,3] random(1, -0.3, 0.3)
        %c = convolution(%x, %w, _) {groups=43, prePadding=[1,1], postPadding=[1,1]}
        %y = pointwise(%c, %s) {fn=prelu}
    })",
                        {kOneDnn, kDepthwise},
                        5e-6},
                       {"depthwise_leaky_relu",
                        R"(graph g(%x: f32[1,20,9,14]) -> (%y) {
        %w = const f32[20,1,5,5] random(1, -0.3, 0.3)
        %b = const f32[20] random(2)
        %c = convolution(%x, %w, %b) {groups=20, stride=[2,2], prePadding=[2,2], postPadding=[2,2]}
        %y = pointwise(%c) {fn=leaky_relu, alpha=0.2}
    })",
                        {kOneDnn, kDepthwise},
                        5e-6},
                       {"depthwise_prelu_of_bfloat",
                        R"(graph g(%x: bf16[1,37,12,11]) -> (%y) {
        %w = const bf16[37,1,3,3] random(1, -0.3, 0.3)
        %b = const bf16[37] random(2)
        %s = const bf16[37,1,1] random(3)
        %c = convolution(%x, %w, %b) {groups=37, stride=[2,2], prePadding=[1,1], postPadding=[1,1]}
        %y = pointwise(%c, %s) {fn=prelu}
    })",
                        {kDepthwise},
                        1e-2},
                       {"depthwise_of_bfloat",
                        R"(graph g(%x: bf16[1,37,12,11]) -> (%y) {
        %w = const bf16[37,1,5,5] random(1, -0.3, 0.3)
        %b = const bf16[37] random(2)
        %c = convolution(%x, %w, %b) {groups=37, stride=[2,2], prePadding=[2,1], postPadding=[1,2]}
        %y = pointwise(%c) {fn=clip, alpha=0, beta=6}
    })",
                        {kDepthwise},
                        1e-2},
                       {"winograd_bfloat_dynamic",
                        R"(graph g(%x: bf16[N,21,H,W]) -> (%y) {
        symbol N = 1..2
        symbol H = 3..31
        symbol W = 4..20
        %w = const bf16[43,21,3,3] random(1, -0.3, 0.3)
        %b = const bf16[43] random(2)
        %c = convolution(%x, %w, %b) {prePadding=[1,1], postPadding=[1,1]}
        %y = pointwise(%c) {fn=relu}
    })",
                        {kWinograd},
                        1e-2},
                       {"winograd_bfloat_large_kernel_swish",
                        R"(graph g(%x: bf16[1,1024,5,5]) -> (%y) {
        %w = const bf16[128,1024,3,3] random(1, -0.05, 0.05)
        %b = const bf16[128] random(2)
        %c = convolution(%x, %w, %b) {prePadding=[1,1], postPadding=[1,1]}
        %y = pointwise(%c) {fn=swish, alpha=1}
    })",
                        {kWinograd},
                        1e-2},
                       {"winograd_bfloat_residual_sigmoid_scaled",
                        R"(graph g(%x: bf16[2,32,13,9], %r: bf16[2,40,13,9]) -> (%y) {
        %w = const bf16[40,32,3,3] random(1, -0.1, 0.1)
        %b = const bf16[40] random(2)
        %k = const bf16[40,1,1] random(3)
        %c = convolution(%x, %w, %b) {prePadding=[1,1], postPadding=[1,1]}
        %s = pointwise(%c, %r) {fn=sum}
        %a = pointwise(%s) {fn=sigmoid}
        %y = pointwise(%a, %k) {fn=prod}
    })",
                        {kWinograd},
                        1e-2},
                       {"bfloat_swish",
                        R"(graph g(%x: bf16[2,32,10,10]) -> (%y) {
        %w = const bf16[64,32,3,3] random(1, -0.1, 0.1)
        %b = const bf16[64] random(2)
        %c = convolution(%x, %w, %b) {prePadding=[1,1], postPadding=[1,1]}
        %y = pointwise(%c) {fn=swish, alpha=1}
    })",
                        {},
                        2e-2},
                   });
