// Where the time of a run went, on what machine, and what that costs.
import { html, useState } from "./preact.js";
import { COLOURS, Curves } from "./charts.js";
import { duration, percent, short } from "./tools.js";

const sum = (rounds, name) => rounds.reduce((all, round) => all + round[name], 0);

export const Times = ({ times, sets, overlaps }) => {
  if (!times.phases.length && !times.machines.length) return null;
  const whole = times.phases.reduce((all, phase) => all + sum(phase.rounds, "seconds"), 0);
  const lines = times.phases.map(({ phase, rounds }) => ({ name: phase, points: rounds.map((row) => [row.round, row.seconds]) }))
    .filter((line) => line.points.length > 1).slice(0, COLOURS);
  const machine = times.machines.at(-1);
  return html`<section aria-label="time and machine"><h2>Time and machine</h2><div class="two">
    <div>${times.phases.length > 0 && html`<div class="scroll"><table><thead><tr><th>phase</th><th class="n">time</th><th class="n">share</th><th class="n">rounds</th><th class="n">tokens a second</th></tr></thead>
      <tbody>${times.phases.map(({ phase, rounds }) => html`<tr><td>${phase}</td><td class="n">${duration(sum(rounds, "seconds"))}</td>
        <td class="n">${percent(whole ? sum(rounds, "seconds") / whole : null)}</td><td class="n">${rounds.length}</td>
        <td class="n">${sum(rounds, "tokens") > 0 ? short(sum(rounds, "tokens") / sum(rounds, "seconds")) : "–"}</td></tr>`)}
        <tr><td>together</td><td class="n">${duration(whole)}</td><td></td><td></td><td></td></tr></tbody></table></div>`}
      ${machine && html`<dl>${machine.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`}
      <p class="note">Phases that came to their end; sampling includes verifying beside it.${times.machines.length > 1 ? ` The run was resumed elsewhere or with other versions: the last of ${times.machines.length} is shown.` : ""}${overlaps ? " Rounds overlap: phases ran beside each other, so all of them together, and what that costs, are more than the clock's." : ""}</p>
      ${whole > 0 && html`<${Cost} seconds=${whole} sets=${sets} />`}</div>
    ${lines.length > 0 && html`<${Curves} title=${lines.length > 1 ? "Seconds by round" : `Seconds by round: ${lines[0].name}`} lines=${lines} axis="round" />`}</div></section>`;
};

// The price is the reader's own: kept in this browser, and in no run.
const KEPT = "veritune price an hour";
const kept = () => { try { return localStorage.getItem(KEPT) || ""; } catch { return ""; } };
const keep = (price) => { try { localStorage.setItem(KEPT, price); } catch { /* A browser that keeps nothing asks again. */ } };

const Cost = ({ seconds, sets }) => {
  const [price, setPrice] = useState(kept);
  const hourly = Number(price.replace(",", "."));
  const known = price.trim() !== "" && hourly >= 0;
  const total = (name) => Object.values(sets).reduce((all, set) => all + set[name], 0);
  const money = (value) => value.toLocaleString("en", { maximumSignificantDigits: 3 });
  const all = hourly * seconds / 3600;
  const each = (count) => count ? money(1000 * all / count) : "–";
  return html`<p><label>What this machine costs an hour <input name="price" inputmode="decimal" size="8" value=${price}
      onInput=${({ target }) => { setPrice(target.value); keep(target.value); }} /></label></p>
    ${known && html`<dl aria-label="cost"><dt>these phases</dt><dd>${money(all)}</dd><dt>1,000 candidates</dt><dd>${each(total("verified"))}</dd>
      <dt>1,000 that passed</dt><dd>${each(total("passed"))}</dd></dl>`}
    ${price.trim() !== "" && !known && html`<p class="note warn" role="alert">A price is a number, such as 2.50.</p>`}`;
};
