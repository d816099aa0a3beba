// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file network.h
//! The network definition: what is to be computed.

#include "bireme/error.h"
#include "bireme/layers/all.h"

BIREME_NAMESPACE_BEGIN

class IBuilder;

//! Set of NetworkDefinitionCreationFlag: bit `1U << int32_t(flag)`.
using NetworkDefinitionCreationFlags = uint32_t;

//! Property of a network, chosen when it is created.
enum class NetworkDefinitionCreationFlag : int32_t {
    kEXPLICIT_BATCH = 0,             //!< the batch is explicit, also in a program of TensorRT 8
    kSTRONGLY_TYPED = 1,             //!< every type is the one inferred; the builder chooses none
    kPREFER_JIT_PYTHON_PLUGINS = 2,  //!< without effect
    kPREFER_AOT_PYTHON_PLUGINS = 3,  //!< without effect
};
BIREME_ENUM_MAX(NetworkDefinitionCreationFlag, 4)

//! A graph of layers over named inputs, made by IBuilder::createNetworkV2(). Free it with `delete`.
//!
//! Tensors and layers belong to it. `add...` gives null on failure, with the reason in the error
//! recorder and the log; shapes are inferred when asked for, and checked as a whole by the build.
//! Building leaves the network unchanged. Not thread-safe.
class BIREME_API INetworkDefinition : public INoCopy {
public:
    ~INetworkDefinition() noexcept override;

    //! \name Inputs, outputs, bookkeeping
    //!@{
    //! \param name unique, not empty \param type type of the elements
    //! \param dimensions extents, -1 where known only at run time
    ITensor* addInput(char const* name, DataType type, Dims const& dimensions) noexcept;
    //! Makes a tensor an output of the network. Not on an input.
    void markOutput(ITensor& tensor) noexcept;
    void unmarkOutput(ITensor& tensor) noexcept;
    //! Makes an integer tensor of rank 0 or 1 an output whose values stand in host memory.
    //! \return false when it is an output already
    bool markOutputForShapes(ITensor& tensor) noexcept;
    bool unmarkOutputForShapes(ITensor& tensor) noexcept;
    int32_t getNbLayers() const noexcept;
    //! Null when out of range; so for inputs and outputs.
    ILayer* getLayer(int32_t index) const noexcept;
    int32_t getNbInputs() const noexcept;
    ITensor* getInput(int32_t index) const noexcept;
    int32_t getNbOutputs() const noexcept;
    ITensor* getOutput(int32_t index) const noexcept;
    //! Removes an input that nothing reads. Others: a warning and no effect.
    void removeTensor(ITensor& tensor) noexcept;
    //! Name of the network, kept in the engine.
    void setName(char const* name) noexcept;
    char const* getName() const noexcept;
    NetworkDefinitionCreationFlags getFlags() const noexcept;
    bool getFlag(NetworkDefinitionCreationFlag networkDefinitionCreationFlag) const noexcept;
    //! True when shapes and axes do not count the batch, dimension 0 of every tensor; see
    //! IBuilder::createNetworkV2(). Then the layers are those that TensorRT 8 has for it; a shape
    //! of Constant gets a leading 1, and Resize takes scales.
    bool hasImplicitBatchDimension() const noexcept;
    //! While on, shapes and axes of an implicit-batch network count the batch, as in all others.
    //! For parsers. \return what it was. Not in TensorRT.
    bool showBatch(bool show) noexcept;
    //! Names weights that a layer uses already: same type, pointer and count. Null clears the name.
    //! \return false when nothing uses them or the name is taken
    bool setWeightsName(Weights weights, char const* name) noexcept;
    //! Values that are known before the network is built: the tensor hangs on constants alone, or
    //! its elements are extents that are. Up to 4096 elements.
    //! \return row-major elements, borrowed while the network lives; empty when they are not known
    Weights getKnownValues(ITensor& tensor) noexcept;
    //! As `delete`. Of TensorRT 8.
    void destroy() noexcept;
    //! Builder that made this network.
    IBuilder& getBuilder() const noexcept;
    void setErrorRecorder(IErrorRecorder* recorder) noexcept;
    IErrorRecorder* getErrorRecorder() const noexcept;
    //!@}

    //! \name Convolution and pooling
    //!@{
    //! \param input [N, C, spatial...] \param nbOutputMaps K \param kernelSize spatial extents
    //! \param kernelWeights K, C, spatial; empty when set as input 1
    //! \param biasWeights K values or none
    IConvolutionLayer* addConvolutionNd(ITensor& input, int64_t nbOutputMaps,
                                        Dims const& kernelSize, Weights kernelWeights,
                                        Weights biasWeights) noexcept;
    //! \param kernelWeights C, K, spatial
    IDeconvolutionLayer* addDeconvolutionNd(ITensor& input, int64_t nbOutputMaps, Dims kernelSize,
                                            Weights kernelWeights, Weights biasWeights) noexcept;
    IPoolingLayer* addPoolingNd(ITensor& input, PoolingType type, Dims const& windowSize) noexcept;
    //!@}

    //! \name Element by element
    //!@{
    IActivationLayer* addActivation(ITensor& input, ActivationType type) noexcept;
    IUnaryLayer* addUnary(ITensor& input, UnaryOperation operation) noexcept;
    IElementWiseLayer* addElementWise(ITensor& input1, ITensor& input2,
                                      ElementWiseOperation op) noexcept;
    IParametricReLULayer* addParametricReLU(ITensor& input, ITensor& slope) noexcept;
    //! Channel axis is rank - 3.
    IScaleLayer* addScale(ITensor& input, ScaleMode mode, Weights shift, Weights scale,
                          Weights power) noexcept;
    IScaleLayer* addScaleNd(ITensor& input, ScaleMode mode, Weights shift, Weights scale,
                            Weights power, int32_t channelAxis) noexcept;
    ISelectLayer* addSelect(ITensor& condition, ITensor& thenInput, ITensor& elseInput) noexcept;
    IIdentityLayer* addIdentity(ITensor& input) noexcept;
    ICastLayer* addCast(ITensor& input, DataType toType) noexcept;
    //!@}

    //! \name Linear algebra, reduction, normalisation
    //!@{
    IMatrixMultiplyLayer* addMatrixMultiply(ITensor& input0, MatrixOperation op0, ITensor& input1,
                                            MatrixOperation op1) noexcept;
    IEinsumLayer* addEinsum(ITensor* const* inputs, int32_t nbInputs,
                            char const* equation) noexcept;
    ISoftMaxLayer* addSoftMax(ITensor& input) noexcept;
    IReduceLayer* addReduce(ITensor& input, ReduceOperation operation, uint32_t reduceAxes,
                            bool keepDimensions) noexcept;
    ICumulativeLayer* addCumulative(ITensor& input, ITensor& axis, CumulativeOperation operation,
                                    bool exclusive, bool reverse) noexcept;
    ILRNLayer* addLRN(ITensor& input, int64_t window, float alpha, float beta, float k) noexcept;
    INormalizationLayer* addNormalization(ITensor& input, ITensor& scale, ITensor& bias,
                                          uint32_t axesMask) noexcept;
    INormalizationLayer* addNormalizationV2(ITensor& input, ITensor& scale, ITensor& bias,
                                            uint32_t axesMask) noexcept;
    //!@}

    //! \name Shapes and movement of data
    //!@{
    IShuffleLayer* addShuffle(ITensor& input) noexcept;
    IConcatenationLayer* addConcatenation(ITensor* const* inputs, int32_t nbInputs) noexcept;
    ISqueezeLayer* addSqueeze(ITensor& input, ITensor& axes) noexcept;
    IUnsqueezeLayer* addUnsqueeze(ITensor& input, ITensor& axes) noexcept;
    ISliceLayer* addSlice(ITensor& input, Dims const& start, Dims const& size,
                          Dims const& stride) noexcept;
    IPaddingLayer* addPaddingNd(ITensor& input, Dims const& prePadding,
                                Dims const& postPadding) noexcept;
    IShapeLayer* addShape(ITensor& input) noexcept;
    IConstantLayer* addConstant(Dims const& dimensions, Weights weights) noexcept;
    IGatherLayer* addGather(ITensor& data, ITensor& indices, int32_t axis) noexcept;
    IGatherLayer* addGatherV2(ITensor& data, ITensor& indices, GatherMode mode) noexcept;
    IScatterLayer* addScatter(ITensor& data, ITensor& indices, ITensor& updates,
                              ScatterMode mode) noexcept;
    ITopKLayer* addTopK(ITensor& input, TopKOperation op, int32_t k, uint32_t reduceAxes) noexcept;
    ITopKLayer* addTopK(ITensor& input, TopKOperation op, int32_t k, uint32_t reduceAxes,
                        DataType indicesType) noexcept;
    IOneHotLayer* addOneHot(ITensor& indices, ITensor& values, ITensor& depth,
                            int32_t axis) noexcept;
    INonZeroLayer* addNonZero(ITensor& input) noexcept;
    INonZeroLayer* addNonZero(ITensor& input, DataType indicesType) noexcept;
    IResizeLayer* addResize(ITensor& input) noexcept;
    IGridSampleLayer* addGridSample(ITensor& input, ITensor& grid) noexcept;
    IReverseSequenceLayer* addReverseSequence(ITensor& input, ITensor& sequenceLens) noexcept;
    IFillLayer* addFill(Dims const& dimensions, FillOperation op) noexcept;
    IFillLayer* addFill(Dims const& dimensions, FillOperation op, DataType outputType) noexcept;
    IAssertionLayer* addAssertion(ITensor& condition, char const* message) noexcept;
    INMSLayer* addNMS(ITensor& boxes, ITensor& scores, ITensor& maxOutputBoxesPerClass) noexcept;
    INMSLayer* addNMS(ITensor& boxes, ITensor& scores, ITensor& maxOutputBoxesPerClass,
                      DataType indicesType) noexcept;
    //!@}

    //! \name Plugins
    //!@{
    //! A layer that the user implements. The plugin is cloned; an engine that is loaded again needs
    //! its creator in the plugin registry.
    //! \return null when the plugin cannot be cloned or a count is wrong
    IPluginV2Layer* addPluginV2(ITensor* const* inputs, int32_t nbInputs,
                                IPluginV2& plugin) noexcept;
    //! \param shapeInputs integer tensors of rank 0 or 1: the plugin sees their values as
    //!        expressions in getOutputShapes(), and does not get them when it runs
    IPluginV3Layer* addPluginV3(ITensor* const* inputs, int32_t nbInputs,
                                ITensor* const* shapeInputs, int32_t nbShapeInputs,
                                IPluginV3& plugin) noexcept;
    //!@}

    //! \name Quantisation
    //!@{
    //! To kINT8.
    IQuantizeLayer* addQuantize(ITensor& input, ITensor& scale) noexcept;
    IQuantizeLayer* addQuantize(ITensor& input, ITensor& scale, DataType outputType) noexcept;
    //! To kFLOAT.
    IDequantizeLayer* addDequantize(ITensor& input, ITensor& scale) noexcept;
    IDequantizeLayer* addDequantize(ITensor& input, ITensor& scale, DataType outputType) noexcept;
    //!@}

    //! Adds any operator of the library by its name: the way to all that has no class of its own.
    //!
    //! \param opName such as "lstm"; docs/reference lists all, with attributes, inputs and outputs
    //! \param attributes those that differ from the operator's defaults
    //! \param inputs tensors; a null entry is an absent optional input
    //! \param nbOutputs number of outputs where the operator leaves it open (split); -1 means all
    //!        that it declares
    //! \return null for an unknown operator or attribute, or a wrong kind or number
    ILayer* addOperator(char const* opName, OperatorAttribute const* attributes,
                        int32_t nbAttributes, ITensor* const* inputs, int32_t nbInputs,
                        int32_t nbOutputs = -1) noexcept;

    //! An empty network for the body of an operator, of the same builder and flags. The caller
    //! deletes it; addOperator() copies it.
    INetworkDefinition* createBody() const noexcept;

    //! As above for an operator with bodies ("if", "loop", "scan").
    //!
    //! \param bodies networks made by createBody(): closed, so what they read of outside is among
    //!        the inputs of the operator and of each body
    ILayer* addOperator(char const* opName, OperatorAttribute const* attributes,
                        int32_t nbAttributes, ITensor* const* inputs, int32_t nbInputs,
                        INetworkDefinition* const* bodies, int32_t nbBodies,
                        int32_t nbOutputs) noexcept;

private:
    friend struct ::bireme::api::Access;
    explicit INetworkDefinition(::bireme::api::Network* impl) noexcept : impl_(impl) {}
    ::bireme::api::Network* impl_;
};

BIREME_NAMESPACE_END
