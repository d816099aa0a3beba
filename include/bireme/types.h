// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file types.h
//! Data types, memory layouts and the small enums that all other headers use.

#include "bireme/dims.h"

BIREME_NAMESPACE_BEGIN

//! Type of the elements of a tensor or of weights.
enum class DataType : int32_t {
    kFLOAT = 0,  //!< 32-bit IEEE
    kHALF = 1,   //!< 16-bit IEEE
    kINT8 = 2,   //!< signed 8-bit
    kINT32 = 3,  //!< signed 32-bit
    kBOOL = 4,   //!< 8 bits, 0 or 1
    kUINT8 = 5,  //!< unsigned 8-bit
    kFP8 = 6,    //!< 8-bit float E4M3
    kBF16 = 7,   //!< 16-bit brain float
    kINT64 = 8,  //!< signed 64-bit
    kINT4 = 9,   //!< signed 4-bit, two a byte, low nibble first
    kFP4 = 10,   //!< 4-bit float E2M1, two a byte, low nibble first
    kE8M0 = 11,  //!< 8-bit exponent, scales only

    kDOUBLE = 64,         //!< 64-bit IEEE
    kINT16 = 65,          //!< signed 16-bit
    kUINT16 = 66,         //!< unsigned 16-bit
    kUINT32 = 67,         //!< unsigned 32-bit
    kUINT64 = 68,         //!< unsigned 64-bit
    kFP8_E5M2 = 69,       //!< 8-bit float E5M2
    kUINT4 = 70,          //!< unsigned 4-bit, two a byte, low nibble first
    kINT2 = 71,           //!< signed 2-bit, four a byte, lowest bits first
    kUINT2 = 72,          //!< unsigned 2-bit, four a byte, lowest bits first
    kFP8_FNUZ = 73,       //!< 8-bit float E4M3 without infinities and minus zero
    kFP8_E5M2_FNUZ = 74,  //!< 8-bit float E5M2 without infinities and minus zero
};
BIREME_ENUM_MAX(DataType, 12)

//! Memory layout of a tensor. V is the number of components that stand together.
enum class TensorFormat : int32_t {
    kLINEAR = 0,      //!< row-major, any type and rank
    kCHW2 = 1,        //!< [N][ceil(C/2)][H][W][2]
    kHWC8 = 2,        //!< [N][H][W][C rounded up to 8]
    kCHW4 = 3,        //!< [N][ceil(C/4)][H][W][4]
    kCHW16 = 4,       //!< [N][ceil(C/16)][H][W][16]
    kCHW32 = 5,       //!< [N][ceil(C/32)][H][W][32]
    kDHWC8 = 6,       //!< [N][D][H][W][C rounded up to 8]
    kCDHW32 = 7,      //!< [N][ceil(C/32)][D][H][W][32]
    kHWC = 8,         //!< [N][H][W][C], channels last
    kDLA_LINEAR = 9,  //!< only for devices we do not drive
    kDLA_HWC4 = 10,   //!< only for devices we do not drive
    kHWC16 = 11,      //!< [N][H][W][C rounded up to 16]
    kDHWC = 12,       //!< [N][D][H][W][C], channels last
};
BIREME_ENUM_MAX(TensorFormat, 13)

//! Set of formats: bit `1U << int32_t(format)`.
using TensorFormats = uint32_t;

//! Where the bytes of a tensor lie.
enum class TensorLocation : int32_t {
    kDEVICE = 0,  //!< memory of the engine's device; on a CPU engine this is host memory
    kHOST = 1,    //!< host memory
};
BIREME_ENUM_MAX(TensorLocation, 2)

//! Role of a named tensor of an engine.
enum class TensorIOMode : int32_t { kNONE = 0, kINPUT = 1, kOUTPUT = 2 };
BIREME_ENUM_MAX(TensorIOMode, 3)

//! Kind of device that runs a layer or an engine.
enum class DeviceType : int32_t {
    kGPU = 0,
    kDLA = 1,
    kCPU = 64,  //!< the processor of the host
};
BIREME_ENUM_MAX(DeviceType, 2)

//! What kind of runtime an engine is made for. Only kSTANDARD is built.
enum class EngineCapability : int32_t { kSTANDARD = 0, kSAFETY = 1, kDLA_STANDALONE = 2 };
BIREME_ENUM_MAX(EngineCapability, 3)

//! Language in which a user's interface is written.
enum class APILanguage : int32_t { kCPP = 0, kPYTHON = 1 };
BIREME_ENUM_MAX(APILanguage, 2)

using InterfaceKind = char const*;

//! Name and version of an interface that users implement.
class InterfaceInfo {
public:
    InterfaceKind kind;
    int32_t major;
    int32_t minor;
};

//! Base of the interfaces that users implement.
class BIREME_API IVersionedInterface {
public:
    //! Language of the implementation; the binding of another language overrides it.
    virtual APILanguage getAPILanguage() const noexcept { return APILanguage::kCPP; }
    //! Kind and version of the interface; supplied by its base, not by the user.
    virtual InterfaceInfo getInterfaceInfo() const noexcept = 0;
    virtual ~IVersionedInterface() noexcept = default;

protected:
    IVersionedInterface() = default;
    IVersionedInterface(IVersionedInterface const&) = default;
    IVersionedInterface(IVersionedInterface&&) = default;
    IVersionedInterface& operator=(IVersionedInterface const&) & = default;
    IVersionedInterface& operator=(IVersionedInterface&&) & = default;
};

//! How much an engine remembers of its layers.
enum class ProfilingVerbosity : int32_t {
    kLAYER_NAMES_ONLY = 0,  //!< the names
    kNONE = 1,              //!< nothing
    kDETAILED = 2,          //!< names, shapes, formats, types, tactics
};
BIREME_ENUM_MAX(ProfilingVerbosity, 3)

//! Text form of the inspector's answers.
enum class LayerInformationFormat : int32_t { kONELINE = 0, kJSON = 1 };
BIREME_ENUM_MAX(LayerInformationFormat, 2)

//! Level of hardware compatibility; engines for a CPU know only kNONE.
enum class HardwareCompatibilityLevel : int32_t {
    kNONE = 0,
    kAMPERE_PLUS = 1,
    kSAME_COMPUTE_CAPABILITY = 2,
};
BIREME_ENUM_MAX(HardwareCompatibilityLevel, 3)

//! Set of TacticSource: bit `1U << int32_t(source)`.
using TacticSources = uint32_t;

//! Libraries that kernels may be taken from.
enum class TacticSource : int32_t {
    kCUBLAS = 0,
    kCUBLAS_LT = 1,
    kCUDNN = 2,
    kEDGE_MASK_CONVOLUTIONS = 3,
    kJIT_CONVOLUTIONS = 4,
};
BIREME_ENUM_MAX(TacticSource, 5)

BIREME_NAMESPACE_END
