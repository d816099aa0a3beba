// A canvas that pans and zooms; draws what is in sight of a graph or of the memory plan.
'use strict';

class View {
  constructor(canvas, onPick, onHover) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d');
    this.scene = null;
    this.scale = 1; this.x = 0; this.y = 0;  // of the scene's origin, in pixels
    this.selected = new Set();
    let drag = null, moved = 0;
    canvas.addEventListener('pointerdown', e => {
      drag = [e.clientX, e.clientY]; moved = 0;
      canvas.setPointerCapture(e.pointerId);
    });
    canvas.addEventListener('pointermove', e => {
      if (!drag) return onHover(this.at(e), e);
      this.pan(e.clientX - drag[0], e.clientY - drag[1]);
      moved += Math.abs(e.clientX - drag[0]) + Math.abs(e.clientY - drag[1]);
      drag = [e.clientX, e.clientY];
    });
    canvas.addEventListener('pointerup', e => {
      if (drag && moved < 4) onPick(this.at(e));
      drag = null;
    });
    canvas.addEventListener('wheel', e => {
      e.preventDefault();
      const box = canvas.getBoundingClientRect();
      this.zoom(Math.exp(-e.deltaY * 0.0015), e.clientX - box.left, e.clientY - box.top);
    }, { passive: false });
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  at(e) {
    const box = this.canvas.getBoundingClientRect();
    return this.scene && this.scene.at((e.clientX - box.left - this.x) / this.scale,
                                       (e.clientY - box.top - this.y) / this.scale);
  }
  pan(dx, dy) { this.x += dx; this.y += dy; this.draw(); }
  zoom(factor, px, py) {
    const scale = Math.min(4, Math.max(0.005, this.scale * factor));
    this.x = px - (px - this.x) * scale / this.scale;
    this.y = py - (py - this.y) * scale / this.scale;
    this.scale = scale;
    this.draw();
  }
  show(scene) {
    this.scene = scene;
    const box = scene.box, w = this.canvas.clientWidth, h = this.canvas.clientHeight;
    this.scale = Math.min(1, scene.fit ? Math.min(w / (box.right - box.left), h / (box.bottom - box.top)) * 0.95
                                       : w / (box.right - box.left) * 0.9);
    if (!scene.fit) this.scale = Math.max(this.scale, 0.6);
    this.x = w / 2 - (box.left + box.right) / 2 * this.scale;
    this.y = scene.fit ? h / 2 - (box.top + box.bottom) / 2 * this.scale : 24 - box.top * this.scale;
    this.draw();
  }
  center(node) {
    this.scale = Math.max(this.scale, 0.8);
    this.x = this.canvas.clientWidth / 2 - (node.x + NODE.width / 2) * this.scale;
    this.y = this.canvas.clientHeight / 2 - (node.y + NODE.height / 2) * this.scale;
    this.draw();
  }
  draw() {
    if (this.waiting || !this.scene) return;
    this.waiting = true;
    requestAnimationFrame(() => { this.waiting = false; this.drawNow(); });
  }
  drawNow() {
    const { canvas, context: c } = this, ratio = window.devicePixelRatio || 1;
    const w = canvas.clientWidth, h = canvas.clientHeight;
    if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
      canvas.width = Math.round(w * ratio); canvas.height = Math.round(h * ratio);
    }
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.clearRect(0, 0, w, h);
    c.setTransform(ratio * this.scale, 0, 0, ratio * this.scale, ratio * this.x, ratio * this.y);
    const sight = { left: -this.x / this.scale, right: (w - this.x) / this.scale,
                    top: -this.y / this.scale, bottom: (h - this.y) / this.scale };
    this.scene.draw(c, sight, this.scale, this.selected);
  }
}

class GraphScene {
  constructor(graph, colorOf, subOf) {
    Object.assign(this, { graph, colorOf, subOf, box: bounds(graph.nodes), fit: false });
  }
  at(x, y) {
    const level = this.graph.levels[Math.floor(y / (NODE.height + NODE.gapY))];
    return level && level.find(n => x >= n.x && x <= n.x + NODE.width && y >= n.y && y <= n.y + NODE.height);
  }
  draw(c, sight, scale, selected) {
    const ink = getComputedStyle(document.documentElement).getPropertyValue('--text');
    c.strokeStyle = ink; c.globalAlpha = 0.35; c.lineWidth = Math.max(1, 0.6 / scale);
    c.beginPath();
    for (const [a, b] of this.graph.lines) {
      if (b.y < sight.top || a.y + NODE.height > sight.bottom) continue;
      const x0 = a.x + NODE.width / 2, y0 = a.y + NODE.height, x1 = b.x + NODE.width / 2, y1 = b.y;
      if (Math.max(x0, x1) < sight.left || Math.min(x0, x1) > sight.right) continue;
      c.moveTo(x0, y0);
      if (scale > 0.15) c.bezierCurveTo(x0, y0 + 24, x1, y1 - 24, x1, y1); else c.lineTo(x1, y1);
    }
    c.stroke();
    c.globalAlpha = 1;
    const step = NODE.height + NODE.gapY;
    const first = Math.max(0, Math.floor(sight.top / step));
    const last = Math.min(this.graph.levels.length - 1, Math.ceil(sight.bottom / step));
    const words = scale > 0.4;
    for (let l = first; l <= last; ++l)
      for (const n of this.graph.levels[l]) {
        if (n.x > sight.right || n.x + NODE.width < sight.left) continue;
        c.fillStyle = this.colorOf(n);
        c.fillRect(n.x, n.y, NODE.width, NODE.height);
        if (selected.has(n)) {
          c.strokeStyle = '#e8590c'; c.lineWidth = Math.max(3, 3 / scale);
          c.strokeRect(n.x, n.y, NODE.width, NODE.height);
        }
        if (!words) continue;
        c.fillStyle = '#111'; c.font = '12px system-ui, sans-serif';
        c.fillText(shorten(n.label, 34), n.x + 6, n.y + 17, NODE.width - 12);
        c.font = '11px system-ui, sans-serif';
        c.fillText(shorten(this.subOf(n), 40), n.x + 6, n.y + 34, NODE.width - 12);
      }
  }
}

// Steps to the right, addresses downwards.
class MemoryScene {
  constructor(blocks, steps, bytes, width, height) {
    this.blocks = blocks;
    this.stepWidth = width / Math.max(1, steps); this.perByte = height / Math.max(1, bytes);
    this.box = { left: 0, right: width, top: 0, bottom: height };
    this.fit = true;
  }
  rect(b) {
    return [b.First * this.stepWidth, b.Offset * this.perByte,
            (b.Last - b.First + 1) * this.stepWidth, b.Bytes * this.perByte];
  }
  at(x, y) {
    return this.blocks.find(b => {
      const [left, top, w, h] = this.rect(b);
      return x >= left && x <= left + w && y >= top && y <= top + h;
    });
  }
  draw(c, sight, scale) {
    c.lineWidth = 0.5 / scale;
    c.strokeStyle = '#0006';
    this.blocks.forEach((b, i) => {
      const [x, y, w, h] = this.rect(b);
      if (x > sight.right || x + w < sight.left || y > sight.bottom || y + h < sight.top) return;
      c.fillStyle = `hsl(${(i * 137) % 360} 55% 68%)`;
      c.fillRect(x, y, w, h);
      c.strokeRect(x, y, w, h);
    });
    c.strokeStyle = '#888';
    c.strokeRect(0, 0, this.box.right, this.box.bottom);
  }
}

function shorten(text, length) {
  return text.length <= length ? text : text.slice(0, length / 2 - 1) + '…' + text.slice(text.length - length / 2);
}
