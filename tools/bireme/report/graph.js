// Graphs to draw: nodes {label, sub, color, x, y, level}, edges [from, to]; laid out in levels.
'use strict';

const NODE = { width: 230, height: 44, gapX: 26, gapY: 46 };

function engineGraph(layers) {
  const nodes = layers.map((layer, i) => ({ index: i, label: layer.Name, layer }));
  const writers = new Map();  // buffer -> [step, tensor]: views share one
  const bufferOf = o => o.ViewOf === undefined ? o.Id : o.ViewOf;
  const edges = [];
  layers.forEach((layer, i) => {
    const from = new Set();
    for (const o of layer.Inputs || []) {
      const all = writers.get(bufferOf(o)) || [];
      const exact = all.filter(w => w[1] === o.Id);
      for (const w of exact.length ? exact : all) if (w[0] !== i) from.add(w[0]);
    }
    for (const f of from) edges.push([f, i]);
    for (const o of layer.Outputs || []) {
      const buffer = bufferOf(o);
      if (!writers.has(buffer)) writers.set(buffer, []);
      writers.get(buffer).push([i, o.Id]);
    }
  });
  return arrange({ nodes, edges });
}

function networkGraph(network) {
  const nodes = network.map((layer, i) => ({ index: i, label: layer.Name, sub: layer.Op, source: layer }));
  const edges = [];
  network.forEach((layer, i) => {
    for (const f of new Set(layer.Inputs)) if (f >= 0) edges.push([f, i]);
  });
  return arrange({ nodes, edges });
}

// Level by level: each node one below the lowest that it reads, near the middle of those.
function arrange(graph) {
  const { nodes, edges } = graph;
  for (const n of nodes) { n.in = []; n.out = []; n.level = 0; }
  for (const [a, b] of edges) {
    nodes[b].in.push(a);
    nodes[a].out.push(b);
    nodes[b].level = Math.max(nodes[b].level, nodes[a].level + 1);  // nodes come in order
  }
  const levels = [];
  for (const n of nodes) (levels[n.level] = levels[n.level] || []).push(n);
  const step = NODE.width + NODE.gapX;
  for (const level of levels) {
    for (const n of level)
      n.x = n.in.length ? n.in.reduce((sum, i) => sum + nodes[i].x, 0) / n.in.length : 0;
    level.sort((a, b) => a.x - b.x);
    const wanted = level.map(n => n.x);
    for (let i = 1; i < level.length; ++i) level[i].x = Math.max(level[i].x, level[i - 1].x + step);
    const shift = level.reduce((sum, n, i) => sum + wanted[i] - n.x, 0) / level.length;
    for (const n of level) { n.x += shift; n.y = n.level * (NODE.height + NODE.gapY); }
  }
  graph.levels = levels;
  graph.lines = edges.map(([a, b]) => [nodes[a], nodes[b]]);
  return graph;
}

function bounds(nodes) {
  const box = { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity };
  for (const n of nodes) {
    box.left = Math.min(box.left, n.x); box.right = Math.max(box.right, n.x + NODE.width);
    box.top = Math.min(box.top, n.y); box.bottom = Math.max(box.bottom, n.y + NODE.height);
  }
  return box;
}
