// The telephone: what rings, what is being said, the keypad, calls to us, and texts.

import { el, perform, reconcile, toast } from "./dom.js";
import { pretty } from "./numbers.js";
import { holder, showTexts } from "./texts.js";

const $ = (id) => document.getElementById(id);
const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const LETTERS = { 2: "ABC", 3: "DEF", 4: "GHI", 5: "JKL", 6: "MNO", 7: "PQRS", 8: "TUV", 9: "WXYZ" };
const LIVE = ["queued", "ringing", "in-progress"];
const CHARACTERS_A_SECOND = 14;
const SAID = { ringing: "ringing", queued: "dialing", "in-progress": "connected", completed: "ended", busy: "was busy", "no-answer": "not answered", failed: "failed", canceled: "given up" };

let phone = null;
let skew = 0; // the sandbox's clock minus this browser's, in milliseconds
const spoken = new Set();
const turns = new Map(); // by call: what it was last told to do, when that is done

export function showPhone(state, now) {
  phone = state;
  if (now) skew = new Date(now).getTime() - Date.now();
  $("ours").textContent = pretty(phone.ours);
  numbers();
  drawCalls();
  showTexts(phone);
}

function numbers() {
  const list = $("numbers");
  if (list.childElementCount) return;
  for (const [number, name] of Object.entries(phone.names)) list.append(el("option", { value: number }, name));
}

function who(number) {
  return phone.names[number] ?? pretty(number);
}

function drawCalls() {
  const live = phone.calls.filter((call) => LIVE.includes(call.status));
  const ended = phone.calls.filter((call) => !LIVE.includes(call.status));
  const order = [...live.reverse(), ...ended];
  const items = order.map((call) => ({ key: call.sid, value: { ...call, transcript: undefined, digits: undefined } }));
  if (!items.length) items.push({ key: "quiet", value: { quiet: true } });
  reconcile($("calls"), items, callNode);
  for (const call of order) lines(call);
}

/** Let a telephone do one thing after the other: no key overtakes the one that was pressed before it. */
function inTurn(deed) {
  const done = (turns.get(deed.sid) ?? Promise.resolve()).then(() => perform("call", deed));
  turns.set(deed.sid, done);
  return done;
}

function callNode(call) {
  if (call.quiet) return nextSteps();
  const inbound = call.direction === "inbound";
  const other = inbound ? call.from : call.to;
  const live = LIVE.includes(call.status);
  const does = (what, more = {}) => inTurn({ sid: call.sid, what, ...more });
  const about = el(
    "span",
    { class: "about-end" },
    el("span", { class: "number" }, pretty(other)),
    call.far_end && live && el("span", { class: "far-end", "data-testid": "call-far-end", title: "Answers and talks by itself; you may act beside it." }, call.far_end),
  );
  const head = el(
    "header",
    {},
    el("span", { class: "handset", "aria-hidden": "true" }, inbound ? "↙" : "↗"),
    el("span", { class: "who" }, el("strong", { title: who(other) }, who(other)), about),
    el("span", { class: "state", role: "status" }, inbound && call.status === "in-progress" ? "calling in" : SAID[call.status] ?? call.status),
  );
  const words = el("div", { class: "words", role: "log", "aria-live": "polite", tabindex: "0", "aria-label": `What is said to ${who(other)}` });
  return el(
    "article",
    { class: `call ${call.status}`, "data-testid": `call-${call.sid}`, "data-status": call.status, "data-to": call.to, "data-from": call.from, "aria-label": `Call ${inbound ? "from" : "to"} ${who(other)}` },
    head,
    call.status === "ringing" && !inbound && ringing(does),
    call.status === "in-progress" && [words, talking(call, does)],
    !live && el("details", {}, el("summary", {}, "What was said"), words),
  );
}

function nextSteps() {
  const steps = ["Send a stroke CT, above.", "Claim its card, in Slack.", "Press Critical finding on the card, and choose one.", "This is where the physician’s phone rings: answer it."];
  return el("div", { class: "next quiet" }, el("p", {}, "No calls yet. To make this telephone ring:"), el("ol", {}, steps.map((step) => el("li", {}, step))));
}

function ringing(does) {
  const button = (what, words, kind, test) => el("button", { type: "button", class: kind, "data-testid": test, onclick: () => does(what) }, words);
  const letRing = () => toast("It goes on ringing until radrelay gives up.");
  return el(
    "div",
    { class: "choices-row", role: "group", "aria-label": "What the phone does" },
    button("answer", "Answer", "answer", "call-answer"),
    el("button", { type: "button", "data-testid": "call-ring", onclick: letRing }, "Let it ring"),
    button("busy", "Busy", "", "call-busy"),
    button("voicemail", "Voicemail", "", "call-voicemail"),
  );
}

function talking(call, does) {
  const keys = KEYS.map((key) =>
    el(
      "button",
      { type: "button", class: "key", "data-testid": `key-${key}`, "aria-label": key === "*" ? "star" : key === "#" ? "pound" : key, onclick: () => does("press", { digits: key }) },
      key,
      LETTERS[key] && el("small", { "aria-hidden": "true" }, LETTERS[key]),
    ),
  );
  const say = async (event) => {
    event.preventDefault();
    const input = event.target.querySelector("input");
    if (!input.value.trim()) return;
    const answer = await does("speak", { words: input.value.trim() });
    if (!answer.failure) input.value = "";
  };
  return el(
    "div",
    { class: "talk" },
    el("div", { class: "keys", role: "group", "aria-label": "Keypad" }, keys),
    el(
      "div",
      { class: "beside" },
      el("p", { class: "pressed", "data-testid": "call-pressed", "aria-live": "polite" }),
      el(
        "form",
        { onsubmit: say, autocomplete: "off" },
        el("label", { class: "hidden", for: `say-${call.sid}` }, "Say"),
        el("input", { id: `say-${call.sid}`, placeholder: call.waiting_for === "record" ? "Speak after the tone" : "Say something", "data-testid": "call-say" }),
        el("button", { type: "submit", "data-testid": "call-say-send" }, "Say"),
      ),
      el("button", { type: "button", class: "hangup", "data-testid": "call-hangup", onclick: () => does("hang_up") }, "Hang up"),
    ),
  );
}

/** Words appear at the instant at which they are said; what is being said now grows from pale to dark. */
function lines(call) {
  const root = $("calls").querySelector(`[data-key="${CSS.escape(call.sid)}"]`);
  const words = root?.querySelector(".words");
  if (!words) return;
  const now = Date.now() + skew;
  const live = LIVE.includes(call.status);
  const begun = call.transcript.filter((line) => !live || new Date(line.at).getTime() <= now);
  const atEnd = words.scrollHeight - words.scrollTop - words.clientHeight < 30;
  begun.forEach((line, index) => {
    let node = words.children[index];
    if (!node || node.dataset.print !== line.who + line.text) {
      const fresh = el("p", { class: `line ${line.who}`, "data-who": line.who });
      fresh.dataset.print = line.who + line.text;
      fresh.append(el("span", { class: "said" }), el("span", { class: "coming" }));
      node ? node.replaceWith(fresh) : words.append(fresh);
      node = fresh;
      aloud(call, line, index, now);
    }
    const elapsed = (now - new Date(line.at).getTime()) / 1000;
    const done = line.who === "voice" && live ? Math.min(line.text.length, Math.ceil(elapsed * CHARACTERS_A_SECOND)) : line.text.length;
    if (Number(node.dataset.done) !== done) {
      node.dataset.done = done;
      node.children[0].textContent = line.text.slice(0, done);
      node.children[1].textContent = line.text.slice(done);
    }
  });
  while (words.children.length > begun.length) words.lastElementChild.remove();
  if (atEnd) words.scrollTop = words.scrollHeight;
  const pressed = root.querySelector(".pressed");
  const digits = call.digits ? `Keys pressed: ${call.digits}` : "";
  if (pressed && pressed.textContent !== digits) pressed.textContent = digits;
}

function aloud(call, line, index, now) {
  const key = `${call.sid}/${index}/${line.text}`;
  const stale = now - new Date(line.at).getTime() > 4000;
  if (!$("aloud").checked || line.who !== "voice" || stale || spoken.has(key) || !window.speechSynthesis) return;
  spoken.add(key);
  window.speechSynthesis.speak(new SpeechSynthesisUtterance(line.text));
}

export function tick() {
  if (phone) for (const call of phone.calls) lines(call);
}

$("call-in").addEventListener("submit", (event) => {
  event.preventDefault();
  const from = holder();
  if (from) perform("call_in", { from, to: phone.ours });
});

$("aloud").addEventListener("change", (event) => {
  if (!event.target.checked) window.speechSynthesis?.cancel();
});

