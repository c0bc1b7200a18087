// SPDX-License-Identifier: AGPL-3.0-or-later
// Conveniences only: every page works without this file.
"use strict";

// A form that came back with errors: say so first.
document.querySelector("[data-focus]")?.focus();

for (const button of document.querySelectorAll("[data-reveal]")) {
  const input = document.getElementById(button.dataset.reveal);
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = input.type === "text";
    input.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
    button.firstChild.textContent = shown ? "Show" : "Hide";
  });
  // Password managers and browsers' own memory look for a password field.
  input.form?.addEventListener("submit", () => { input.type = "password"; });
}

function offerToCopy() {
  for (const button of document.querySelectorAll("[data-copy][hidden]")) {
    const words = button.querySelector("span").firstChild;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      words.textContent = "Copied";
      setTimeout(() => { words.textContent = "Copy"; }, 2500);
    });
  }
}

if (navigator.clipboard) {
  offerToCopy();
  document.addEventListener("renewed", offerToCopy); // by whoever puts other parts into a page
}

// Second clicks while the answer is on its way. An answer that never came, or a page that the back button
// brought to life again, must not leave the form dead.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    setTimeout(() => { delete form.dataset.sent; }, 8000);
  });
  addEventListener("pageshow", () => { delete form.dataset.sent; });
}
