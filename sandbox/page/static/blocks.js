// Block Kit as nodes: enough of each block to read and to use what the product shows.

import { el } from "./dom.js";
import { mrkdwn, text } from "./mrkdwn.js";

/** `act(element, value)` is called when something is clicked or chosen. */
export function blocks(list, act) {
  return (list ?? []).map((block) => (SHOWN[block.type] ?? unknown)(block, act));
}

const SHOWN = {
  header: (block) => el("h4", { class: "b-header" }, text(block.text)),
  divider: () => el("hr"),
  section: (block, act) =>
    el(
      "div",
      { class: "b-section" },
      el(
        "div",
        { class: "b-body" },
        block.text && el("div", { class: "b-text" }, text(block.text)),
        block.fields && el("div", { class: "b-fields" }, block.fields.map((field) => el("div", {}, text(field)))),
      ),
      block.accessory && element(block.accessory, act),
    ),
  context: (block) =>
    el(
      "div",
      { class: "b-context" },
      block.elements.map((item) => (item.type === "image" ? picture(item) : el("span", {}, text(item)))),
    ),
  actions: (block, act) => el("div", { class: "b-actions" }, block.elements.map((item) => element(item, act))),
  image: (block) => el("figure", { class: "b-image" }, block.title && el("figcaption", {}, text(block.title)), picture(block)),
  markdown: (block) => el("div", { class: "b-text" }, mrkdwn(block.text.replaceAll("**", "*"))),
  rich_text: (block) => el("div", { class: "b-text" }, rich(block.elements)),
  input: (block) => el("div", { class: "b-text" }, text(block.label)),
};

function unknown(block) {
  return el("div", { class: "quiet" }, `(a block of type ${block.type})`);
}

function picture(item) {
  const ours = /^http:\/\/(127\.0\.0\.1|localhost)[:/]/.test(item.image_url ?? "");
  if (ours) return el("img", { class: "picture", src: item.image_url, alt: item.alt_text, loading: "lazy" });
  return el("span", { class: "picture", role: "img", "aria-label": item.alt_text }, "▦");
}

function rich(items) {
  return items.map((item) => {
    if (item.type === "text") return item.text;
    if (item.type === "link") return el("a", { href: item.url, target: "_blank", rel: "noopener" }, item.text ?? item.url);
    return el("div", {}, rich(item.elements ?? []));
  });
}

export function element(item, act) {
  const test = `action-${item.action_id}`;
  if (item.type === "button") return button(item, act, test);
  if (item.type === "overflow") return overflow(item, act, test);
  if (item.type === "image") return picture(item);
  if (item.options || item.option_groups) return menu(item, act, test);
  return el("span", { class: "quiet" }, `(${item.type})`);
}

function sure(item) {
  if (!item.confirm) return true;
  return window.confirm(`${item.confirm.title.text}\n\n${item.confirm.text.text}`);
}

function button(item, act, test) {
  const click = () => sure(item) && act(item, item.value ?? null);
  const attributes = {
    class: `b-button ${item.style ?? ""}`,
    "data-testid": test,
    "data-value": item.value,
    "aria-label": item.accessibility_label,
    onclick: click,
  };
  if (item.url) {
    return el("a", { ...attributes, href: item.url, target: "_blank", rel: "noopener noreferrer", role: "button" }, text(item.text));
  }
  return el("button", { ...attributes, type: "button" }, text(item.text));
}

function overflow(item, act, test) {
  const choices = item.options.map((option) =>
    el(
      "button",
      {
        type: "button",
        "data-testid": `${test}-${option.value}`,
        onclick: (event) => {
          event.target.closest("details").open = false;
          if (sure(item)) act(item, option.value);
        },
      },
      text(option.text),
    ),
  );
  return el(
    "details",
    { class: "b-overflow", "data-testid": test },
    el("summary", { "aria-label": "More actions" }, "⋯"),
    el("div", { class: "b-choices" }, choices),
  );
}

function menu(item, act, test) {
  const chosen = item.initial_option?.value ?? "";
  const select = el(
    "select",
    { class: "b-select", "data-testid": test, "aria-label": item.placeholder?.text ?? item.action_id },
    !chosen && el("option", { value: "" }, item.placeholder?.text ?? "Choose"),
    options(item, chosen),
  );
  select.addEventListener("change", () => select.value && sure(item) && act(item, select.value));
  return select;
}

/** The options of a select, grouped where they are. */
export function options(item, chosen) {
  const one = (option) => el("option", { value: option.value, selected: option.value === chosen }, option.text.text);
  if (item.option_groups) {
    return item.option_groups.map((group) => el("optgroup", { label: group.label.text }, group.options.map(one)));
  }
  return item.options.map(one);
}
