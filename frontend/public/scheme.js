// Sets light or dark before the first paint. A file of its own: the content security policy allows no inline script.
(() => {
  const key = "mantine-color-scheme-value";
  let chosen = null;
  try {
    chosen = localStorage.getItem(key);
  } catch {
    // Storage is off: follow the system.
  }
  const dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
