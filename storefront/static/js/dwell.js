// How long this page is looked at, told when it is left. Only pages of people who agreed carry this script.
// The time counts while the page can be seen. The address keeps no trace of the strip that led here.

const mark = document.querySelector('meta[name="page-opened"]');
let since = document.visibilityState === "visible" ? performance.now() : null;
let seen = 0;
let told = 0;

function tell() {
  if (since !== null) seen += performance.now() - since;
  since = null;
  if (seen - told < 1000) return;
  told = seen;
  const words = new URLSearchParams({ page: mark.content, ms: String(Math.round(seen)) });
  navigator.sendBeacon(mark.dataset.to, words);
}

const back = () => (since ??= performance.now());

if (mark && navigator.sendBeacon) {
  window.addEventListener("pagehide", tell);
  window.addEventListener("pageshow", () => document.visibilityState === "visible" && back());
  document.addEventListener("visibilitychange", () => (document.visibilityState === "visible" ? back() : tell()));
}

const here = new URL(location.href);
if (here.searchParams.has("via")) {
  here.searchParams.delete("via");
  history.replaceState(history.state, "", here);
}
