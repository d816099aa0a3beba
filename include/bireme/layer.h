// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layer.h
//! Base of all layers.

#include "bireme/tensor.h"
#include "bireme/weights.h"

BIREME_NAMESPACE_BEGIN

//! Kind of a layer: which derived class it has.
enum class LayerType : int32_t {
    kCONVOLUTION = 0,
    kCAST = 1,
    kACTIVATION = 2,
    kPOOLING = 3,
    kLRN = 4,
    kSCALE = 5,
    kSOFTMAX = 6,
    kDECONVOLUTION = 7,
    kCONCATENATION = 8,
    kELEMENTWISE = 9,
    kPLUGIN = 10,
    kUNARY = 11,
    kPADDING = 12,
    kSHUFFLE = 13,
    kREDUCE = 14,
    kTOPK = 15,
    kGATHER = 16,
    kMATRIX_MULTIPLY = 17,
    kRAGGED_SOFTMAX = 18,
    kCONSTANT = 19,
    kIDENTITY = 20,
    kPLUGIN_V2 = 21,
    kSLICE = 22,
    kSHAPE = 23,
    kPARAMETRIC_RELU = 24,
    kRESIZE = 25,
    kTRIP_LIMIT = 26,
    kRECURRENCE = 27,
    kITERATOR = 28,
    kLOOP_OUTPUT = 29,
    kSELECT = 30,
    kFILL = 31,
    kQUANTIZE = 32,
    kDEQUANTIZE = 33,
    kCONDITION = 34,
    kCONDITIONAL_INPUT = 35,
    kCONDITIONAL_OUTPUT = 36,
    kSCATTER = 37,
    kEINSUM = 38,
    kASSERTION = 39,
    kONE_HOT = 40,
    kNON_ZERO = 41,
    kGRID_SAMPLE = 42,
    kNMS = 43,
    kREVERSE_SEQUENCE = 44,
    kNORMALIZATION = 45,
    kPLUGIN_V3 = 46,
    kSQUEEZE = 47,
    kUNSQUEEZE = 48,
    kCUMULATIVE = 49,
    kDYNAMIC_QUANTIZE = 50,
    kATTENTION_INPUT = 51,
    kATTENTION_OUTPUT = 52,
    kROTARY_EMBEDDING = 53,
    kKVCACHE_UPDATE = 54,
    kMOE = 55,
    kDIST_COLLECTIVE = 56,

    kCUSTOM_OP = 64,  //!< made by INetworkDefinition::addOperator
};
BIREME_ENUM_MAX(LayerType, 57)

//! A layer of a network. Owned by the network; never delete it.
//!
//! Derived classes have no data: `static_cast` to the class that getType() names is always right.
class BIREME_API ILayer : public INoCopy {
public:
    LayerType getType() const noexcept;

    //! Name, at most 4095 bytes, copied. Errors, profiles and the inspector speak of it.
    void setName(char const* name) noexcept;
    char const* getName() const noexcept;

    //! Free text that the inspector prints; the ONNX parser writes the node's name. Default "".
    void setMetadata(char const* metadata) noexcept;
    char const* getMetadata() const noexcept;

    //! Number of inputs, absent optional ones in the middle included.
    int32_t getNbInputs() const noexcept;
    //! Null when out of range, and for an absent optional input.
    ITensor* getInput(int32_t index) const noexcept;
    int32_t getNbOutputs() const noexcept;
    //! Null when out of range.
    ITensor* getOutput(int32_t index) const noexcept;
    //! Replaces input \p index, or adds an optional one that the layer's class describes.
    void setInput(int32_t index, ITensor& tensor) noexcept;

    //! Type in which the layer should compute; binding under kOBEY_PRECISION_CONSTRAINTS, a wish
    //! under kPREFER_PRECISION_CONSTRAINTS. An error in a strongly typed network.
    void setPrecision(DataType dataType) noexcept;
    //! The type set, else kFLOAT.
    DataType getPrecision() const noexcept;
    bool precisionIsSet() const noexcept;
    void resetPrecision() noexcept;

    //! Type of output \p index; see setPrecision(). An identity layer converts to it in any case.
    void setOutputType(int32_t index, DataType dataType) noexcept;
    //! The type set, else the inferred one.
    DataType getOutputType(int32_t index) const noexcept;
    bool outputTypeIsSet(int32_t index) const noexcept;
    void resetOutputType(int32_t index) noexcept;

protected:
    friend struct ::bireme::api::Access;
    explicit ILayer(::bireme::api::Layer* impl) noexcept : impl_(impl) {}
    ~ILayer() noexcept override;
    ::bireme::api::Layer* impl_;
};

BIREME_NAMESPACE_END

//! What every derived layer class has besides its accessors.
#define BIREME_LAYER_CLASS(Class)                                         \
protected:                                                                \
    friend struct ::bireme::api::Access;                                  \
    explicit Class(::bireme::api::Layer* impl) noexcept : ILayer(impl) {} \
    ~Class() noexcept override = default
