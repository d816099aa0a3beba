// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/caffe/message.h"

namespace bireme::caffe_import {

/// Reads protobuf's text form of a message. Fields that the type does not know are skipped, each
/// name with one warning: forks of Caffe add their own. Throws Refusal with the line at fault.
Message readText(std::string_view text, const MessageType& type,
                 std::vector<std::string>& warnings);

}  // namespace bireme::caffe_import
