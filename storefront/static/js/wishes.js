// Hearts: a press is sent quietly, and the heart, the number in the header and a short word follow. Without this
// file, and on any trouble, the same form takes the long way through a page.

const form = document.querySelector("[data-wish]");
const said = document.querySelector("[data-wish-said]");
let silence;

function say(words) {
  if (!said) return;
  clearTimeout(silence);
  said.textContent = words;
  said.toggleAttribute("data-shown", true);
  silence = setTimeout(() => said.removeAttribute("data-shown"), 5000);
}

function show(heart, on) {
  const alike = document.querySelectorAll(`[data-heart="${heart.dataset.heart}"][value="${CSS.escape(heart.value)}"]`);
  alike.forEach((each) => {
    if (each.hasAttribute("aria-pressed")) each.setAttribute("aria-pressed", String(on));
    each.toggleAttribute("data-on", on);
    each.querySelectorAll("[data-words]").forEach((words) => {
      words.hidden = (words.dataset.words === "on") !== on;
    });
    each.name = on ? each.dataset.heart : "add";
  });
}

function count(number) {
  document.querySelectorAll("[data-wish-count]").forEach((mark) => {
    mark.textContent = number;
    mark.hidden = !number;
  });
}

form?.addEventListener("submit", async (event) => {
  const heart = event.submitter;
  if (!heart?.dataset.heart || form.dataset.long) return;
  event.preventDefault();
  const body = new FormData(form, heart);
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Quiet": "1" } });
    const told = await answer.json();
    if (answer.ok) {
      show(heart, told.on);
      count(told.count);
    }
    say(told.said);
  } catch {
    form.dataset.long = "1";
    form.requestSubmit(heart);
  }
});

// The link of a shared list gets a button that copies it.
document.querySelectorAll("input[data-copy]").forEach((field) => {
  if (!navigator.clipboard) return;
  const copy = document.createElement("button");
  copy.type = "button";
  copy.className = "btn btn-line";
  copy.textContent = field.dataset.copy;
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(field.value);
    copy.textContent = field.dataset.copied;
  });
  field.after(copy);
});
