// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file machine.h
//! What the library found on this machine.

#include "bireme/types.h"

BIREME_NAMESPACE_BEGIN

//! Describes the backends and devices that can be used here, with instruction sets and versions of
//! libraries, and what is missing, with the reason and what that costs.
//!
//! \param format Text for people, or JSON.
//! \return A NUL-terminated text that stays valid until the same thread calls again. Never null.
BIREME_API char const* getMachineReport(LayerInformationFormat format) noexcept;

BIREME_NAMESPACE_END
