// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "tensor/dim.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <typeinfo>
#include <vector>

namespace bireme::ir {

class InferContext;
class EvalContext;
class DecomposeContext;
class Work;

// Facts about an op that hold for every node of it.
enum OpTrait : uint32_t {
    kNondeterministic =
        1,               // never folded, never shared (unless OpDef::deterministic says otherwise)
    kDataDependent = 2,  // an output extent depends on input values, not on extents alone
    kCommutative = 4,    // the first two inputs may be swapped
    kSideEffect = 8,     // kept though nobody reads its outputs
    kShapeOnly = 16,     // reads extents of input 0, never its bytes
    kView = 32,  // output 0 has the bytes of input 0 in the same order (reshape, squeeze, identity)
    kMoves = 64,  // computes nothing: elements of the results are elements of operands, or filled
};

// The one declaration of an op; src/ops/<op>.cpp fills it through BIREME_OP.
struct OpDef {
    const char* name = "";
    const char* doc = "";
    int minInputs = 1,
        maxInputs = 1;  // maxInputs -1: any number; a missing optional input is kNoValue
    int minOutputs = 1, maxOutputs = 1;
    uint32_t traits = 0;
    const std::type_info* type = nullptr;  // of the attribute struct
    void* (*create)() = nullptr;
    void* (*clone)(const void*) = nullptr;
    void (*destroy)(void*) = nullptr;
    void (*fields)(void*, FieldVisitor&) = nullptr;
    void (*infer)(const void*, InferContext&) = nullptr;
    void (*eval)(const void*,
                 EvalContext&) = nullptr;  // null only for ops that exist to be lowered
    bool (*decompose)(const void*, DecomposeContext&) = nullptr;  // optional: into simpler ops
    bool (*deterministic)(const void*) =
        nullptr;  // optional: whether these attributes are, after all
    Dim (*operations)(const void*, const Work&) = nullptr;  // optional: see operationsOf (work.h)

    bool has(OpTrait t) const { return traits & t; }
};

// A value: the definition and its own copy of the attributes.
class Op {
public:
    Op() = default;
    explicit Op(const OpDef& def) : def_(&def), attributes_(def.create()) {}
    Op(const Op& o) : def_(o.def_), attributes_(o.def_ ? o.def_->clone(o.attributes_) : nullptr) {}
    Op(Op&& o) noexcept : def_(o.def_), attributes_(o.attributes_) {
        o.def_ = nullptr, o.attributes_ = nullptr;
    }
    Op& operator=(Op o) noexcept {
        std::swap(def_, o.def_);
        std::swap(attributes_, o.attributes_);
        return *this;
    }
    ~Op() {
        if (def_) def_->destroy(attributes_);
    }

    // Op::of(ops::Softmax{.axis = 1}); the struct's op must be registered.
    template <typename T>
    static Op of(T attributes);

    explicit operator bool() const { return def_ != nullptr; }
    const OpDef& def() const { return *def_; }
    std::string_view name() const { return def_ ? def_->name : ""; }
    bool isDeterministic() const {
        return !def_->has(kNondeterministic) ||
               (def_->deterministic && def_->deterministic(attributes_));
    }
    template <typename T>
    bool is() const {
        return def_ && *def_->type == typeid(T);
    }
    template <typename T>
    const T* as() const {
        return is<T>() ? static_cast<const T*>(attributes_) : nullptr;
    }
    template <typename T>
    T* edit() {
        return is<T>() ? static_cast<T*>(attributes_) : nullptr;
    }
    const void* attributes() const { return attributes_; }
    // Visitors that only read take a const op; fields() is symmetrical, so this is the one cast.
    void visit(FieldVisitor& v) const { def_->fields(attributes_, v); }
    void visit(FieldVisitor& v) { def_->fields(attributes_, v); }

    bool operator==(const Op& o) const;  // same op, equal attributes

private:
    const OpDef* def_ = nullptr;
    void* attributes_ = nullptr;
};

// Filled by the generated manifest; global() holds every op of the library.
class OpRegistry {
public:
    static OpRegistry& global();
    void add(const OpDef& def);  // copies; a second op of the same name is a programmer's mistake
    const OpDef* find(std::string_view name) const;
    const OpDef& get(const std::type_info& type) const;
    std::vector<const OpDef*> all() const;  // sorted by name

private:
    std::map<std::string, std::unique_ptr<OpDef>, std::less<>> byName_;
};

template <typename T>
Op Op::of(T attributes) {
    Op op(OpRegistry::global().get(typeid(T)));
    *static_cast<T*>(op.attributes_) = std::move(attributes);
    return op;
}

// What an op file states; typed, so that a wrong signature does not compile.
template <typename T>
struct OpSpec {
    int inputs = 1;
    int maxInputs = 0;  // 0: same as inputs; -1: any number
    int outputs = 1;
    int maxOutputs = 0;  // 0: same as outputs; -1: any number
    uint32_t traits = 0;
    void (*infer)(const T&, InferContext&) = nullptr;
    void (*eval)(const T&, EvalContext&) = nullptr;
    bool (*decompose)(const T&, DecomposeContext&) = nullptr;
    bool (*deterministic)(const T&) = nullptr;
    Dim (*operations)(const T&, const Work&) = nullptr;
    const char* doc = "";
};

template <typename T>
struct OpGlue {
    static inline OpSpec<T> spec;
    static OpDef define(const char* name, OpSpec<T> s) {
        spec = s;
        OpDef d;
        d.name = name;
        d.doc = s.doc;
        d.minInputs = s.inputs;
        d.maxInputs = s.maxInputs ? s.maxInputs : s.inputs;
        d.minOutputs = s.outputs;
        d.maxOutputs = s.maxOutputs ? s.maxOutputs : s.outputs;
        d.traits = s.traits;
        d.type = &typeid(T);
        d.create = [] { return static_cast<void*>(new T()); };
        d.clone = [](const void* p) {
            return static_cast<void*>(new T(*static_cast<const T*>(p)));
        };
        d.destroy = [](void* p) { delete static_cast<T*>(p); };
        d.fields = [](void* p, FieldVisitor& v) { static_cast<T*>(p)->fields(v); };
        d.infer = [](const void* p, InferContext& c) { spec.infer(*static_cast<const T*>(p), c); };
        if (s.eval)
            d.eval = [](const void* p, EvalContext& c) { spec.eval(*static_cast<const T*>(p), c); };
        if (s.decompose)
            d.decompose = [](const void* p, DecomposeContext& c) {
                return spec.decompose(*static_cast<const T*>(p), c);
            };
        if (s.deterministic)
            d.deterministic = [](const void* p) {
                return spec.deterministic(*static_cast<const T*>(p));
            };
        if (s.operations)
            d.operations = [](const void* p, const Work& w) {
                return spec.operations(*static_cast<const T*>(p), w);
            };
        return d;
    }
};

}  // namespace bireme::ir

// BIREME_OP(softmax, Softmax, {.inputs = 1, .outputs = 1, .infer = infer, .eval = eval});
// in src/ops/softmax.cpp, inside namespace bireme::ops; the manifest calls registerOp_softmax.
#define BIREME_OP(opName, Struct, ...)                                     \
    void registerOp_##opName(::bireme::ir::OpRegistry& registry) {         \
        ::bireme::ir::OpSpec<Struct> spec = __VA_ARGS__;                   \
        registry.add(::bireme::ir::OpGlue<Struct>::define(#opName, spec)); \
    }
