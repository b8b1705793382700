// Curves and bars as SVG in the page's colours; each has its figures as text for who does not see it.
import { html } from "./preact.js";
import { percent, short } from "./tools.js";

const WIDTH = 320, HEIGHT = 170, LEFT = 44, RIGHT = 8, TOP = 8, BOTTOM = 24;

const ticks = (low, high) => {
  const rough = (high - low || 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((times) => times * power >= rough);
  const found = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step / 1e6; at += step) found.push(at);
  return found;
};

// Lines that are told apart by colour.
export const COLOURS = 6;

// `lines`: [{name, points: [[x, y, low, high]]}]; `rates`: y is a share, shown in percent.
export const Curves = ({ title, lines, rates = false, marks = [], axis = "" }) => {
  const points = lines.flatMap((line) => line.points);
  const ys = points.flatMap(([, y, low, high]) => [y, low ?? y, high ?? y]);
  const xs = points.map(([x]) => x);
  const [x0, x1] = [Math.min(...xs), Math.max(...xs)];
  let [y0, y1] = rates ? [0, Math.max(...ys) > 0.2 ? 1 : 0.2] : [Math.min(...ys), Math.max(...ys)];
  if (y0 === y1) [y0, y1] = [y0 - 1, y1 + 1];
  // One point stands in the middle.
  const right = (x) => LEFT + (x1 > x0 ? (x - x0) / (x1 - x0) : 0.5) * (WIDTH - LEFT - RIGHT);
  const down = (y) => TOP + (1 - (y - y0) / (y1 - y0)) * (HEIGHT - TOP - BOTTOM);
  const shown = rates ? (y) => percent(y).replace(".0%", "%") : short;
  // A line that never moves has one mark: its value.
  const marked = Math.min(...ys) === Math.max(...ys) && !rates ? [ys[0]] : ticks(y0, y1);
  // As many digits as tell one mark from the next.
  const digits = Math.max(0, Math.min(9, -Math.floor(Math.log10(marked[1] - marked[0] || 1))));
  const named = marked.length === 1 ? (y) => y.toLocaleString("en", { maximumSignificantDigits: 6 })
    : rates || Math.abs(y1) >= 1e4 || digits > 5 ? shown : (y) => y.toFixed(digits);
  const last = lines.map((line) => `${line.name} ${shown(line.points.at(-1)[1])}`).join(", ");
  const whole = ticks(x0, x1).filter((x) => Number.isInteger(x));
  return html`<figure>
    <figcaption>${title} ${lines.length > 1 && lines.map((line, at) => html`
      <span class="key c${at}">${line.name}</span>`)}</figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}: last ${last}">
      ${marked.map((y) => html`<line class="grid" x1=${LEFT} x2=${WIDTH - RIGHT} y1=${down(y)} y2=${down(y)} />
        <text x=${LEFT - 5} y=${down(y) + 3} text-anchor="end">${named(y)}</text>`)}
      ${whole.map((x) => html`<text x=${right(x)} y=${HEIGHT - 8} text-anchor="middle">${short(x)}</text>`)}
      ${marks.filter((x) => x > x0).map((x) => html`<line class="mark" x1=${right(x)} x2=${right(x)} y1=${TOP} y2=${HEIGHT - BOTTOM} />`)}
      ${axis && html`<text x=${LEFT - 14} y=${HEIGHT - 8} text-anchor="end">${axis}</text>`}
      ${lines.map((line, at) => html`<g class="c${at}">
        <polyline points=${line.points.map(([x, y]) => `${right(x)},${down(y)}`).join(" ")} />
        ${line.points.filter((point) => point.length > 2).map(([x, y, low, high]) => html`
          <line x1=${right(x)} x2=${right(x)} y1=${down(low)} y2=${down(high)} />
          <circle cx=${right(x)} cy=${down(y)} r="3"><title>${line.name}, ${x}: ${shown(y)} (${shown(low)} to ${shown(high)})</title></circle>`)}
      </g>`)}
    </svg>
  </figure>`;
};

// `bars`: [{name, count, part?, href?}]; `part` of a bar is drawn in the colour of what passed.
export const Bars = ({ title, bars, note = "" }) => {
  const most = Math.max(1, ...bars.map((bar) => bar.count));
  const wide = (WIDTH - LEFT - RIGHT) / bars.length;
  const tall = (count) => (count / most) * (HEIGHT - TOP - BOTTOM);
  const every = Math.ceil(bars.length / 6);
  // The last bar has its name, and one just before it none.
  const isNamed = (at) => at === bars.length - 1 || (at % every === 0 && bars.length - 1 - at >= every);
  return html`<figure>
    <figcaption>${title} <span class="ci">${note}</span></figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}: ${bars.map((bar) => `${bar.name}: ${bar.count}`).join("; ")}">
      ${ticks(0, most).map((y) => html`<line class="grid" x1=${LEFT} x2=${WIDTH - RIGHT} y1=${HEIGHT - BOTTOM - tall(y)} y2=${HEIGHT - BOTTOM - tall(y)} />
        <text x=${LEFT - 5} y=${HEIGHT - BOTTOM - tall(y) + 3} text-anchor="end">${short(y)}</text>`)}
      ${bars.map((bar, at) => html`<g>
        <rect class="bar" x=${LEFT + at * wide + 1} width=${Math.max(1, wide - 2)} y=${HEIGHT - BOTTOM - tall(bar.count)} height=${tall(bar.count)}>
          <title>${bar.name}: ${bar.count}</title></rect>
        ${bar.part > 0 && html`<rect class="part" x=${LEFT + at * wide + 1} width=${Math.max(1, wide - 2)} y=${HEIGHT - BOTTOM - tall(bar.part)} height=${tall(bar.part)}>
          <title>${bar.name}: ${bar.part} passed of ${bar.count}</title></rect>`}
        ${isNamed(at) && html`<text x=${LEFT + (at + 0.5) * wide} y=${HEIGHT - 8} text-anchor="middle">${bar.name}</text>`}
      </g>`)}
    </svg>
  </figure>`;
};

// Named shares, one a line, each of which may lead somewhere.
export const Shares = ({ rows, total }) => html`<ul class="shares">
  ${rows.map(([name, count, href, how = ""]) => html`<li class=${how}>
    <a href=${href}>${name}</a> <meter min="0" max=${Math.max(1, total)} value=${count} aria-hidden="true"></meter>
    <span class="n">${count.toLocaleString("en")}</span> <span class="ci">${percent(total ? count / total : null)}</span>
  </li>`)}
</ul>`;
