// Runs before anything is painted, so that a dark page does not flash white.
(() => {
  let scheme = null;
  try { scheme = localStorage.getItem("scheme"); } catch { /* private mode */ }
  const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.scheme = scheme ?? (dark ? "dark" : "light");
})();
