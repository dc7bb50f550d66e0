// Category and search: a tick, a price or a sort takes effect at once. On phones the sheet waits for its button.

import { swap } from "swap";

const part = "[data-listing]";
const sheet = () => document.getElementById("narrow");
const sheetOpen = () => sheet()?.matches(":popover-open");

function addressOf(form) {
  const url = new URL(form.action, location.href);
  const fields = [...new FormData(form)].filter(([, value]) => value !== "");
  url.search = new URLSearchParams(fields).toString();
  return url.href;
}

function keepFolds(work) {
  const open = new Map([...document.querySelectorAll("[data-facet]")].map((fold) => [fold.dataset.facet, fold.open]));
  document.addEventListener("swapped", () => {
    document.querySelectorAll("[data-facet]").forEach((fold) => (fold.open = open.get(fold.dataset.facet) ?? fold.open));
  }, { once: true });
  return work();
}

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form?.id !== "facets" || sheetOpen()) return;
  keepFolds(() => swap(addressOf(form), part));
});

document.addEventListener("submit", (event) => {
  if (event.target.id !== "facets") return;
  event.preventDefault();
  const url = addressOf(event.target);
  if (sheetOpen()) sheet().hidePopover();
  keepFolds(() => swap(url, part));
});

document.addEventListener("click", (event) => {
  const link = event.target.closest(`${part} a[data-swap]`);
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  keepFolds(() => swap(link.href, part));
});

document.addEventListener("swapped", ({ detail }) => {
  const count = detail.part.querySelector("[data-count]");
  const status = document.querySelector("[data-listing-status]");
  if (count && status) status.textContent = count.textContent;
});

// The open sheet is a dialog: what lies under it cannot be reached.
document.addEventListener("toggle", (event) => {
  if (event.target.id !== "narrow") return;
  const open = event.newState === "open";
  document.querySelectorAll("body > header, body > footer, .plp-main, .plp-head, .crumbs").forEach((part) => (part.inert = open));
  event.target.setAttribute("role", open ? "dialog" : "group");
  if (open) event.target.setAttribute("aria-modal", "true");
  else event.target.removeAttribute("aria-modal");
  if (open) event.target.querySelector("button").focus();
  else document.querySelector("[popovertarget=narrow].narrow")?.focus();
}, true);
