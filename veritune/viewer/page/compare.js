// Two candidates of one problem side by side, with what differs marked.
import { html } from "./preact.js";
import { title } from "./candidate.js";
import { compared } from "./diff.js";
import { Choice } from "./lists.js";
import { current, link, replaceParams, tone, useAsked, useKeys } from "./tools.js";

export const Compare = ({ run, params }) => {
  const { problem, a, ai, ar, b, bi, br } = params;
  const left = useAsked("candidate", { run: ar, set: a, problem, index: ai });
  const right = useAsked("candidate", { run: br, set: b, problem, index: bi });
  const swap = () => replaceParams("compare", { problem, a: b, ai: bi, ar: br, b: a, bi: ai, br: ar });
  useKeys({ s: swap, Escape: () => { location.hash = link("candidate", { set: b, problem, index: bi }); } });
  const error = left.error || right.error;
  const runs = (side, value) => run.runs.length > 1 && html`<${Choice} label="${side === "ar" ? "left" : "right"} run" value=${value || current.run || run.runs[0]}
    values=${run.runs} onChoose=${(name) => replaceParams("compare", { ...params, [side]: name })} /> `;
  if (error) return html`<p class="warn" role="alert">${error}</p><p>${runs("ar", ar)}${runs("br", br)}</p>`;
  if (!left.data || !right.data) return html`<p class="none">Loading…</p>`;
  const [before, after] = compared(whole(left.data), whole(right.data));
  const choose = (side, index) => (value) => {
    const at = value.lastIndexOf(" ");
    replaceParams("compare", { ...params, [side]: value.slice(0, at), [index]: value.slice(at + 1) });
  };
  return html`<h2 tabindex="-1">${title(left.data)} <span class="where">${left.data.problem}</span></h2>
    <details><summary>Prompt</summary>${left.data.prompt.map((turn) => html`${turn.role !== "prompt" && html`<p class="role">${turn.role}</p>`}<pre class="prompt">${turn.content}</pre>`)}</details>
    <div class="two even">
      <${Side} data=${left.data} pieces=${before} how="gone" choose=${choose("a", "ai")} name="left" runs=${runs("ar", ar)} run=${ar} />
      <${Side} data=${right.data} pieces=${after} how="new" choose=${choose("b", "bi")} name="right" runs=${runs("br", br)} run=${br} />
    </div>
    <p class="note">${whole(left.data) === whole(right.data) ? "The two texts are the same." : "Marked is what the other one does not have."} <button onClick=${swap}>swap (s)</button></p>`;
};

const whole = (data) => data.text.map((piece) => piece.text).join("");

const Side = ({ data, pieces, how, choose, name, runs, run }) => html`<section aria-label=${name}>
  <p>${runs}<${Choice} label="${name} candidate" value="${data.set} ${data.index}" onChoose=${choose}
    values=${data.others.map((one) => [`${one.set} ${one.index}`, `${one.set}, ${one.index}: ${one.kind}`])} />
    ${" "}<b class=${tone(data.outcome)}>${data.outcome}</b> <a href=${link("candidate", { run, set: data.set, problem: data.id, index: data.index })}>open</a></p>
  <p class="reason">${data.reason}</p>
  <pre class="solution">${pieces.map(([text, changed]) => changed ? html`<mark class=${how}>${text}</mark>` : text)}</pre>
  ${data.steps.length > 0 && html`<ol class="steps">${data.steps.map((step) => html`<li><b class="label ${step.label}">${step.label}</b> ${step.reason}</li>`)}</ol>`}
  ${data.tests.filter((test) => test.outcome !== "accepted").slice(0, 3).map((test) => html`<p class="reason"><b class="bad">${test.outcome}</b> <code>${test.call || test.name}</code> ${test.reason}</p>`)}
</section>`;
