// Lists: one that is walked by keys, where j and k move the focus and Enter follows the link that has
// it; and one that is chosen from.
import { html, useEffect, useRef } from "./preact.js";

// `values`: names, or [value, name] where they differ.
export const Choice = ({ label, value, values, onChoose }) => html`<select aria-label=${label} onChange=${(event) => onChoose(event.target.value)}>
  ${values.map((one) => { const [own, name] = Array.isArray(one) ? one : [one, one]; return html`<option value=${own} selected=${own === value}>${name}</option>`; })}</select>`;

// A problem in a list: a link by the first words of its prompt, or by its id where it has none, which
// else stands beside them.
export const ProblemLink = ({ prompt, id, ...more }) => html`<div class="named"><a data-row ...${more}>${prompt || id}</a>${prompt && html`<span class="where">${id}</span>`}</div>`;

const links = () => [...document.querySelectorAll("[data-row]")];

// `what` names what is listed: the focus goes to row `from` when that changes.
export const useList = (what, length, from = 0) => {
  const at = useRef(from);
  const move = (to) => {
    at.current = Math.max(0, Math.min(links().length - 1, to));
    const one = links()[at.current];
    one?.focus({ preventScroll: true });
    one?.scrollIntoView({ block: "nearest" });
  };
  useEffect(() => {
    // Who types or chooses is not interrupted.
    if (length && !document.activeElement?.matches("input, select")) move(from);
  }, [what, length > 0]);
  const focused = () => links().indexOf(document.activeElement);
  return {
    j: () => move(focused() < 0 ? at.current : focused() + 1),
    k: () => move(focused() < 0 ? at.current : focused() - 1),
    Enter: (event) => {
      if (event.target.matches?.("a, button, summary")) return false;
      links()[at.current]?.click();
    },
  };
};
