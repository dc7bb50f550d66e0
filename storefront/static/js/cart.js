// Putting things in without leaving the page, and changing the cart in place. Without this script every form
// simply goes to the cart and comes back.

const main = "[data-cart-page]";

async function send(form, button) {
  const fields = new FormData(form, button);
  const target = button?.hasAttribute("formaction") ? button.formAction : form.action;
  const answer = await fetch(target, { method: "POST", body: fields });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (page.body.dataset.page !== "cart") throw new Error("not the cart");
  return { answer, page };
}

function trade(selector, page) {
  const old = document.querySelector(selector);
  const fresh = page.querySelector(selector);
  if (old && fresh) old.replaceWith(fresh);
}

// --- putting in: a note at the edge of the window says so -------------------------------------------------

function toast(page) {
  const wrong = page.querySelector("#wrong li");
  const told = page.querySelector(".told li");
  const tool = document.querySelector(".tool-cart");
  let box = document.querySelector("[data-toast]");
  if (!box) {
    box = document.createElement("div");
    box.dataset.toast = "";
    box.className = "toast";
    box.setAttribute("role", "status");
    document.body.append(box);
  }
  const words = document.createElement("p");
  words.textContent = (wrong || told)?.textContent.trim() ?? "";
  const link = document.createElement("a");
  link.href = tool.href;
  link.className = "btn";
  link.textContent = page.querySelector("h1").textContent;
  box.classList.toggle("toast-wrong", Boolean(wrong));
  box.replaceChildren(words, link);
  clearTimeout(box.timer);
  box.timer = setTimeout(() => {
    if (!box.contains(document.activeElement) && !box.matches(":hover")) box.replaceChildren();
  }, 8000);
}

async function add(event) {
  const { target: form, submitter } = event;
  if (submitter?.name === "next" || !document.querySelector(".tool-cart")) return;
  event.preventDefault();
  submitter?.setAttribute("aria-busy", "true");
  try {
    const { page } = await send(form, submitter);
    if (document.querySelector(main)) return replace(page);
    trade(".tool-cart", page);
    toast(page);
  } catch {
    form.submit();
  } finally {
    submitter?.removeAttribute("aria-busy");
  }
}

// --- the cart's own page ----------------------------------------------------------------------------------

let running = Promise.resolve();

function replace(page) {
  const focus = document.activeElement?.id;
  const label = document.activeElement?.getAttribute("aria-label");
  const live = page.querySelector("[data-cart-live]")?.textContent ?? page.querySelector(".empty h2")?.textContent;
  for (const part of [main, ".tool-cart"]) trade(part, page);
  const bar = document.querySelector(".bar");
  const fresh = page.querySelector(".bar");
  if (bar && fresh) bar.replaceWith(fresh);
  else bar?.remove();
  const same = focus ? document.getElementById(focus) : label && document.querySelector(`[aria-label="${CSS.escape(label)}"]`);
  const wrong = document.querySelector("#wrong");
  (wrong ?? same ?? document.querySelector(".told-undo button") ?? document.querySelector("main"))?.focus({ preventScroll: !wrong });
  say([page.querySelector(".told li")?.textContent, live].filter(Boolean).join(" "));
}

function say(words) {
  let status = document.querySelector("[data-cart-says]");
  if (!status) {
    status = document.createElement("p");
    status.dataset.cartSays = "";
    status.className = "sr";
    status.setAttribute("role", "status");
    document.body.append(status);
  }
  status.textContent = words;
}

function change(event) {
  event.preventDefault();
  const { target: form, submitter } = event;
  // One after the other: each press counts from what the one before it left.
  running = running.then(async () => {
    document.querySelector(main)?.setAttribute("data-busy", "");
    try {
      const { answer, page } = await send(form, submitter);
      replace(page);
      if (answer.redirected) history.replaceState(history.state, "", answer.url);
    } catch {
      location.assign(document.querySelector(".tool-cart").href);
    }
  });
}

document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-cart-add]")) add(event);
  else if (event.target.matches(`${main} [data-cart-form]`)) change(event);
});

document.addEventListener("change", (event) => {
  if (event.target.name === "quantity" && event.target.closest(`${main} [data-cart-form]`)) event.target.form.requestSubmit();
});
