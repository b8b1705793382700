// What all pages share: addresses, answers of the server, keys, and figures as text.
import { useEffect, useLayoutEffect, useState } from "./preact.js";

// Of several runs the one that is shown: part of every address and question that names no other.
// `answer` is what a page with data of its own asks in the place of a server.
export const current = { run: "", answer: null };

const query = (params) => {
  const given = Object.entries(params).filter(([, value]) => value !== "" && value != null);
  if (current.run && !params.run) given.push(["run", current.run]);
  return new URLSearchParams(given).toString();
};

export const link = (page, params = {}) => {
  const asked = query(params);
  return `#/${page}${asked ? `?${asked}` : ""}`;
};

export const go = (page, params) => { location.hash = link(page, params); };

export const replaceParams = (page, params) => {
  history.replaceState(null, "", link(page, params));
  dispatchEvent(new HashChangeEvent("hashchange"));
};

export const useRoute = () => {
  const read = () => {
    const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
    return { page: path || "overview", params: Object.fromEntries(new URLSearchParams(query)) };
  };
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const follow = () => setRoute(read());
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return route;
};

export const ask = async (name, params = {}, signal = undefined) => {
  if (current.answer) return current.answer(name, { ...params, run: params.run || current.run });
  const answer = await fetch(`api/${name}?${query(params)}`, { signal });
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.error || `the server said ${answer.status}`);
  return found;
};

// The answer to a question, asked again after `again(answer)` milliseconds where that is not 0.
export const useAsked = (name, params, again = () => 0) => {
  const [state, setState] = useState({});
  const key = JSON.stringify([current.run, name, params]);
  useEffect(() => {
    const ended = new AbortController();
    let timer;
    const fetchIt = () => ask(name, params, ended.signal).then(
      (data) => {
        setState({ data, key });
        if (again(data)) timer = setTimeout(fetchIt, again(data));
      },
      (error) => { if (!ended.signal.aborted) setState((old) => ({ ...old, key, error: error.message })); },
    );
    if (name) fetchIt();
    return () => { ended.abort(); clearTimeout(timer); };
  }, [key]);
  return { ...state, stale: state.key !== key };
};

// Keys of the page that is shown, from the moment on at which it is; the newest that knows a key acts on it.
const maps = [];
export const useKeys = (keys) => useLayoutEffect(() => {
  maps.push(keys);
  return () => { maps.splice(maps.indexOf(keys), 1); };
});

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.matches?.("input, select, textarea");
  // Enter gives what was typed to the page, Escape leaves the field; both go back to the page's keys.
  if (typing && ["Enter", "Escape"].includes(event.key)) event.target.blur();
  if (typing) return;
  const known = maps.findLast((keys) => keys[event.key]);
  if (!known) return;
  if (known[event.key](event) !== false) event.preventDefault();
});

export const percent = (value) => value == null ? "–" : `${(100 * value).toFixed(1)}%`;
export const points = (difference) => `${difference < 0 ? "−" : "+"}${Math.abs(100 * difference).toFixed(1)}`;
export const many = (count) => count == null ? "–" : count.toLocaleString("en");
export const short = (value) => {
  const size = Math.abs(value);
  if (size >= 1e6) return `${+(value / 1e6).toPrecision(3)}M`;
  if (size >= 1e4) return `${+(value / 1e3).toPrecision(3)}k`;
  return `${+value.toPrecision(3)}`;
};
export const tone = (outcome) => ({ passed: "good", failed: "bad", error: "open" })[outcome] || "";
export const duration = (seconds) => {
  const minutes = Math.round(seconds / 60);
  if (seconds < 100) return `${+seconds.toPrecision(3)} s`;
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};
