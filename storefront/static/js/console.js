// The console: selecting rows, the search dialog, shortcuts, forms that were changed. All of it is extra:
// without this file every page works the same.

const one = (selector, inside = document) => inside.querySelector(selector);
const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];

// --- menus close: Escape gives focus back, a click elsewhere closes -------------------------------------

document.addEventListener("click", (event) => {
  all("details.drop[open]").forEach((menu) => menu.contains(event.target) || menu.removeAttribute("open"));
});
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && document.activeElement.closest?.("details.drop[open]");
  if (!open) return;
  open.removeAttribute("open");
  one("summary", open).focus();
});

// --- rows: how many are selected, all of the page at once ----------------------------------------------

all("form.rows").forEach((form) => {
  const picks = all("input[name=pick]", form);
  const place = one("[data-all]", form);
  const said = one("[data-selected]", form);
  if (!picks.length || !place) return;
  const every = document.createElement("input");
  every.type = "checkbox";
  every.setAttribute("aria-label", place.textContent.trim());
  place.append(every);
  const count = () => {
    const on = picks.filter((pick) => pick.checked).length;
    every.checked = on === picks.length;
    every.indeterminate = on > 0 && on < picks.length;
    if (said) said.textContent = said.dataset.selected.replace("#", on);
  };
  every.addEventListener("change", () => {
    picks.forEach((pick) => (pick.checked = every.checked));
    count();
  });
  form.addEventListener("change", count);
  count();
});

// --- forms: the bar that saves appears with the first change; leaving asks -----------------------------

all("form[data-guard]").forEach((form) => {
  const bar = one("[data-savebar]", form);
  let changed = form.dataset.guard === "changed" || Boolean(one("[aria-invalid]", form));
  if (!changed) bar?.setAttribute("data-waiting", "");
  form.addEventListener("input", () => {
    changed = true;
    bar?.removeAttribute("data-waiting");
  });
  form.addEventListener("submit", () => (changed = false));
  one("a", bar ?? form)?.addEventListener("click", () => (changed = false));
  window.addEventListener("beforeunload", (event) => changed && event.preventDefault());
});

one("#wrong")?.focus();

// --- the search dialog ------------------------------------------------------------------------------------

const finder = one("#finder");

function openFinder() {
  if (!finder || finder.open) return;
  finder.showModal();
  one("input", finder).select();
}

if (finder) {
  const box = one("input", finder);
  const list = one("[data-found]", finder);
  const address = one("form", finder).action;
  let timer, request, here = -1;
  const links = () => all("a", list);
  const ask = async () => {
    request?.abort();
    request = new AbortController();
    try {
      const answer = await fetch(`${address}?part=1&q=${encodeURIComponent(box.value)}`, { signal: request.signal });
      if (answer.redirected) return location.reload(); // signed out meanwhile
      if (answer.ok) list.innerHTML = await answer.text();
      here = -1;
    } catch (error) {
      if (error.name !== "AbortError") list.textContent = "";
    }
  };
  box.addEventListener("input", (event) => {
    if (event.isComposing) return;
    clearTimeout(timer);
    timer = setTimeout(ask, 160);
  });
  box.addEventListener("compositionend", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 160);
  });
  box.addEventListener("keydown", (event) => {
    const found = links();
    if (event.isComposing || !found.length) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      here = (here + (event.key === "ArrowDown" ? 1 : -1) + found.length) % found.length;
      found.forEach((link, place) => link.toggleAttribute("data-here", place === here));
      found[here].scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && here >= 0) {
      event.preventDefault();
      found[here].click();
    }
  });
  finder.addEventListener("click", (event) => event.target === finder && finder.close());
}

// --- shortcuts: none of them is needed, all of them can be switched off ---------------------------------

const typing = (element) => element.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");
let afterG = 0;
let row = -1;

function toRow(step) {
  const rows = all("tr[data-row]");
  if (!rows.length) return;
  row = Math.min(Math.max(row + step, 0), rows.length - 1);
  rows.forEach((entry, place) => entry.toggleAttribute("data-here", place === row));
  (one("a.row-link", rows[row]) ?? one("input, a", rows[row]))?.focus();
  rows[row].scrollIntoView({ block: "nearest" });
}

function select() {
  const here = document.activeElement.closest?.("tr[data-row]") ?? all("tr[data-row]")[row];
  one("input[name=pick]", here ?? document.createElement("p"))?.click();
}

const plain = {
  "/": openFinder,
  "?": () => one("#keys")?.showModal(),
  j: () => toRow(1),
  k: () => toRow(-1),
  x: select,
  e: () => (one("tr[data-here] [data-edit]") ?? one("[data-edit]"))?.click(),
};

if (document.body.hasAttribute("data-keys")) {
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openFinder();
      return;
    }
    const open = one("dialog[open]");
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || open || typing(event.target)) return;
    if (event.key === "g") {
      afterG = event.timeStamp;
      return;
    }
    const goes = afterG && event.timeStamp - afterG < 1500 ? one(`a.go[data-key="${CSS.escape(event.key)}"]`) : null;
    afterG = 0;
    const act = goes ? () => goes.click() : plain[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}
