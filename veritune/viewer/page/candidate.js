// One candidate: what was asked, what was written, and why it passed or failed.
import { html, useEffect, useMemo, useState } from "./preact.js";
import { highlighted } from "./code.js";
import { Answer, newPage, withFormulas } from "./formulas.js";
import { duration, go, link, tone, useAsked, useKeys } from "./tools.js";
import { idOf, last, loadMore } from "./candidates.js";

// Whether formulas are typeset; as it was chosen last.
let typeset = true;

export const Candidate = ({ params }) => {
  const [, redraw] = useState(0);
  const { data, error, stale } = useAsked("candidate", params);
  const walk = async (by) => {
    if (by > 0 && last.at + 1 >= last.rows.length) await loadMore();
    const row = last.rows[last.at + by];
    if (!row) return;
    last.at += by;
    go("candidate", idOf(row));
  };
  const beside = data && other(data);
  useMemo(newPage, [data, typeset]);
  const turn = () => { typeset = !typeset; redraw((n) => n + 1); };
  const shown = (text) => typeset ? withFormulas(text) : text;
  useKeys({
    m: turn,
    j: () => walk(1), k: () => walk(-1),
    t: () => document.querySelector("[data-why]")?.focus(),
    x: () => beside && go("compare", beside),
    Escape: () => go("candidates", last.params),
  });
  useEffect(() => { if (data && !stale) (document.querySelector("[data-why]") || document.querySelector("h2"))?.focus(); }, [data, stale]);
  if (error && stale === false) return html`<p class="warn" role="alert">${error}</p>`;
  if (!data) return html`<p class="none">Loading…</p>`;
  return html`<h2 tabindex="-1">${title(data)} <span class="where">${data.problem}, candidate ${data.index} of ${data.set}</span></h2>
    <div class="two">
      <div class="reading">
        <h3>Prompt</h3>${data.prompt.map((turn) => html`${turn.role !== "prompt" && html`<p class="role">${turn.role}</p>`}<pre class="prompt" key=${typeset}>${shown(turn.content)}</pre>`)}
        <h3>Solution ${data.kind === "math" && html`<button aria-pressed=${typeset} onClick=${turn}>formulas typeset (m)</button>`}</h3>
        ${data.thought && html`<details><summary>What was thought first (${data.thought.length.toLocaleString("en")} characters)</summary><pre class="thought">${data.thought}</pre></details>`}
        <${Text} data=${data} key=${typeset} formulas=${typeset} />
        ${data.left_out > 0 && html`<p class="note">${data.left_out} more characters are not shown.</p>`}
        ${data.finish_reason === "length" && html`<p class="warn">truncated at the limit on its tokens</p>`}
        ${data.credit && html`<${Credit} credit=${data.credit} />`}
        <${Others} data=${data} />
      </div>
      <div class="why"><${Why} data=${data} /></div>
    </div>`;
};

const Text = ({ data, formulas }) => html`<pre class="solution">${data.text.map((piece) => {
  const shown = (text) => data.kind === "code" ? highlighted(text) : formulas ? withFormulas(text) : text;
  if (piece.step == null) return shown(piece.text);
  const body = piece.text.trimEnd();
  const step = data.steps[piece.step];
  const said = [step.label, step.reason, step.evidence].filter(Boolean).join(" · ");
  return html`<span class="step ${step.label}" title=${said}>${shown(body)}<a class="number" href="#step" onClick=${(e) => { e.preventDefault(); document.getElementById(`step-${piece.step}`)?.focus(); }}
    aria-label="step ${piece.step + 1}, ${step.label}"><sup>${piece.step + 1}</sup></a></span>${piece.text.slice(body.length)}`;
})}</pre>`;

// The first words of the prompt, or the id of a problem without any.
const TITLE = 90;
export const title = ({ head, problem }) => head.length > TITLE ? `${head.slice(0, TITLE).trimEnd()}…` : head || problem;

// Which of the colours an advantage has: -3 to 3, by its size among those of the candidate.
const shade = (value, largest) => value == null || !largest ? 0 : Math.sign(value) * Math.ceil((3 * Math.abs(value)) / largest);
const signed = (value) => value == null ? "–" : `${value > 0 ? "+" : ""}${+value.toFixed(3)}`;

const Credit = ({ credit: { said, pieces } }) => {
  const largest = Math.max(0, ...pieces.map((piece) => Math.abs(piece.advantage ?? piece.reward)));
  return html`<details class="credit"><summary>Rewards and advantages per token</summary>
    ${pieces.length > 0 && html`<pre class="solution">${pieces.map((piece, at) => html`<span class="paid a${shade(piece.advantage ?? piece.reward, largest)}"
      title="advantage ${signed(piece.advantage)} on each of these tokens; reward ${signed(piece.reward)} on the last">${piece.text || html`<i>end token</i>`}<sup>${at + 1}</sup></span>`)}</pre>
    <div class="scroll"><table><thead><tr><th class="n">piece</th><th class="n">reward on its last token</th><th class="n">advantage of each of its tokens</th></tr></thead>
    <tbody>${pieces.map((piece, at) => html`<tr><td class="n">${at + 1}</td><td class="n">${signed(piece.reward)}</td><td class="n">${signed(piece.advantage)}</td></tr>`)}</tbody></table></div>`}
    <p class="note">${said}.${pieces.length > 0 ? " A piece ends at the token of a reward; the last holds the end token." : ""}</p></details>`;
};

// Whether a test or a step says more than the reason does.
const explained = (data) => data.tests.some((test) => test.outcome !== "accepted") || data.steps.some((step) => step.label === "incorrect");

const Why = ({ data }) => html`
  <p class="verdict ${tone(data.outcome)}"><strong>${data.outcome}</strong>${data.score != null && html` <span class="ci">score ${data.score}</span>`}
    ${data.selected && html` <span class="tag">selected</span>`}${data.trust === "lower" && html` <span class="tag">lower trust</span>`}
    ${data.flags.map((flag) => html` <span class="tag warn">${flag.degree}: ${flag.name}</span>`)}</p>
  ${data.reason && html`<p class="reason" tabindex="-1" data-why=${!explained(data) || undefined}>${data.reason}</p>`}
  ${data.kind === "math" && html`<dl><dt>answer as read</dt><dd>${data.answer ?? html`<span class="none">none</span>`}</dd><${Typeset} text=${data.answer} />
    <dt>expected</dt><dd>${data.expected || html`<span class="none">no known answer</span>`}</dd><${Typeset} text=${data.expected} /></dl>`}
  <${Tests} tests=${data.tests} />
  <${Steps} steps=${data.steps} named=${!data.tests.some((test) => test.outcome !== "accepted")} />
  ${data.parts.length > 0 && html`<h3>Verifiers</h3><ul class="plain">${data.parts.map((part) => html`<li><b class=${tone(part.outcome)}>${part.outcome}</b> ${part.name} <span class="ci">${part.score ?? ""}</span> ${part.reason}</li>`)}</ul>`}
  ${data.output && html`<details><summary>What it printed</summary><pre>${data.output}</pre></details>`}
  <h3>Use</h3><p class="reason">${data.outcome === "passed" && `${data.use.imitate ? "may" : "must not"} be imitated; `}reward ${data.use.reward ?? "none"}: ${data.use.why}.</p>
  ${data.solution && html`<details><summary>Reference solution</summary><pre>${data.kind === "math" ? withFormulas(data.solution) : data.solution}</pre></details>`}
  <p class="note">${data.seconds < 0.001 ? "less than a millisecond" : duration(data.seconds)} to verify${data.policy && `, policy ${data.policy}`}${data.age
    && ` after round ${data.age.made}${data.age.staleness ? `, ${data.age.staleness} round${data.age.staleness > 1 ? "s" : ""} older than the one it trains` : ""}`}${data.tokens != null
    && `, ${data.tokens} tokens${data.logprob == null ? "" : ` of log-probability ${data.logprob.toFixed(3)} on average`}`}</p>`;

const Typeset = ({ text }) => {
  const answer = text && Answer({ text });
  return answer && html`<dt>as typeset</dt><dd key=${text}>${answer}</dd>`;
};

// Failing tests that are open.
const SHOWN = 2;

const Tests = ({ tests }) => {
  if (!tests.length) return null;
  const bad = tests.filter((test) => test.outcome !== "accepted");
  const good = tests.length - bad.length;
  return html`<h3>Tests: ${good} of ${tests.length} passed</h3>
    ${bad.slice(0, SHOWN).map((test, at) => html`<${Failing} test=${test} first=${at === 0} />`)}
    ${bad.length > SHOWN && html`<details><summary>failed, too (${bad.length - SHOWN})</summary>${bad.slice(SHOWN).map((test) => html`<${Failing} test=${test} />`)}</details>`}
    ${good > 0 && html`<details><summary>passed (${good})</summary><ul class="plain">${tests.filter((test) => test.outcome === "accepted").map((test) => html`<li><code>${test.call || test.name}</code></li>`)}</ul></details>`}`;
};

// The value alone where the reason only repeats what was expected beside it.
const got = ({ reason, expected }) => {
  const begin = "assertion failed: got ", end = `, expected ${expected}`;
  return expected != null && reason.startsWith(begin) && reason.endsWith(end) ? html`<code>${reason.slice(begin.length, -end.length)}</code>` : reason;
};

const Failing = ({ test, first }) => html`<article class="failing" tabindex="-1" data-why=${first || undefined} aria-label="failing test ${test.name}">
  <h3><span class="bad">${test.outcome}</span> <span class="where">${test.name}</span></h3>
  <dl>${test.call && html`<dt>call</dt><dd><code>${test.call}</code></dd>`}
    ${test.input != null && html`<dt>input</dt><dd><pre>${test.input}</pre></dd>`}
    ${test.expected != null && html`<dt>expected</dt><dd><code>${test.expected}</code></dd>`}
    <dt>got</dt><dd>${got(test)}</dd>
    ${test.output && html`<dt>printed</dt><dd><pre>${test.output}</pre></dd>`}</dl></article>`;

const Steps = ({ steps, named }) => {
  if (!steps.length) return null;
  const first = steps.findIndex((step) => step.label === "incorrect");
  return html`<h3>Steps</h3><ol class="steps">${steps.map((step, at) => html`<li id="step-${at}" tabindex="-1" data-why=${(named && at === first) || undefined}>
    <b class="label ${step.label}">${step.label}</b> ${step.reason} <span class="ci">${step.evidence}${step.score != null ? ` ${step.score.toFixed(2)}` : ""}</span></li>`)}</ol>`;
};

const Others = ({ data }) => {
  const sets = [...new Set(data.others.map((one) => one.set))];
  return html`<h3>This problem in every set</h3><table class="others"><tbody>${sets.map((set) => html`<tr><th scope="row">${set}</th><td>
    ${data.others.filter((one) => one.set === set).map((one) => {
      const here = one.set === data.set && one.index === data.index;
      return html`<a class="dot ${tone(one.outcome)} ${here ? "here" : ""}" aria-current=${here ? "page" : undefined} title="${one.kind}, ${one.steps}"
        aria-label="candidate ${one.index} of ${one.set}: ${one.kind}" href=${link("candidate", { set: one.set, problem: data.id, index: one.index })}>${one.index}</a>`;
    })}</td></tr>`)}</tbody></table>
    ${other(data) && html`<p><a href=${link("compare", other(data))}>side by side with another round (x)</a></p>`}`;
};

// Whom to compare with: the same index in the newest other set, else any other candidate.
const other = (data) => {
  const away = data.others.filter((one) => one.set !== data.set);
  const with_ = away.findLast((one) => one.index === data.index) || away.at(-1) || data.others.find((one) => one.index !== data.index);
  if (!with_) return null;
  const [a, b] = data.others.indexOf(with_) < data.others.findIndex((one) => one.set === data.set && one.index === data.index)
    ? [with_, data] : [data, with_];
  return { problem: data.id, a: a.set, ai: a.index, b: b.set, bi: b.index };
};
