// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "moves/move_op.h"

#include <memory>
#include <string>

namespace bireme::moves {

// The factory of one MoveOp on one backend, which makes the kernels and says which elements it
// copies.
class Factory : public tactic::KernelFactory {
public:
    Factory(const char* backend, const MoveOp& move);
    std::string_view name() const override { return name_; }
    bool alwaysBest() const override { return move_.alwaysBest; }
    tactic::Support supports(const tactic::Query& q) const override;
    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        move_.formats(q, out);
    }
    tactic::Created create(const tactic::Query& q, const tactic::Tactic& t) const override;

protected:
    const MoveOp& move() const { return move_; }
    virtual bool converts() const { return false; }   // from one type to another
    virtual bool readsLate() const { return false; }  // lists that only running tells
    virtual tactic::Support typesFit(const tactic::Query& q) const = 0;
    virtual std::unique_ptr<device::Kernel> make(const tactic::Query& q, Record r) const = 0;

private:
    MoveOp move_;
    std::string name_;
};

}  // namespace bireme::moves
