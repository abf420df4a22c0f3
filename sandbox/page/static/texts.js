// The telephone that somebody holds: its conversation with radrelay by text, and which other phones got one.

import { clock, el, fill, perform, reconcile, toast } from "./dom.js";
import { dialable, pretty } from "./numbers.js";

const $ = (id) => document.getElementById(id);
const LINK = /(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)])/;
const FAILED = ["undelivered", "failed"];

let phone = null;
let picked = false; // whether a person chose the telephone; until then it is that of the newest text
const read = new Set(); // the texts that were on screen

/** Return whose telephone is held, or say that none is. */
export function holder() {
  const typed = dialable($("from").value);
  if (!typed) toast("Pick or type the number of the telephone in your hand.", true);
  return typed;
}

export function showTexts(state) {
  const first = phone === null;
  phone = state;
  if (first) for (const text of phone.texts) read.add(text.sid);
  const newest = phone.texts.at(-1);
  if (!picked && newest && $("from").value !== person(newest)) $("from").value = person(newest);
  draw();
}

/** Return the other end of a text: the person, not radrelay. */
function person(text) {
  return text.direction === "inbound" ? text.from : text.to;
}

function who(number) {
  return phone.names[number] ?? pretty(number);
}

function draw() {
  const held = dialable($("from").value);
  const thread = phone.texts.filter((text) => person(text) === held);
  for (const text of thread) read.add(text.sid);
  drawThreads(held);
  $("texts-title").textContent = held ? who(held) : "Text messages";
  reconcile($("texts"), thread.map((text) => ({ key: text.sid, value: text })), bubble, { stick: true });
  $("texts-none").hidden = thread.length > 0;
  $("texts-none").textContent = held ? "No texts with this telephone yet." : "Nobody has been texted yet.";
}

function drawThreads(held) {
  const numbers = [...new Set([...phone.texts].reverse().map(person))].filter((number) => number !== held);
  const print = JSON.stringify(numbers.map((number) => [number, unread(number)]));
  if ($("threads").dataset.print === print) return;
  $("threads").dataset.print = print;
  fill($("threads"), numbers.slice(0, 4).map(chip));
}

function unread(number) {
  return phone.texts.filter((text) => person(text) === number && text.direction !== "inbound" && !read.has(text.sid)).length;
}

function chip(number) {
  const count = unread(number);
  return el(
    "button",
    { type: "button", class: "chip", "data-testid": `text-thread-${number}`, "aria-label": `Texts with ${who(number)}${count ? `, ${count} new` : ""}`, onclick: () => hold(number) },
    who(number),
    count > 0 && el("span", { class: "badge" }, String(count)),
  );
}

function hold(number) {
  picked = true;
  $("from").value = number;
  draw();
  $("texts").scrollTop = $("texts").scrollHeight;
}

function bubble(text) {
  const inbound = text.direction === "inbound";
  const failed = FAILED.includes(text.status);
  const state = failed ? ` · not delivered${text.error ? ` (${text.error})` : ""}` : "";
  return el(
    "li",
    { class: `text${inbound ? " in" : ""}${failed ? " failed" : ""}`, "data-testid": "text-message", "data-number": person(text) },
    el("p", { class: "text-body" }, linked(text.body)),
    el("p", { class: "quiet" }, `${inbound ? who(text.from) : "radrelay"} · ${clock(text.at)}${state}`),
  );
}

/** Links in a text can be opened, as on a telephone. */
function linked(words) {
  return words.split(LINK).map((part, index) => (index % 2 ? el("a", { href: part, target: "_blank", rel: "noopener noreferrer", "data-testid": "text-link" }, part) : part));
}

async function send(body) {
  const from = holder();
  if (!from || !body) return;
  // A reply goes to the number that wrote, as on a telephone.
  const last = phone.texts.filter((text) => text.direction !== "inbound" && text.to === from).at(-1);
  const answer = await perform("text_in", { from, to: last?.from ?? phone.ours, body });
  if (!answer.failure && $("text").value.trim() === body) $("text").value = "";
}

$("text-form").addEventListener("submit", (event) => {
  event.preventDefault();
  send($("text").value.trim());
});

for (const button of document.querySelectorAll("[data-text]")) button.addEventListener("click", () => send(button.dataset.text));

$("from").addEventListener("input", () => {
  picked = $("from").value.trim() !== "";
  if (phone) draw();
});
