// Lists: one that is walked by keys, where j and k move the focus and Enter follows the link that has
// it; and one that is chosen from.
import { html, useEffect, useRef } from "./preact.js";

// `values`: names, or [value, name] where they differ.
export const Choice = ({ label, value, values, onChoose }) => html`<select aria-label=${label} onChange=${(event) => onChoose(event.target.value)}>
  ${values.map((one) => { const [own, name] = Array.isArray(one) ? one : [one, one]; return html`<option value=${own} selected=${own === value}>${name}</option>`; })}</select>`;

export const useList = (length, from = 0) => {
  const links = useRef([]);
  const at = useRef(from);
  const move = (to) => {
    at.current = Math.max(0, Math.min(length - 1, to));
    const one = links.current[at.current];
    one?.focus({ preventScroll: true });
    one?.scrollIntoView({ block: "nearest" });
  };
  useEffect(() => {
    // Who types or chooses is not interrupted.
    if (length && !document.activeElement?.matches("input, select")) move(at.current);
  }, [length > 0]);
  const focused = () => links.current.indexOf(document.activeElement);
  return {
    at,
    move,
    ref: (place) => (element) => { links.current[place] = element; },
    keys: {
      j: () => move(focused() < 0 ? at.current : focused() + 1),
      k: () => move(focused() < 0 ? at.current : focused() - 1),
      Enter: (event) => {
        if (event.target.matches?.("a, button, summary")) return false;
        links.current[at.current]?.click();
      },
    },
  };
};
