// "Not for me" without leaving the page: the note takes the card's place, with a way back. Without this file, and
// on any trouble, the same form takes the long way through a page.

const form = document.querySelector("[data-not-for-me]");
const said = document.querySelector("[data-noted-said]");
const pattern = document.querySelector("template[data-noted]");
const cards = new Map(); // the note -> the card whose place it has

async function send(button, body) {
  const answer = await fetch(button.getAttribute("formaction") ?? form.action, { method: "POST", body, headers: { "X-Quiet": "1" } });
  return { ok: answer.ok, ...(await answer.json()) };
}

function note(button, words) {
  const card = button.closest("article");
  const place = pattern.content.firstElementChild.cloneNode(true);
  place.querySelector("span").textContent = words;
  const undo = place.querySelector("button");
  undo.value = button.value;
  cards.set(place, card);
  card.replaceWith(place);
  undo.focus({ preventScroll: true });
}

function bringBack(place) {
  const card = cards.get(place);
  cards.delete(place);
  place.replaceWith(card);
  card.querySelector('button[form="not-for-me"]')?.focus({ preventScroll: true });
}

form?.addEventListener("submit", async (event) => {
  const button = event.submitter;
  const place = button?.closest(".noted-card");
  if (form.dataset.long || !button || !(cards.has(place) || button.closest("article"))) return;
  event.preventDefault();
  const body = new FormData(form, button); // before it is disabled: such a button is no part of its form
  button.disabled = true;
  try {
    const told = await send(button, body);
    if (told.ok && place) bringBack(place);
    else if (told.ok) note(button, told.said);
    said.textContent = told.said;
    button.disabled = false;
  } catch {
    button.disabled = false;
    form.dataset.long = "1";
    form.requestSubmit(button);
  }
});
