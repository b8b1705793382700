// What a run gained, in one sentence, and what the runs beside it over the same problems did.
import { html } from "./preact.js";
import { Curves, COLOURS } from "./charts.js";
import { link, many, percent, points } from "./tools.js";

const between = (rate, shown) => `95%: ${shown(rate.low)} to ${shown(rate.high)}`;
// Controls that the sentence names; a study has one for every seed.
const NAMED = 2;
const after = (round) => round ? `after round ${round}` : "before any round";
const said = ({ low, high }) => low <= 0 && high >= 0 ? " The interval holds 0: no gain was shown." : high < 0 ? " It got worse." : "";

export const Gain = ({ run, arms, sets }) => {
  const [first, last] = [run.evaluations[0], run.evaluations.at(-1)];
  if (!last?.pass_at_1) return html`<${Plain} sets=${sets} />`;
  if (!run.gain) {
    return html`<p class="gain"><b>${percent(last.pass_at_1.value)}</b> of the candidates for ${many(last.problems)} held-out problems pass ${after(last.round)}${" "}
      <span class="ci">(${between(last.pass_at_1, percent)})</span>; nothing later was measured yet.</p>`;
  }
  const controls = arms.filter((arm) => arm.control && arm.name !== run.chosen && arm.gain);
  const wrong = first.trace_error && last.trace_error;
  return html`<p class="gain">Of the candidates for ${many(last.problems)} held-out problems${" "}<b>${percent(first.pass_at_1.value)}</b> passed ${after(first.round)}${" "}
    and <b>${percent(last.pass_at_1.value)}</b> ${after(last.round)}: <b>${points(run.gain.value)} points</b> <span class="ci">(${between(run.gain, points)})</span>.${said(run.gain)}
    ${controls.slice(0, NAMED).map((arm) => html` The control ${arm.name}: ${points(arm.gain.value)} <span class="ci">(${between(arm.gain, points)})</span>.`)}${controls.length > NAMED && ` ${controls.length - NAMED} more controls are below.`}
    ${wrong && html` Wrong steps behind right answers: ${percent(first.trace_error.value)} → ${percent(last.trace_error.value)}.`}</p>`;
};

// Of files of verdicts, or a run that measured nothing: the newest set.
const Plain = ({ sets }) => {
  const [name, set] = Object.entries(sets).at(-1) || [];
  if (!set?.rate) return null;
  return html`<p class="gain"><b>${percent(set.rate.value)}</b> of the candidates in ${name} passed <span class="ci">(${between(set.rate, percent)})</span>:${" "}
    <a href=${link("candidates", { set: name, outcome: "failed" })}>${many(set.verified - set.errors - set.passed)} failed</a>${set.errors > 0 && html`, and ${many(set.errors)} have a verifier error`}.</p>`;
};

// What the arms of a recipe or a study differ in, as figures and in one picture.
export const Arms = ({ arms, chosen }) => {
  const measured = arms.filter((arm) => arm.evaluations.some((e) => e.pass_at_1));
  if (measured.length < 2) return null;
  const lines = (field) => measured.map((arm) => ({
    name: arm.name, points: arm.evaluations.filter((e) => e[field]).map((e) => [e.round, e[field].value, e[field].low, e[field].high]),
  })).filter((line) => line.points.length).slice(0, COLOURS);
  const charts = [["pass@1", lines("pass_at_1")], ["trace error", lines("trace_error")]].filter(([, drawn]) => drawn.length > 1);
  const rate = (one) => percent(one?.pass_at_1?.value);
  return html`<section aria-label="runs"><h2>Runs over the same problems</h2>
    <div class="scroll"><table><thead><tr><th>run</th><th class="n">points gained</th><th class="n">first pass@1</th><th class="n">last pass@1</th><th>selected by</th></tr></thead>
      <tbody>${measured.map((arm) => html`<tr><td>${arm.name === chosen ? html`<b>${arm.name}</b>` : html`<a href=${link("overview", { run: arm.name })}>${arm.name}</a>`}</td>
        <td class="n">${arm.gain ? html`${points(arm.gain.value)} <span class="ci">${points(arm.gain.low)} to ${points(arm.gain.high)}</span>` : "–"}</td>
        <td class="n">${rate(arm.evaluations[0])}</td><td class="n">${rate(arm.evaluations.at(-1))}</td>
        <td>${arm.reward}${arm.control && html` <span class="tag">control</span>`}</td></tr>`)}</tbody></table></div>
    <div class="charts wide">${charts.map(([title, drawn]) => html`<${Curves} title=${title} lines=${drawn} rates axis="round" />`)}</div></section>`;
};
