// Asks for the state twice a second, draws what changed, and carries the hospital's orders out.

import { el, fill, perform } from "./dom.js";
import { showPhone, tick } from "./phone.js";
import { showRecord } from "./record.js";
import { showSlack } from "./slack.js";

const $ = (id) => document.getElementById(id);
const EVERY = 500;
let tag = "";
let timer = 0;
let asking = false;
let again = false;

async function refresh() {
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  clearTimeout(timer);
  try {
    const response = await fetch("/state", { headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store" });
    if (response.status === 200) {
      tag = response.headers.get("ETag");
      draw(await response.json(), response.headers.get("X-Now"));
    }
    document.body.classList.remove("gone");
  } catch {
    document.body.classList.add("gone");
  }
  asking = false;
  timer = setTimeout(refresh, again ? 0 : EVERY);
  again = false;
}

function draw(state, now) {
  showSlack(state.slack);
  showPhone(state.phone, now);
  showRecord(state.record);
  showSites(state.hospital.sites);
  showStudies(state.hospital.studies);
}

function showSites(sites) {
  const select = $("site");
  if (select.childElementCount === sites.length) return;
  fill(select, sites.map((site) => el("option", { value: site }, site[0].toUpperCase() + site.slice(1))));
}

function showStudies(studies) {
  const select = $("study");
  const print = JSON.stringify(studies.map((study) => [study.accession, study.reader]));
  if (select.dataset.print === print) return;
  const newest = select.selectedIndex <= 0;
  const chosen = select.value;
  select.dataset.print = print;
  const rows = studies.map((study, index) =>
    el("option", { value: study.accession }, `${index === 0 ? "newest: " : ""}${study.description}, ${study.facility} (${study.accession})${study.reader ? ` · in the PACS: ${study.reader}` : ""}`),
  );
  fill(select, rows.length ? rows : [el("option", { value: "" }, "no study yet")]);
  if (!newest && chosen) select.value = chosen;
}

for (const button of document.querySelectorAll("[data-order]")) {
  button.addEventListener("click", () => perform("hospital", { user: $("you").value, what: button.dataset.order, accession: $("study").value, site: $("site").value }));
}

document.addEventListener("refresh", refresh);
setInterval(tick, 120);
refresh();
