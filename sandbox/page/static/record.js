// The record: an entry is two lines; a click shows all of it, as `radrelay audit export` writes it.

import { clock, el, perform, reconcile } from "./dom.js";

const $ = (id) => document.getElementById(id);
// What every entry of a call or a text repeats, and what says nothing on its own.
const DULL = ["purpose", "channel", "step", "try", "turn", "who", "vendor_code", "state", "delegated_by", "found_by", "asked", "sha256"];
let people = {};

export function showRecord(record) {
  people = record.people;
  $("record-count").textContent = record.count ? `${record.count} ${record.count === 1 ? "entry" : "entries"}` : "";
  $("record-note").hidden = !record.note;
  $("record-note").textContent = record.note;
  let before = "";
  const items = record.entries.map((entry, index) => {
    const about = [name(entry.facility), entry.case && `case ${entry.case}`].filter(Boolean).join(" · ");
    const value = { entry, about: about === before ? "" : about };
    before = about;
    return { key: `${entry.facility}/${entry.seq ?? index}`, value };
  });
  if (!items.length) items.push({ key: "none", value: {} });
  reconcile($("entries"), items, node, { stick: true });
}

function node({ entry, about }) {
  if (!entry) return el("li", { class: "quiet empty" }, "Whatever happens is written down here, and nothing is ever changed.");
  const [noun, verb = ""] = String(entry.action ?? "").split(":");
  return el(
    "li",
    { "data-testid": "record-entry", "data-action": entry.action, class: `n-${noun}` },
    about && el("p", { class: "about" }, about),
    el(
      "details",
      {},
      el(
        "summary",
        { title: "Show all of this entry" },
        el("span", { class: "entry-head" }, el("strong", {}, `${noun} ${verb.replaceAll("_", " ")}`), el("time", {}, entry.at ? clock(entry.at, true) : "")),
        el("span", { class: "entry-facts" }, [entry.seq !== undefined && `#${entry.seq}`, ...said(entry)].filter(Boolean).join(" · ")),
      ),
      el("pre", {}, JSON.stringify(entry, null, 1)),
    ),
  );
}

/** The facts in words: who, then what; steps count from one, as the cards do. */
function said({ action, actor = "", facts = {} }) {
  const words = [];
  const who = facts.who && name(facts.who);
  const [kind, key] = actor.includes(":") ? actor.split(/:(.*)/s) : ["", actor];
  const by = actor === "robot" ? "" : kind === "answering" ? `answering for ${name(key)}` : name(key);
  if (by && by !== who) words.push(by);
  if (who) words.push(who);
  if (action === "attempt:plan") words.push(facts.channel, `step ${facts.step + 1}`, `try ${facts.try}`);
  if (facts.purpose && facts.purpose !== "contact") words.push(`for the ${spoken(facts.purpose)}`);
  for (const [key, value] of Object.entries(facts).sort(([one], [two]) => (two === "said") - (one === "said"))) {
    if (DULL.includes(key) || value === null || value === "" || value === false) continue;
    const told = name(String(value));
    if (value === true) words.push(spoken(key));
    else if (!words.includes(told)) words.push(`${spoken(key)} ${told === value ? spoken(told) : told}`);
  }
  return words;
}

function name(id) {
  return people[id] ?? id ?? "";
}

function spoken(words) {
  return String(words).replaceAll("_", " ");
}

$("verify").addEventListener("click", () => perform("verify"));
