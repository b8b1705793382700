// What two texts have in common: the longest common subsequence of their words, or of their lines
// where words are too many for a table of all pairs.
const MOST = 4_000_000;

export const compared = (left, right) => {
  for (const cut of [/(\s+|[^\s\w]|\w+)/, /(\n)/]) {
    const [a, b] = [left, right].map((text) => text.split(cut).filter(Boolean));
    if (a.length * b.length <= MOST) return marked(a, b);
  }
  return [[[left, left !== right]], [[right, left !== right]]];
};

const marked = (a, b) => {
  const wide = b.length + 1;
  const longest = new Uint16Array((a.length + 1) * wide);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      longest[i * wide + j] = a[i] === b[j]
        ? longest[(i + 1) * wide + j + 1] + 1
        : Math.max(longest[(i + 1) * wide + j], longest[i * wide + j + 1]);
  const [before, after] = [[], []];
  const put = (side, text, changed) => {
    if (side.at(-1)?.[1] === changed) side.at(-1)[0] += text;
    else side.push([text, changed]);
  };
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      put(before, a[i++], false);
      put(after, b[j++], false);
    } else if (j >= b.length || (i < a.length && longest[(i + 1) * wide + j] >= longest[i * wide + j + 1])) {
      put(before, a[i++], true);
    } else put(after, b[j++], true);
  }
  return [before, after];
};
