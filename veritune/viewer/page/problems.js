// Problems with how often each is solved, set by set.
import { html } from "./preact.js";
import { link, many, percent, replaceParams, useAsked, useKeys } from "./tools.js";
import { Choice, ProblemLink, useList } from "./lists.js";

const ORDERS = { hardest: "hardest", easiest: "easiest", solved: "newly solved", lost: "lost", order: "in order" };

export const Problems = ({ run, params }) => {
  const stems = [...new Set(run.sets.map((name) => name.split("/")[0]))];
  const stem = params.stem || (stems.includes("test") ? "test" : stems[0]);
  const sort = params.sort || "hardest";
  const change = (changed) => replaceParams("problems", { stem, sort, text, ...changed });
  const start = params.start || "", text = params.text || "";
  const { data, error, stale } = useAsked(stem ? "problems" : "", { stem, sort, start, text }, (found) => found.complete ? 0 : 1000);
  const list = useList(`${stem} ${sort} ${start} ${text}`, stale ? 0 : data?.rows.length || 0);
  useKeys({ ...list, "/": () => document.getElementById("text").select(), n: () => data?.next && change({ start: data.next }) });
  if (error) return html`<p class="warn" role="alert">${error}</p>`;
  if (!data) return html`<p class="none">Loading…</p>`;
  const sets = data.sets;
  return html`<div class="filters" role="search" aria-label="problems">
      <label>problems of <${Choice} label="set" value=${stem} values=${stems} onChoose=${(stem) => change({ stem, start: "" })} /></label>
      <label>order <${Choice} label="order" value=${sort} values=${Object.entries(ORDERS)} onChoose=${(sort) => change({ sort, start: "" })} /></label>
      <label>id or prompt (/) <input id="text" key=${text} defaultValue=${text} size="18" inputmode="search" onChange=${(e) => change({ text: e.target.value.trim(), start: "" })} /></label>
      <span role="status">${many(data.total)} problem${data.total === 1 ? "" : "s"}${text && ` with “${text}”${data.looked ? ` among the first ${many(data.looked)}` : ""}`}${sort === "solved" ? " that the newest set solves and the one before never did" : sort === "lost" ? " that the newest set never solves and the one before did" : ""}</span>
    </div>
    <div class="scroll"><table class="list"><thead><tr><th>problem</th>${sets.map((name) => html`<th class="n">${name}</th>`)}</tr></thead>
    <tbody>${data.rows.map((row) => html`<tr key=${row.id}>
      <td class="wide"><${ProblemLink} prompt=${row.prompt} id=${row.problem} href=${link("candidates", { set: sets.at(-1), problem: row.id })} /></td>
      ${row.counts.map((count, place) => html`<td class="n">${count ? html`<a class=${rateTone(count)} href=${link("candidates", { set: sets[place], problem: row.id })}
        title="${count[0]} of ${count[1]}">${percent(count[0] / count[1]).replace(/\.\d%/, "%")}</a>` : html`<span class="none">–</span>`}</td>`)}
    </tr>`)}</tbody></table></div>
    <p class="more">${start > 0 && html`<button onClick=${() => change({ start: Math.max(0, start - data.rows.length) || "" })}>back</button>`}
      ${data.next && html`<button onClick=${() => change({ start: data.next })}>more (n)</button>`}</p>`;
};

const rateTone = ([right, known]) => right === known ? "good" : right === 0 ? "bad" : "open";
