// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file plugin_expr.h
//! Extents as expressions, for plugins.

#include "bireme/types.h"

BIREME_NAMESPACE_BEGIN

//! Operators of shape expressions.
enum class DimensionOperation : int32_t {
    kSUM = 0,
    kPROD = 1,
    kMAX = 2,
    kMIN = 3,
    kSUB = 4,
    kEQUAL = 5,  //!< 1 or 0
    kLESS = 6,   //!< 1 or 0
    kFLOOR_DIV = 7,
    kCEIL_DIV = 8,
};
BIREME_ENUM_MAX(DimensionOperation, 9)

//! An extent as an expression over the extents of the inputs. Owned by its IExprBuilder.
class BIREME_API IDimensionExpr : public INoCopy {
public:
    bool isConstant() const noexcept;
    //! Value of a constant, else the smallest int64.
    int64_t getConstantValue() const noexcept;
    //! True when it is the value of an output declared as a size.
    bool isSizeTensor() const noexcept;

protected:
    friend struct ::bireme::api::Access;
    explicit IDimensionExpr(::bireme::api::DimExpr* impl) noexcept : impl_(impl) {}
    ~IDimensionExpr() noexcept override;
    ::bireme::api::DimExpr* impl_;
};

//! Makes shape expressions; given to a plugin for the duration of a call.
class BIREME_API IExprBuilder : public INoCopy {
public:
    IDimensionExpr const* constant(int64_t value) noexcept;
    //! Null for a division by the constant 0.
    IDimensionExpr const* operation(DimensionOperation op, IDimensionExpr const& first,
                                    IDimensionExpr const& second) noexcept;
    //! Declares that output \p outputIndex is a scalar which is an extent of another output.
    //! \param opt value to tune for \param upper most it can be
    IDimensionExpr const* declareSizeTensor(int32_t outputIndex, IDimensionExpr const& opt,
                                            IDimensionExpr const& upper) noexcept;

protected:
    friend struct ::bireme::api::Access;
    explicit IExprBuilder(::bireme::api::ExprBuilder* impl) noexcept : impl_(impl) {}
    ~IExprBuilder() noexcept override;
    ::bireme::api::ExprBuilder* impl_;
};

//! Extents as expressions.
class DimsExprs {
public:
    int32_t nbDims;
    IDimensionExpr const* d[Dims::MAX_DIMS];
};

BIREME_NAMESPACE_END
