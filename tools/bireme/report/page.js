// The page: reads the data, shows a graph, and tells of the layer that was picked.
'use strict';

const data = JSON.parse(document.getElementById('data').textContent);
const engine = data.engine;
const detailed = engine.Layers.every(l => typeof l === 'object');
const layers = detailed ? engine.Layers : engine.Layers.map(name => ({ Name: name, Inputs: [], Outputs: [], Origins: [] }));
const network = engine.Network || [];
const $ = id => document.getElementById(id);
const escape = t => String(t).replace(/[&<>"]/g, c => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }[c]));
const ms = x => x >= 100 ? x.toFixed(1) : x >= 1 ? x.toFixed(3) : x.toFixed(4);
function bytes(n) {
  const unit = ['B', 'KiB', 'MiB', 'GiB'];
  let i = 0;
  for (; n >= 1024 && i < 3; ++i) n /= 1024;
  return (i ? n.toFixed(1) : n) + ' ' + unit[i];
}

const timeOf = l => data.times && data.times[l.Name] !== undefined ? data.times[l.Name] : l.Milliseconds || 0;
const total = layers.reduce((sum, l) => sum + timeOf(l), 0);
const slowest = layers.reduce((most, l) => Math.max(most, timeOf(l)), 0);
const stepsOf = new Map();  // layer of the network -> steps that do its work
layers.forEach((l, i) => (l.Origins || []).forEach(o => {
  if (!stepsOf.has(o)) stepsOf.set(o, []);
  stepsOf.get(o).push(i);
}));

const TYPE_COLORS = { FLOAT: '#9fc5f8', HALF: '#a8dba8', BF16: '#c9e7a0', INT8: '#ffd28a', FP8: '#ffbd9b',
                      INT32: '#d3c6ea', INT64: '#d3c6ea', BOOL: '#e3d5ca', DOUBLE: '#8fb3d9' };
const typeOf = l => {
  const o = (l.Outputs && l.Outputs[0]) || (l.Inputs && l.Inputs[0]);
  return o ? o['Format/Datatype'].split(' ')[0] : '';
};
function heat(share) {  // pale to red; by the root, so that small ones still differ
  const t = Math.sqrt(share);
  return `hsl(${Math.round(205 - 205 * t)} ${Math.round(45 + 45 * t)}% ${Math.round(82 - 20 * t)}%)`;
}
const colorOfStep = n => $('colour').value === 'time'
  ? heat(slowest ? timeOf(n.layer) / slowest : 0)
  : TYPE_COLORS[typeOf(n.layer).toUpperCase()] || '#cfd4da';
const colorOfSource = n => {
  const steps = stepsOf.get(n.label);
  if (!steps) return '#d9dce0';
  return colorOfStep({ layer: layers[steps[0]] });
};

const graphs = {};
const graphOf = {
  after: () => graphs.after = graphs.after || engineGraph(layers),
  before: () => graphs.before = graphs.before || networkGraph(network),
};
const scenes = {
  after: () => new GraphScene(graphOf.after(), colorOfStep, n => {
    const t = timeOf(n.layer);
    return (t ? ms(t) + ' ms  ' : '') + (n.layer.TacticName || n.layer.LayerType || '');
  }),
  before: () => new GraphScene(graphOf.before(), colorOfSource, n => n.sub),
  memory: () => new MemoryScene(engine.Memory || [], layers.length, engine.ScratchBytes, 1600, 800),
};

let current = 'after';
const view = new View($('canvas'), picked, hovered);

function show(name) {
  current = name;
  for (const b of document.querySelectorAll('nav button')) b.classList.toggle('on', b.dataset.view === name);
  $('table').hidden = name !== 'optimizations';
  $('canvas').hidden = name === 'optimizations';
  $('colours').hidden = name === 'memory' || name === 'optimizations';  // have colours of their own, or none
  $('tip').hidden = true;
  view.selected.clear();
  legend();
  if (name === 'optimizations') return void ($('table').innerHTML = optimizationsTable());
  view.show(scenes[name]());
  if ($('search').value) search();
}

function legend() {
  const box = (color, text) => `<i style="background:${color}"></i>${escape(text)}`;
  let html = '';
  if (current === 'memory') html = `${bytes(engine.ScratchBytes)} of scratch; steps to the right, addresses downwards`;
  else if (current === 'optimizations') html = '';
  else if ($('colour').value === 'time')
    html = (slowest ? [0, 0.25, 1].map(s => box(heat(s), (s ? ms(slowest * s) : '0') + ' ms')).join('') : 'no times: the engine was built without timing; bireme inspect --html PAGE --times runs it');
  else html = [...new Set(layers.map(typeOf))].filter(Boolean).map(t => box(TYPE_COLORS[t.toUpperCase()] || '#cfd4da', t)).join('');
  if (current === 'before') html += box('#d9dce0', 'removed, folded or a view: no step of its own');
  $('legend').innerHTML = html;
  $('legend').hidden = !html;
}

function optimizationsTable() {
  const rows = data.optimizations.map(o =>
    `<tr><td>${escape(o.Pass)}</td><td class="n">${o.Rewrites}</td><td class="n">${o.Rewrites ? o.LayersBefore + ' → ' + o.LayersAfter : ''}</td>` +
    `<td class="n">${o.Rewrites ? o.OperationsSaved.toLocaleString('en') : ''}</td><td class="n">${o.Rewrites ? bytes(o.BytesSaved) : ''}</td></tr>` +
    o.Notes.map(n => `<tr><td colspan="5" class="note">${escape(n)}</td></tr>`).join(''));
  return '<table><tr><th>pass</th><th class="n">rewrites</th><th class="n">layers</th><th class="n">operations saved</th><th class="n">bytes saved</th></tr>' + rows.join('') + '</table>';
}

function operandRows(list) {
  return (list || []).map(o => `<tr><td>${escape(o.Name)}</td><td>${escape(o.Shape || '[' + o.Dimensions.join(', ') + ']')}</td>` +
    `<td>${escape(o['Format/Datatype'])}</td><td>${escape(o.Memory || 'view')}</td></tr>`).join('');
}

// The steps of a conditional's or loop's bodies, of those inside them too.
const inside = l => (l.Branches || []).flat().flatMap(s => [s, ...inside(s)]);

function bodiesHtml(l) {
  return (l.Branches || []).map((steps, i) => `<table><tr><th colspan="2">body ${i}</th></tr>` +
    steps.map(s => `<tr><td>${escape(s.Name)}</td><td>${escape(s.TacticValue || s.TacticName || s.LayerType)}</td></tr>` +
      (s.Branches ? `<tr><td colspan="2">${bodiesHtml(s)}</td></tr>` : '')).join('') + '</table>').join('');
}

function stepHtml(l) {
  let html = `<h2>${escape(l.Name)}</h2><p>${escape(l.LayerType || '')} · ${escape(l.TacticValue || l.TacticName || '')}`;
  if (timeOf(l)) html += `<br>${ms(timeOf(l))} ms, ${(100 * timeOf(l) / total).toFixed(1)} % of all` +
    (data.times && l.Milliseconds ? ` (alone, at build: ${ms(l.Milliseconds)} ms)` : '');
  if (l.WeightsBytes) html += `<br>weights ${bytes(l.WeightsBytes)}`;
  if (l.Workspace) html += `<br>workspace ${bytes(l.Workspace)}`;
  html += `</p><table><tr><th>reads</th><th></th><th></th><th></th></tr>${operandRows(l.Inputs)}<tr><th>writes</th><th></th><th></th><th></th></tr>${operandRows(l.Outputs)}</table>`;
  html += bodiesHtml(l);
  if (l.Origins && l.Origins.length) html += `<p>does the work of: ${l.Origins.map(escape).join(', ')}</p>`;
  if (l.Considered) {
    const order = x => x.Milliseconds === undefined ? Infinity : x.Milliseconds;
    html += '<table><tr><th>also considered</th><th class="n">ms, or why not</th></tr>' +
      [...l.Considered].sort((a, b) => order(a) - order(b)).map(x =>
        `<tr><td>${escape(x.Tactic)}</td><td class="n" style="white-space:normal">${x.Milliseconds === undefined ? escape(x.Reason) : ms(x.Milliseconds)}</td></tr>`).join('') + '</table>';
  }
  return html;
}

function sourceHtml(n) {
  const steps = (stepsOf.get(n.label) || []).map(i => layers[i].Name);
  return `<h2>${escape(n.label)}</h2><p>${escape(n.sub)}</p>` +
    (steps.length ? `<p>done by: ${steps.map(escape).join(', ')}</p>`
                  : '<p>Has no step of its own: it was removed, folded into constants, or is a view.</p>');
}

function picked(node) {
  $('panel').hidden = !node;
  view.selected = new Set(node && node.label !== undefined ? [node] : []);
  view.draw();
  if (!node) return;
  const html = node.layer ? stepHtml(node.layer) : node.source ? sourceHtml(node) : blockHtml(node);
  $('panel').innerHTML = '<button class="close" title="close">×</button>' + html;
  $('panel').querySelector('.close').onclick = () => picked(null);
}

function blockHtml(b) {
  const steps = [b.First, b.Last].map(i => layers[i] ? layers[i].Name : '');
  return `<h2>${escape(b.Name)}</h2><p>${bytes(b.Bytes)} at ${b.Offset.toLocaleString('en')}<br>from step ${b.First} (${escape(steps[0])})<br>to step ${b.Last} (${escape(steps[1])})</p>`;
}

function hovered(node, e) {
  $('tip').hidden = !node;
  $('canvas').style.cursor = node ? 'pointer' : 'grab';
  if (!node) return;
  $('tip').textContent = node.label || `${node.Name}: ${bytes(node.Bytes)}`;
  const box = $('canvas').getBoundingClientRect();
  $('tip').style.left = Math.min(e.clientX - box.left + 14, box.width - 200) + 'px';
  $('tip').style.top = e.clientY - box.top + 14 + 'px';
}

// Layers whose name, or the name of what they write or of a layer of the model that they do the work of, has the text.
function matches(text, which) {
  const wanted = text.toLowerCase();
  const namesOf = l => [l.Name, ...(l.Origins || []), ...(l.Outputs || []).map(o => o.Name)];
  const has = name => name.toLowerCase().includes(wanted);
  return graphOf[which]().nodes.filter(n => has(n.label) ||
    (n.layer && [n.layer, ...inside(n.layer)].some(l => namesOf(l).some(has))));
}

let turn = 0;
function search(next) {
  const text = $('search').value.trim();
  if (!text || !graphOf[current]) { view.selected.clear(); $('found').textContent = ''; return view.draw(); }
  const found = matches(text, current);
  turn = next ? turn + 1 : 0;
  // What was removed or became a constant has no step.
  const gone = found.length || current !== 'after' ? 0 : matches(text, 'before').length;
  $('found').textContent = found.length ? `${turn % found.length + 1} of ${found.length}`
    : gone ? `no step; ${gone} in the network` : 'nothing';
  if (!found.length) { view.selected.clear(); return view.draw(); }
  const node = found[turn % found.length];
  picked(node);
  view.selected = new Set(found);
  view.center(node);
}

$('title').textContent = engine.Name;
$('facts').textContent = [
  ...Object.values(engine.Metadata || {}).slice(1, 3), 'precision ' + ((engine.Metadata || {}).precision || ''),
  `${network.length} layers became ${layers.length} steps`,
  total ? `${ms(total)} ms ${data.times ? 'in all, each layer at its fastest of some runs' : 'when measured one by one at build'}` : '',
  `weights ${bytes(engine.WeightsBytes)}`, `scratch ${bytes(engine.ScratchBytes)}`,
  detailed ? '' : 'built without detailed profiling verbosity: names alone',
].filter(Boolean).join(' · ');
for (const b of document.querySelectorAll('nav button')) b.onclick = () => { picked(null); show(b.dataset.view); };
$('colour').onchange = () => { legend(); view.draw(); };
$('search').oninput = () => search(false);
$('search').onkeydown = e => { if (e.key === 'Enter') search(true); };
show('after');
