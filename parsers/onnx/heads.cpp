// SPDX-License-Identifier: Apache-2.0
#include "parsers/onnx/heads.h"

namespace bireme::onnx_import {

namespace {

using Bin = ElementWiseOperation;

ITensor& lastPart(Net& net, ITensor& x, int64_t start, const Extent& size, int64_t stride = 1) {
    return net.slice(x, {3}, {start}, {size}, {stride});
}

ITensor& turned(Net& net, ITensor& x, ITensor& cosine, ITensor& sine, int64_t pairs,
                bool interleaved) {
    const int64_t gap = interleaved ? 2 : 1;
    ITensor& a = lastPart(net, x, 0, pairs, gap);
    ITensor& b = lastPart(net, x, interleaved ? 1 : pairs, pairs, gap);
    ITensor& real =
        net.binary(net.binary(cosine, a, Bin::kPROD), net.binary(sine, b, Bin::kPROD), Bin::kSUB);
    ITensor& imaginary =
        net.binary(net.binary(sine, a, Bin::kPROD), net.binary(cosine, b, Bin::kPROD), Bin::kSUM);
    if (!interleaved) return net.concat({&real, &imaginary}, 3);
    Extents shape = net.extents(real);
    shape[3] = 2 * pairs;
    return net.reshape(net.concat({&net.unsqueeze(real, {4}), &net.unsqueeze(imaginary, {4})}, 4),
                       shape);
}

}  // namespace

ITensor& splitHeads(Net& net, ITensor& x, int64_t heads) {
    return net.transpose(net.reshape(x, Dims{4, {0, 0, heads, -1}}), {0, 2, 1, 3});
}

ITensor& joinHeads(Net& net, ITensor& x) {
    return net.reshape(net.transpose(x, {0, 2, 1, 3}), Dims{3, {0, 0, -1}});
}

ITensor& repeatHeads(Net& net, ITensor& x, int64_t times) {
    if (times == 1) return x;
    Extents wide = net.extents(x);
    Extents flat = wide;
    flat[1] = net.mul(flat[1], times);
    wide.insert(wide.begin() + 2, Extent(times));
    ITensor& apart = net.unsqueeze(x, {2});
    return net.reshape(Net::out(net.op("expand", {}, {&apart, &net.shapeTensor(wide)})), flat);
}

ITensor& counting(Net& net, const Extent& count) {
    if (count.known()) {
        std::vector<int64_t> values(static_cast<size_t>(count.value));
        for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<int64_t>(i);
        return net.integers(values);
    }
    ITensor& end = net.reshape(*count.tensor, Dims{});
    return Net::out(net.op("range", {}, {&net.integer(0), &end, &net.integer(1)}));
}

ITensor& rotated(Net& net, ITensor& x, ITensor& cosine, ITensor& sine, int64_t pairs,
                 bool interleaved) {
    const int64_t size = net.dims(x).d[3];
    if (size == 2 * pairs) return turned(net, x, cosine, sine, pairs, interleaved);
    ITensor& front = turned(net, lastPart(net, x, 0, 2 * pairs), cosine, sine, pairs, interleaved);
    return net.concat({&front, &lastPart(net, x, 2 * pairs, size - 2 * pairs)}, 3);
}

}  // namespace bireme::onnx_import
