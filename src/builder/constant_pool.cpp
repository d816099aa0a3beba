// SPDX-License-Identifier: Apache-2.0
#include "builder/constant_pool.h"

#include "plan/halves.h"

namespace bireme::builder {

int ConstantPool::add(const Blob& bytes, const std::string& name) {
    auto key = std::make_pair(hash128(bytes.data(), bytes.size()), bytes.size());
    auto [it, fresh] = byContent_.try_emplace(key, static_cast<int>(items_.size()));
    if (!fresh) return it->second;
    constexpr size_t kAlign = 64;  // vector kernels read weights in place
    if (!pages_) pages_ = std::make_shared<GrowingPages>();
    const size_t offset = pages_->size();
    pages_->resize(offset + (bytes.size() + kAlign - 1) / kAlign * kAlign);
    copyBytes(pages_->data() + offset, bytes.data(), bytes.size());
    items_.push_back({offset, bytes.size(), name});
    return it->second;
}

void ConstantPool::seal(plan::Plan& plan, bool halves) {
    if (!pages_) pages_ = std::make_shared<GrowingPages>();
    for (Item& i : items_) {
        const bool large = i.size >= 4096;
        plan.constants.push_back(
            {i.offset, i.size, std::move(i.name),
             halves && large && plan::areHalves(pages_->data() + i.offset, i.size)});
    }
    plan.weights = Blob::hold(pages_->data(), pages_->size(), pages_);
    plan.pages = std::move(pages_);
    items_.clear();
    byContent_.clear();
}

}  // namespace bireme::builder
