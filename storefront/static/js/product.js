// Product page: the small pictures and two round buttons move the row of pictures, a press enlarges,
// and another variant comes in place.

import { swap } from "swap";

const part = "[data-product]";

function button(name, label, path) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = `gallery-step ${name}`;
  element.setAttribute("aria-label", label);
  element.innerHTML = `<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${path}</svg>`;
  return element;
}

function gallery(root) {
  const track = root.querySelector(".track");
  if (!track) return;
  const slides = [...track.children];
  const marks = [...root.querySelectorAll(".thumbs a")];
  const words = root.dataset;
  const view = document.createElement("div");
  view.className = "gallery-view";
  track.replaceWith(view);
  view.append(track);
  let now = 0;

  const go = (index) => {
    const smooth = !window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    track.scrollTo({ left: slides[index].offsetLeft - slides[0].offsetLeft, behavior: smooth ? "smooth" : "auto" });
  };
  const zoom = button("gallery-zoom", words.zoom, '<circle cx="11" cy="11" r="8"/><path d="m21 21-4.34-4.34M11 8v6M8 11h6"/>');
  view.append(zoom);
  zoom.addEventListener("click", () => enlarge(slides[now], words.close));
  if (slides.length < 2) return;

  const back = button("gallery-back", words.back, '<path d="m15 18-6-6 6-6"/>');
  const on = button("gallery-on", words.on, '<path d="m9 18 6-6-6-6"/>');
  view.append(back, on);
  back.addEventListener("click", () => go(Math.max(0, now - 1)));
  on.addEventListener("click", () => go(Math.min(slides.length - 1, now + 1)));
  marks.forEach((link, index) =>
    link.addEventListener("click", (event) => {
      event.preventDefault();
      go(index);
    }),
  );
  const settle = (index) => {
    now = index;
    marks.forEach((link, place) => (place === index ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current")));
    back.disabled = index === 0;
    on.disabled = index === slides.length - 1;
  };
  const watcher = new IntersectionObserver(
    (seen) => seen.filter((entry) => entry.isIntersecting).forEach((entry) => settle(slides.indexOf(entry.target))),
    { root: track, threshold: 0.6 },
  );
  slides.forEach((slide) => watcher.observe(slide));
  settle(0);
}

function enlarge(slide, closeWord) {
  const dialog = document.createElement("dialog");
  dialog.className = "zoom";
  const pic = slide.querySelector(".pic").cloneNode(true);
  const image = pic.querySelector("img");
  if (image) image.sizes = "100vw";
  const close = button("zoom-close", closeWord, '<path d="M18 6 6 18M6 6l12 12"/>');
  close.className = "btn btn-line btn-icon zoom-close";
  close.addEventListener("click", () => dialog.close());
  pic.addEventListener("click", () => dialog.close());
  dialog.setAttribute("aria-label", image?.alt || "");
  dialog.append(close, pic);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

document.querySelectorAll("[data-gallery]").forEach(gallery);

document.addEventListener("click", (event) => {
  const link = event.target.closest(`${part} a[data-swap]`);
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  swap(link.href, part, [".bar", ".folds"]);
});

document.addEventListener("swapped", ({ detail }) => {
  detail.part.querySelectorAll("[data-gallery]").forEach(gallery);
});
