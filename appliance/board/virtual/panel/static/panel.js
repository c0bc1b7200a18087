// SPDX-License-Identifier: AGPL-3.0-or-later
// Makes the front panel live. Without it every form still works; the page then shows the moment it was loaded.
"use strict";

const scene = document.getElementById("scene");
const button = document.getElementById("the-button");
const csrf = document.querySelector("[name=csrf]").value;
const words = document.getElementById("hold-words");
const fill = document.getElementById("hold-fill");
const resting = words.textContent;

// One after the other: a press must not be overtaken by its release.
let last = Promise.resolve();
function act(action, fields = {}) {
  const body = new URLSearchParams({ csrf, ...fields });
  last = last
    .then(() => fetch(`/do/${action}`, { method: "POST", body, headers: { Accept: "application/json" } }))
    .then(async (answer) => {
      if (!answer.ok) say(await answer.json());
    })
    .catch(() => {});
  return last;
}

function say({ error }) {
  words.textContent = `${error.sentence} ${error.remedy}`;
}

// The button: down and up as a finger does it.

let since = null;
let timer = null;

function meaning(seconds) {
  if (seconds < 5) return "Let go now and it counts as a press.";
  if (seconds < 15) return "Let go now and the box shuts down.";
  return "Let go now, then press once more within ten seconds, and the console is reset.";
}

function down() {
  if (since !== null) return;
  since = performance.now();
  act("press");
  scene.classList.add("scene--held");
  let said = "";
  timer = setInterval(() => {
    const seconds = (performance.now() - since) / 1000;
    fill.style.transform = `scaleX(${Math.min(seconds / 20, 1)})`;
    const stage = meaning(seconds);
    button.dataset.seconds = seconds.toFixed(1);
    if (stage !== said) words.textContent = said = stage;
  }, 50);
}

function up() {
  if (since === null) return;
  const seconds = (performance.now() - since) / 1000;
  since = null;
  clearInterval(timer);
  act("release");
  scene.classList.remove("scene--held");
  fill.style.transform = "";
  words.textContent = seconds < 5 ? "Pressed." : `Held for ${seconds.toFixed(0)} seconds.`;
  setTimeout(() => { if (since === null) words.textContent = resting; }, 4000);
}

button.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  button.setPointerCapture(event.pointerId);
  down();
});
for (const name of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) button.addEventListener(name, up);
button.addEventListener("keydown", (event) => {
  if (event.key !== " " && event.key !== "Enter") return;
  event.preventDefault();
  if (!event.repeat) down();
});
button.addEventListener("keyup", (event) => { if (event.key === " " || event.key === "Enter") up(); });
button.addEventListener("contextmenu", (event) => event.preventDefault());
button.addEventListener("click", (event) => {
  event.preventDefault();
  // Screen readers click without pointer or key.
  if (event.detail === 0 && since === null) { down(); setTimeout(up, 150); }
});
addEventListener("pagehide", () => {
  if (since !== null) navigator.sendBeacon("/do/release", new URLSearchParams({ csrf }));
});

// All other controls.

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-act]")) return;
  event.preventDefault();
  delete form.dataset.sent;
  act(form.getAttribute("action").split("/").pop(), Object.fromEntries(new FormData(form)));
});

const heat = document.getElementById("heat");
let cooling = null;
heat.addEventListener("input", () => {
  document.getElementById("heat-value").textContent = `${heat.value} °C`;
  clearTimeout(cooling);
  cooling = setTimeout(() => act("heat", { temperature: heat.value }), 120);
});

// What the box does.

function shine(look) {
  for (const lamp of document.querySelectorAll("[data-lamp]")) {
    const wanted = `lamp--${look.light}`;
    if (lamp.classList.contains(wanted)) continue;
    for (const name of [...lamp.classList]) if (name.startsWith("lamp--")) lamp.classList.remove(name);
    lamp.classList.add(wanted);
  }
  scene.classList.toggle("scene--in", look.cable);
  scene.classList.toggle("scene--out", !look.cable);
  scene.classList.toggle("scene--weak", look.weak);
  for (const name of ["cool", "warm", "hot"]) scene.classList.toggle(`scene--${name}`, look.heat === name);
  if (since === null) scene.classList.toggle("scene--held", look.held !== null);
  if (cooling === null && document.activeElement !== heat) {
    heat.value = look.temperature;
    document.getElementById("heat-value").textContent = `${look.temperature} °C`;
  }
  cooling = null;
}

let busy = false;
let again = false;
async function refresh() {
  if (busy) { again = true; return; }
  busy = true;
  try {
    const page = new DOMParser().parseFromString(await (await fetch("/")).text(), "text/html");
    for (const fresh of page.querySelectorAll("[data-live]")) takeOver(fresh);
  } catch {
    // The stream says so.
  }
  busy = false;
  if (again) { again = false; refresh(); }
}

function takeOver(fresh) {
  const old = document.getElementById(fresh.id);
  if (!old || (old.dataset.html ?? old.innerHTML) === fresh.innerHTML) return;
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  const open = [...old.querySelectorAll("details[open]")].map((details) => details.id);
  const atEnd = old.scrollTop + old.clientHeight >= old.scrollHeight - 4;
  old.dataset.html = fresh.innerHTML;
  if (fresh.hasAttribute("action")) old.setAttribute("action", fresh.getAttribute("action"));
  old.replaceChildren(...fresh.cloneNode(true).childNodes);
  for (const id of open) document.getElementById(id).open = true;
  if (focused) document.getElementById(focused)?.focus();
  for (const copy of old.querySelectorAll("[data-copy]")) {
    copy.hidden = !navigator.clipboard;
    copy.addEventListener("click", () => navigator.clipboard.writeText(copy.dataset.copy));
  }
  if (old.id === "log" && atEnd) old.scrollTop = old.scrollHeight;
}

const log = document.getElementById("log");
log.scrollTop = log.scrollHeight;

const stream = new EventSource("/stream");
stream.addEventListener("message", (event) => {
  document.getElementById("gone").hidden = true;
  shine(JSON.parse(event.data));
  refresh();
});
stream.addEventListener("error", () => { document.getElementById("gone").hidden = false; });
