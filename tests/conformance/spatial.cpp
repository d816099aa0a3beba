// SPDX-License-Identifier: Apache-2.0
// Pooling, resizing, deconvolution and local response normalisation.
#include "tests/conformance/runner.h"

namespace {
const char* const kPooling = "cpu.pooling.simd";
const char* const kResize = "cpu.resize.simd";
const char* const kDeconvolution = "cpu.deconvolution.onednn";
const char* const kMeeting = "cpu.deconvolution.gemm";
const char* const kOverlap = "cpu.deconvolution.overlap";
const char* const kEach = "cpu.deconvolution.depthwise";
const char* const kPhases = "cpu.deconvolution.phases";
const char* const kLrn = "cpu.lrn.simd";
}  // namespace

BIREME_CONFORMANCE(Pooling, {
                                {"maximum",
                                 R"(graph g(%x: f32[N,19,H,13]) -> (%y) {
        symbol N = 1..2
        symbol H = 5..30
        %y = pooling(%x) {window=[3,3], stride=[2,2], prePadding=[1,1], postPadding=[1,1]}
    })",
                                 {kPooling}},
                                {.name = "maxima_and_where_they_are",
                                 .graph = R"(graph g(%x: f16[2,3,9,N]) -> (%y, %i) {
        symbol N = 4..11
        %y, %i = pooling(%x) {window=[3,2], stride=[2,2], prePadding=[1,1], postPadding=[1,1], indices=true}
    })",
                                 .mustRun = {"cuda.pooling.jit"},
                                 .exact = true},
                                {"maximum_round_up",
                                 R"(graph g(%x: f32[1,5,14,13]) -> (%y) {
        %y = pooling(%x) {window=[3,3], stride=[2,2], paddingMode=explicit_round_up}
    })",
                                 {kPooling}},
                                {"average_with_padding",
                                 R"(graph g(%x: f32[1,40,14,13]) -> (%y) {
        %y = pooling(%x) {type=average, window=[3,2], stride=[3,2], prePadding=[1,1], postPadding=[1,0], excludePadding=false}
    })",
                                 {kPooling}},
                                {"average_without_padding",
                                 R"(graph g(%x: f32[1,40,14,13]) -> (%y) {
        %y = pooling(%x) {type=average, window=[3,3], prePadding=[1,1], postPadding=[1,1]}
    })",
                                 {kPooling}},
                                {"bfloat_maximum",
                                 R"(graph g(%x: bf16[N,19,H,13]) -> (%y) {
        symbol N = 1..2
        symbol H = 5..30
        %y = pooling(%x) {window=[3,3], stride=[2,2], prePadding=[1,1], postPadding=[1,1]}
    })",
                                 {kPooling},
                                 0},
                                {"bfloat_average",
                                 R"(graph g(%x: bf16[1,40,14,13]) -> (%y) {
        %y = pooling(%x) {type=average, window=[3,3], prePadding=[1,1], postPadding=[1,1]}
    })",
                                 {kPooling},
                                 1e-2},
                                {"bfloat_global_average",
                                 R"(graph g(%x: bf16[N,130,H,7]) -> (%y) {
        symbol N = 1..2
        symbol H = 1..40
        %y = pooling(%x) {type=average}
    })",
                                 {kPooling},
                                 1e-2},
                                {"dilated",
                                 R"(graph g(%x: f32[1,4,14,13]) -> (%y) {
        %y = pooling(%x) {window=[3,3], dilation=[2,2]}
    })",
                                 {kPooling}},
                                {"global_average",
                                 R"(graph g(%x: f32[N,130,H,7]) -> (%y) {
        symbol N = 1..2
        symbol H = 1..40
        %y = pooling(%x) {type=average}
    })",
                                 {kPooling}},
                                {"global_maximum",
                                 R"(graph g(%x: f32[2,13,6,7]) -> (%y) {
        %y = pooling(%x) {type=max}
    })",
                                 {kPooling}},
                                {"one_dimensional",
                                 R"(graph g(%x: f32[2,13,40]) -> (%y) {
        %y = pooling(%x) {window=[4], stride=[2]}
    })",
                                 {kPooling}},
                                {"three_dimensional",
                                 R"(graph g(%x: f32[1,3,5,6,7]) -> (%y) {
        %y = pooling(%x) {type=average, window=[2,2,2], stride=[1,2,2]}
    })",
                                 {kPooling}},
                            });

BIREME_CONFORMANCE(Resize, {
                               {"bfloat_nearest",
                                R"(graph g(%x: bf16[2,24,5,S]) -> (%y) {
        symbol S = 1..20
        %y = resize(%x) {scales=[1,1,2,2]}
    })",
                                {kResize},
                                0},
                               {"bfloat_linear",
                                R"(graph g(%x: bf16[2,37,9,11]) -> (%y) {
        %y = resize(%x) {mode=linear, dims=[2,37,14,7], coordinates=half_pixel}
    })",
                                {kResize},
                                2e-2},
                               {"nearest_twice",
                                R"(graph g(%x: f32[N,24,H,5]) -> (%y) {
        symbol N = 1..2
        symbol H = 1..9
        %y = resize(%x) {scales=[1,1,2,2]}
    })",
                                {kResize}},
                               {"nearest_half_pixel",
                                R"(graph g(%x: f32[1,3,9,11]) -> (%y) {
        %y = resize(%x) {dims=[1,3,5,30], coordinates=half_pixel, rounding=half_down}
    })",
                                {kResize}},
                               {"linear",
                                R"(graph g(%x: f32[2,9,7,8]) -> (%y) {
        %y = resize(%x) {mode=linear, dims=[2,9,13,11], coordinates=half_pixel}
    })",
                                {kResize}},
                               {"linear_aligned",
                                R"(graph g(%x: f32[1,9,7,8]) -> (%y) {
        %y = resize(%x) {mode=linear, dims=[1,9,14,5], coordinates=align_corners}
    })",
                                {kResize}},
                               {"cubic",
                                R"(graph g(%x: f32[1,5,7,8]) -> (%y) {
        %y = resize(%x) {mode=cubic, dims=[1,5,14,15], coordinates=half_pixel}
    })",
                                {kResize},
                                5e-6},
                               {"one_dimensional",
                                R"(graph g(%x: f32[1,5,7]) -> (%y) {
        %y = resize(%x) {mode=linear, scales=[1,1,3]}
    })",
                                {kResize}},
                           });

BIREME_CONFORMANCE(Deconvolution, {
                                      {"meeting_windows_of_bf16",
                                       R"(graph g(%x: bf16[N,22,H,7]) -> (%y) {
        symbol N = 1..2
        symbol H = 1..9
        %w = const bf16[22,12,2,3] random(1, -0.3, 0.3)
        %b = const bf16[12] random(2)
        %c = deconvolution(%x, %w, %b) {stride=[2,3]}
        %d = pointwise(%c) {fn=relu}
        %y = pointwise(%d) {fn=sigmoid}
    })",
                                       {},
                                       1e-2},
                                      {"two_by_two",
                                       R"(graph g(%x: f32[N,24,H,9]) -> (%y) {
        symbol N = 1..2
        symbol H = 3..12
        %w = const f32[24,24,2,2] random(1, -0.3, 0.3)
        %b = const f32[24] random(2)
        %c = deconvolution(%x, %w, %b) {stride=[2,2]}
        %y = pointwise(%c) {fn=relu}
    })",
                                       {kMeeting, kOverlap, kPhases},
                                       5e-6},
                                      {"prelu_of_meeting_windows",
                                       R"(graph g(%x: f32[N,24,H,9]) -> (%y) {
        symbol N = 1..2
        symbol H = 3..12
        %w = const f32[24,21,2,3] random(1, -0.3, 0.3)
        %b = const f32[21,1,1] random(2)
        %t = const f32[21,1,1] random(3)
        %s = const f32[21,1,1] random(4)
        %c = deconvolution(%x, %w, _) {stride=[2,3]}
        %d = pointwise(%c, %b) {fn=sum}
        %m = pointwise(%d, %t) {fn=prod}
        %y = pointwise(%m, %s) {fn=prelu}
    })",
                                       {kMeeting},
                                       5e-6},
                                      {"prelu_of_meeting_windows_of_bf16",
                                       R"(graph g(%x: bf16[2,22,4,7]) -> (%y) {
        %w = const bf16[22,12,2,3] random(1, -0.3, 0.3)
        %b = const bf16[12] random(2)
        %s = const bf16[12,1,1] random(3)
        %c = deconvolution(%x, %w, %b) {stride=[2,3]}
        %y = pointwise(%c, %s) {fn=prelu}
    })",
                                       {},
                                       1e-2},
                                      {"one_map_sigmoid",
                                       R"(graph g(%x: f32[1,24,8,9]) -> (%y) {
        %w = const f32[24,1,2,2] random(1, -0.3, 0.3)
        %b = const f32[1] random(2)
        %c = deconvolution(%x, %w, %b) {stride=[2,2]}
        %y = pointwise(%c) {fn=sigmoid}
    })",
                                       {kMeeting, kOverlap, kPhases},
                                       5e-6},
                                      {"overlapping_padded",
                                       R"(graph g(%x: f32[1,10,8,9]) -> (%y) {
        %w = const f32[10,6,4,4] random(1, -0.3, 0.3)
        %y = deconvolution(%x, %w, _) {stride=[2,2], prePadding=[1,1], postPadding=[1,1]}
    })",
                                       {kDeconvolution, kOverlap, kPhases},
                                       5e-6},
                                      {"output_padding",
                                       R"(graph g(%x: f32[1,10,8,9]) -> (%y) {
        %w = const f32[10,6,3,3] random(1, -0.3, 0.3)
        %y = deconvolution(%x, %w, _) {stride=[2,2], prePadding=[1,1], postPadding=[1,1], outputPadding=[1,1]}
    })",
                                       {kDeconvolution, kOverlap, kPhases},
                                       5e-6},
                                      {"overlapping_bias_relu",
                                       R"(graph g(%x: f32[N,24,H,9]) -> (%y) {
        symbol N = 1..3
        symbol H = 1..11
        %w = const f32[24,20,4,4] random(1, -0.3, 0.3)
        %b = const f32[20] random(2)
        %c = deconvolution(%x, %w, %b) {stride=[2,2], prePadding=[1,1], postPadding=[1,1]}
        %y = pointwise(%c) {fn=relu}
    })",
                                       {kOverlap, kPhases},
                                       5e-6},
                                      {"overlapping_slopes_sigmoid",
                                       R"(graph g(%x: f32[2,16,7,W]) -> (%y) {
        symbol W = 1..33
        %w = const f32[16,33,5,4] random(1, -0.3, 0.3)
        %b = const f32[33] random(2)
        %s = const f32[33,1,1] random(3)
        %c = deconvolution(%x, %w, %b) {stride=[3,1], prePadding=[2,0], postPadding=[1,3]}
        %p = pointwise(%c, %s) {fn=prelu}
        %y = pointwise(%p) {fn=sigmoid}
    })",
                                       {kOverlap, kPhases},
                                       5e-6},
                                      {"overlapping_of_few_maps",
                                       R"(graph g(%x: f32[N,21,6,W]) -> (%y) {
        symbol N = 1..2
        symbol W = 1..11
        %w = const f32[21,3,9,8] random(1, -0.3, 0.3)
        %b = const f32[3] random(2)
        %s = const f32[3,1,1] random(3)
        %c = deconvolution(%x, %w, %b) {stride=[3,2], prePadding=[4,3], postPadding=[2,3]}
        %r = pointwise(%c) {fn=relu}
        %y = pointwise(%r, %s) {fn=prod}
    })",
                                       {kOverlap, kPhases},
                                       5e-6},
                                      {"gaps_between_windows",
                                       R"(graph g(%x: f32[2,8,5,6]) -> (%y) {
        %w = const f32[8,16,1,2] random(1, -0.3, 0.3)
        %y = deconvolution(%x, %w, _) {stride=[2,3], outputPadding=[1,2]}
    })",
                                       {kOverlap},
                                       5e-6},
                                      {"every_pixel",
                                       R"(graph g(%x: f32[1,12,9,10]) -> (%y) {
        %w = const f32[12,16,3,3] random(1, -0.3, 0.3)
        %b = const f32[16] random(2)
        %y = deconvolution(%x, %w, %b) {prePadding=[1,1], postPadding=[1,1]}
    })",
                                       {kDeconvolution, kOverlap, kPhases},
                                       5e-6},
                                      {"overlapping_of_bf16",
                                       R"(graph g(%x: bf16[N,21,H,W]) -> (%y) {
        symbol N = 1..2
        symbol H = 1..9
        symbol W = 1..70
        %w = const bf16[21,35,3,4] random(1, -0.3, 0.3)
        %b = const bf16[35] random(2)
        %s = const bf16[35,1,1] random(3)
        %c = deconvolution(%x, %w, %b) {stride=[2,2], prePadding=[1,1], postPadding=[1,0]}
        %p = pointwise(%c, %s) {fn=prelu}
        %y = pointwise(%p) {fn=sigmoid}
    })",
                                       {},
                                       1e-2},
                                      {"groups_slopes",
                                       R"(graph g(%x: f32[N,24,7,W]) -> (%y) {
        symbol N = 1..2
        symbol W = 1..600
        %w = const f32[24,11,4,3] random(1, -0.3, 0.3)
        %b = const f32[33] random(2)
        %s = const f32[33,1,1] random(3)
        %c = deconvolution(%x, %w, %b) {groups=3, stride=[2,2], prePadding=[1,0], postPadding=[2,1], outputPadding=[1,0]}
        %y = pointwise(%c, %s) {fn=prelu}
    })",
                                       {kPhases},
                                       5e-6},
                                      {"groups_of_bf16",
                                       R"(graph g(%x: bf16[1,18,6,7]) -> (%y) {
        %w = const bf16[18,40,3,3] random(1, -0.3, 0.3)
        %y = deconvolution(%x, %w, _) {groups=2, stride=[2,1]}
    })",
                                       {},
                                       1e-2},
                                      {"one_dimension",
                                       R"(graph g(%x: f32[N,24,L]) -> (%y) {
        symbol N = 1..2
        symbol L = 1..300
        %w = const f32[24,17,16] random(1, -0.3, 0.3)
        %b = const f32[17] random(2)
        %c = deconvolution(%x, %w, %b) {stride=[5], prePadding=[4], postPadding=[3]}
        %y = pointwise(%c) {fn=leaky_relu, alpha=0.1}
    })",
                                       {kPhases},
                                       5e-6},
                                      {"one_dimension_of_bf16",
                                       R"(graph g(%x: bf16[2,24,13]) -> (%y) {
        %w = const bf16[24,17,4] random(1, -0.3, 0.3)
        %b = const bf16[17] random(2)
        %c = deconvolution(%x, %w, %b) {stride=[2], prePadding=[1], postPadding=[1]}
        %y = pointwise(%c) {fn=relu}
    })",
                                       {},
                                       1e-2},
                                      {"three_dimensions",
                                       R"(graph g(%x: f32[N,12,D,H,W]) -> (%y) {
        symbol N = 1..2
        symbol D = 1..5
        symbol H = 1..7
        symbol W = 1..40
        %w = const f32[12,10,3,4,2] random(1, -0.3, 0.3)
        %b = const f32[10] random(2)
        %c = deconvolution(%x, %w, %b) {stride=[2,3,1], prePadding=[1,0,0], postPadding=[0,2,1]}
        %y = pointwise(%c) {fn=relu}
    })",
                                       {kPhases},
                                       5e-6},
                                      {"three_dimensions_of_bf16",
                                       R"(graph g(%x: bf16[1,12,3,5,4]) -> (%y) {
        %w = const bf16[12,10,2,2,2] random(1, -0.3, 0.3)
        %b = const bf16[10] random(2)
        %y = deconvolution(%x, %w, %b) {stride=[2,2,2]}
    })",
                                       {},
                                       1e-2},
                                      {"every_channel_by_itself",
                                       R"(graph g(%x: f32[N,37,H,W]) -> (%y) {
        symbol N = 1..2
        symbol H = 1..6
        symbol W = 1..9
        %w = const f32[37,1,4,5] random(1, -0.3, 0.3)
        %b = const f32[37] random(2)
        %s = const f32[37,1,1] random(3)
        %c = deconvolution(%x, %w, %b) {groups=37, stride=[2,2], prePadding=[1,0], postPadding=[2,1], outputPadding=[1,0]}
        %r = pointwise(%c) {fn=relu}
        %y = pointwise(%r, %s) {fn=prod}
    })",
                                       {kEach},
                                       5e-6},
                                      {"every_channel_by_itself_of_bf16",
                                       R"(graph g(%x: bf16[2,37,5,W]) -> (%y) {
        symbol W = 1..9
        %w = const bf16[37,1,4,4] random(1, -0.3, 0.3)
        %b = const bf16[37] random(2)
        %c = deconvolution(%x, %w, %b) {groups=37, stride=[2,2], prePadding=[1,1], postPadding=[1,1]}
        %y = pointwise(%c) {fn=sigmoid}
    })",
                                       {},
                                       1e-2},
                                      {"every_channel_by_itself_in_three_dimensions",
                                       R"(graph g(%x: f32[2,19,3,4,5]) -> (%y) {
        %w = const f32[19,1,2,3,4] random(1, -0.3, 0.3)
        %y = deconvolution(%x, %w, _) {groups=19, stride=[1,2,3]}
    })",
                                       {kEach},
                                       5e-6},
                                      {"groups",
                                       R"(graph g(%x: f32[1,10,8,9]) -> (%y) {
        %w = const f32[10,3,3,3] random(1, -0.3, 0.3)
        %y = deconvolution(%x, %w, _) {groups=2}
    })",
                                       {kDeconvolution},
                                       5e-6},
                                  });

BIREME_CONFORMANCE(Lrn, {
                            {"five",
                             R"(graph g(%x: f32[2,13,5,6]) -> (%y) {
        %y = lrn(%x) {window=5, alpha=0.1, beta=0.75, k=1}
    })",
                             {kLrn}},
                            {"general_power",
                             R"(graph g(%x: f32[1,7,5,6]) -> (%y) {
        %y = lrn(%x) {window=3, alpha=0.5, beta=0.6, k=2}
    })",
                             {kLrn}},
                        });
