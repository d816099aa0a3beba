// SPDX-License-Identifier: Apache-2.0
#include "passes/pipeline.h"

namespace bireme::passes {

// Every pass, in the order in which they run: PASS(name of the file). A new pass is one line here.
#define BIREME_CANONICALIZE(PASS)             \
    PASS(lower_public_layers)                 \
    PASS(remove_unused_layers)                \
    PASS(fold_constants)                      \
    PASS(remove_identity)                     \
    PASS(merge_casts)                         \
    PASS(merge_views)                         \
    PASS(merge_transposes)                    \
    PASS(move_transpose_over_pad)             \
    PASS(move_transpose_over_pointwise)       \
    PASS(move_gather_up)                      \
    PASS(replace_gather_by_slice)             \
    PASS(move_view_over_transpose)            \
    PASS(remove_noop_moves)                   \
    PASS(merge_slices)                        \
    PASS(merge_concats)                       \
    PASS(recognize_space_to_depth)            \
    PASS(absorb_expand)                       \
    PASS(common_subexpressions)               \
    PASS(recognize_gelu)                      \
    PASS(recognize_hard_swish)                \
    PASS(recognize_sigmoid)                   \
    PASS(recognize_swish)                     \
    PASS(recognize_prelu)                     \
    PASS(recognize_elu)                       \
    PASS(recognize_normalization)             \
    PASS(recognize_folded_normalization)      \
    PASS(recognize_l2_normalization)          \
    PASS(recognize_group_normalization)       \
    PASS(recognize_softmax)                   \
    PASS(recognize_rotary_embedding)          \
    PASS(absorb_concat_into_rotary_embedding) \
    PASS(move_transpose_over_reduce)          \
    PASS(move_transpose_over_normalization)   \
    PASS(simplify_pointwise)                  \
    PASS(merge_pointwise_constants)           \
    PASS(fold_pad_into_convolution)           \
    PASS(fold_pad_into_pooling)               \
    PASS(fold_scale_into_convolution)         \
    PASS(fold_shift_into_convolution)         \
    PASS(fold_shuffle_into_convolution)       \
    PASS(fold_scale_into_matrix_multiply)     \
    PASS(fold_transpose_into_matrix_multiply) \
    PASS(replace_one_hot_by_gather)           \
    PASS(recognize_attention)                 \
    PASS(fold_scale_into_attention)           \
    PASS(absorb_repeat_into_attention)        \
    PASS(hoist_from_bodies)                   \
    PASS(merge_siblings)

#define BIREME_LEGALIZE(PASS) PASS(decompose_unsupported)

#define BIREME_FUSE(PASS)     \
    PASS(fuse_squeeze_excite) \
    PASS(fuse_residual)       \
    PASS(fuse_epilogue)       \
    PASS(fuse_siblings)       \
    PASS(fuse_pointwise)      \
    PASS(fuse_sibling_chains)

#define PASS(name) extern const Pass name##_pass;
BIREME_CANONICALIZE(PASS)
BIREME_LEGALIZE(PASS)
BIREME_FUSE(PASS)
#undef PASS

const std::vector<Stage>& pipeline() {
#define PASS(name) &name##_pass,
    static const std::vector<Stage> stages = {
        {"canonicalize", true, {BIREME_CANONICALIZE(PASS)}},
        {"legalize", false, {BIREME_LEGALIZE(PASS)}},
        {"fuse", false, {BIREME_FUSE(PASS)}},
    };
#undef PASS
    return stages;
}

std::vector<const Pass*> allPasses() {
    std::vector<const Pass*> all;
    for (const Stage& s : pipeline()) all.insert(all.end(), s.passes.begin(), s.passes.end());
    return all;
}

const Pass* findPass(std::string_view name) {
    for (const Pass* p : allPasses())
        if (name == p->name) return p;
    return nullptr;
}

}  // namespace bireme::passes
