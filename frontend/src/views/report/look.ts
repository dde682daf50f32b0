const COLOURS = ["page", "surface", "line", "ink", "dim", "bad", "accent"] as const;

/** The report's style sheet, in the colours that the page has now: it must not ask for any other file. */
export function styleSheet(): string {
  const root = getComputedStyle(document.documentElement);
  const colours = COLOURS.map((name) => `--${name}: ${root.getPropertyValue(`--${name}`).trim()};`).join(" ");
  const scheme = document.documentElement.dataset.mantineColorScheme === "dark" ? "dark" : "light";
  return `:root { ${colours} color-scheme: ${scheme}; }${RULES}`;
}

const RULES = `
* { box-sizing: border-box; }
body { max-width: 1080px; margin: 0 auto; padding: 32px 24px 64px; background: var(--page); color: var(--ink);
  font: 14px/1.5 Inter, system-ui, -apple-system, "Segoe UI", sans-serif; }
h1 { margin: 0; font-size: 24px; letter-spacing: -0.02em; overflow-wrap: anywhere; }
h2 { margin: 36px 0 10px; font-size: 17px; }
h3 { margin: 0 0 2px; font-size: 14px; }
p { margin: 4px 0; }
a { color: var(--accent); overflow-wrap: anywhere; }
section.card, figure { margin: 0 0 14px; padding: 14px 16px; border: 1px solid var(--line); border-radius: 8px;
  background: var(--surface); overflow-x: auto; break-inside: avoid; }
figure svg { display: block; max-width: 100%; height: auto; margin-top: 8px; }
table { border-collapse: collapse; margin-top: 8px; font-size: 13px; }
th, td { padding: 3px 14px 3px 0; border-top: 1px solid var(--line); text-align: left; vertical-align: top; }
th { font-weight: 500; white-space: nowrap; }
thead th { border-top: 0; color: var(--dim); }
td.values { max-width: 560px; }
code, pre, .num { font-family: "JetBrains Mono", ui-monospace, Menlo, Consolas, monospace; font-size: 12.5px; }
pre { margin: 0; padding: 14px 16px; border: 1px solid var(--line); border-radius: 8px; background: var(--surface);
  overflow-x: auto; }
.hero { font-size: 22px; font-weight: 600; }
.dim { color: var(--dim); }
.bad { color: var(--bad); font-weight: 600; }
.sides { display: flex; flex-wrap: wrap; gap: 4px 48px; }
`;
