// A page that holds its own data answers every question of the others without a server: an index of
// all its candidates is read at once, and blocks of whole ones when they are looked at.
import { current } from "./tools.js";

// What a page of a list holds, as the server's; blocks that are kept; and milliseconds of one search in texts.
const AT_ONCE = 50, KEPT = 200, MILLISECONDS = 800;

const inflated = async (id) => {
  const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (sign) => sign.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
};

let index;
const blocks = new Map();

const block = async (number) => {
  if (!blocks.has(number)) {
    if (blocks.size >= KEPT) blocks.delete(blocks.keys().next().value);
    blocks.set(number, await inflated(`block-${number}`));
  }
  return blocks.get(number);
};

const whole = async (run, row) => (await block(run.first + Math.floor(row / index.block)))[row % index.block];

const outcome = (run, row) => {
  const kind = run.run.kinds[run.rows.kind[row]];
  return kind === "passed" ? "passed" : kind === "verifier error" ? "error" : "failed";
};

const listed = (run, row) => {
  const { rows, problems } = run, problem = problems[rows.problem[row]];
  return {
    set: run.run.sets[rows.set[row]], problem: problem.id, shown: problem.shown, prompt: problem.prompt, index: rows.index[row],
    outcome: outcome(run, row), kind: run.run.kinds[rows.kind[row]], flag: rows.flag[row], flags: rows.flags[row] || "",
    steps: run.run.steps[rows.steps[row]], truncated: Boolean(rows.truncated[row]), length: rows.length[row],
  };
};

// The rows that a filter lets through, in its order.
const filtered = (run, { set, outcome: wanted, kind, flag, steps, truncated, selected, problem, least, most, sort }) => {
  const { rows } = run, found = [];
  const tests = [
    set && ((row) => run.run.sets[rows.set[row]] === set), wanted && ((row) => outcome(run, row) === wanted),
    kind && ((row) => run.run.kinds[rows.kind[row]] === kind), flag && ((row) => flag === "any" ? rows.flag[row] : rows.flag[row] === flag),
    steps && ((row) => run.run.steps[rows.steps[row]] === steps), truncated && ((row) => Boolean(rows.truncated[row]) === (truncated === "yes")),
    selected && ((row) => Boolean(rows.selected[row]) === (selected === "yes")), problem && ((row) => run.problems[rows.problem[row]].id === problem),
    least && ((row) => rows.length[row] >= +least), most && ((row) => rows.length[row] <= +most),
  ].filter(Boolean);
  for (let row = 0; row < rows.set.length; row++) if (tests.every((test) => test(row))) found.push(row);
  const sign = { longest: -1, shortest: 1 }[sort];
  return sign ? found.sort((a, b) => sign * (rows.length[a] - rows.length[b]) || sign * (a - b)) : found;
};

const searched = async (run, rows, start, text) => {
  const wanted = text.toLowerCase(), until = performance.now() + MILLISECONDS, found = [];
  let at = start;
  for (; at < rows.length && found.length < AT_ONCE && performance.now() < until; at++) {
    const one = await whole(run, rows[at]);
    if ([one.thought, ...one.text.map((piece) => piece.text), "\n", one.reason].join("").toLowerCase().includes(wanted)) found.push(rows[at]);
  }
  return { rows: found.map((row) => listed(run, row)), next: at < rows.length ? `${at}` : null, looked: at - start };
};

const candidates = (run, params) => {
  const rows = filtered(run, params), start = +(params.after || 0);
  if (params.text) return searched(run, rows, start, params.text);
  const end = start + AT_ONCE;
  return { rows: rows.slice(start, end).map((row) => listed(run, row)), next: end < rows.length ? `${end}` : null, looked: null };
};

const candidate = async (run, params) => {
  const row = filtered(run, { set: params.set, problem: params.problem }).find((one) => run.rows.index[one] === +params.index);
  if (row === undefined) throw new Error(`${params.set}: no verified candidate ${params.index} of '${params.problem}' in this page`);
  const stem = params.set.split("/")[0];
  const others = filtered(run, { problem: params.problem }).map((one) => listed(run, one)).filter((one) => one.set.split("/")[0] === stem);
  return { ...await whole(run, row), others };
};

const share = ([right, known]) => right / known;
const seen = (row) => row.counts.filter(Boolean);
const newest = (row) => share(seen(row).at(-1));
const mean = (row) => seen(row).reduce((all, count) => all + count[0], 0) / seen(row).reduce((all, count) => all + count[1], 0);
const change = (row) => {
  const [before, now] = seen(row).slice(-2).map(([right]) => right > 0);
  return seen(row).length < 2 || before === now ? null : now ? "solved" : "lost";
};

const problems = (run, { stem, sort = "hardest", start, text = "" }) => {
  const { sets = [], counts = {} } = run.counted[stem] || {};
  let rows = Object.entries(counts).map(([at, count]) => {
    const { id, shown, prompt } = run.problems[at];
    return { id, problem: shown, prompt, counts: count };
  });
  if (["solved", "lost"].includes(sort)) rows = rows.filter((row) => change(row) === sort);
  const words = text.toLowerCase();
  if (words) rows = rows.filter((row) => `${row.id}\n${row.prompt}`.toLowerCase().includes(words));
  const sign = sort === "easiest" ? -1 : 1;
  if (sort !== "order") rows.sort((a, b) => sign * (newest(a) - newest(b)) || sign * (mean(a) - mean(b)));
  const from = +(start || 0);
  return { complete: true, sets, total: rows.length, rows: rows.slice(from, from + AT_ONCE), next: from + AT_ONCE < rows.length ? from + AT_ONCE : null };
};

const ANSWERS = {
  run: (run) => ({ ...run.run, runs: index.names }), counts: (run) => run.counts, errors: (run, { set }) => run.errors[set],
  runs: (run) => ({ runs: run.runs }), count: (run, params) => ({ count: filtered(run, params).length, more: false }),
  problems, candidates, candidate,
};

current.answer = async (name, { run: chosen, ...params }) => {
  index ??= await inflated("index");
  const run = index.runs[chosen || index.names[0]];
  if (!run) throw new Error(`run: expected one of ${index.names.join(", ")}`);
  return ANSWERS[name](run, params);
};
