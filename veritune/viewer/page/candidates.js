// The list of candidates: filters in the address, pages as they are asked for, keys.
import { html, useEffect, useState } from "./preact.js";
import { ask, current, go, link, many, replaceParams, tone, useAsked, useKeys } from "./tools.js";
import { Choice, ProblemLink, useList } from "./lists.js";

// What was last listed, and where in it: the page of one candidate walks on in it.
export const last = { key: "", rows: [], next: null, at: 0, params: {} };

export const idOf = (row) => ({ set: row.set, problem: row.problem, index: row.index });

export const loadMore = async () => {
  const { key, next, params } = last;
  if (!next) return false;
  const more = await ask("candidates", { ...params, after: next });
  if (last.key !== key) return false;
  Object.assign(last, { rows: [...last.rows, ...more.rows], next: more.next, looked: (last.looked || 0) + (more.looked || 0) });
  return true;
};

export const Candidates = ({ run, params }) => {
  const key = JSON.stringify([current.run, params]);
  const [, redraw] = useState(0);
  const [reading, readAgain] = useState(0);
  const [state, setState] = useState(last.key === key ? { key } : {});
  const count = useAsked("count", { ...params, text: "" }).data;
  useEffect(() => {
    if (last.key === key) { setState({ key }); return undefined; }
    const ended = new AbortController();
    ask("candidates", params, ended.signal).then(
      (page) => { Object.assign(last, { key, params, rows: page.rows, next: page.next, looked: page.looked, at: 0 }); setState({ key }); },
      (error) => { if (!ended.signal.aborted) setState({ key, error: error.message }); },
    );
    return () => ended.abort();
  }, [key, reading]);
  const ready = state.key === key && !state.error;
  const rows = ready ? last.rows : [];
  const more = () => loadMore().then((got) => got && redraw((n) => n + 1));
  const list = useList(key, rows.length, last.at);
  useKeys({ ...list, n: more, r: () => { last.key = ""; setState({}); readAgain(reading + 1); },
    "/": () => document.getElementById("text").select() });
  return html`<${Filters} run=${run} params=${params} />
    <p role="status" class="note">${state.error ? html`<span class="warn">${state.error}</span>`
      : !ready ? "Loading…" : html`<${Found} run=${run} count=${count} rows=${rows} params=${params} />`}</p>
    ${rows.length > 0 && html`<div class="scroll"><table class="list">
      <thead><tr><th>problem</th><th>came to</th><th class="n">index</th>${!params.set && html`<th>set</th>`}<th>steps</th><th>flags</th><th class="n">length</th></tr></thead>
      <tbody>${rows.map((row, at) => html`<tr key="${row.set} ${row.problem} ${row.index}">
        <td class="wide"><${ProblemLink} prompt=${row.prompt} id=${row.shown} href=${link("candidate", idOf(row))} onClick=${() => { last.at = at; }}
          aria-label="${row.prompt}, ${row.shown}, candidate ${row.index} of ${row.set}, ${row.kind}" /></td>
        <td class=${tone(row.outcome)}>${row.kind}${row.truncated && html` <span class="tag">truncated</span>`}</td>
        <td class="n">${row.index}</td>${!params.set && html`<td>${row.set}</td>`}
        <td class=${row.steps === "incorrect step" ? "bad" : ""}>${row.steps}</td>
        <td class=${row.flag ? "open" : ""}>${row.flag ? `${row.flag}: ${row.flags}` : ""}</td>
        <td class="n">${many(row.length)}</td></tr>`)}</tbody></table></div>`}
    ${ready && last.next && html`<p class="more"><button onClick=${more}>more (n)</button></p>`}`;
};

const Found = ({ run, count, rows, params }) => {
  const all = count ? `${count.more ? "more than " : ""}${many(count.count)}` : "…";
  if (!run.sets.length) return "Nothing was sampled yet.";
  if (!params.text) return rows.length ? `${all} candidates; ${many(rows.length)} shown` : "No candidate is like this.";
  return `${many(rows.length)} with “${params.text}” among the first ${many(last.looked)} of ${all}${last.next ? "; more (n) looks on" : ""}`;
};

// Those that a narrow page shows only when it is asked to.
const LISTS = [
  ["kind", "came to", (run) => run.kinds],
  ["steps", "steps", (run) => run.steps],
  ["flag", "flag", (run) => ["any", ...run.degrees]],
  ["selected", "selected", () => ["yes", "no"]],
  ["truncated", "truncated", () => ["yes", "no"]],
];

const Filters = ({ run, params }) => {
  const [open, setOpen] = useState(false);
  const change = (changed) => {
    const next = Object.fromEntries(Object.entries({ ...params, ...changed }).filter(([, value]) => value !== ""));
    replaceParams("candidates", next);
  };
  const choice = (name, label, values, empty = "any") => html`<label>${label} <${Choice} label=${label} value=${params[name] || ""} values=${[["", empty], ...values]}
    onChoose=${(value) => change({ [name]: value })} /></label>`;
  // A value of the page's would take back what is being typed whenever an answer comes.
  const typed = (name, label, more = {}) => html`<label>${label} <input name=${name} id=${name} key=${params[name]} defaultValue=${params[name] || ""}
    onChange=${(e) => change({ [name]: e.target.value.trim() })} ...${more} /></label>`;
  const hidden = Object.keys(params).filter((name) => !["set", "outcome", "text"].includes(name)).length;
  const whole = { inputmode: "numeric", pattern: "[0-9]*", size: 6 };
  return html`<form class="filters" role="search" aria-label="candidates" onSubmit=${(e) => e.preventDefault()}>
    ${choice("set", "set", run.sets, "all")}
    ${choice("outcome", "outcome", ["passed", "failed", "error"])}
    ${typed("text", "text (/)", { size: 16, inputmode: "search" })}
    <button type="button" class="narrow" aria-expanded=${open} aria-controls="filters" onClick=${() => setOpen(!open)}>${open ? "fewer" : "more"} filters${hidden > 0 && ` (${hidden} set)`}</button>
    <div id="filters" class=${open ? "" : "closed"}>
      ${LISTS.map(([name, label, values]) => choice(name, label, values(run)))}
      ${typed("problem", "problem", { size: 14, spellcheck: false })}
      ${typed("least", "length from", whole)} ${typed("most", "to", whole)}
      <label>order <${Choice} label="order" value=${params.sort || ""} values=${[["", "set and problem"], "longest", "shortest"]}
        onChoose=${(sort) => change({ sort })} /></label>
    </div>
    ${Object.keys(params).length > 0 && html`<button type="button" onClick=${() => go("candidates")}>clear</button>`}
  </form>`;
};
