// A modal of Slack as a dialog: inputs of each kind, errors beside them, submit and close.

import { blocks, options } from "./blocks.js";
import { el, perform } from "./dom.js";
import { text } from "./mrkdwn.js";

const dialog = document.getElementById("modal");
let shown = "";
let user = "";
let users = [];

/** Show this person's topmost modal, or none. */
export function showModal(view, you, people) {
  user = you;
  users = people;
  const print = view ? JSON.stringify([view.id, view.hash, view.errors, you]) : "";
  if (print === shown) return;
  const same = view && shown && JSON.parse(shown)[0] === view.id;
  const typed = same ? read(dialog) : null;
  shown = print;
  if (!view) {
    if (dialog.open) dialog.close();
    return;
  }
  dialog.replaceChildren(form(view, typed));
  if (!dialog.open) dialog.showModal();
}

dialog.addEventListener("cancel", (event) => {
  event.preventDefault();
  perform("close", { user });
});

function form(view, typed) {
  const { body, errors } = view;
  const act = (item, value) => perform("press", { user, action_id: item.action_id, value: item.type === "button" ? value : value });
  const submit = async (event) => {
    event.preventDefault();
    await perform("submit", { user, values: read(dialog) });
  };
  return el(
    "form",
    { onsubmit: submit, novalidate: true, autocomplete: "off" },
    el("header", {}, el("h2", { id: "modal-title" }, text(body.title))),
    el(
      "div",
      { class: "modal-body" },
      body.blocks.map((block) => (block.type === "input" ? field(block, errors[block.block_id], typed) : blocks([block], act))),
    ),
    el(
      "footer",
      {},
      el("button", { type: "button", "data-testid": "modal-close", onclick: () => perform("close", { user }) }, body.close ? text(body.close) : "Cancel"),
      body.submit && el("button", { type: "submit", class: "primary", "data-testid": "modal-submit" }, text(body.submit)),
    ),
  );
}

function field(block, error, typed) {
  const id = `in-${block.block_id}`;
  const before = typed?.[block.block_id]?.[block.element.action_id];
  const about = error ? `${id}-error` : block.hint ? `${id}-hint` : undefined;
  const grouped = ["radio_buttons", "checkboxes"].includes(block.element.type);
  const label = [text(block.label), block.optional && el("span", { class: "quiet" }, " (optional)")];
  return el(
    grouped ? "fieldset" : "div",
    { class: error ? "field wrong" : "field", "data-block": block.block_id, "data-action": block.element.action_id, "data-kind": block.element.type },
    grouped ? el("legend", {}, label) : el("label", { for: id }, label),
    input(block.element, id, about, before, block.block_id),
    block.hint && el("p", { class: "quiet", id: `${id}-hint` }, text(block.hint)),
    error && el("p", { class: "error", id: `${id}-error`, role: "alert" }, error),
  );
}

function input(item, id, about, before, block) {
  const common = { id, "aria-describedby": about, "data-testid": `input-${block}`, autofocus: item.focus_on_load };
  if (item.type === "static_select") {
    const chosen = before ?? item.initial_option?.value ?? "";
    return el("select", common, el("option", { value: "" }, item.placeholder?.text ?? "Choose an option"), options(item, chosen));
  }
  if (item.type === "users_select") {
    const chosen = before ?? item.initial_user ?? "";
    const people = users.map((one) => el("option", { value: one.id, selected: one.id === chosen }, one.name));
    return el("select", common, el("option", { value: "" }, item.placeholder?.text ?? "Choose a person"), people);
  }
  if (item.type === "radio_buttons" || item.type === "checkboxes") return choices(item, id, about, before, block);
  const value = before ?? item.initial_value ?? item.initial_date ?? item.initial_time ?? "";
  if (item.multiline) return el("textarea", { ...common, rows: 3, placeholder: item.placeholder?.text, maxlength: item.max_length }, value);
  const kinds = { datepicker: "date", timepicker: "time", email_text_input: "email", url_text_input: "url" };
  return el("input", { ...common, type: kinds[item.type] ?? "text", value, placeholder: item.placeholder?.text, maxlength: item.max_length });
}

function choices(item, id, about, before, block) {
  const first = item.type === "checkboxes" ? (item.initial_options ?? []).map((one) => one.value) : [item.initial_option?.value];
  const chosen = before === undefined || before === null ? first : [before].flat();
  return el(
    "div",
    { class: "choices", "aria-describedby": about },
    item.options.map((option) =>
      el(
        "label",
        {},
        el("input", {
          type: item.type === "checkboxes" ? "checkbox" : "radio",
          name: id,
          value: option.value,
          checked: chosen.includes(option.value),
          "data-testid": `input-${block}-${option.value}`,
        }),
        el("span", {}, text(option.text), option.description && el("small", {}, text(option.description))),
      ),
    ),
  );
}

function read(root) {
  const values = {};
  for (const node of root.querySelectorAll("[data-block]")) {
    const { block, action, kind } = node.dataset;
    let value;
    if (kind === "checkboxes") value = [...node.querySelectorAll("input:checked")].map((box) => box.value);
    else if (kind === "radio_buttons") value = node.querySelector("input:checked")?.value ?? null;
    else value = node.querySelector("input, select, textarea").value || null;
    (values[block] ??= {})[action] = value;
  }
  return values;
}
