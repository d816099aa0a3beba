// SPDX-License-Identifier: Apache-2.0
#include "bireme/bireme.h"
#include "tools/bireme/options.h"

#include <cstdio>

namespace bireme::cli {

int runDoctor(const Options& o) {
    std::fputs(
        getMachineReport(o.json ? LayerInformationFormat::kJSON : LayerInformationFormat::kONELINE),
        stdout);
    return 0;
}

}  // namespace bireme::cli
