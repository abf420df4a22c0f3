// Builds the page from nodes and text; nothing here ever parses a string as HTML.

export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "class") node.className = value;
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    node.append(child);
  }
  return node;
}

/** Replace what a node holds, keeping focus on the element with the same data-testid and the scroll at the end. */
export function fill(node, children, { stick = false } = {}) {
  const focused = node.contains(document.activeElement) ? document.activeElement : null;
  const key = focused?.closest("[data-key]")?.dataset.key;
  const test = focused?.dataset.testid;
  const atEnd = node.scrollHeight - node.scrollTop - node.clientHeight < 40;
  const top = node.scrollTop;
  node.replaceChildren(...children);
  if (stick && atEnd) node.scrollTop = node.scrollHeight;
  else node.scrollTop = top;
  if (test) {
    const within = key ? node.querySelector(`[data-key="${CSS.escape(key)}"]`) : node;
    within?.querySelector(`[data-testid="${CSS.escape(test)}"]`)?.focus({ preventScroll: true });
  }
}

/** Replace the keyed children that changed, leave the others (and what is typed in them) alone. */
export function reconcile(node, items, build, { stick = false } = {}) {
  const atEnd = node.scrollHeight - node.scrollTop - node.clientHeight < 60;
  const old = new Map([...node.children].map((child) => [child.dataset.key, child]));
  let before = node.firstElementChild;
  for (const item of items) {
    const print = JSON.stringify(item.value);
    let child = old.get(item.key);
    if (!child || child.dataset.print !== print) {
      const fresh = build(item.value);
      fresh.dataset.key = item.key;
      fresh.dataset.print = print;
      if (child) {
        const test = child.contains(document.activeElement) ? document.activeElement.dataset.testid : null;
        if (before === child) before = fresh;
        keepTyped(child, fresh);
        child.replaceWith(fresh);
        if (test) fresh.querySelector(`[data-testid="${CSS.escape(test)}"]`)?.focus({ preventScroll: true });
      }
      child = fresh;
    }
    old.delete(item.key);
    if (child === before) before = before.nextElementSibling;
    else node.insertBefore(child, before);
  }
  for (const gone of old.values()) gone.remove();
  if (stick && atEnd) node.scrollTop = node.scrollHeight;
}

/** What somebody is typing is not lost because something beside it changed. */
function keepTyped(old, fresh) {
  for (const input of old.querySelectorAll("input[data-testid], textarea[data-testid]")) {
    const same = fresh.querySelector(`[data-testid="${CSS.escape(input.dataset.testid)}"]`);
    if (same && input.value && !same.value) same.value = input.value;
  }
}

export function toast(words, bad = false) {
  const note = el("div", { class: bad ? "toast bad" : "toast" }, words);
  const box = document.getElementById("toasts");
  box.append(note);
  // Shown again each time, so that it lies above a dialog that has opened since.
  box.hidePopover?.();
  box.showPopover?.();
  setTimeout(() => note.remove(), Math.max(bad ? 9000 : 3500, words.length * 45));
}

/** Ask the sandbox to do something; a refusal is shown as a note and returned. */
export async function perform(deed, given = {}) {
  let answer;
  try {
    const response = await fetch("/do", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ deed, ...given }),
    });
    answer = await response.json();
  } catch {
    answer = { failure: "The sandbox does not answer. Is it still running?" };
  }
  if (answer.failure) toast(answer.failure, true);
  else if (answer.note) toast(answer.note);
  document.dispatchEvent(new Event("refresh"));
  return answer;
}

export function clock(at, seconds = false) {
  const time = typeof at === "number" ? new Date(at * 1000) : new Date(at);
  const options = { hour: "2-digit", minute: "2-digit", hour12: false };
  if (seconds) options.second = "2-digit";
  return time.toLocaleTimeString("en-GB", options);
}
