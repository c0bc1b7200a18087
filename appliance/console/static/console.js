// SPDX-License-Identifier: AGPL-3.0-or-later
// What makes the console live. Without it pages refresh themselves, and nothing is missing but the liveliness.
"use strict";

const sleep = (milliseconds) => new Promise((resume) => setTimeout(resume, milliseconds));

// Waiting for a press of the button: count down, and load the page again as soon as something happened.
async function followWaiting(page) {
  const number = page.querySelector("[data-seconds]");
  for (;;) {
    await sleep(1000);
    try {
      const view = await (await fetch(page.dataset.waiting)).json();
      if (view.state !== page.dataset.state) return location.replace(page.dataset.then);
      number.textContent = view.seconds_left;
    } catch {
      number.textContent = "…";
    }
  }
}

// Something that isn't there yet: ask until it is.
async function reloadWhenReady(page) {
  const before = document.title + (document.querySelector("h1")?.textContent ?? "");
  for (;;) {
    await sleep(Number(page.dataset.reload));
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      const seen = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = seen.title + (seen.querySelector("h1")?.textContent ?? "");
      if (now !== before) return location.reload();
    } catch { /* not there yet */ }
  }
}

// After a restart: wait until the box went away and came back.
async function returnWhenBack(page) {
  await sleep(5000);
  for (;;) {
    try {
      if ((await fetch(page.dataset.return)).ok) return location.assign(page.dataset.return);
    } catch { /* still away */ }
    await sleep(2000);
  }
}

function show(parts) {
  for (const [name, html] of Object.entries(parts)) {
    const part = document.querySelector(`[data-part="${name}"]`);
    if (!part) continue;
    const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
    part.innerHTML = html;
    if (focused) document.getElementById(focused)?.focus();
  }
  document.dispatchEvent(new Event("renewed"));
}

async function askNowAndThen(address) {
  for (;;) {
    await sleep(10000);
    try {
      const answer = await fetch(address);
      if (answer.status !== 200) return location.reload();
      show(await answer.json());
    } catch { /* the box is away for a moment */ }
  }
}

function followStatus(page) {
  const events = new EventSource(page.dataset.live);
  events.addEventListener("message", (event) => show(JSON.parse(event.data)));
  events.addEventListener("error", () => {
    if (events.readyState === EventSource.CLOSED) askNowAndThen(page.dataset.now);
  });
  addEventListener("pagehide", () => events.close());
}

// Go where the password is encrypted, if this browser gets there: at home the name may lead elsewhere.
async function goToBetter(page) {
  try {
    const answer = await fetch(`${page.dataset.better}/login/here`, { credentials: "omit", cache: "no-store" });
    if (answer.status === 204) location.replace(`${page.dataset.better}/login`);
  } catch { /* it does not */ }
}

const start = { waiting: followWaiting, reload: reloadWhenReady, return: returnWhenBack, live: followStatus, better: goToBetter };
for (const [name, begin] of Object.entries(start)) {
  const page = document.querySelector(`[data-${name}]`);
  if (page) begin(page);
}
