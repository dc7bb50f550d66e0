// Checkout: another country asks for other parts of an address at once; a form is sent once.

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-country]")) return;
  const form = event.target.form;
  const button = event.target.closest("[data-address]")?.querySelector("[data-change-country]");
  if (form && button) form.requestSubmit(button);
});

// A convenience only: the server knows the same form when it comes twice.
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-place]") || event.submitter?.hasAttribute("data-change-country")) return;
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "1";
  event.submitter?.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", () => document.querySelectorAll("[data-place]").forEach((form) => delete form.dataset.sent));
