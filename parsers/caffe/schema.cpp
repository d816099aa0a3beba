// SPDX-License-Identifier: Apache-2.0
#include "parsers/caffe/schema.h"

#include <stdexcept>

namespace bireme::caffe_import {

namespace {

FieldType integer(const char* name, uint32_t number) { return {name, number, Kind::kINT, false}; }
FieldType real(const char* name, uint32_t number) { return {name, number, Kind::kREAL, false}; }
FieldType flag(const char* name, uint32_t number) { return {name, number, Kind::kBOOL, false}; }
FieldType text(const char* name, uint32_t number) { return {name, number, Kind::kTEXT, false}; }
FieldType message(const char* name, uint32_t number, const MessageType& type) {
    return {name, number, Kind::kMESSAGE, false, &type};
}
FieldType choice(const char* name, uint32_t number,
                 std::vector<std::pair<std::string, int64_t>> choices) {
    return {name, number, Kind::kENUM, false, nullptr, std::move(choices)};
}
FieldType engine(const char* name, uint32_t number) {
    return choice(name, number, {{"DEFAULT", 0}, {"CAFFE", 1}, {"CUDNN", 2}});
}
FieldType phase(const char* name, uint32_t number) {
    return choice(name, number, {{"TRAIN", 0}, {"TEST", 1}});
}
FieldType many(FieldType field) {
    field.repeated = true;
    return field;
}

// Numbers above 8786 are not on file anywhere: forks disagree on them, and parameters are only
// ever read from text.
const MessageType kBlobShape("BlobShape", {many(integer("dim", 1))});
const MessageType kBlobProto("BlobProto",
                             {integer("num", 1), integer("channels", 2), integer("height", 3),
                              integer("width", 4), many(real("data", 5)), many(real("diff", 6)),
                              message("shape", 7, kBlobShape), many(real("double_data", 8)),
                              many(real("double_diff", 9)), integer("raw_data_type", 10),
                              text("raw_data", 12)});
const MessageType kFillerParameter(
    "FillerParameter",
    {text("type", 1), real("value", 2), real("min", 3), real("max", 4), real("mean", 5),
     real("std", 6), integer("sparse", 7),
     choice("variance_norm", 8, {{"FAN_IN", 0}, {"FAN_OUT", 1}, {"AVERAGE", 2}})});
const MessageType kNetStateRule("NetStateRule", {phase("phase", 1), integer("min_level", 2),
                                                 integer("max_level", 3), many(text("stage", 4)),
                                                 many(text("not_stage", 5))});
const MessageType kNetState("NetState",
                            {phase("phase", 1), integer("level", 2), many(text("stage", 3))});
const MessageType kParamSpec("ParamSpec",
                             {text("name", 1),
                              choice("share_mode", 2, {{"STRICT", 0}, {"PERMISSIVE", 1}}),
                              real("lr_mult", 3), real("decay_mult", 4)});
const MessageType kInputParameter("InputParameter", {many(message("shape", 1, kBlobShape))});
const MessageType kConvolutionParameter(
    "ConvolutionParameter",
    {integer("num_output", 1), flag("bias_term", 2), many(integer("pad", 3)),
     many(integer("kernel_size", 4)), integer("group", 5), many(integer("stride", 6)),
     message("weight_filler", 7, kFillerParameter), message("bias_filler", 8, kFillerParameter),
     integer("pad_h", 9), integer("pad_w", 10), integer("kernel_h", 11), integer("kernel_w", 12),
     integer("stride_h", 13), integer("stride_w", 14), engine("engine", 15), integer("axis", 16),
     flag("force_nd_im2col", 17), many(integer("dilation", 18))});
const MessageType kInnerProductParameter("InnerProductParameter",
                                         {integer("num_output", 1), flag("bias_term", 2),
                                          message("weight_filler", 3, kFillerParameter),
                                          message("bias_filler", 4, kFillerParameter),
                                          integer("axis", 5), flag("transpose", 6)});
const MessageType kPoolingParameter(
    "PoolingParameter",
    {choice("pool", 1, {{"MAX", 0}, {"AVE", 1}, {"STOCHASTIC", 2}}), integer("kernel_size", 2),
     integer("stride", 3), integer("pad", 4), integer("kernel_h", 5), integer("kernel_w", 6),
     integer("stride_h", 7), integer("stride_w", 8), integer("pad_h", 9), integer("pad_w", 10),
     engine("engine", 11), flag("global_pooling", 12),
     choice("round_mode", 13, {{"CEIL", 0}, {"FLOOR", 1}}), flag("torch_pooling", 40)});
const MessageType kLRNParameter("LRNParameter",
                                {integer("local_size", 1), real("alpha", 2), real("beta", 3),
                                 choice("norm_region", 4,
                                        {{"ACROSS_CHANNELS", 0}, {"WITHIN_CHANNEL", 1}}),
                                 real("k", 5), engine("engine", 6)});
const MessageType kReLUParameter("ReLUParameter", {real("negative_slope", 1), engine("engine", 2)});
const MessageType kEngineParameter("EngineParameter", {engine("engine", 1)});
const MessageType kPReLUParameter("PReLUParameter", {message("filler", 1, kFillerParameter),
                                                     flag("channel_shared", 2)});
const MessageType kELUParameter("ELUParameter", {real("alpha", 1)});
const MessageType kClipParameter("ClipParameter", {real("min", 1), real("max", 2)});
const MessageType kPowerParameter("PowerParameter",
                                  {real("power", 1), real("scale", 2), real("shift", 3)});
const MessageType kExpParameter("ExpParameter",
                                {real("base", 1), real("scale", 2), real("shift", 3)});
const MessageType kLogParameter("LogParameter",
                                {real("base", 1), real("scale", 2), real("shift", 3)});
const MessageType kThresholdParameter("ThresholdParameter", {real("threshold", 1)});
const MessageType kSwishParameter("SwishParameter", {real("beta", 1)});
const MessageType kBatchNormParameter("BatchNormParameter",
                                      {flag("use_global_stats", 1),
                                       real("moving_average_fraction", 2), real("eps", 3),
                                       message("scale_filler", 5, kFillerParameter),
                                       message("bias_filler", 6, kFillerParameter),
                                       flag("scale_bias", 7), engine("engine", 15)});
const MessageType kBNParameter("BNParameter",
                               {message("slope_filler", 1, kFillerParameter),
                                message("bias_filler", 2, kFillerParameter), real("momentum", 3),
                                real("eps", 4), flag("frozen", 5), engine("engine", 6)});
const MessageType kScaleParameter("ScaleParameter",
                                  {integer("axis", 1), integer("num_axes", 2),
                                   message("filler", 3, kFillerParameter), flag("bias_term", 4),
                                   message("bias_filler", 5, kFillerParameter)});
const MessageType kBiasParameter("BiasParameter", {integer("axis", 1), integer("num_axes", 2),
                                                   message("filler", 3, kFillerParameter)});
const MessageType kEltwiseParameter("EltwiseParameter",
                                    {choice("operation", 1, {{"PROD", 0}, {"SUM", 1}, {"MAX", 2}}),
                                     many(real("coeff", 2)), flag("stable_prod_grad", 3)});
const MessageType kConcatParameter("ConcatParameter",
                                   {integer("concat_dim", 1), integer("axis", 2)});
const MessageType kSliceParameter("SliceParameter",
                                  {integer("slice_dim", 1), many(integer("slice_point", 2)),
                                   integer("axis", 3)});
const MessageType kSoftmaxParameter("SoftmaxParameter", {engine("engine", 1), integer("axis", 2)});
const MessageType kReductionParameter("ReductionParameter",
                                      {choice("operation", 1,
                                              {{"SUM", 1}, {"ASUM", 2}, {"SUMSQ", 3}, {"MEAN", 4}}),
                                       integer("axis", 2), real("coeff", 3)});
const MessageType kReshapeParameter("ReshapeParameter",
                                    {message("shape", 1, kBlobShape), integer("axis", 2),
                                     integer("num_axes", 3)});
const MessageType kFlattenParameter("FlattenParameter",
                                    {integer("axis", 1), integer("end_axis", 2)});
const MessageType kCropParameter("CropParameter", {integer("axis", 1), many(integer("offset", 2))});
const MessageType kArgMaxParameter("ArgMaxParameter", {flag("out_max_val", 1), integer("top_k", 2),
                                                       integer("axis", 3)});
const MessageType kDropoutParameter("DropoutParameter", {real("dropout_ratio", 1)});
const MessageType kTileParameter("TileParameter", {integer("axis", 1), integer("tiles", 2)});
const MessageType kEmbedParameter("EmbedParameter", {integer("num_output", 1),
                                                     integer("input_dim", 2), flag("bias_term", 3),
                                                     message("weight_filler", 4, kFillerParameter),
                                                     message("bias_filler", 5, kFillerParameter)});
const MessageType kMVNParameter("MVNParameter", {flag("normalize_variance", 1),
                                                 flag("across_channels", 2), real("eps", 3)});
const MessageType kSPPParameter("SPPParameter",
                                {integer("pyramid_height", 1),
                                 choice("pool", 2, {{"MAX", 0}, {"AVE", 1}, {"STOCHASTIC", 2}}),
                                 engine("engine", 6)});
const MessageType kParameterParameter("ParameterParameter", {message("shape", 1, kBlobShape)});
const MessageType kDummyDataParameter("DummyDataParameter",
                                      {many(message("data_filler", 1, kFillerParameter)),
                                       many(integer("num", 2)), many(integer("channels", 3)),
                                       many(integer("height", 4)), many(integer("width", 5)),
                                       many(message("shape", 6, kBlobShape))});
const MessageType kPermuteParameter("PermuteParameter", {many(integer("order", 1))});
const MessageType kNormalizeParameter("NormalizeParameter",
                                      {flag("across_spatial", 1),
                                       message("scale_filler", 2, kFillerParameter),
                                       flag("channel_shared", 3), real("eps", 4)});
const MessageType kPriorBoxParameter("PriorBoxParameter",
                                     {many(real("min_size", 1)), many(real("max_size", 2)),
                                      many(real("aspect_ratio", 3)), flag("flip", 4),
                                      flag("clip", 5), many(real("variance", 6)),
                                      integer("img_size", 7), integer("img_h", 8),
                                      integer("img_w", 9), real("step", 10), real("step_h", 11),
                                      real("step_w", 12), real("offset", 13)});
const MessageType kNonMaximumSuppressionParameter("NonMaximumSuppressionParameter",
                                                  {real("nms_threshold", 1), integer("top_k", 2),
                                                   real("eta", 3)});
const MessageType kDetectionOutputParameter(
    "DetectionOutputParameter",
    {integer("num_classes", 1), flag("share_location", 2), integer("background_label_id", 3),
     message("nms_param", 4, kNonMaximumSuppressionParameter),
     choice("code_type", 6, {{"CORNER", 1}, {"CENTER_SIZE", 2}, {"CORNER_SIZE", 3}}),
     integer("keep_top_k", 7), flag("variance_encoded_in_target", 8),
     real("confidence_threshold", 9), flag("visualize", 10), real("visualize_threshold", 11),
     text("save_file", 12)});
const MessageType kROIPoolingParameter("ROIPoolingParameter",
                                       {integer("pooled_h", 1), integer("pooled_w", 2),
                                        real("spatial_scale", 3)});
const MessageType kProposalParameter("ProposalParameter",
                                     {integer("feat_stride", 1), integer("base_size", 2),
                                      integer("min_size", 3), many(real("ratio", 4)),
                                      many(real("scale", 5)), integer("pre_nms_topn", 6),
                                      integer("post_nms_topn", 7), real("nms_thresh", 8)});
const MessageType kInterpParameter("InterpParameter",
                                   {integer("height", 1), integer("width", 2),
                                    integer("zoom_factor", 3), integer("shrink_factor", 4),
                                    integer("pad_beg", 5), integer("pad_end", 6)});
const MessageType kUpsampleParameter("UpsampleParameter",
                                     {integer("scale", 1), integer("scale_h", 2),
                                      integer("scale_w", 3), flag("pad_out_h", 4),
                                      flag("pad_out_w", 5), integer("upsample_h", 6),
                                      integer("upsample_w", 7)});
const MessageType kShuffleChannelParameter("ShuffleChannelParameter", {integer("group", 1)});
const MessageType kReLU6Parameter("ReLU6Parameter", {real("threshold", 1)});
const MessageType kPythonParameter("PythonParameter",
                                   {text("module", 1), text("layer", 2), text("param_str", 3),
                                    flag("share_in_parallel", 4)});
const MessageType kLayerParameter("LayerParameter",
                                  {text("name", 1),
                                   text("type", 2),
                                   many(text("bottom", 3)),
                                   many(text("top", 4)),
                                   many(real("loss_weight", 5)),
                                   many(message("param", 6, kParamSpec)),
                                   many(message("blobs", 7, kBlobProto)),
                                   many(message("include", 8, kNetStateRule)),
                                   many(message("exclude", 9, kNetStateRule)),
                                   phase("phase", 10),
                                   many(flag("propagate_down", 11)),
                                   message("argmax_param", 103, kArgMaxParameter),
                                   message("concat_param", 104, kConcatParameter),
                                   message("convolution_param", 106, kConvolutionParameter),
                                   message("dropout_param", 108, kDropoutParameter),
                                   message("dummy_data_param", 109, kDummyDataParameter),
                                   message("eltwise_param", 110, kEltwiseParameter),
                                   message("exp_param", 111, kExpParameter),
                                   message("inner_product_param", 117, kInnerProductParameter),
                                   message("lrn_param", 118, kLRNParameter),
                                   message("mvn_param", 120, kMVNParameter),
                                   message("pooling_param", 121, kPoolingParameter),
                                   message("power_param", 122, kPowerParameter),
                                   message("relu_param", 123, kReLUParameter),
                                   message("sigmoid_param", 124, kEngineParameter),
                                   message("softmax_param", 125, kSoftmaxParameter),
                                   message("slice_param", 126, kSliceParameter),
                                   message("tanh_param", 127, kEngineParameter),
                                   message("threshold_param", 128, kThresholdParameter),
                                   message("python_param", 130, kPythonParameter),
                                   message("prelu_param", 131, kPReLUParameter),
                                   message("spp_param", 132, kSPPParameter),
                                   message("reshape_param", 133, kReshapeParameter),
                                   message("log_param", 134, kLogParameter),
                                   message("flatten_param", 135, kFlattenParameter),
                                   message("reduction_param", 136, kReductionParameter),
                                   message("embed_param", 137, kEmbedParameter),
                                   message("tile_param", 138, kTileParameter),
                                   message("batch_norm_param", 139, kBatchNormParameter),
                                   message("elu_param", 140, kELUParameter),
                                   message("bias_param", 141, kBiasParameter),
                                   message("scale_param", 142, kScaleParameter),
                                   message("input_param", 143, kInputParameter),
                                   message("crop_param", 144, kCropParameter),
                                   message("parameter_param", 145, kParameterParameter),
                                   message("swish_param", 147, kSwishParameter),
                                   message("clip_param", 148, kClipParameter),
                                   message("permute_param", 202, kPermuteParameter),
                                   message("prior_box_param", 203, kPriorBoxParameter),
                                   message("detection_output_param", 204,
                                           kDetectionOutputParameter),
                                   message("norm_param", 206, kNormalizeParameter),
                                   message("roi_pooling_param", 8785, kROIPoolingParameter),
                                   message("proposal_param", 8786, kProposalParameter),
                                   message("interp_param", 8788, kInterpParameter),
                                   message("bn_param", 8789, kBNParameter),
                                   message("upsample_param", 8790, kUpsampleParameter),
                                   message("shuffle_channel_param", 8791, kShuffleChannelParameter),
                                   message("relu6_param", 8792, kReLU6Parameter)});
const MessageType kV0LayerParameter("V0LayerParameter", {text("name", 1), text("type", 2),
                                                         many(message("blobs", 50, kBlobProto))});
const MessageType kV1LayerParameter("V1LayerParameter",
                                    {message("layer", 1, kV0LayerParameter),
                                     many(text("bottom", 2)),
                                     many(text("top", 3)),
                                     text("name", 4),
                                     choice("type", 5,
                                            {{"NONE", 0},
                                             {"ABSVAL", 35},
                                             {"ACCURACY", 1},
                                             {"ARGMAX", 30},
                                             {"BNLL", 2},
                                             {"CONCAT", 3},
                                             {"CONTRASTIVE_LOSS", 37},
                                             {"CONVOLUTION", 4},
                                             {"CROP", 44},
                                             {"DATA", 5},
                                             {"DECONVOLUTION", 39},
                                             {"DROPOUT", 6},
                                             {"DUMMY_DATA", 32},
                                             {"EUCLIDEAN_LOSS", 7},
                                             {"ELTWISE", 25},
                                             {"EXP", 38},
                                             {"FLATTEN", 8},
                                             {"HDF5_DATA", 9},
                                             {"HDF5_OUTPUT", 10},
                                             {"HINGE_LOSS", 28},
                                             {"IM2COL", 11},
                                             {"IMAGE_DATA", 12},
                                             {"INFOGAIN_LOSS", 13},
                                             {"INNER_PRODUCT", 14},
                                             {"LRN", 15},
                                             {"MEMORY_DATA", 29},
                                             {"MULTINOMIAL_LOGISTIC_LOSS", 16},
                                             {"MVN", 34},
                                             {"POOLING", 17},
                                             {"POWER", 26},
                                             {"RELU", 18},
                                             {"SIGMOID", 19},
                                             {"SIGMOID_CROSS_ENTROPY_LOSS", 27},
                                             {"SILENCE", 36},
                                             {"SOFTMAX", 20},
                                             {"SOFTMAX_LOSS", 21},
                                             {"SPLIT", 22},
                                             {"SLICE", 33},
                                             {"TANH", 23},
                                             {"WINDOW_DATA", 24},
                                             {"THRESHOLD", 31}}),
                                     many(message("blobs", 6, kBlobProto)),
                                     many(real("blobs_lr", 7)),
                                     many(real("weight_decay", 8)),
                                     message("concat_param", 9, kConcatParameter),
                                     message("convolution_param", 10, kConvolutionParameter),
                                     message("dropout_param", 12, kDropoutParameter),
                                     message("inner_product_param", 17, kInnerProductParameter),
                                     message("lrn_param", 18, kLRNParameter),
                                     message("pooling_param", 19, kPoolingParameter),
                                     message("power_param", 21, kPowerParameter),
                                     message("argmax_param", 23, kArgMaxParameter),
                                     message("eltwise_param", 24, kEltwiseParameter),
                                     message("threshold_param", 25, kThresholdParameter),
                                     message("dummy_data_param", 26, kDummyDataParameter),
                                     message("relu_param", 30, kReLUParameter),
                                     message("slice_param", 31, kSliceParameter),
                                     many(message("include", 32, kNetStateRule)),
                                     many(message("exclude", 33, kNetStateRule)),
                                     message("mvn_param", 34, kMVNParameter),
                                     many(real("loss_weight", 35)),
                                     message("tanh_param", 37, kEngineParameter),
                                     message("sigmoid_param", 38, kEngineParameter),
                                     message("softmax_param", 39, kSoftmaxParameter),
                                     message("exp_param", 41, kExpParameter),
                                     message("crop_param", 44, kCropParameter),
                                     many(text("param", 1001)),
                                     many(choice("blob_share_mode", 1002,
                                                 {{"STRICT", 0}, {"PERMISSIVE", 1}}))});
const MessageType kNetParameter("NetParameter",
                                {text("name", 1), many(message("layers", 2, kV1LayerParameter)),
                                 many(text("input", 3)), many(integer("input_dim", 4)),
                                 flag("force_backward", 5), message("state", 6, kNetState),
                                 flag("debug_info", 7), many(message("input_shape", 8, kBlobShape)),
                                 many(message("layer", 100, kLayerParameter))});
}  // namespace

MessageType::MessageType(std::string n, std::vector<FieldType> f)
    : name(std::move(n)), fields(std::move(f)) {
    for (FieldType& field : fields) field.qualified = name + "." + field.name;
}

const FieldType* MessageType::find(std::string_view wanted) const {
    for (const FieldType& field : fields)
        if (field.name == wanted) return &field;
    return nullptr;
}

protobuf::Field MessageType::wire(std::string_view wanted) const {
    const FieldType* field = find(wanted);
    if (field == nullptr) throw std::logic_error(name + " has no field " + std::string(wanted));
    return {field->number, field->qualified.c_str()};
}

const MessageType& netParameter() { return kNetParameter; }
const MessageType& layerParameter() { return kLayerParameter; }
const MessageType& v1LayerParameter() { return kV1LayerParameter; }
const MessageType& v0LayerParameter() { return kV0LayerParameter; }
const MessageType& blobProto() { return kBlobProto; }
const MessageType& blobShape() { return kBlobShape; }

std::string_view v1TypeName(int64_t number) {
    static const char* const kNames[] = {"",
                                         "Accuracy",
                                         "BNLL",
                                         "Concat",
                                         "Convolution",
                                         "Data",
                                         "Dropout",
                                         "EuclideanLoss",
                                         "Flatten",
                                         "HDF5Data",
                                         "HDF5Output",
                                         "Im2col",
                                         "ImageData",
                                         "InfogainLoss",
                                         "InnerProduct",
                                         "LRN",
                                         "MultinomialLogisticLoss",
                                         "Pooling",
                                         "ReLU",
                                         "Sigmoid",
                                         "Softmax",
                                         "SoftmaxWithLoss",
                                         "Split",
                                         "TanH",
                                         "WindowData",
                                         "Eltwise",
                                         "Power",
                                         "SigmoidCrossEntropyLoss",
                                         "HingeLoss",
                                         "MemoryData",
                                         "ArgMax",
                                         "Threshold",
                                         "DummyData",
                                         "Slice",
                                         "MVN",
                                         "AbsVal",
                                         "Silence",
                                         "ContrastiveLoss",
                                         "Exp",
                                         "Deconvolution"};
    if (number == 44) return "Crop";
    constexpr auto kCount = static_cast<int64_t>(sizeof kNames / sizeof *kNames);
    return number < 0 || number >= kCount ? "" : kNames[number];
}

}  // namespace bireme::caffe_import
