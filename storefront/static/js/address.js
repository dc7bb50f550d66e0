// Another country asks for other things: choosing one presses the button beside it.

document.querySelectorAll("[data-address]").forEach((address) => {
  const button = address.querySelector("[data-change-country]");
  button.hidden = true;
  address.querySelector("[data-country]").addEventListener("change", () => button.click());
});
