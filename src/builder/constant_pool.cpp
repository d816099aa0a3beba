// SPDX-License-Identifier: Apache-2.0
#include "builder/constant_pool.h"

#include "plan/halves.h"

#include <cstring>
#include <memory>
#include <new>

namespace bireme::builder {

int ConstantPool::add(const Blob& bytes, const std::string& name) {
    auto key = std::make_pair(hash128(bytes.data(), bytes.size()), bytes.size());
    auto [it, fresh] = byContent_.try_emplace(key, static_cast<int>(items_.size()));
    if (fresh) items_.push_back({bytes, name});
    return it->second;
}

void ConstantPool::seal(plan::Plan& plan, bool halves) {
    constexpr size_t kAlign = 64;  // vector kernels read weights in place
    size_t total = 0;
    for (const Item& i : items_) {
        const bool large = i.bytes.size() >= 4096;
        plan.constants.push_back(
            {total, i.bytes.size(), i.name,
             halves && large && plan::areHalves(i.bytes.data(), i.bytes.size())});
        total += (i.bytes.size() + kAlign - 1) / kAlign * kAlign;
    }
    auto* all = static_cast<uint8_t*>(::operator new (total ? total : 1, std::align_val_t{kAlign}));
    std::shared_ptr<const void> keep(all, [](const void* p) {
        ::operator delete (const_cast<void*>(p), std::align_val_t{kAlign});
    });
    std::memset(all, 0, total);
    for (size_t i = 0; i < items_.size(); ++i) {
        if (items_[i].bytes.size())
            std::memcpy(all + plan.constants[i].offset, items_[i].bytes.data(),
                        items_[i].bytes.size());
        items_[i].bytes = Blob();  // the bytes are held once at a time
    }
    plan.weights = Blob::hold(all, total, std::move(keep));
    items_.clear();
    byContent_.clear();
}

}  // namespace bireme::builder
