// SPDX-License-Identifier: Apache-2.0
#include "api/host_memory.h"

#include "api/access.h"

#include <memory>

namespace bireme::api {

IHostMemory* makeHostMemory(Blob bytes) {
    auto impl = std::make_unique<HostMemory>(HostMemory{std::move(bytes)});
    return Access::adopt<IHostMemory>(std::move(impl));
}

IHostMemory* makeHostMemory(std::vector<uint8_t> bytes) {
    return makeHostMemory(Blob::own(std::move(bytes)));
}

}  // namespace bireme::api

namespace nvinfer1 {

IHostMemory::~IHostMemory() noexcept { delete impl_; }
void* IHostMemory::data() const noexcept { return const_cast<uint8_t*>(impl_->bytes.data()); }
std::size_t IHostMemory::size() const noexcept { return impl_->bytes.size(); }
DataType IHostMemory::type() const noexcept { return DataType::kINT8; }

}  // namespace nvinfer1
