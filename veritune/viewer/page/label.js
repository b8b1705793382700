// Labelling a sample: is the solution right? The verdict is hidden, since who knows it agrees with it.
import { html, render, useEffect, useLayoutEffect, useMemo, useState } from "./preact.js";
import { highlighted } from "./code.js";
import { newPage, withFormulas } from "./formulas.js";
import { useKeys } from "./tools.js";

const asked = async (path, body) => {
  const more = body && { method: "POST", headers: { "content-type": "application/json", "x-veritune": "label" }, body: JSON.stringify(body) };
  const answer = await fetch(path, more);
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.error || `the server said ${answer.status}`);
  return found;
};

const App = () => {
  const [sample, setSample] = useState(null);
  const [at, setAt] = useState(0);
  const [row, setRow] = useState(null);
  const [told, setTold] = useState(false);
  const [error, setError] = useState("");
  const failed = (problem) => setError(problem.message);
  const open = (labels, from) => {
    const order = labels.map((_, place) => (from + place) % labels.length);
    return order.find((place) => !labels[place]) ?? from % labels.length;
  };
  useEffect(() => { asked("api/labels").then((found) => { setSample(found); setAt(open(found.labels, 0)); }, failed); }, []);
  // Before the next key: a label is for the row that is shown, and a late answer for one left is not shown.
  useLayoutEffect(() => {
    let here = true;
    setRow(null);
    setTold(false);
    asked(`api/row?at=${at}`).then((found) => here && setRow(found), failed);
    return () => { here = false; };
  }, [at]);
  useMemo(newPage, [row]);
  const put = (label, next) => asked("api/label", { at, label }).then(({ labels }) => {
    setError(""); setSample({ ...sample, labels });
    if (next) setAt(open(labels, at + 1));
  }, failed);
  const move = (by) => sample && setAt(Math.max(0, Math.min(sample.labels.length - 1, at + by)));
  useKeys({ r: () => row && put("right", true), w: () => row && put("wrong", true), u: () => row && put("", false),
    j: () => move(1), k: () => move(-1), n: () => sample && setAt(open(sample.labels, at + 1)), v: () => setTold(!told) });
  if (!sample || !row) return html`<p class=${error ? "warn" : "none"} role=${error ? "alert" : "status"}>${error || "Loading…"}</p>`;
  const label = sample.labels[at], done = sample.labels.filter(Boolean).length;
  const button = (name, key, text) => html`<button aria-pressed=${label === name} onClick=${() => put(name, Boolean(name))}>${text} (${key})</button> `;
  return html`<header><h1>${sample.name}</h1><span class="tag" role="status">${done} of ${sample.labels.length} labelled</span></header>
    ${error && html`<p class="warn" role="alert">${error}</p>`}
    <main><h2 tabindex="-1">Row ${at + 1}: is the solution right? ${label && html`<span class=${label === "right" ? "good" : "bad"}>${label}</span>`}</h2>
      <p class="buttons">${button("right", "r", "right")}${button("wrong", "w", "wrong")}${button("", "u", "no label")}
        <button onClick=${() => move(-1)}>back (k)</button> <button onClick=${() => move(1)}>next (j)</button>
        <button onClick=${() => setAt(open(sample.labels, at + 1))}>next without a label (n)</button></p>
      <div class="two"><div><h3>Problem</h3><pre class="prompt">${withFormulas(row.problem)}</pre>
        <h3>Solution</h3><pre class="solution" key=${at}>${row.math ? withFormulas(row.text) : highlighted(row.text)}</pre></div>
        <div><h3>Reference</h3><pre key=${at}>${row.math ? withFormulas(row.reference) : row.reference}</pre>
          <p class="note">${row.id}, candidate ${row.index}</p>
          <details open=${told} onToggle=${(event) => setTold(event.target.open)}><summary>The verdict (v); look at it after you have decided</summary>
            <p><b>${row.outcome}</b> ${row.reason}</p></details></div></div></main>
    <footer>Every label is written to the file at once.</footer>`;
};

render(html`<${App} />`, document.getElementById("app"));
