// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/custom_op.h
//! A layer for every operator that has no class of its own.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

//! One attribute of an operator, for INetworkDefinition::addOperator(). All pointers are borrowed
//! for the call.
struct OperatorAttribute {
    enum class Kind : int32_t {
        kINT = 0,      //!< ints[0]; enums, types and booleans by their value
        kFLOAT = 1,    //!< floats[0]
        kSTRING = 2,   //!< strings[0]; also the name of an enum's value
        kINTS = 3,     //!< ints[0 .. count)
        kFLOATS = 4,   //!< floats[0 .. count)
        kSTRINGS = 5,  //!< strings[0 .. count), joined by commas
    };

    char const* name{nullptr};  //!< as the operator declares it
    Kind kind{Kind::kINT};
    int64_t const* ints{nullptr};
    float const* floats{nullptr};
    char const* const* strings{nullptr};
    int32_t count{1};
};

//! Made by INetworkDefinition::addOperator(). Its operator, attributes, inputs and outputs are
//! those of the operator's declaration; docs/reference lists them all.
class BIREME_API ICustomOpLayer : public ILayer {
public:
    //! Name of the operator, such as "lstm".
    char const* getOperatorName() const noexcept;

    BIREME_LAYER_CLASS(ICustomOpLayer);
};

BIREME_NAMESPACE_END
