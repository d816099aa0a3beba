// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file timing_cache.h
//! Measured times of kernels, kept from build to build.

#include "bireme/host_memory.h"

BIREME_NAMESPACE_BEGIN

//! Measured times of kernels. Made by IBuilderConfig::createTimingCache(); free it with `delete`,
//! not before the configs that use it.
class BIREME_API ITimingCache : public INoCopy {
public:
    ~ITimingCache() noexcept override;

    //! The cache as bytes for IBuilderConfig::createTimingCache(). Null on failure.
    IHostMemory* serialize() const noexcept;
    //! Adds what \p inputCache knows; entries that both have stay. Those of other devices are kept
    //! and never used here, so that \p ignoreMismatch has no effect. \return false on failure
    bool combine(ITimingCache const& inputCache, bool ignoreMismatch) noexcept;
    //! Forgets everything.
    //! \return false on failure
    bool reset() noexcept;

private:
    friend struct ::bireme::api::Access;
    explicit ITimingCache(::bireme::api::TimingCache* impl) noexcept : impl_(impl) {}
    ::bireme::api::TimingCache* impl_;
};

BIREME_NAMESPACE_END
