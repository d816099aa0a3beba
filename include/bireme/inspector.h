// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file inspector.h
//! What an engine is made of, as text.

#include "bireme/error.h"

BIREME_NAMESPACE_BEGIN

class IExecutionContext;

//! Describes an engine's layers; how much it knows is the build's ProfilingVerbosity. Made by
//! ICudaEngine::createEngineInspector(); free it with `delete`, before the engine.
class BIREME_API IEngineInspector : public INoCopy {
public:
    ~IEngineInspector() noexcept override;

    //! Shapes of this context fill the run-time extents; null for none.
    bool setExecutionContext(IExecutionContext const* context) noexcept;
    IExecutionContext const* getExecutionContext() const noexcept;
    //! \param layerIndex 0 to ICudaEngine::getNbLayers() - 1
    //! \return text valid until the next call; null when out of range
    char const* getLayerInformation(int32_t layerIndex,
                                    LayerInformationFormat format) const noexcept;
    //! All layers, and the inputs and outputs: {"Layers": [...], "Bindings": [...]} as JSON.
    char const* getEngineInformation(LayerInformationFormat format) const noexcept;
    //! What the optimizer did, pass by pass: rewrites, layers before and after, operations and
    //! bytes saved (estimates at the shapes tuned for), and why something was left as it is.
    //! Bireme's own. \return text valid until the next call
    char const* getOptimizations(LayerInformationFormat format) const noexcept;
    void setErrorRecorder(IErrorRecorder* recorder) noexcept;
    IErrorRecorder* getErrorRecorder() const noexcept;

private:
    friend struct ::bireme::api::Access;
    explicit IEngineInspector(::bireme::api::Inspector* impl) noexcept : impl_(impl) {}
    ::bireme::api::Inspector* impl_;
};

BIREME_NAMESPACE_END
