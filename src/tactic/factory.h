// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/kernel.h"
#include "tactic/query.h"
#include "tactic/tactic.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bireme::tactic {

struct Support {
    bool ok = true;
    std::string why;
};
inline Support yes() { return {}; }
inline Support no(std::string why) { return {false, std::move(why)}; }

// A constant as a kernel wants it: packed bytes, and the layout as text (never the bytes of a
// library's struct).
struct PackedConstant {
    Blob bytes;
    std::string layout;
};

// What create makes. Inputs of the group whose bytes were packed (or baked into the kernel) are
// listed in `consumed`: they are neither stored nor passed; all other inputs are passed in order,
// at their own index.
struct Created {
    std::unique_ptr<device::Kernel> kernel;
    std::vector<PackedConstant> constants;
    std::vector<int> consumed;
};

// Stateless and thread-safe; says what it supports, lists tactics, makes kernels. Build-time calls
// may throw Error.
class KernelFactory {
public:
    virtual ~KernelFactory() = default;
    virtual std::string_view name() const = 0;  // "cpu.convolution.onednn"
    virtual int revision() const { return 1; }  // part of the timing key
    virtual Support supports(
        const Query& q) const = 0;  // before formats are chosen: cheap, with a reason
    virtual void formats(const Query& q, FormatList& out)
        const;  // default: linear everywhere, the query's own types
    virtual void tactics(const Query& q,
                         TacticList& out) const;  // for chosen formats; default: exactly one
    virtual Created create(const Query& q, const Tactic& t) const = 0;
    virtual std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device& device) const = 0;
    // Taken only where no other factory can (the reference backend).
    virtual bool lastResort() const { return false; }
    // Computes in a wider type than it is given, by conversions: nothing is won by making a layer's
    // types smaller for it.
    virtual bool widens() const { return false; }
    // Taken without timing when it supports the query (views, trivial copies).
    virtual bool alwaysBest() const { return false; }
};

}  // namespace bireme::tactic
