// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bireme/network.h"

namespace bireme::parsers {

/// While it lives, a network with an implicit batch shows its batch: an importer sees dimension 0
/// as in any other, with an extent of -1.
class ShowBatch {
public:
    explicit ShowBatch(INetworkDefinition& network)
        : network_(network), before_(network.showBatch(true)) {}
    ~ShowBatch() { network_.showBatch(before_); }
    ShowBatch(const ShowBatch&) = delete;
    ShowBatch& operator=(const ShowBatch&) = delete;

private:
    INetworkDefinition& network_;
    bool before_;
};

}  // namespace bireme::parsers
