// SPDX-License-Identifier: Apache-2.0
#include "parsers/uff/input_layout.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <set>

namespace bireme::uff_import {

namespace {

/// Canonical axes (N, C, spatial) of the input's dimensions, as the first consumer declares them
/// that is reached through nodes which keep the order.
class ConsumersOrder {
public:
    ConsumersOrder(const File& file, size_t rank) : file_(file), rank_(rank) {}

    std::optional<Axes> of(std::string_view id) {
        struct Step {
            std::string_view id;
            Axes from;  // dimension of the input that is dimension i here
        };
        std::deque<Step> queue{{id, identityAxes(rank_)}};
        std::set<std::string_view> seen;
        while (!queue.empty()) {
            const Step step = queue.front();
            queue.pop_front();
            for (const FileNode& node : file_.nodes()) {
                const auto at = std::find(node.inputs.begin(), node.inputs.end(), step.id);
                if (at == node.inputs.end() || !seen.insert(node.id).second) continue;
                const ImporterRow* row = ImporterTable::instance().find(node.operation);
                if (row == nullptr) continue;
                if (row->role == OrderRole::kTells && at == node.inputs.begin())
                    return backwards(declared(node), step.from);
                if (row->role == OrderRole::kKeeps) queue.push_back({node.id, step.from});
                if (node.operation == "Transpose")
                    if (auto from = through(node, step.from)) queue.push_back({node.id, *from});
            }
        }
        return std::nullopt;
    }

private:
    Axes declared(const FileNode& node) const {
        const Data* data = file_.resolve(node.field("inputs_orders"));
        if (data == nullptr || data->orders.empty() || data->orders[0].empty())
            return channelsFirst(rank_);
        return expanded(data->orders[0], rank_);
    }
    static Axes backwards(const Axes& order, const Axes& from) {
        Axes out(order.size());
        for (size_t i = 0; i < order.size(); ++i) out[static_cast<size_t>(from[i])] = order[i];
        return out;
    }
    std::optional<Axes> through(const FileNode& node, const Axes& from) const {
        const Data* data = file_.resolve(node.field("permutation"));
        if (data == nullptr || data->integers.size() != rank_) return std::nullopt;
        Axes out;
        for (const int64_t p : data->integers) {
            if (p < 0 || p >= static_cast<int64_t>(rank_)) return std::nullopt;
            out.push_back(from[static_cast<size_t>(p)]);
        }
        return out;
    }

    const File& file_;
    size_t rank_;
};

bool fits(const Shape& file, const Shape& dims, const Axes& where) {
    if (file.empty()) return true;
    for (size_t i = 1; i < file.size(); ++i) {
        const int64_t given = dims[static_cast<size_t>(where[i])];
        if (file[i] >= 0 && given >= 0 && file[i] != given) return false;
    }
    return file[0] < 0 || dims[0] < 0 || file[0] == dims[0];
}

/// Canonical axes as dimensions of N, H, W, C.
Axes channelsLast(Axes order) {
    const int last = static_cast<int>(order.size()) - 1;
    for (int& c : order) c = c == 0 ? 0 : c == 1 ? last : c - 1;
    return order;
}

Shape fileShape(const File& file, const FileNode& input) {
    const Data* data = file.resolve(input.field("shape"));
    return data == nullptr ? Shape{} : data->integers;
}

bool hasBatch(const Shape& shape, const Dims& dims, UffInputOrder order) {
    if (order == UffInputOrder::kFILE) return true;
    if (!shape.empty()) return static_cast<size_t>(dims.nbDims) == shape.size();
    return dims.nbDims >= (order == UffInputOrder::kNC ? 2 : 4);
}

/// The file's own shape, in the order that is wanted by default.
InputLayout fromFile(const File& file, const FileNode& input, UffInputOrder wanted) {
    InputLayout out{fileShape(file, input), {}, {}};
    if (out.dims.empty()) throw Refusal("the file does not say its shape; it has to be registered");
    for (int64_t& d : out.dims) d = std::max<int64_t>(d, -1);
    const size_t rank = out.dims.size();
    if (wanted != UffInputOrder::kNCHW || rank < 4) return out;
    const auto order = ConsumersOrder(file, rank).of(input.id);
    if (!order || isIdentity(*order)) return out;
    Shape dims(rank);
    for (size_t i = 0; i < rank; ++i) dims[static_cast<size_t>((*order)[i])] = out.dims[i];
    return {dims, *order, {}};
}

/// Elements of one batch entry; 0 where that is not known or beyond sense.
int64_t volumeOfOne(const Shape& shape) {
    int64_t volume = 1;
    for (size_t i = 1; i < shape.size(); ++i) {
        if (shape[i] <= 0 || shape[i] > (int64_t{1} << 40) / volume) return 0;
        volume *= shape[i];
    }
    return volume;
}

}  // namespace

InputLayout layoutOf(const File& file, const FileNode& input, const Requests& requests) {
    const Requests::Input* r = requests.input(input.id);
    if (r == nullptr) return fromFile(file, input, requests.defaultOrder);
    const Shape shape = fileShape(file, input);
    InputLayout out;
    if (!hasBatch(shape, r->dims, r->order))
        out.dims.push_back(shape.empty() || shape[0] <= 0 ? 1 : shape[0]);
    for (int32_t i = 0; i < r->dims.nbDims; ++i) out.dims.push_back(r->dims.d[i]);
    const size_t rank = out.dims.size();
    const std::string mismatch =
        "it is registered as " + toText(out.dims) + ", the file says " + toText(shape);
    if (rank > static_cast<size_t>(Dims::MAX_DIMS)) throw Refusal(mismatch);
    if (!shape.empty() && shape.size() != rank) {
        // Dimensions of another rank than the file's: the graph sees them reshaped.
        const int64_t volume = volumeOfOne(shape);
        if (volume == 0 || volumeOfOne(out.dims) != volume) throw Refusal(mismatch);
        out.inner = shape;
        out.inner[0] = out.dims[0];
        return out;
    }
    const bool layouts =
        rank >= 3 && (r->order == UffInputOrder::kNCHW || r->order == UffInputOrder::kNHWC);
    if (!layouts) {
        if (!fits(shape, out.dims, identityAxes(rank))) throw Refusal(mismatch);
        return out;
    }
    const bool last = r->order == UffInputOrder::kNHWC;
    const auto bound = [&](const Axes& order) { return last ? channelsLast(order) : order; };
    std::vector<Axes> candidates;
    if (const auto order = ConsumersOrder(file, rank).of(input.id))
        candidates.push_back(bound(*order));
    else
        candidates.push_back(identityAxes(rank));
    candidates.push_back(bound(channelsFirst(rank)));
    candidates.push_back(bound(identityAxes(rank)));
    for (const Axes& where : candidates) {
        if (!fits(shape, out.dims, where)) continue;
        if (!isIdentity(where)) out.where = where;
        return out;
    }
    throw Refusal(mismatch);
}

}  // namespace bireme::uff_import
