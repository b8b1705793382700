// LaTeX in a text, typeset by the browser: KaTeX reads a formula, and of what it made only elements and
// attributes of MathML that are listed here are built. What cannot be read stays as it was written.
import { html } from "./preact.js";

const MATHML = "http://www.w3.org/1998/Math/MathML";
const ELEMENTS = new Set(("math semantics mrow mi mn mo ms mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover"
  + " mmultiscripts mtable mtr mtd mstyle mpadded mphantom menclose mglyph").split(" "));
const ATTRIBUTES = new Set(("display displaystyle scriptlevel mathvariant mathcolor mathbackground stretchy fence separator symmetric"
  + " largeop movablelimits accent accentunder lspace rspace minsize maxsize width height depth linethickness columnalign rowspacing"
  + " columnspacing columnlines rowlines notation form").split(" "));
const VALUE = /^[\w#.%+ -]*$/;
// Of one formula: characters, and how deep its braces are nested; a browser draws deep ones slowly.
const LONGEST = 2_000, DEEPEST = 24;
// Of one page: formulas, and milliseconds that may be spent on all of them; and on some before the page is drawn again.
const MOST = 1_000, MILLISECONDS = 2_000, AT_ONCE = 20;
const OPENERS = /\$\$?|\\\[|\\\(|\\boxed\{|\\begin\{((?:align|gather|equation|multline|eqnarray|[bpvV]?matrix|cases|array|split)\*?)\}/g;

// [text or {source, tex, display}] of a text, in linear time.
export const split = (text) => {
  const found = [], next = {};
  // Where `what` stands next; what was looked for is remembered, so that no part is read for every opener.
  const after = (what, from) => {
    if (!(next[what] >= from)) { const at = text.indexOf(what, from); next[what] = at < 0 ? Infinity : at; }
    return next[what];
  };
  let done = 0;
  const put = (start, end, tex, display) => {
    if (start > done) found.push(text.slice(done, start));
    found.push({ source: text.slice(start, end), tex, display });
    done = OPENERS.lastIndex = end;
  };
  OPENERS.lastIndex = 0;
  for (let match; (match = OPENERS.exec(text));) {
    const start = match.index, opener = match[0], from = start + opener.length;
    if (escaped(text, start)) { OPENERS.lastIndex = start + 1; continue; }
    if (opener === "\\boxed{") {
      const end = closing(text, from);
      if (end) put(start, end, text.slice(start, end), false);
    } else if (match[1]) {
      const end = after(`\\end{${match[1]}}`, from) + match[1].length + 6;
      if (end - start <= LONGEST) put(start, end, text.slice(start, end), true);
    } else if (opener === "$") {
      const end = after("$", from);
      const tex = end - from <= LONGEST ? text.slice(from, end) : "";
      // As pandoc tells formulas from prices: no space inside of the signs, and no digit after them.
      if (tex && !/^\s|\s$|\\$|\n/.test(tex) && !/\d/.test(text[end + 1] || "")) put(start, end + 1, tex, false);
    } else {
      const closer = { $$: "$$", "\\[": "\\]", "\\(": "\\)" }[opener];
      const end = after(closer, from);
      if (end - from <= LONGEST && text.slice(from, end).trim()) put(start, end + 2, text.slice(from, end), opener !== "\\(");
    }
  }
  if (done < text.length) found.push(text.slice(done));
  return found;
};

const escaped = (text, at) => {
  let signs = 0;
  while (text[at - 1 - signs] === "\\") signs++;
  return signs % 2 === 1;
};

// Where the brace that was opened before `from` is closed; 0 where it is not.
const closing = (text, from) => {
  for (let at = from, open = 1; at < Math.min(text.length, from + LONGEST); at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === "{") open++;
    else if (text[at] === "}" && --open === 0) return at + 1;
  }
  return 0;
};

const deep = (tex) => {
  let [depth, deepest] = [0, 0];
  for (const sign of tex.matchAll(/\\begin\b|\\end\b|\\left\b|\\right\b|[{}]/g)) {
    depth += /[{]|begin|left/.test(sign[0]) ? 1 : -1;
    deepest = Math.max(deepest, depth);
  }
  return deepest > DEEPEST;
};

let katex;
const loaded = () => (katex ??= globalThis.katex ? Promise.resolve(globalThis.katex)
  : import("./katex.js").then(() => globalThis.katex));

const built = (node) => {
  if (node.text !== undefined) return document.createTextNode(node.text);
  if (node.type === "annotation") return null;
  if (node.character) return element("mtext", [node.character]);
  const children = (node.children || []).map(built).filter(Boolean);
  if (!node.type) return element(node.width ? "mspace" : "mrow", children, node.width && { width: `${node.width}em` });
  return element(ELEMENTS.has(node.type) ? node.type : "mrow", children, node.attributes);
};

const element = (type, children, attributes) => {
  const made = document.createElementNS(MATHML, type);
  for (const [name, value] of Object.entries(attributes || {}))
    if (ATTRIBUTES.has(name) && VALUE.test(value)) made.setAttribute(name, value);
  made.append(...children);
  styled(made);
  return made;
};

// Browsers know "normal" alone of the letters' styles; the others are letters of their own in Unicode.
const STYLES = { "double-struck": [0x1d538, 0x1d552, 0x1d7d8], script: [0x1d49c, 0x1d4b6], fraktur: [0x1d504, 0x1d51e],
  bold: [0x1d400, 0x1d41a, 0x1d7ce], "bold-italic": [0x1d468, 0x1d482], "sans-serif": [0x1d5a0, 0x1d5ba, 0x1d7e2], monospace: [0x1d670, 0x1d68a, 0x1d7f6] };
const ELSEWHERE = { "double-struck": { C: "ℂ", H: "ℍ", N: "ℕ", P: "ℙ", Q: "ℚ", R: "ℝ", Z: "ℤ" }, fraktur: { C: "ℭ", H: "ℌ", I: "ℑ", R: "ℜ", Z: "ℨ" },
  script: { B: "ℬ", E: "ℰ", F: "ℱ", H: "ℋ", I: "ℐ", L: "ℒ", M: "ℳ", R: "ℛ", e: "ℯ", g: "ℊ", o: "ℴ" } };

const styled = (made) => {
  const style = made.getAttribute("mathvariant");
  const starts = STYLES[style];
  if (!starts || made.children.length) return;
  made.removeAttribute("mathvariant");
  made.textContent = [...made.textContent].map((letter) => {
    const at = ["A", "a", "0"].findIndex((first) => letter >= first && letter < String.fromCharCode(first.charCodeAt(0) + (first === "0" ? 10 : 26)));
    if (ELSEWHERE[style]?.[letter]) return ELSEWHERE[style][letter];
    return starts[at] ? String.fromCodePoint(starts[at] + letter.charCodeAt(0) - "Aa0".charCodeAt(at)) : letter;
  }).join("");
};

const waiting = [];
let spent = 0, count = 0, running = false;

// A page that is opened has its own time.
export const newPage = () => { spent = count = waiting.length = 0; };

const work = async () => {
  if (running) return;
  running = true;
  try {
    const { __renderToDomTree: read } = await loaded();
    while (waiting.length) {
      const begun = performance.now();
      while (waiting.length && performance.now() - begun < AT_ONCE) drawn(read, ...waiting.shift());
      spent += performance.now() - begun;
      await new Promise(requestAnimationFrame);
    }
  } finally { running = false; }
};

const root = (node) => node.type === "math" ? node : root(node.children[0]);

const drawn = (read, place, { source, tex, display }) => {
  if (!place.isConnected || place.source !== source || spent > MILLISECONDS) return;
  try {
    const tree = read(tex, { output: "mathml", displayMode: display, trust: false, strict: "ignore", maxExpand: 200, maxSize: 20, throwOnError: true });
    place.replaceChildren(built(root(tree)));
    place.classList.toggle("display", display);
    place.classList.add("typeset");
  } catch {
    place.textContent = source;
    place.classList.add("unread");
  }
};

const show = (place, piece) => {
  if (!place || place.source === piece.source) return;
  place.source = piece.source;
  place.className = "formula";
  place.textContent = piece.source;
  if (piece.tex.length > LONGEST || deep(piece.tex) || ++count > MOST) return;
  waiting.push([place, piece]);
  work();
};

const Formula = ({ piece }) => html`<span class="formula" title=${piece.source} ref=${(place) => show(place, piece)} />`;

// A text with its formulas.
export const withFormulas = (text) => split(text).map((piece) => typeof piece === "string" ? piece : html`<${Formula} piece=${piece} />`);

// An answer that is a formula as a whole; nothing for a plain word or number.
export const Answer = ({ text }) => {
  const bare = text.trim().replace(/^\$+|\$+$/g, "");
  if (!/[\\^_]|[-+*/=<>].*\d|\d.*[-+*/=<>]/.test(bare) || bare.length > LONGEST) return null;
  return html`<${Formula} piece=${{ source: text, tex: bare, display: false }} />`;
};
