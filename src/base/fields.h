// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace bireme {

// Names of an enum's values, for text; looked up through ADL: `EnumNames enumNames(MyEnum)`.
struct EnumName {
    int64_t value;
    const char* name;
};
using EnumNames = std::span<const EnumName>;

// One attribute struct describes itself to every visitor (hash, equality, print, parse, bytes,
// JSON, docs) by `void fields(FieldVisitor& v) { v.field(1, "axis", axis); }`. Tags are never
// renumbered and never reused.
class FieldVisitor {
public:
    virtual ~FieldVisitor() = default;

    template <typename T>
    void field(int tag, const char* name, T& v) {
        if constexpr (std::is_same_v<T, bool>)
            onBool(tag, name, v);
        else if constexpr (std::is_enum_v<T>) {
            auto i = static_cast<int64_t>(v);
            onEnum(tag, name, i, enumNames(v));
            v = static_cast<T>(i);
        } else if constexpr (std::is_integral_v<T>) {
            auto i = static_cast<int64_t>(v);
            onInt(tag, name, i);
            v = static_cast<T>(i);
        } else if constexpr (std::is_floating_point_v<T>) {
            auto d = static_cast<double>(v);
            onFloat(tag, name, d);
            v = static_cast<T>(d);
        } else {
            on(tag, name, v);
        }
    }

protected:
    void on(int tag, const char* name, std::string& v) { onString(tag, name, v); }
    void on(int tag, const char* name, std::vector<int64_t>& v) { onInts(tag, name, v); }
    void on(int tag, const char* name, std::vector<float>& v) { onFloats(tag, name, v); }

    virtual void onBool(int tag, const char* name, bool& v) = 0;
    virtual void onInt(int tag, const char* name, int64_t& v) = 0;
    virtual void onFloat(int tag, const char* name, double& v) = 0;
    virtual void onEnum(int tag, const char* name, int64_t& v, EnumNames names) = 0;
    virtual void onString(int tag, const char* name, std::string& v) = 0;
    virtual void onInts(int tag, const char* name, std::vector<int64_t>& v) = 0;
    virtual void onFloats(int tag, const char* name, std::vector<float>& v) = 0;
};

// Name of an enum value, or "" when the table lacks it.
const char* enumName(int64_t value, EnumNames names);
// Value of a name (case-sensitive); false when the table lacks it.
bool enumValue(const std::string& name, EnumNames names, int64_t& value);

}  // namespace bireme
