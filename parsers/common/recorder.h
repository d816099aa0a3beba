// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "bireme/network.h"

namespace bireme::parsers {

/// Stands in for the network's error recorder while a model is imported: what the network refuses
/// becomes the reason in the parser's error. Restores the user's recorder when it goes.
class ScopedRecorder final : public IErrorRecorder {
public:
    ScopedRecorder(INetworkDefinition& network, std::string& complaint)
        : network_(network), complaint_(complaint), users_(network.getErrorRecorder()) {
        if (users_ != nullptr) users_->incRefCount();  // replacing it drops the network's own
        network_.setErrorRecorder(this);
    }
    ~ScopedRecorder() override {
        network_.setErrorRecorder(users_);
        if (users_ != nullptr) users_->decRefCount();
    }

    int32_t getNbErrors() const noexcept override { return complaint_.empty() ? 0 : 1; }
    nvinfer1::ErrorCode getErrorCode(int32_t) const noexcept override { return code_; }
    ErrorDesc getErrorDesc(int32_t i) const noexcept override {
        return i == 0 ? complaint_.c_str() : "";
    }
    bool hasOverflowed() const noexcept override { return false; }
    void clear() noexcept override { complaint_.clear(); }
    bool reportError(nvinfer1::ErrorCode code, ErrorDesc text) noexcept override {
        code_ = code;
        try {
            if (complaint_.size() < 4096) complaint_ += (complaint_.empty() ? "" : "; ");
            if (complaint_.size() < 4096) complaint_ += text;
        } catch (...) {
            return true;
        }
        return false;
    }
    RefCount incRefCount() noexcept override { return ++count_; }
    RefCount decRefCount() noexcept override { return --count_; }

private:
    INetworkDefinition& network_;
    std::string& complaint_;
    IErrorRecorder* users_;
    nvinfer1::ErrorCode code_ = nvinfer1::ErrorCode::kSUCCESS;
    RefCount count_ = 0;
};

}  // namespace bireme::parsers
