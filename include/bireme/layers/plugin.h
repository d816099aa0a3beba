// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file layers/plugin.h
//! Layers that the user implements.

#include "bireme/layer.h"

BIREME_NAMESPACE_BEGIN

class IPluginV2;
class IPluginV3;

//! A plugin of the second generation. Inputs and outputs are those of the plugin.
class BIREME_API IPluginV2Layer : public ILayer {
public:
    //! The layer's own clone.
    IPluginV2& getPlugin() noexcept;
    //! For plugins of fixed shapes (IPluginV2, IPluginV2Ext, IPluginV2IOExt): with true the first
    //! extent of every tensor is the batch, which the plugin sees as batchSize and not among its
    //! dims. Default: true in a network with an implicit batch, else false: all extents, batchSize
    //! 1.
    //! \return false for an IPluginV2DynamicExt, which sees every extent
    bool setLeadingBatch(bool leading) noexcept;
    bool getLeadingBatch() const noexcept;

    BIREME_LAYER_CLASS(IPluginV2Layer);
};

//! A plugin of the third generation. Inputs: those of the plugin, then its shape inputs.
class BIREME_API IPluginV3Layer : public ILayer {
public:
    //! The layer's own clone.
    IPluginV3& getPlugin() noexcept;

    BIREME_LAYER_CLASS(IPluginV3Layer);
};

BIREME_NAMESPACE_END
