// Slack's mrkdwn ("Formatting text for app surfaces") as nodes.

import { el } from "./dom.js";

const EMOJI = {
  white_check_mark: "✅", heavy_check_mark: "✔️", x: "❌", warning: "⚠️", rotating_light: "🚨", bell: "🔔",
  telephone_receiver: "📞", phone: "☎️", telephone: "☎️", hourglass: "⌛", hourglass_flowing_sand: "⏳", lock: "🔒",
  no_entry: "⛔", no_entry_sign: "🚫", stopwatch: "⏱️", alarm_clock: "⏰", memo: "📝", eyes: "👀", speech_balloon: "💬",
  brain: "🧠",
  ambulance: "🚑", hospital: "🏥", page_facing_up: "📄", envelope: "✉️", arrow_right: "➡️", repeat: "🔁",
  octagonal_sign: "🛑", raising_hand: "🙋", test_tube: "🧪", ghost: "👻", information_source: "ℹ️", zap: "⚡",
};

// Circles are drawn, since not every machine has a font with colored ones.
const DOTS = {
  red_circle: "red", large_red_circle: "red", large_orange_circle: "orange", large_yellow_circle: "yellow",
  large_green_circle: "green", large_blue_circle: "blue", large_purple_circle: "purple", white_circle: "white",
  black_circle: "black", "🔴": "red", "🟠": "orange", "🟡": "yellow", "🟢": "green", "🔵": "blue", "🟣": "purple",
  "⚪": "white", "⚫": "black",
};

const TOKEN = /```([\s\S]+?)```|`([^`\n]+)`|<([^<>\n]+)>|\*([^*\n]+)\*|(?<![\w])_([^_\n]+)_(?![\w])|~([^~\n]+)~|:([a-z0-9_+-]+):|([🔴🟠🟡🟢🔵🟣⚪⚫])|\n/u;

let people = new Map();
let rooms = new Map();

export function know(users, channels) {
  people = new Map(users.map((user) => [user.id, user.name]));
  rooms = new Map(channels.map((channel) => [channel.id, channel.name]));
}

export function emoji(text) {
  return text.replace(/:([a-z0-9_+-]+):/g, (all, name) => EMOJI[name] ?? all);
}

function dot(name) {
  return el("span", { class: `dot ${DOTS[name]}`, role: "img", "aria-label": `${DOTS[name]} circle` });
}

function plain(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

function date(body) {
  const [, stamp, format] = body.match(/^!date\^(\d+)\^([^^|]+)/) ?? [];
  if (!stamp) return plain(body.split("|")[1] ?? "");
  const at = new Date(Number(stamp) * 1000);
  const time = at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  const day = at.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
  return format.replace(/\{time(_secs)?\}/g, time).replace(/\{(date|ago)[a-z_]*\}/g, day);
}

function angled(body) {
  if (body.startsWith("@")) {
    const id = body.slice(1).split("|")[0];
    return el("span", { class: "mention" }, `@${people.get(id) ?? id}`);
  }
  if (body.startsWith("#")) {
    const id = body.slice(1).split("|")[0];
    return el("span", { class: "mention" }, `#${rooms.get(id) ?? id}`);
  }
  if (body.startsWith("!date")) return date(body);
  if (body.startsWith("!")) return el("span", { class: "mention" }, `@${body.slice(1).split(/[|^]/)[0]}`);
  const bar = body.indexOf("|");
  const [url, words] = bar < 0 ? [body, body] : [body.slice(0, bar), body.slice(bar + 1)];
  if (!/^(https?|mailto):/i.test(plain(url))) return plain(`<${body}>`);
  return el("a", { href: plain(url), target: "_blank", rel: "noopener noreferrer" }, plain(words));
}

export function mrkdwn(text) {
  const nodes = [];
  let rest = text;
  for (;;) {
    const found = TOKEN.exec(rest);
    if (!found) break;
    if (found.index) nodes.push(plain(rest.slice(0, found.index)));
    const [all, block, code, angle, bold, italic, struck, name, circle] = found;
    if (block !== undefined) nodes.push(el("pre", {}, plain(block.replace(/^\n/, ""))));
    else if (code !== undefined) nodes.push(el("code", {}, plain(code)));
    else if (angle !== undefined) nodes.push(angled(angle));
    else if (bold !== undefined) nodes.push(el("strong", {}, mrkdwn(bold)));
    else if (italic !== undefined) nodes.push(el("em", {}, mrkdwn(italic)));
    else if (struck !== undefined) nodes.push(el("s", {}, mrkdwn(struck)));
    else if (circle !== undefined) nodes.push(dot(circle));
    else if (name !== undefined) nodes.push(DOTS[name] ? dot(name) : EMOJI[name] ?? all);
    else nodes.push(el("br"));
    rest = rest.slice(found.index + all.length);
  }
  if (rest) nodes.push(plain(rest));
  return nodes;
}

function circled(words) {
  return words.split(/([🔴🟠🟡🟢🔵🟣⚪⚫]|:[a-z_]+_circle:)/u).map((piece) => {
    const name = piece.replaceAll(":", "");
    return DOTS[name] ? dot(name) : piece;
  });
}

export function text(object) {
  if (!object) return [];
  return object.type === "mrkdwn" ? mrkdwn(object.text) : circled(emoji(object.text));
}
