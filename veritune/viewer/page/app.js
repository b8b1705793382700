// The frame around all pages: where one is, and the keys that work everywhere.
import { html, render, useEffect, useState } from "./preact.js";
import { Candidate } from "./candidate.js";
import { Candidates } from "./candidates.js";
import { Compare } from "./compare.js";
import { Overview } from "./overview.js";
import { Problems } from "./problems.js";
import { Choice } from "./lists.js";
import { current, go, link, many, useAsked, useKeys, useRoute } from "./tools.js";

const PAGES = { overview: Overview, problems: Problems, candidates: Candidates, candidate: Candidate, compare: Compare };
const KEYS = [
  ["o", "overview"], ["p", "problems"], ["c", "candidates"], ["f", "candidates that failed, newest set first"],
  ["j k", "down and up; next and previous candidate"], ["Enter", "open"], ["Esc", "back; leave a field"],
  ["/", "search in texts"], ["n", "more"], ["r", "read the list again"], ["t", "the failing test, or the wrong step"],
  ["m", "formulas typeset, or as they were written"], ["x", "side by side"], ["s", "swap sides"], ["?", "these keys"],
];

const App = () => {
  const { page, params: { run: chosen = "", ...params } } = useRoute();
  current.run = chosen;
  const [help, setHelp] = useState(false);
  const { data: run, error, stale } = useAsked("run", {}, (found) => found.live ? 5000 : 0);
  useKeys({
    o: () => go("overview"), p: () => go("problems"), c: () => go("candidates", newest(run)),
    f: () => go("candidates", { ...newest(run), outcome: "failed" }),
    "?": () => setHelp((shown) => !shown),
    "/": () => { go("candidates", newest(run)); setTimeout(() => document.getElementById("text")?.select(), 50); },
    Escape: () => { if (help) setHelp(false); else if (page !== "overview" && !document.activeElement?.matches("input, select")) go("overview"); },
  });
  useEffect(() => { if (run) document.title = `${run.name} · ${page} · veritune`; }, [run, page]);
  if (error && !(run && !stale)) return html`<p class="warn" role="alert">${error}</p>`;
  if (!run || stale) return html`<p class="none">Loading…</p>`;
  const Page = PAGES[page] || Overview;
  const inside = { candidate: "candidates", compare: "candidates" }[page] || page;
  return html`<header>
      ${run.runs.length > 1
        ? html`<h1><${Choice} label="run" value=${chosen || run.runs[0]} values=${run.runs} onChoose=${(name) => go("overview", { run: name })} /></h1>`
        : html`<h1>${run.name}</h1>`}
      ${[run.source, run.trainer, run.reward && `reward: ${run.reward}`].filter(Boolean).map((tag) => html`<span class="tag">${tag}</span>`)}
      ${run.saved && html`<span class="tag">${run.saved.candidates === run.saved.of ? "all" : many(run.saved.candidates)} of ${many(run.saved.of)} candidates</span>`}
      ${run.live && html`<span class="tag live" role="status">running</span>`}
      <nav aria-label="pages">${["overview", "problems", "candidates"].map((name) => html`
        <a href=${link(name, name === "candidates" ? newest(run) : {})} aria-current=${inside === name ? "page" : undefined}>${name}</a>`)}
        <button onClick=${() => setHelp(!help)} aria-expanded=${help}>keys (?)</button></nav>
    </header>
    ${help && html`<dl class="keys">${KEYS.map(([key, what]) => html`<dt><kbd>${key}</kbd></dt><dd>${what}</dd>`)}</dl>`}
    <main><${Page} key=${`${page} ${chosen}`} run=${{ ...run, chosen: chosen || run.runs[0] }} params=${params} /></main>
    <footer>veritune ${run.version}${run.saved ? ": one file, which asks nothing of the network." : ", read-only. Nothing on these pages leaves this machine."}</footer>`;
};

// Where a look at candidates begins.
const newest = (run) => run?.sets.length ? { set: run.sets.at(-1) } : {};

render(html`<${App} />`, document.getElementById("app"));
