// The first page: how the run went, and doors to what it is made of.
import { html, useState } from "./preact.js";
import { Bars, Curves, Shares } from "./charts.js";
import { Arms, Gain } from "./gain.js";
import { Choice } from "./lists.js";
import { Times } from "./times.js";
import { link, many, percent, useAsked } from "./tools.js";

const FIRST = ["loss", "policy_loss", "kl", "entropy", "grad_norm", "clip_fraction", "reward", "tokens_per_second"];

export const Overview = ({ run }) => {
  const counts = useAsked("counts", {}, (data) => data.complete ? (data.live ? 5000 : 0) : 700).data;
  const arms = useAsked(run.runs.length > 1 ? "runs" : "", {}).data?.runs || [];
  const sets = Object.fromEntries(Object.entries(counts?.sets || {}).filter(([, set]) => set.sampled));
  return html`
    ${run.saved && run.saved.candidates < run.saved.of && html`<p class="note warn">This page holds ${many(run.saved.candidates)} of ${many(run.saved.of)} candidates:
      all of ${many(run.saved.problems)} of ${many(run.saved.of_problems)} problems, drawn by chance. Figures and counts on this page are over all.</p>`}
    ${Object.entries(run.damaged || {}).map(([name, why]) => html`<p class="warn" role="alert">${name} cannot be shown: ${why}</p>`)}
    <${Gain} run=${run} arms=${arms} sets=${sets} />
    <section aria-label="rates"><${Rates} run=${run} sets=${sets} /></section>
    <${Arms} arms=${arms} chosen=${run.chosen} />
    <section aria-label="funnel"><h2>From sampled to selected</h2>
      ${!counts?.complete && html`<p class="note" role="status">Counting: ${Object.keys(counts?.sets || {}).length} of ${run.sets.length} sets so far.</p>`}
      <${Funnel} sets=${sets} samples=${run.samples} /></section>
    ${Object.keys(sets).length > 0 && html`<${OneSet} sets=${sets} />`}
    <${Training} curves=${run.curves} />
    <${Times} times=${run.times} sets=${sets} overlaps=${run.samples.some((row) => "staleness" in row)} />
    ${run.recipe && html`<details><summary>Recipe</summary><pre>${run.recipe}</pre></details>`}`;
};

const interval = (round, rate) => [round, rate.value, rate.low, rate.high];

const Rates = ({ run, sets }) => {
  const line = (name, field) => ({
    name, points: run.evaluations.filter((e) => e[field]).map((e) => interval(e.round, e[field])),
  });
  const k = [...new Set(run.evaluations.map((e) => e.k))].join("/");
  const charts = [line("pass@1", "pass_at_1"), ...(k === "1" ? [] : [line(`pass@${k}`, "pass_at_k")]), line("trace error", "trace_error")];
  const drawn = charts.filter((one) => one.points.length);
  if (!drawn.length) {
    // Of a file of verdicts the sentence above and the table below say it all.
    return Object.values(sets).some((set) => set.rate) ? null : html`<h2>Over the rounds</h2><p class="none">Nothing was measured yet.</p>`;
  }
  return html`<h2>Over the rounds</h2><div class="charts">
      ${drawn.map((one) => html`<${Curves} title=${one.name} lines=${[one]} rates axis="round" />`)}
    </div>
    <p class="note">On held-out problems; round 0 is before any round. Bars are 95% Wilson intervals that count a problem once.
      ${drawn.some((one) => one.name === "trace error") && " Trace error: right answers with a wrong step, of those whose steps were checked."}</p>
    <${Figures} evaluations=${run.evaluations} />`;
};

const Figures = ({ evaluations }) => {
  const rate = (one) => one ? html`${percent(one.value)} <span class="ci">${percent(one.low)} to ${percent(one.high)}</span>` : "–";
  return html`<details><summary>Figures, and what was not checked</summary><div class="scroll"><table>
    <thead><tr><th class="n">round</th><th class="n">pass@1</th><th class="n">pass@k</th><th class="n">k</th><th class="n">trace error</th><th class="n">wrong / checked traces</th>
      <th class="n">problems</th><th class="n">candidates</th><th class="n">verifier errors</th><th class="n">steps undecided</th></tr></thead>
    <tbody>${evaluations.map((e) => html`<tr><td class="n">${e.round}</td><td class="n">${rate(e.pass_at_1)}</td><td class="n">${rate(e.pass_at_k)}</td><td class="n">${e.k}</td>
      <td class="n">${rate(e.trace_error)}</td><td class="n">${many(e.trace_errors)} / ${many(e.trace_checked)}</td><td class="n">${many(e.problems)}</td><td class="n">${many(e.candidates)}</td>
      <td class="n ${e.errors ? "warn" : ""}">${many(e.errors)}</td><td class="n ${e.unchecked ? "warn" : ""}">${many(e.unchecked)}</td></tr>`)}</tbody></table></div>
    <p class="note">After a verifier error a candidate counts neither as right nor as wrong. A step is undecided where no checker could say.
      A right answer is no proof of right reasoning, and passing tests are no proof of a right program.</p></details>`;
};

const Funnel = ({ sets, samples }) => {
  const names = Object.keys(sets);
  if (!names.length) return null;
  const stale = Object.fromEntries(samples.filter((row) => "staleness" in row).map((row) => [`train/${row.round}`, row.staleness]));
  const overlaps = Object.keys(stale).length > 0;
  return html`<div class="scroll"><table>
    <thead><tr><th>set</th><th class="n">sampled</th><th class="n">verified</th><th class="n">passed</th><th class="n">rate</th>
      <th class="n">selected</th><th class="n">right, wrong step</th><th class="n">truncated</th><th class="n">verifier errors</th>
      ${overlaps && html`<th class="n">staleness in rounds</th>`}</tr></thead>
    <tbody>${names.map((name) => {
      const set = sets[name];
      const to = (params) => link("candidates", { set: name, ...params });
      return html`<tr>
        <td><a href=${to({})}>${name}</a></td><td class="n">${many(set.sampled)}</td><td class="n">${many(set.verified)}</td>
        <td class="n"><a href=${to({ outcome: "passed" })}>${many(set.passed)}</a></td>
        <td class="n">${percent(set.rate?.value)} ${set.rate && html`<span class="ci">${percent(set.rate.low)} to ${percent(set.rate.high)}</span>`}</td>
        <td class="n">${set.selected ? html`<a href=${to({ selected: "yes" })}>${many(set.selected)}</a>` : "–"}</td>
        <td class="n">${set.wrong_steps ? html`<a href=${to({ outcome: "passed", steps: "incorrect step" })}>${many(set.wrong_steps)}</a>` : "0"}</td>
        <td class="n">${set.truncated ? html`<a href=${to({ truncated: "yes" })}>${many(set.truncated)}</a>` : "0"}</td>
        <td class="n ${set.errors ? "warn" : ""}">${set.errors ? html`<a href=${to({ outcome: "error" })}>${many(set.errors)}</a>` : "0"}</td>
        ${overlaps && html`<td class="n">${stale[name] ?? "–"}</td>`}
      </tr>`;
    })}</tbody></table></div>`;
};

const OneSet = ({ sets }) => {
  const names = Object.keys(sets);
  const [chosen, choose] = useState("");
  const name = sets[chosen] ? chosen : names.at(-1);
  const set = sets[name];
  const errors = useAsked(set.errors ? "errors" : "", { set: name }).data;
  const to = (params) => link("candidates", { set: name, ...params });
  const rows = Object.entries(set.kinds).map(([kind, count]) => [kind, count, to({ kind }), kind === "passed" ? "good" : kind === "verifier error" ? "open" : ""]);
  const flags = Object.entries(set.flags).map(([flag, count]) => [`flag: ${flag}`, count, to({ flag }), "open"]);
  return html`<section aria-label="one set"><h2>In <${Choice} label="set" value=${name} values=${names} onChoose=${choose} /></h2>
    <div class="charts">
      <figure><figcaption>What candidates came to</figcaption><${Shares} rows=${[...rows, ...flags]} total=${set.verified} /></figure>
      <${PassRates} bars=${set.pass_rates} />
      <${Lengths} lengths=${set.lengths} />
    </div>
    ${errors?.reasons.length > 0 && html`<h3>Why verifiers failed</h3>
      <ul class="mistakes">${errors.reasons.map(([reason, count]) => html`<li>${reason} <span class="ci">${count} of ${errors.read} read</span></li>`)}</ul>`}
  </section>`;
};

const PassRates = ({ bars }) => {
  const names = ["never", ...Array.from({ length: 10 }, (_, i) => `${10 * i}%`), "always"];
  return html`<${Bars} title="Problems by pass rate" note="problems" bars=${bars.map((count, at) => ({ name: names[at], count }))} />`;
};

const Lengths = ({ lengths }) => html`<${Bars} title="Lengths in characters" note="candidates; green: passed"
  bars=${lengths.bars.map(([count, part], at) => ({ name: `${at * lengths.wide}`, count, part }))} />`;

const Training = ({ curves }) => {
  const names = Object.keys(curves.series);
  if (!names.length) return null;
  const order = [...FIRST.filter((name) => names.includes(name)), ...names.filter((name) => !FIRST.includes(name))];
  return html`<section aria-label="training"><h2>Training</h2>
    <div class="charts small">${order.map((name) => html`<${Curves} title=${name.replaceAll("_", " ")} marks=${curves.starts} axis="step"
      lines=${[{ name, points: curves.series[name] }]} />`)}</div>
    <p class="note">${many(curves.steps)} steps of all rounds${curves.stride > 1 ? `, every ${curves.stride}th is drawn` : ""}; a dashed line begins a round.</p>
  </section>`;
};
