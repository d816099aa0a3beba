// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file profiler.h
//! Interfaces by which the application watches: layer times of a run, steps of a build.

#include "bireme/types.h"

BIREME_NAMESPACE_BEGIN

//! Receives the time of every layer of an execution, in order. Implemented by the user.
class BIREME_API IProfiler {
public:
    //! \param layerName name of the layer, valid during the call \param ms milliseconds
    virtual void reportLayerTime(char const* layerName, float ms) noexcept = 0;

    virtual ~IProfiler() noexcept = default;
};

//! Receives the progress of a build, and may stop it. Implemented by the user; may be called from
//! several threads.
class BIREME_API IProgressMonitor : public IVersionedInterface {
public:
    IProgressMonitor() = default;
    ~IProgressMonitor() noexcept override = default;

    InterfaceInfo getInterfaceInfo() const noexcept override { return {"IProgressMonitor", 1, 0}; }

    //! \param phaseName unique among the phases that run \param parentPhase enclosing phase or null
    //! \param nbSteps number of steps that will be reported
    virtual void phaseStart(char const* phaseName, char const* parentPhase,
                            int32_t nbSteps) noexcept = 0;
    //! \param step index of the step that is done.
    //! \return false to stop the build
    virtual bool stepComplete(char const* phaseName, int32_t step) noexcept = 0;
    virtual void phaseFinish(char const* phaseName) noexcept = 0;
};

BIREME_NAMESPACE_END
