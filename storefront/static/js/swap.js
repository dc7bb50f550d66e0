// Brings a new state of the page in place: asks for the same page at another address and takes the named part
// out of it. The address changes, Back works, focus stays; on any trouble the browser simply goes there.

let request;

export async function swap(url, selector, also = []) {
  const old = document.querySelector(selector);
  if (!old) return location.assign(url);
  request?.abort();
  request = new AbortController();
  old.setAttribute("data-busy", "");
  try {
    const answer = await fetch(url, { signal: request.signal, headers: { "X-Part": selector } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector(selector);
    if (!answer.ok || !fresh) return location.assign(url);
    const focus = placeOf(document.activeElement, old);
    old.replaceWith(fresh);
    document.title = page.title;
    [...also, ".tool-langs", ".foot-langs"].forEach((name) => trade(name, page));
    history.pushState({ swapped: selector }, "", answer.url);
    fresh.querySelector(focus)?.focus({ preventScroll: true });
    document.dispatchEvent(new CustomEvent("swapped", { detail: { part: fresh } }));
  } catch (error) {
    if (error.name !== "AbortError") location.assign(url);
  }
}

function trade(selector, page) {
  const old = document.querySelector(selector);
  const fresh = page.querySelector(selector);
  if (old && fresh) old.replaceWith(fresh);
}

function placeOf(element, within) {
  if (!element || !within.contains(element)) return "[data-nothing]";
  if (element.id) return `#${CSS.escape(element.id)}`;
  if (element.name) return `[name="${CSS.escape(element.name)}"]` + (element.type === "checkbox" ? `[value="${CSS.escape(element.value)}"]` : "");
  return element.getAttribute("aria-current") || element.matches(".way") ? ".way[aria-current]" : "[data-count]";
}

history.replaceState({ ...history.state, swapped: true }, "");
window.addEventListener("popstate", (event) => event.state?.swapped && location.reload());
