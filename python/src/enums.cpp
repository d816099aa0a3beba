// SPDX-License-Identifier: Apache-2.0
#include <initializer_list>
#include <utility>

#include "bindings.h"

namespace bireme::python {

namespace {

template <typename E>
nb::enum_<E> bind(nb::handle scope, const char* name, const char* doc,
                  std::initializer_list<std::pair<const char*, E>> values) {
    nb::enum_<E> e(scope, name, doc);
    for (const auto& [member, value] : values) e.value(member, value);
    finishEnum(e);
    return e;
}

void bindTypes(nb::module_& m) {
    using T = TensorFormat;
    bind<T>(m, "TensorFormat", "Memory layout of a tensor.",
            {{"LINEAR", T::kLINEAR},
             {"CHW2", T::kCHW2},
             {"HWC8", T::kHWC8},
             {"CHW4", T::kCHW4},
             {"CHW16", T::kCHW16},
             {"CHW32", T::kCHW32},
             {"DHWC8", T::kDHWC8},
             {"CDHW32", T::kCDHW32},
             {"HWC", T::kHWC},
             {"DLA_LINEAR", T::kDLA_LINEAR},
             {"DLA_HWC4", T::kDLA_HWC4},
             {"HWC16", T::kHWC16},
             {"DHWC", T::kDHWC}});
    using L = TensorLocation;
    bind<L>(m, "TensorLocation", "Where the bytes of a tensor lie.",
            {{"DEVICE", L::kDEVICE}, {"HOST", L::kHOST}});
    using I = TensorIOMode;
    bind<I>(m, "TensorIOMode", "Role of a named tensor of an engine.",
            {{"NONE", I::kNONE}, {"INPUT", I::kINPUT}, {"OUTPUT", I::kOUTPUT}});
    using D = DeviceType;
    bind<D>(m, "DeviceType", "Kind of device that runs a layer or an engine.",
            {{"GPU", D::kGPU}, {"DLA", D::kDLA}, {"CPU", D::kCPU}});
    using C = EngineCapability;
    bind<C>(m, "EngineCapability", "What kind of runtime an engine is made for.",
            {{"STANDARD", C::kSTANDARD},
             {"SAFETY", C::kSAFETY},
             {"DLA_STANDALONE", C::kDLA_STANDALONE}});
    using A = APILanguage;
    bind<A>(m, "APILanguage", "Language in which a user's interface is written.",
            {{"CPP", A::kCPP}, {"PYTHON", A::kPYTHON}});
    using E = ErrorCode;
    bind<E>(m, "ErrorCodeTRT", "Kind of a failure of the library.",
            {{"SUCCESS", E::kSUCCESS},
             {"UNSPECIFIED_ERROR", E::kUNSPECIFIED_ERROR},
             {"INTERNAL_ERROR", E::kINTERNAL_ERROR},
             {"INVALID_ARGUMENT", E::kINVALID_ARGUMENT},
             {"INVALID_CONFIG", E::kINVALID_CONFIG},
             {"FAILED_ALLOCATION", E::kFAILED_ALLOCATION},
             {"FAILED_INITIALIZATION", E::kFAILED_INITIALIZATION},
             {"FAILED_EXECUTION", E::kFAILED_EXECUTION},
             {"FAILED_COMPUTATION", E::kFAILED_COMPUTATION},
             {"INVALID_STATE", E::kINVALID_STATE},
             {"UNSUPPORTED_STATE", E::kUNSUPPORTED_STATE}});
}

// NOLINTNEXTLINE(readability-function-size): a table
void bindBuildFlags(nb::module_& m) {
    using B = BuilderFlag;
    bind<B>(m, "BuilderFlag", "Permissions and wishes for a build.",
            {{"FP16", B::kFP16},
             {"INT8", B::kINT8},
             {"DEBUG", B::kDEBUG},
             {"GPU_FALLBACK", B::kGPU_FALLBACK},
             {"REFIT", B::kREFIT},
             {"DISABLE_TIMING_CACHE", B::kDISABLE_TIMING_CACHE},
             {"TF32", B::kTF32},
             {"SPARSE_WEIGHTS", B::kSPARSE_WEIGHTS},
             {"SAFETY_SCOPE", B::kSAFETY_SCOPE},
             {"OBEY_PRECISION_CONSTRAINTS", B::kOBEY_PRECISION_CONSTRAINTS},
             {"PREFER_PRECISION_CONSTRAINTS", B::kPREFER_PRECISION_CONSTRAINTS},
             {"DIRECT_IO", B::kDIRECT_IO},
             {"REJECT_EMPTY_ALGORITHMS", B::kREJECT_EMPTY_ALGORITHMS},
             {"VERSION_COMPATIBLE", B::kVERSION_COMPATIBLE},
             {"EXCLUDE_LEAN_RUNTIME", B::kEXCLUDE_LEAN_RUNTIME},
             {"FP8", B::kFP8},
             {"ERROR_ON_TIMING_CACHE_MISS", B::kERROR_ON_TIMING_CACHE_MISS},
             {"BF16", B::kBF16},
             {"DISABLE_COMPILATION_CACHE", B::kDISABLE_COMPILATION_CACHE},
             {"STRIP_PLAN", B::kSTRIP_PLAN},
             {"REFIT_IDENTICAL", B::kREFIT_IDENTICAL},
             {"WEIGHT_STREAMING", B::kWEIGHT_STREAMING},
             {"INT4", B::kINT4},
             {"REFIT_INDIVIDUAL", B::kREFIT_INDIVIDUAL},
             {"STRICT_NANS", B::kSTRICT_NANS},
             {"MONITOR_MEMORY", B::kMONITOR_MEMORY},
             {"FP4", B::kFP4},
             {"EDITABLE_TIMING_CACHE", B::kEDITABLE_TIMING_CACHE},
             {"DISTRIBUTIVE_INDEPENDENCE", B::kDISTRIBUTIVE_INDEPENDENCE}});
    using N = NetworkDefinitionCreationFlag;
    bind<N>(m, "NetworkDefinitionCreationFlag", "Property of a network.",
            {{"EXPLICIT_BATCH", N::kEXPLICIT_BATCH},
             {"STRONGLY_TYPED", N::kSTRONGLY_TYPED},
             {"PREFER_JIT_PYTHON_PLUGINS", N::kPREFER_JIT_PYTHON_PLUGINS},
             {"PREFER_AOT_PYTHON_PLUGINS", N::kPREFER_AOT_PYTHON_PLUGINS}});
    using M = MemoryPoolType;
    bind<M>(m, "MemoryPoolType", "Memory whose use a build may limit.",
            {{"WORKSPACE", M::kWORKSPACE},
             {"DLA_MANAGED_SRAM", M::kDLA_MANAGED_SRAM},
             {"DLA_LOCAL_DRAM", M::kDLA_LOCAL_DRAM},
             {"DLA_GLOBAL_DRAM", M::kDLA_GLOBAL_DRAM},
             {"TACTIC_DRAM", M::kTACTIC_DRAM},
             {"TACTIC_SHARED_MEMORY", M::kTACTIC_SHARED_MEMORY}});
    using P = PreviewFeature;
    bind<P>(m, "PreviewFeature", "Features that must be asked for.",
            {{"PROFILE_SHARING_0806", P::kPROFILE_SHARING_0806},
             {"ALIASED_PLUGIN_IO_10_03", P::kALIASED_PLUGIN_IO_10_03},
             {"RUNTIME_ACTIVATION_RESIZE_10_10", P::kRUNTIME_ACTIVATION_RESIZE_10_10},
             {"MULTIDEVICE_RUNTIME_10_16", P::kMULTIDEVICE_RUNTIME_10_16}});
    using V = ProfilingVerbosity;
    bind<V>(m, "ProfilingVerbosity", "How much an engine remembers of its layers.",
            {{"LAYER_NAMES_ONLY", V::kLAYER_NAMES_ONLY},
             {"NONE", V::kNONE},
             {"DETAILED", V::kDETAILED}});
    using H = HardwareCompatibilityLevel;
    bind<H>(m, "HardwareCompatibilityLevel", "Level of hardware compatibility.",
            {{"NONE", H::kNONE},
             {"AMPERE_PLUS", H::kAMPERE_PLUS},
             {"SAME_COMPUTE_CAPABILITY", H::kSAME_COMPUTE_CAPABILITY}});
    using S = TacticSource;
    bind<S>(m, "TacticSource", "Libraries that kernels may be taken from.",
            {{"CUBLAS", S::kCUBLAS},
             {"CUBLAS_LT", S::kCUBLAS_LT},
             {"CUDNN", S::kCUDNN},
             {"EDGE_MASK_CONVOLUTIONS", S::kEDGE_MASK_CONVOLUTIONS},
             {"JIT_CONVOLUTIONS", S::kJIT_CONVOLUTIONS}});
}

void bindRunEnums(nb::module_& m) {
    using F = LayerInformationFormat;
    bind<F>(m, "LayerInformationFormat", "Text form of the inspector's answers.",
            {{"ONELINE", F::kONELINE}, {"JSON", F::kJSON}});
    using X = ExecutionContextAllocationStrategy;
    bind<X>(m, "ExecutionContextAllocationStrategy", "Who supplies a context's scratch.",
            {{"STATIC", X::kSTATIC},
             {"ON_PROFILE_CHANGE", X::kON_PROFILE_CHANGE},
             {"USER_MANAGED", X::kUSER_MANAGED}});
    using S = EngineStat;
    bind<S>(m, "EngineStat", "Numbers about an engine.",
            {{"TOTAL_WEIGHTS_SIZE", S::kTOTAL_WEIGHTS_SIZE},
             {"STRIPPED_WEIGHTS_SIZE", S::kSTRIPPED_WEIGHTS_SIZE}});
    using V = EngineVerify;
    bind<V>(m, "EngineVerify", "When the checksums of an engine file are compared.",
            {{"FULL", V::kFULL}, {"LAZY", V::kLAZY}});
    using P = SeekPosition;
    bind<P>(m, "SeekPosition", "From where a seek counts.",
            {{"SET", P::kSET}, {"CUR", P::kCUR}, {"END", P::kEND}});
    using A = AllocatorFlag;
    bind<A>(m, "AllocatorFlag", "Property of an allocation.", {{"RESIZABLE", A::kRESIZABLE}});
    using C = CalibrationAlgoType;
    bind<C>(m, "CalibrationAlgoType", "How ranges are found from samples.",
            {{"LEGACY_CALIBRATION", C::kLEGACY_CALIBRATION},
             {"ENTROPY_CALIBRATION", C::kENTROPY_CALIBRATION},
             {"ENTROPY_CALIBRATION_2", C::kENTROPY_CALIBRATION_2},
             {"MINMAX_CALIBRATION", C::kMINMAX_CALIBRATION}});
    using W = WeightsRole;
    bind<W>(m, "WeightsRole", "Role of weights inside their layer.",
            {{"KERNEL", W::kKERNEL},
             {"BIAS", W::kBIAS},
             {"SHIFT", W::kSHIFT},
             {"SCALE", W::kSCALE},
             {"CONSTANT", W::kCONSTANT},
             {"ANY", W::kANY}});
}

// NOLINTNEXTLINE(readability-function-size): a table
void bindLayerType(nb::module_& m) {
    using T = LayerType;
    bind<T>(m, "LayerType", "Kind of a layer: which class it has.",
            {{"CONVOLUTION", T::kCONVOLUTION},
             {"CAST", T::kCAST},
             {"ACTIVATION", T::kACTIVATION},
             {"POOLING", T::kPOOLING},
             {"LRN", T::kLRN},
             {"SCALE", T::kSCALE},
             {"SOFTMAX", T::kSOFTMAX},
             {"DECONVOLUTION", T::kDECONVOLUTION},
             {"CONCATENATION", T::kCONCATENATION},
             {"ELEMENTWISE", T::kELEMENTWISE},
             {"PLUGIN", T::kPLUGIN},
             {"UNARY", T::kUNARY},
             {"PADDING", T::kPADDING},
             {"SHUFFLE", T::kSHUFFLE},
             {"REDUCE", T::kREDUCE},
             {"TOPK", T::kTOPK},
             {"GATHER", T::kGATHER},
             {"MATRIX_MULTIPLY", T::kMATRIX_MULTIPLY},
             {"RAGGED_SOFTMAX", T::kRAGGED_SOFTMAX},
             {"CONSTANT", T::kCONSTANT},
             {"IDENTITY", T::kIDENTITY},
             {"PLUGIN_V2", T::kPLUGIN_V2},
             {"SLICE", T::kSLICE},
             {"SHAPE", T::kSHAPE},
             {"PARAMETRIC_RELU", T::kPARAMETRIC_RELU},
             {"RESIZE", T::kRESIZE},
             {"TRIP_LIMIT", T::kTRIP_LIMIT},
             {"RECURRENCE", T::kRECURRENCE},
             {"ITERATOR", T::kITERATOR},
             {"LOOP_OUTPUT", T::kLOOP_OUTPUT},
             {"SELECT", T::kSELECT},
             {"FILL", T::kFILL},
             {"QUANTIZE", T::kQUANTIZE},
             {"DEQUANTIZE", T::kDEQUANTIZE},
             {"CONDITION", T::kCONDITION},
             {"CONDITIONAL_INPUT", T::kCONDITIONAL_INPUT},
             {"CONDITIONAL_OUTPUT", T::kCONDITIONAL_OUTPUT},
             {"SCATTER", T::kSCATTER},
             {"EINSUM", T::kEINSUM},
             {"ASSERTION", T::kASSERTION},
             {"ONE_HOT", T::kONE_HOT},
             {"NON_ZERO", T::kNON_ZERO},
             {"GRID_SAMPLE", T::kGRID_SAMPLE},
             {"NMS", T::kNMS},
             {"REVERSE_SEQUENCE", T::kREVERSE_SEQUENCE},
             {"NORMALIZATION", T::kNORMALIZATION},
             {"PLUGIN_V3", T::kPLUGIN_V3},
             {"SQUEEZE", T::kSQUEEZE},
             {"UNSQUEEZE", T::kUNSQUEEZE},
             {"CUMULATIVE", T::kCUMULATIVE},
             {"DYNAMIC_QUANTIZE", T::kDYNAMIC_QUANTIZE},
             {"ATTENTION_INPUT", T::kATTENTION_INPUT},
             {"ATTENTION_OUTPUT", T::kATTENTION_OUTPUT},
             {"ROTARY_EMBEDDING", T::kROTARY_EMBEDDING},
             {"KVCACHE_UPDATE", T::kKVCACHE_UPDATE},
             {"MOE", T::kMOE},
             {"DIST_COLLECTIVE", T::kDIST_COLLECTIVE},
             {"CUSTOM_OP", T::kCUSTOM_OP}});
}

// NOLINTNEXTLINE(readability-function-size): a table
void bindFunctionEnums(nb::module_& m) {
    using A = ActivationType;
    bind<A>(m, "ActivationType", "Activation functions.",
            {{"RELU", A::kRELU},
             {"SIGMOID", A::kSIGMOID},
             {"TANH", A::kTANH},
             {"LEAKY_RELU", A::kLEAKY_RELU},
             {"ELU", A::kELU},
             {"SELU", A::kSELU},
             {"SOFTSIGN", A::kSOFTSIGN},
             {"SOFTPLUS", A::kSOFTPLUS},
             {"CLIP", A::kCLIP},
             {"HARD_SIGMOID", A::kHARD_SIGMOID},
             {"SCALED_TANH", A::kSCALED_TANH},
             {"THRESHOLDED_RELU", A::kTHRESHOLDED_RELU},
             {"GELU_ERF", A::kGELU_ERF},
             {"GELU_TANH", A::kGELU_TANH},
             {"HARD_SWISH", A::kHARD_SWISH},
             {"SWISH", A::kSWISH},
             {"MISH", A::kMISH}});
    using U = UnaryOperation;
    bind<U>(m, "UnaryOperation", "Functions of one input.",
            {{"EXP", U::kEXP},     {"LOG", U::kLOG},   {"SQRT", U::kSQRT},   {"RECIP", U::kRECIP},
             {"ABS", U::kABS},     {"NEG", U::kNEG},   {"SIN", U::kSIN},     {"COS", U::kCOS},
             {"TAN", U::kTAN},     {"SINH", U::kSINH}, {"COSH", U::kCOSH},   {"ASIN", U::kASIN},
             {"ACOS", U::kACOS},   {"ATAN", U::kATAN}, {"ASINH", U::kASINH}, {"ACOSH", U::kACOSH},
             {"ATANH", U::kATANH}, {"CEIL", U::kCEIL}, {"FLOOR", U::kFLOOR}, {"ERF", U::kERF},
             {"NOT", U::kNOT},     {"SIGN", U::kSIGN}, {"ROUND", U::kROUND}, {"ISINF", U::kISINF},
             {"ISNAN", U::kISNAN}});
    using E = ElementWiseOperation;
    bind<E>(m, "ElementWiseOperation", "Functions of two inputs.",
            {{"SUM", E::kSUM},
             {"PROD", E::kPROD},
             {"MAX", E::kMAX},
             {"MIN", E::kMIN},
             {"SUB", E::kSUB},
             {"DIV", E::kDIV},
             {"POW", E::kPOW},
             {"FLOOR_DIV", E::kFLOOR_DIV},
             {"AND", E::kAND},
             {"OR", E::kOR},
             {"XOR", E::kXOR},
             {"EQUAL", E::kEQUAL},
             {"GREATER", E::kGREATER},
             {"LESS", E::kLESS}});
    using R = ReduceOperation;
    bind<R>(m, "ReduceOperation", "Reductions.",
            {{"SUM", R::kSUM},
             {"PROD", R::kPROD},
             {"MAX", R::kMAX},
             {"MIN", R::kMIN},
             {"AVG", R::kAVG},
             {"NONE", R::kNONE}});
    using T = TopKOperation;
    bind<T>(m, "TopKOperation", "Order of a selection.", {{"MAX", T::kMAX}, {"MIN", T::kMIN}});
    using X = MatrixOperation;
    bind<X>(m, "MatrixOperation", "How an operand is read.",
            {{"NONE", X::kNONE}, {"TRANSPOSE", X::kTRANSPOSE}, {"VECTOR", X::kVECTOR}});
    using C = CumulativeOperation;
    bind<C>(m, "CumulativeOperation", "Running reductions.", {{"SUM", C::kSUM}});
    using F = FillOperation;
    bind<F>(m, "FillOperation", "Rules that make a tensor.",
            {{"LINSPACE", F::kLINSPACE},
             {"RANDOM_UNIFORM", F::kRANDOM_UNIFORM},
             {"RANDOM_NORMAL", F::kRANDOM_NORMAL}});
}

void bindLayerEnums(nb::module_& m) {
    using P = PoolingType;
    bind<P>(
        m, "PoolingType", "Poolings.",
        {{"MAX", P::kMAX}, {"AVERAGE", P::kAVERAGE}, {"MAX_AVERAGE_BLEND", P::kMAX_AVERAGE_BLEND}});
    using M = PaddingMode;
    bind<M>(m, "PaddingMode", "How windows meet the border.",
            {{"EXPLICIT_ROUND_DOWN", M::kEXPLICIT_ROUND_DOWN},
             {"EXPLICIT_ROUND_UP", M::kEXPLICIT_ROUND_UP},
             {"SAME_UPPER", M::kSAME_UPPER},
             {"SAME_LOWER", M::kSAME_LOWER}});
    using S = ScaleMode;
    bind<S>(m, "ScaleMode", "For what one coefficient stands.",
            {{"UNIFORM", S::kUNIFORM}, {"CHANNEL", S::kCHANNEL}, {"ELEMENTWISE", S::kELEMENTWISE}});
    using G = GatherMode;
    bind<G>(m, "GatherMode", "Meaning of the indices of a gather.",
            {{"DEFAULT", G::kDEFAULT}, {"ELEMENT", G::kELEMENT}, {"ND", G::kND}});
    using C = ScatterMode;
    bind<C>(m, "ScatterMode", "Meaning of the indices of a scatter.",
            {{"ELEMENT", C::kELEMENT}, {"ND", C::kND}});
    using I = InterpolationMode;
    auto interpolation =
        bind<I>(m, "InterpolationMode", "Interpolations.",
                {{"NEAREST", I::kNEAREST}, {"LINEAR", I::kLINEAR}, {"CUBIC", I::kCUBIC}});
    m.attr("ResizeMode") = interpolation;
    using A = SampleMode;
    bind<A>(m, "SampleMode", "What a coordinate outside of the input reads.",
            {{"STRICT_BOUNDS", A::kSTRICT_BOUNDS},
             {"WRAP", A::kWRAP},
             {"CLAMP", A::kCLAMP},
             {"FILL", A::kFILL},
             {"REFLECT", A::kREFLECT}});
    using R = ResizeCoordinateTransformation;
    bind<R>(m, "ResizeCoordinateTransformation", "Input coordinate of an output coordinate.",
            {{"ALIGN_CORNERS", R::kALIGN_CORNERS},
             {"ASYMMETRIC", R::kASYMMETRIC},
             {"HALF_PIXEL", R::kHALF_PIXEL}});
    using E = ResizeSelector;
    bind<E>(m, "ResizeSelector", "Coordinate when the output extent is 1.",
            {{"FORMULA", E::kFORMULA}, {"UPPER", E::kUPPER}});
    using O = ResizeRoundMode;
    bind<O>(m, "ResizeRoundMode", "Rounding of the coordinate of the nearest element.",
            {{"HALF_UP", O::kHALF_UP},
             {"HALF_DOWN", O::kHALF_DOWN},
             {"FLOOR", O::kFLOOR},
             {"CEIL", O::kCEIL}});
    using B = BoundingBoxFormat;
    bind<B>(m, "BoundingBoxFormat", "Meaning of four box coordinates.",
            {{"CORNER_PAIRS", B::kCORNER_PAIRS}, {"CENTER_SIZES", B::kCENTER_SIZES}});
}

void bindPluginEnums(nb::module_& m) {
    using F = PluginFieldType;
    bind<F>(m, "PluginFieldType", "Type of the values of a plugin's field.",
            {{"FLOAT16", F::kFLOAT16},
             {"FLOAT32", F::kFLOAT32},
             {"FLOAT64", F::kFLOAT64},
             {"INT8", F::kINT8},
             {"INT16", F::kINT16},
             {"INT32", F::kINT32},
             {"CHAR", F::kCHAR},
             {"DIMS", F::kDIMS},
             {"UNKNOWN", F::kUNKNOWN},
             {"BF16", F::kBF16},
             {"INT64", F::kINT64},
             {"FP8", F::kFP8},
             {"INT4", F::kINT4},
             {"FP4", F::kFP4}});
    using P = TensorRTPhase;
    bind<P>(m, "TensorRTPhase", "Why a creator is asked for a plugin.",
            {{"BUILD", P::kBUILD}, {"RUNTIME", P::kRUNTIME}});
    using C = PluginCapabilityType;
    bind<C>(m, "PluginCapabilityType", "Part of a plugin.",
            {{"CORE", C::kCORE}, {"BUILD", C::kBUILD}, {"RUNTIME", C::kRUNTIME}});
    using D = DimensionOperation;
    bind<D>(m, "DimensionOperation", "Operator of a shape expression.",
            {{"SUM", D::kSUM},
             {"PROD", D::kPROD},
             {"MAX", D::kMAX},
             {"MIN", D::kMIN},
             {"SUB", D::kSUB},
             {"EQUAL", D::kEQUAL},
             {"LESS", D::kLESS},
             {"FLOOR_DIV", D::kFLOOR_DIV},
             {"CEIL_DIV", D::kCEIL_DIV}});
}

}  // namespace

void bindEnums(nb::module_& m) {
    bindTypes(m);
    bindBuildFlags(m);
    bindRunEnums(m);
    bindLayerType(m);
    bindFunctionEnums(m);
    bindLayerEnums(m);
    bindPluginEnums(m);
}

}  // namespace bireme::python
