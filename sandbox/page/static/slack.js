// The Slack pane: channels, messages with their threads, what only you see, the Home, and the line to type in.

import { blocks } from "./blocks.js";
import { clock, el, fill, perform, reconcile } from "./dom.js";
import { showModal } from "./modal.js";
import { know, mrkdwn } from "./mrkdwn.js";

const $ = (id) => document.getElementById(id);
const kept = (key) => localStorage.getItem(`radrelay-${key}`);
const keep = (key, value) => localStorage.setItem(`radrelay-${key}`, value);

let slack = null;
let you = kept("you");
let room = kept("room");
const open = new Set();
const read = new Map();

export function showSlack(state) {
  slack = state;
  know(slack.users, slack.channels);
  if (!slack.users.some((user) => user.id === you)) you = slack.users[0]?.id;
  if (room !== "home" && !rooms().some((channel) => channel.id === room)) room = rooms()[0]?.id;
  draw();
}

function rooms() {
  return slack.channels.filter((channel) => !channel.person || channel.person === you);
}

function draw() {
  people();
  sidebar();
  const home = room === "home";
  const direct = slack.channels.find((channel) => channel.id === room)?.person;
  $("room-name").textContent = home ? `${slack.bot.name} · Home` : direct ? slack.bot.name : `# ${nameOf(room)}`;
  $("composer").hidden = home;
  home ? drawHome() : drawMessages();
  showModal(slack.modals[you] ?? null, you, slack.users);
}

function people() {
  const select = $("you");
  $("part").textContent = slack.users.find((user) => user.id === you)?.part ?? "";
  const print = JSON.stringify([slack.users, you]);
  if (select.dataset.print === print) return;
  select.dataset.print = print;
  fill(select, slack.users.map((user) => el("option", { value: user.id, selected: user.id === you }, user.name)));
}

function sidebar() {
  const link = (id, label, test) =>
    el(
      "li",
      {},
      el(
        "button",
        { type: "button", class: fresh(id) ? "unread" : "", "aria-current": id === room ? "page" : null, "data-testid": test, onclick: () => go(id) },
        label,
        fresh(id) ? el("span", { class: "badge", "aria-label": "new messages" }, String(fresh(id))) : null,
      ),
    );
  fill($("channels"), slack.channels.filter((c) => !c.person).map((c) => link(c.id, `# ${c.name}`, `channel-${c.id}`)));
  const direct = slack.channels.find((channel) => channel.person === you);
  fill($("apps"), [link("home", "radrelay Home", "app-home"), direct && link(direct.id, "radrelay messages", "app-messages")].filter(Boolean));
}

function fresh(id) {
  if (id === "home" || id === room) {
    read.set(id, count(id));
    return 0;
  }
  if (!read.has(id)) read.set(id, 0);
  return Math.max(0, count(id) - read.get(id));
}

function count(id) {
  return slack.messages.filter((message) => message.channel === id && !message.thread_ts).length;
}

function nameOf(id) {
  return slack.channels.find((channel) => channel.id === id)?.name ?? id ?? "";
}

function go(id) {
  room = id;
  keep("room", id);
  $("messages").replaceChildren();
  draw();
  $("messages").scrollTop = $("messages").scrollHeight;
  if (id === "home") perform("home", { user: you });
}

function drawHome() {
  const home = slack.homes[you];
  const act = (item, value) => perform("press", { user: you, action_id: item.action_id, value: item.type === "button" ? null : value, home: true });
  const value = home ? { hash: home.hash, you } : { none: you };
  const build = () => el("div", { class: "home", "data-testid": "home" }, home ? blocks(home.body.blocks, act) : el("p", { class: "quiet" }, "Nothing published yet."));
  reconcile($("messages"), [{ key: "home", value }], build);
}

function drawMessages() {
  const here = (message) => message.channel === room;
  const mine = slack.ephemerals.filter((message) => here(message) && message.visible_to.includes(you));
  const top = [...slack.messages.filter((message) => here(message) && (!message.thread_ts || message.broadcast)), ...mine];
  top.sort((a, b) => Number(a.ts) - Number(b.ts));
  const items = top.map((message) => {
    const replies = message.visible_to.length ? [] : slack.messages.filter((reply) => here(reply) && reply.thread_ts === message.ts);
    return { key: message.ts, value: { message: slim(message), replies: replies.map(slim), open: open.has(message.ts), you } };
  });
  if (!items.length) items.push({ key: "empty", value: { empty: room } });
  reconcile($("messages"), items, build, { stick: true });
}

function slim({ seen, metadata, ...rest }) {
  return rest;
}

function build(value) {
  if (value.empty) return el("p", { class: "quiet empty" }, "Nothing here yet. Send a study from the hospital above: its card appears here.");
  const { message, replies } = value;
  return messageNode(message, threadNodes(message, replies));
}

function messageNode(message, below = null) {
  const bot = message.user === slack.bot.id;
  const only = message.visible_to.length > 0;
  const name = bot ? slack.bot.name : slack.users.find((user) => user.id === message.user)?.name ?? message.user;
  const act = (item, value) =>
    perform("click", { user: you, channel: message.channel, ts: message.ts, action_id: item.action_id, value });
  const shown = message.blocks.length ? blocks(message.blocks, act) : el("div", { class: "b-text" }, mrkdwn(message.text));
  const classes = ["message", only && "only-you"].filter(Boolean).join(" ");
  return el(
    "article",
    { class: classes, "data-testid": only ? `ephemeral-${message.ts}` : `message-${message.ts}`, "data-kind": only ? "ephemeral" : "message", "aria-label": `${name}: ${message.text}` },
    only && el("p", { class: "only" }, "Only visible to you"),
    el("div", { class: bot ? "face bot" : "face", "aria-hidden": "true" }, initials(name)),
    el(
      "div",
      { class: "content" },
      el("p", { class: "by" }, el("strong", {}, name), bot && el("span", { class: "app" }, "APP"), el("time", {}, clock(Number(message.ts)))),
      el("div", { class: message.blocks.length ? "card" : "" }, shown),
      message.edited > 0 && !message.blocks.length && el("span", { class: "quiet" }, "(edited)"),
      below,
    ),
  );
}

function threadNodes(message, replies) {
  if (!replies.length) return null;
  const shown = open.has(message.ts);
  const toggle = () => {
    shown ? open.delete(message.ts) : open.add(message.ts);
    drawMessages();
  };
  const words = `${replies.length} ${replies.length === 1 ? "reply" : "replies"}`;
  const last = replies.at(-1).text;
  return el(
    "div",
    { class: "thread" },
    el("button", { type: "button", class: "thread-toggle", "aria-expanded": String(shown), "data-testid": `thread-${message.ts}`, onclick: toggle }, shown ? `Hide ${words}` : words,
      !shown && el("span", { class: "quiet last" }, last.length > 70 ? `${last.slice(0, 69)}…` : last)),
    shown && replies.map((reply) => messageNode(reply)),
  );
}

function initials(name) {
  const words = name.replace(/^Dr\.? /, "").split(/\s+/);
  return (words[0][0] + (words[1]?.[0] ?? "")).toUpperCase();
}

$("you").addEventListener("change", (event) => {
  you = event.target.value;
  keep("you", you);
  $("messages").replaceChildren();
  draw();
});

$("composer").addEventListener("submit", async (event) => {
  event.preventDefault();
  const input = $("words");
  const words = input.value.trim();
  if (!words) return;
  input.value = "";
  const answer = await perform("compose", { user: you, channel: room, text: words });
  $("messages").scrollTop = $("messages").scrollHeight;
  if (answer.failure) input.value = words;
});
