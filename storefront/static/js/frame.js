// Every page: the header that steps aside, menus that close, suggestions under the search box,
// the second picture of a card. All of it is extra: without this file the page works the same.

const top_ = document.querySelector("[data-top]");
let last = window.scrollY;

function headerFollows() {
  const now = Math.max(0, window.scrollY);
  const menuOpen = top_.querySelector("details[open]") || top_.contains(document.activeElement);
  top_.toggleAttribute("data-over", now > 60);
  if (Math.abs(now - last) < 6) return;
  top_.toggleAttribute("data-away", now > last && now > 260 && !menuOpen);
  last = now;
}
if (top_) {
  top_.setAttribute("data-sticky", "");
  window.addEventListener("scroll", headerFollows, { passive: true });
  top_.addEventListener("focusin", () => top_.removeAttribute("data-away"));
}

// Menus are <details>: Escape closes and gives focus back, a click elsewhere or leaving by Tab closes.
const menus = [...document.querySelectorAll(".menu, .mega, .me")];
const closeMenus = (except) => menus.forEach((menu) => menu !== except && menu.removeAttribute("open"));

document.addEventListener("click", (event) => closeMenus(event.target.closest(".menu, .mega, .me")));
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && document.activeElement.closest(".menu[open], .mega[open], .me[open]");
  if (!open) return;
  open.removeAttribute("open");
  open.querySelector("summary").focus();
});
menus.forEach((menu) =>
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.removeAttribute("open");
  }),
);

// Search box as a combobox. The list comes as HTML; arrow keys walk it, Enter follows, Escape closes.
function suggestions(form) {
  const box = form.querySelector("input[type=search]");
  const list = form.querySelector(".suggest");
  const status = form.querySelector("[data-suggest-status]");
  let timer, request, options = [], active = -1;

  box.setAttribute("role", "combobox");
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-expanded", "false");
  box.setAttribute("aria-controls", list.id);
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", form.querySelector("label").textContent);

  const close = () => {
    list.hidden = true;
    active = -1;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  };
  const mark = (index) => {
    active = (index + options.length) % options.length;
    options.forEach((option, place) => option.setAttribute("aria-selected", String(place === active)));
    box.setAttribute("aria-activedescendant", options[active].id);
    options[active].scrollIntoView({ block: "nearest" });
  };
  const show = (html) => {
    const chosen = options[active]?.href;
    list.innerHTML = html;
    options = [...list.querySelectorAll("[role=option]")];
    status.textContent = options.length ? status.dataset.some : status.dataset.none;
    if (!options.length) return close();
    active = -1;
    list.hidden = false;
    box.removeAttribute("aria-activedescendant");
    box.setAttribute("aria-expanded", "true");
    // An answer that comes late must not take away what was chosen meanwhile.
    const again = options.findIndex((option) => option.href === chosen);
    if (chosen && again >= 0) mark(again);
  };
  const ask = async () => {
    const words = box.value.trim();
    request?.abort();
    if (!words) return close();
    request = new AbortController();
    try {
      const answer = await fetch(`${form.dataset.suggest}?q=${encodeURIComponent(words)}`, { signal: request.signal });
      if (answer.ok && document.activeElement === box) show(await answer.text());
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  };

  box.addEventListener("input", (event) => {
    if (event.isComposing) return;
    clearTimeout(timer);
    timer = setTimeout(ask, 140);
  });
  box.addEventListener("compositionend", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 140);
  });
  box.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && options.length) {
      event.preventDefault();
      if (list.hidden) {
        list.hidden = false;
        box.setAttribute("aria-expanded", "true");
      }
      mark(event.key === "ArrowDown" ? active + 1 : active < 0 ? -1 : active - 1);
    } else if (event.key === "Enter" && active >= 0 && !list.hidden) {
      event.preventDefault();
      options[active].click();
    }
  });
  form.addEventListener("focusout", (event) => {
    if (!form.contains(event.relatedTarget)) close();
  });
}
document.querySelectorAll("form[data-suggest]").forEach(suggestions);

// A card's second picture is fetched when a pointer that can hover comes near, never on phones.
if (window.matchMedia("(hover: hover)").matches) {
  document.addEventListener("pointerover", (event) => {
    const pic = event.target.closest?.(".card")?.querySelector("[data-second]");
    if (!pic) return;
    const first = pic.querySelector("img");
    const second = new Image();
    second.className = "second";
    second.alt = "";
    second.sizes = first?.sizes || "18rem";
    if (pic.dataset.secondSet) second.srcset = pic.dataset.secondSet;
    second.src = pic.dataset.second;
    pic.removeAttribute("data-second");
    second.decode().then(() => first?.after(second), () => {});
  });
}
