// Python in a few colours; whatever is not understood stays plain text.
import { html } from "./preact.js";

const WORDS = "and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield match case None True False";
const TOKEN = new RegExp([
  /(#[^\n]*)/, /("""[^]*?"""|'''[^]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')/,
  new RegExp(`\\b(${WORDS.replaceAll(" ", "|")})\\b`), /\b(\d[\w.]*)\b/,
].map((one) => one.source).join("|"), "g");
const NAMES = [, "comment", "string", "word", "figure"];
// Longer texts stay plain: colours are not worth a page that hangs.
const LONGEST = 50_000;

export const highlighted = (text) => {
  if (text.length > LONGEST) return text;
  const found = [];
  let at = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (match.index > at) found.push(text.slice(at, match.index));
    const kind = NAMES[[1, 2, 3, 4].find((place) => match[place] !== undefined)];
    found.push(html`<span class="code-${kind}">${match[0]}</span>`);
    at = match.index + match[0].length;
  }
  return [...found, text.slice(at)];
};
