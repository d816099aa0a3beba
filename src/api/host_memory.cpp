// SPDX-License-Identifier: Apache-2.0
#include "api/host_memory.h"

#include "api/access.h"

#include <memory>

namespace bireme::api {

IHostMemory* makeHostMemory(std::vector<uint8_t> bytes) {
    auto impl = std::make_unique<HostMemory>(HostMemory{std::move(bytes)});
    return Access::adopt<IHostMemory>(std::move(impl));
}

}  // namespace bireme::api

namespace nvinfer1 {

IHostMemory::~IHostMemory() noexcept { delete impl_; }
void* IHostMemory::data() const noexcept { return impl_->bytes.data(); }
std::size_t IHostMemory::size() const noexcept { return impl_->bytes.size(); }
DataType IHostMemory::type() const noexcept { return DataType::kINT8; }

}  // namespace nvinfer1
